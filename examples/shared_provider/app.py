"""One provider for an account and Region: a stack that exports its service token, and stacks that use it."""

import sys

import aws_cdk as cdk

from pinpoint_voice_channel import VoiceChannel, VoiceChannelProvider

EXPORT_NAME = "PinpointVoiceChannelServiceToken"
USAGE = "Pass the applications' ids, e.g.: npx cdk deploy --all -c application_ids=<id>,<id>"


class ProviderStack(cdk.Stack):
    """The provider, whose service token other stacks import, whoever deploys them and with whatever tool."""

    def __init__(self, scope: cdk.App, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        provider = VoiceChannelProvider(self, "Provider")
        cdk.CfnOutput(self, "ServiceToken", value=provider.service_token, export_name=EXPORT_NAME)


class ChannelStack(cdk.Stack):
    """The voice channel of one application. It has no function of its own."""

    def __init__(self, scope: cdk.App, construct_id: str, *, application_id: str) -> None:
        super().__init__(scope, construct_id)
        provider = VoiceChannelProvider.from_service_token(self, "Provider", cdk.Fn.import_value(EXPORT_NAME))
        channel = VoiceChannel(self, "VoiceChannel", application_id=application_id, provider=provider)
        cdk.CfnOutput(self, "ApplicationId", value=channel.voice_channel_application_id)
        cdk.CfnOutput(self, "Enabled", value=channel.voice_channel_enabled)


def main() -> None:
    """Synthesize a stack for the provider and one for each application of the command line."""
    app = cdk.App()
    application_ids = str(app.node.try_get_context("application_ids") or sys.exit(USAGE)).split(",")
    provider = ProviderStack(app, "VoiceChannelProvider")
    for application_id in application_ids:
        channel = ChannelStack(app, f"VoiceChannel-{application_id}", application_id=application_id)
        # An import by name does not tell the CDK which stack comes first.
        channel.node.add_dependency(provider)
    app.synth()


if __name__ == "__main__":
    main()
