"""The voice channel of an Amazon Pinpoint application."""

from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

from pinpoint_voice_channel.provider import SERVICE_TIMEOUT, VoiceChannelProvider
from pinpoint_voice_channel_handler.request import APPLICATION_ID, APPLICATION_ID_RULE, OnExisting

RESOURCE_TYPE = "Custom::PinpointVoiceChannel"

# Source: https://docs.aws.amazon.com/general/latest/gr/pinpoint.html
_REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "us-east-1",
        "us-east-2",
        "us-gov-west-1",
        "us-west-2",
    }
)


class VoiceChannel(cdk.Resource):
    """The voice channel of an Amazon Pinpoint application, managed by CloudFormation.

    Source: https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-channels-voice.html

    Args:
        scope: The parent construct.
        construct_id: The id within the parent. Changing it keeps the channel up.
        application_id: The id of the Pinpoint application (its Project ID). Another application gets its
            channel before the old one's is deleted.
        enabled: Whether the channel is enabled. Default: True.
        on_existing: What happens to a channel that is there already: `OnExisting.ADOPT` manages it from now
            on, `OnExisting.FAIL` fails the deployment and changes nothing. Default: adopt.
        provider: The function that makes the changes. Default: one that the stack's voice channels share.
        removal_policy: What happens to the channel when it is removed from the stack. Default: DESTROY, which
            deletes it.

    Raises:
        ValueError: An argument is not valid, or the stack has a VoiceChannel for the application already.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        application_id: str,
        enabled: bool = True,
        on_existing: OnExisting = OnExisting.ADOPT,
        provider: VoiceChannelProvider | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
    ) -> None:
        super().__init__(scope, construct_id)
        _check_application_id(application_id)
        _check_on_existing(on_existing)
        _claim(self, application_id)
        _warn_without_endpoint(self)
        provider = provider or VoiceChannelProvider.of(self)
        self._resource = cdk.CustomResource(
            self,
            "Resource",
            resource_type=RESOURCE_TYPE,
            service_token=provider.service_token,
            service_timeout=SERVICE_TIMEOUT,
            removal_policy=removal_policy,
            properties={
                "ApplicationId": application_id,
                "Enabled": enabled,
                "OnExisting": str(on_existing),
            },
        )
        provider.serve(self._resource)

    @property
    def voice_channel_application_id(self) -> str:
        """Id of the application that the channel belongs to."""
        return self._resource.get_att_string("ApplicationId")

    @property
    def voice_channel_creation_date(self) -> str:
        """When the channel was made: ISO 8601, UTC."""
        return self._resource.get_att_string("CreationDate")

    @property
    def voice_channel_enabled(self) -> str:
        """Whether the channel is enabled: "true" or "false"."""
        return self._resource.get_att_string("Enabled")

    @property
    def voice_channel_has_credential(self) -> str:
        """Not used by Pinpoint, kept for compatibility: "true" or "false"."""
        return self._resource.get_att_string("HasCredential")

    @property
    def voice_channel_id(self) -> str:
        """Deprecated by Pinpoint: an identifier of the channel."""
        return self._resource.get_att_string("Id")

    @property
    def voice_channel_is_archived(self) -> str:
        """Whether the channel is archived: "true" or "false"."""
        return self._resource.get_att_string("IsArchived")

    @property
    def voice_channel_last_modified_by(self) -> str:
        """Who changed the channel last."""
        return self._resource.get_att_string("LastModifiedBy")

    @property
    def voice_channel_last_modified_date(self) -> str:
        """When the channel was changed last: ISO 8601, UTC."""
        return self._resource.get_att_string("LastModifiedDate")

    @property
    def voice_channel_platform(self) -> str:
        """Type of the channel: VOICE."""
        return self._resource.get_att_string("Platform")

    @property
    def voice_channel_version(self) -> str:
        """Version of the channel, as a decimal number."""
        return self._resource.get_att_string("Version")


# Resources of one stack that manage the same channel would undo each other's changes.
_claims: WeakKeyDictionary[cdk.Stack, dict[str, str]] = WeakKeyDictionary()


def _claim(channel: VoiceChannel, application_id: str) -> None:
    if cdk.Token.is_unresolved(application_id):
        return
    owner = _claims.setdefault(cdk.Stack.of(channel), {}).setdefault(application_id, channel.node.path)
    if owner != channel.node.path:
        raise ValueError(
            f"application_id {application_id} of {channel.node.path} is managed by {owner} in the same stack "
            "already. Declare one VoiceChannel for each application."
        )


def _check_application_id(application_id: str) -> None:
    if not cdk.Token.is_unresolved(application_id) and not APPLICATION_ID.fullmatch(application_id):
        raise ValueError(f"application_id is {application_id!r}, but must be {APPLICATION_ID_RULE}.")


def _check_on_existing(on_existing: str) -> None:
    if on_existing not in set(OnExisting):
        raise ValueError(f"on_existing is {on_existing!r}, but must be {' or '.join(OnExisting)}.")


def _warn_without_endpoint(channel: VoiceChannel) -> None:
    region = cdk.Stack.of(channel).region
    if not cdk.Token.is_unresolved(region) and region not in _REGIONS:
        cdk.Annotations.of(channel).add_warning_v2(
            "pinpoint-voice-channel:no-endpoint",
            f"Amazon Pinpoint has no endpoint in {region}, so the deployment will fail there. Deploy the "
            "stack to the Region of the application.",
        )
