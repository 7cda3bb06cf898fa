"""The calls of the project's handler and a PUT, and nothing else: what any handler has to do at least."""

import contextlib
import http.client
import json
import ssl
from urllib.parse import urlsplit

import boto3

pinpoint = boto3.client("pinpoint")
cloudformation = boto3.client("cloudformation")
tls = ssl.create_default_context()


def handler(event, context):
    application_id = event["ResourceProperties"]["ApplicationId"]
    data = {}
    if event["RequestType"] == "Delete":
        cloudformation.describe_stacks(StackName=event["StackId"])
        pinpoint.delete_voice_channel(ApplicationId=application_id)
    else:
        if event["RequestType"] == "Create":
            with contextlib.suppress(pinpoint.exceptions.NotFoundException):
                pinpoint.get_voice_channel(ApplicationId=application_id)
        enabled = event["ResourceProperties"]["Enabled"] == "true"
        response = pinpoint.update_voice_channel(
            ApplicationId=application_id, VoiceChannelRequest={"Enabled": enabled}
        )
        data = response["VoiceChannelResponse"]
    answer = {"Status": "SUCCESS", "PhysicalResourceId": application_id, "Data": data}
    answer |= {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    url = urlsplit(event["ResponseURL"])
    connection = http.client.HTTPSConnection(url.netloc, context=tls)
    connection.request("PUT", f"{url.path}?{url.query}", json.dumps(answer), {"Content-Type": ""})
    connection.getresponse()
    connection.close()
