"""A voice channel by cfn-handler, as its README tells to."""

import boto3
from cfn_handler import CustomResource

resource = CustomResource()
pinpoint = boto3.client("pinpoint")


def handler(event, context):
    return resource(event, context)


@resource.create
def create(event, context):
    application_id = event["ResourceProperties"]["ApplicationId"]
    try:
        pinpoint.get_voice_channel(ApplicationId=application_id)
    except pinpoint.exceptions.NotFoundException:
        pass
    return put(event)


@resource.update
def update(event, context):
    return put(event)


@resource.delete
def delete(event, context):
    pinpoint.delete_voice_channel(ApplicationId=event["ResourceProperties"]["ApplicationId"])


def put(event):
    properties = event["ResourceProperties"]
    enabled = properties["Enabled"] == "true"
    response = pinpoint.update_voice_channel(
        ApplicationId=properties["ApplicationId"], VoiceChannelRequest={"Enabled": enabled}
    )
    return {name: str(value) for name, value in response["VoiceChannelResponse"].items()}
