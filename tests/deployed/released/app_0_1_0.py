"""The CDK app: one stack with the voice channel of the application that is named on the command line."""

import sys

import aws_cdk as cdk

from pinpoint_voice_channel import VoiceChannel

USAGE = "Pass the application's id, e.g.: npx cdk deploy -c application_id=0123456789abcdef0123456789abcdef"


class VoiceChannelStack(cdk.Stack):
    """A voice channel, with its attributes as the stack's outputs."""

    def __init__(self, scope: cdk.App, construct_id: str, *, application_id: str, enabled: bool) -> None:
        super().__init__(scope, construct_id)
        channel = VoiceChannel(self, "VoiceChannel", application_id=application_id, enabled=enabled)
        cdk.CfnOutput(self, "ApplicationId", value=channel.voice_channel_application_id)
        cdk.CfnOutput(self, "CreationDate", value=channel.voice_channel_creation_date)
        cdk.CfnOutput(self, "Enabled", value=channel.voice_channel_enabled)
        cdk.CfnOutput(self, "HasCredential", value=channel.voice_channel_has_credential)
        cdk.CfnOutput(self, "Id", value=channel.voice_channel_id)
        cdk.CfnOutput(self, "IsArchived", value=channel.voice_channel_is_archived)
        cdk.CfnOutput(self, "LastModifiedBy", value=channel.voice_channel_last_modified_by)
        cdk.CfnOutput(self, "LastModifiedDate", value=channel.voice_channel_last_modified_date)
        cdk.CfnOutput(self, "Platform", value=channel.voice_channel_platform)
        cdk.CfnOutput(self, "Version", value=channel.voice_channel_version)


def main() -> None:
    """Synthesize the stack from the context of the command line."""
    app = cdk.App()
    VoiceChannelStack(
        app,
        "PinpointVoiceChannel",
        application_id=str(app.node.try_get_context("application_id") or sys.exit(USAGE)),
        enabled=_boolean("enabled", app.node.try_get_context("enabled")),
    )
    app.synth()


def _boolean(name: str, value: object) -> bool:
    # The command line gives strings, cdk.json may give booleans.
    known: dict[object, bool] = {None: True, "true": True, True: True, "false": False, False: False}
    if value not in known:
        raise ValueError(f"{name} is {value!r}, but must be true or false.")
    return known[value]


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
