"""A voice channel by crhelper with its defaults, as its README tells to."""

import boto3
from crhelper import CfnResource

helper = CfnResource()
pinpoint = boto3.client("pinpoint")


def handler(event, context):
    helper(event, context)


@helper.create
def create(event, context):
    application_id = event["ResourceProperties"]["ApplicationId"]
    try:
        pinpoint.get_voice_channel(ApplicationId=application_id)
    except pinpoint.exceptions.NotFoundException:
        pass
    return put(event)


@helper.update
def update(event, context):
    return put(event)


@helper.delete
def delete(event, context):
    pinpoint.delete_voice_channel(ApplicationId=event["ResourceProperties"]["ApplicationId"])


def put(event):
    properties = event["ResourceProperties"]
    enabled = properties["Enabled"] == "true"
    response = pinpoint.update_voice_channel(
        ApplicationId=properties["ApplicationId"], VoiceChannelRequest={"Enabled": enabled}
    )
    for name, value in response["VoiceChannelResponse"].items():
        helper.Data[name] = str(value)
    return properties["ApplicationId"]
