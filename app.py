"""The CDK app: a stack with the voice channel of the application that is named on the command line."""

import hashlib
import sys

import aws_cdk as cdk

from pinpoint_voice_channel import VoiceChannel
from pinpoint_voice_channel_handler.application_id import APPLICATION_ID, APPLICATION_ID_RULE
from pinpoint_voice_channel_handler.request import BOOLEANS

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


def stack_name(application_id: str) -> str:
    """Return the name of an application's stack: each has its own, so that none takes another's place."""
    name = f"PinpointVoiceChannel-{application_id}"
    if "_" not in name:
        return name
    # CloudFormation allows no underscore, and a_b must not get the stack of a-b.
    digest = hashlib.sha256(application_id.encode()).hexdigest()[:16]
    return f"{name.replace('_', '-')}-{digest}"


def declare(app: cdk.App) -> VoiceChannelStack:
    """Declare the stack that the context of the command line asks for.

    Raises:
        ValueError: The context has a value that is not allowed. A construct would only annotate it.
    """
    application_id = _application_id(app.node.try_get_context("application_id"))
    enabled = _enabled(app.node.try_get_context("enabled"))
    return VoiceChannelStack(app, stack_name(application_id), application_id=application_id, enabled=enabled)


def main() -> None:
    """Synthesize the app."""
    app = cdk.App()
    try:
        declare(app)
    except ValueError as error:
        sys.exit(str(error))
    app.synth()


def _application_id(value: object) -> str:
    if value is None or value == "":
        raise ValueError(USAGE)
    if isinstance(value, str) and APPLICATION_ID.fullmatch(value):
        return value
    raise ValueError(f"application_id is {value!r}, but must be {APPLICATION_ID_RULE}.")


def _enabled(value: object) -> bool:
    # The command line gives strings, cdk.json may give booleans.
    if value is None or isinstance(value, bool):
        return value is not False
    if isinstance(value, str) and value in BOOLEANS:
        return BOOLEANS[value]
    raise ValueError(f"enabled is {value!r}, but must be true or false.")


if __name__ == "__main__":
    main()
