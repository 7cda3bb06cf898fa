"""The voice channel of an Amazon Pinpoint application, read while a stack is deployed."""

from constructs import Construct

from pinpoint_voice_channel.attributes import VoiceChannelAttributes
from pinpoint_voice_channel.checks import check_type
from pinpoint_voice_channel.custom_resource import custom_resource
from pinpoint_voice_channel.provider import IVoiceChannelProvider
from pinpoint_voice_channel_handler.request import ResourceType


class VoiceChannelStatus(VoiceChannelAttributes, Construct):
    """What a voice channel is like when the stack is deployed; the channel is never changed.

    CloudFormation reads it when this is created, and when a property changes; `trigger` is there to change.
    Where the stack has a VoiceChannel with the same `application_id`, this is read after it, unless that one
    uses an attribute of this. To read a channel before the stack changes it, put this into another stack.
    Its `node.default_child` is a `cdk.CfnResource`.
    Source: https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-channels-voice.html

    Args:
        scope: The parent construct.
        construct_id: The id within the parent.
        application_id: The id of the Pinpoint application (its Project ID), which need not exist.
        trigger: Any text. With another one, the next deployment reads the channel again. Default: none.
        provider: The function that reads it. Default: the one that the stack's voice channels share.

    Raises:
        TypeError: An argument has another type. An application id that cannot be one is an error annotation:
            the cdk CLI refuses to deploy it.

    Example:
        >>> status = VoiceChannelStatus(stack, "Status", application_id=application_id, trigger="2026-11-23")
        >>> output = cdk.CfnOutput(stack, "Exists", value=status.voice_channel_exists)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        application_id: str,
        trigger: str | None = None,
        provider: IVoiceChannelProvider | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if trigger is not None:
            check_type("trigger", trigger, str, "a string")
        self._resource = custom_resource(
            self,
            ResourceType.STATUS,
            application_id,
            {} if trigger is None else {"Trigger": trigger},
            provider,
        )

    @property
    def voice_channel_exists(self) -> str:
        """Whether the application has a voice channel: "true" or "false". Without one, the rest is empty."""
        return self._resource.get_att_string("Exists")
