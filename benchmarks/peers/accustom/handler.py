"""A voice channel by accustom, as its README tells to.

Without its watchdog, for which the function calls itself and waits: twice the time of each event.
"""

import accustom
import boto3

pinpoint = boto3.client("pinpoint")


@accustom.sdecorator(expectedProperties=["ApplicationId", "Enabled"], timeoutFunction=False)
def handler(event, context):
    application_id = event["ResourceProperties"]["ApplicationId"]
    if event["RequestType"] == accustom.RequestType.DELETE:
        pinpoint.delete_voice_channel(ApplicationId=application_id)
        return None
    if event["RequestType"] == accustom.RequestType.CREATE:
        try:
            pinpoint.get_voice_channel(ApplicationId=application_id)
        except pinpoint.exceptions.NotFoundException:
            pass
    enabled = event["ResourceProperties"]["Enabled"] == "true"
    response = pinpoint.update_voice_channel(
        ApplicationId=application_id, VoiceChannelRequest={"Enabled": enabled}
    )
    return {name: str(value) for name, value in response["VoiceChannelResponse"].items()}
