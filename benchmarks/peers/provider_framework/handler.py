"""A voice channel by the onEvent function of the CDK's Provider framework, as its README tells to."""

import boto3

pinpoint = boto3.client("pinpoint")


def handler(event, context):
    application_id = event["ResourceProperties"]["ApplicationId"]
    if event["RequestType"] == "Delete":
        pinpoint.delete_voice_channel(ApplicationId=application_id)
        return None
    if event["RequestType"] == "Create":
        try:
            pinpoint.get_voice_channel(ApplicationId=application_id)
        except pinpoint.exceptions.NotFoundException:
            pass
    enabled = event["ResourceProperties"]["Enabled"] == "true"
    response = pinpoint.update_voice_channel(
        ApplicationId=application_id, VoiceChannelRequest={"Enabled": enabled}
    )
    data = {name: str(value) for name, value in response["VoiceChannelResponse"].items()}
    return {"PhysicalResourceId": application_id, "Data": data}
