"""The stack of a shared provider, whose code is taken from any bucket."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from pinpoint_voice_channel import VoiceChannelProvider

EXPORT_NAME = "PinpointVoiceChannelServiceToken"
"""What plain templates import. Changing it is a breaking change."""


class ProviderStack(cdk.Stack):
    """A VoiceChannelProvider that exports its service token.

    Its code comes from where the stack's parameters say, instead of from the bucket of `cdk bootstrap`.

    Args:
        scope: The app.
        construct_id: The stack's id; the template does not have it.
    """

    def __init__(self, scope: cdk.App, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            description="Provider of Custom::PinpointVoiceChannel and Custom::PinpointVoiceChannelStatus",
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        provider = VoiceChannelProvider(self, "Provider")
        self._function = cast(lambda_.CfnFunction, provider.node.find_child("Function").node.default_child)
        self._bucket = cdk.CfnParameter(
            self,
            "Bucket",
            description="Name of the S3 bucket, in the stack's Region, that has the zip of the function",
            allowed_pattern="[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            constraint_description="It must be the name of an S3 bucket.",
        )
        self._key_prefix = cdk.CfnParameter(
            self,
            "KeyPrefix",
            description="What the zip's key in the bucket has before the zip's name: nothing, or folders/",
            default="",
            allowed_pattern="([^/].*/)?",
            constraint_description="It must be empty, or end with a slash and not begin with one.",
        )
        cdk.CfnOutput(
            self,
            "ServiceToken",
            description="ServiceToken of Custom::PinpointVoiceChannel and Custom::PinpointVoiceChannelStatus",
            value=provider.service_token,
            export_name=EXPORT_NAME,
        )

    def take_code_from(self, archive_name: str) -> None:
        """Let the function's code be this file of the bucket.

        Its name is in the template, not in a parameter: `aws cloudformation deploy` keeps the values that a
        stack's parameters have, so that a new version's zip would not be taken.

        Args:
            archive_name: The zip's name, without the prefix.
        """
        self._function.add_property_override("Code.S3Bucket", self._bucket.value_as_string)
        self._function.add_property_override(
            "Code.S3Key", cdk.Fn.join("", [self._key_prefix.value_as_string, archive_name])
        )
