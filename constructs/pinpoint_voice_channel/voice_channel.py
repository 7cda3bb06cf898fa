"""The voice channel of an Amazon Pinpoint application, managed in a stack or referred to."""

from typing import Protocol

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from pinpoint_voice_channel.attributes import VoiceChannelAttributes
from pinpoint_voice_channel.checks import (
    check_application_id,
    check_boolean,
    check_on_existing,
    check_removal_policy,
)
from pinpoint_voice_channel.custom_resource import custom_resource
from pinpoint_voice_channel.provider import IVoiceChannelProvider, VoiceChannelProvider
from pinpoint_voice_channel_handler.request import BOOLEANS, OnExisting, ResourceType


class IVoiceChannel(cdk.IResource, Protocol):
    """A voice channel, whether it is managed in this app or elsewhere.

    Source: https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-channels-voice.html

    Example:
        >>> def let_read(channel: IVoiceChannel, role: iam.IRole) -> None:
        ...     channel.grant_read(role)
        >>> let_read(VoiceChannel.from_application_id(stack, "Calls", application_id), role)
    """

    @property
    def voice_channel_application_id(self) -> str:
        """Id of the application that the channel belongs to."""

    @property
    def voice_channel_arn(self) -> str:
        """ARN: `arn:<partition>:mobiletargeting:<Region>:<account>:apps/<application id>/channels/voice`."""

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow GetVoiceChannel.

        Args:
            grantee: The role, user or other principal that gets the permission.
        """

    def grant_update(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow UpdateVoiceChannel, which also makes a channel.

        Args:
            grantee: The role, user or other principal that gets the permission.
        """

    def grant_delete(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow DeleteVoiceChannel.

        Args:
            grantee: The role, user or other principal that gets the permission.
        """


class _Granting:
    """What every voice channel can grant.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpinpoint.html
    """

    @property
    def voice_channel_arn(self: IVoiceChannel) -> str:
        """ARN: `arn:<partition>:mobiletargeting:<Region>:<account>:apps/<application id>/channels/voice`."""
        return cdk.Stack.of(self).format_arn(
            service="mobiletargeting",
            resource="apps",
            resource_name=f"{self.voice_channel_application_id}/channels/voice",
        )

    def grant_read(self: IVoiceChannel, grantee: iam.IGrantable) -> iam.Grant:
        """Allow GetVoiceChannel.

        Args:
            grantee: The role, user or other principal that gets the permission.
        """
        return _grant(self, grantee, "GetVoiceChannel")

    def grant_update(self: IVoiceChannel, grantee: iam.IGrantable) -> iam.Grant:
        """Allow UpdateVoiceChannel, which also makes a channel.

        Args:
            grantee: The role, user or other principal that gets the permission.
        """
        return _grant(self, grantee, "UpdateVoiceChannel")

    def grant_delete(self: IVoiceChannel, grantee: iam.IGrantable) -> iam.Grant:
        """Allow DeleteVoiceChannel.

        Args:
            grantee: The role, user or other principal that gets the permission.
        """
        return _grant(self, grantee, "DeleteVoiceChannel")


class VoiceChannel(VoiceChannelAttributes, _Granting, cdk.Resource):
    """The voice channel of an Amazon Pinpoint application, managed by CloudFormation.

    Its `node.default_child` is a `cdk.CfnResource`.
    Source: https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-channels-voice.html

    Args:
        scope: The parent construct.
        construct_id: The id within the parent. Changing it keeps the channel up.
        application_id: The id of the Pinpoint application (its Project ID). Another application gets its
            channel before the old one's is deleted.
        enabled: Whether the channel is enabled: a bool; the text of one, as "true", "True" or "TRUE"; or a
            token. Default: True.
        on_existing: What happens to a channel that is there already: `OnExisting.ADOPT` manages it from now
            on, `OnExisting.FAIL` fails the deployment and changes nothing. It may be a token. Default: adopt.
        provider: The function that makes the changes. Default: one that the stack's voice channels share.
        removal_policy: What happens to the channel when it is removed from the stack. Default: DESTROY, which
            deletes it.
        protected: Whether the provider refuses to disable or delete the channel, until a deployment has set
            this to False. Rollbacks still undo what a failed deployment did. A bool, its text or a token.
            Default: False.

    Raises:
        TypeError: An argument has another type. A value that is not valid, and a second VoiceChannel for the
            application in the stack, are error annotations: the cdk CLI refuses to deploy them.

    Example:
        >>> channel = VoiceChannel(stack, "VoiceChannel", application_id=application_id)
        >>> output = cdk.CfnOutput(stack, "VoiceVersion", value=channel.voice_channel_version)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        application_id: str,
        enabled: bool | str | cdk.IResolvable = True,
        on_existing: OnExisting | str = OnExisting.ADOPT,
        provider: IVoiceChannelProvider | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
        protected: bool | str | cdk.IResolvable = False,
    ) -> None:
        super().__init__(scope, construct_id)
        check_boolean(self, "enabled", enabled)
        check_boolean(self, "protected", protected)
        check_on_existing(self, on_existing)
        check_removal_policy(self, removal_policy)
        self._resource = custom_resource(
            self,
            ResourceType.VOICE_CHANNEL,
            application_id,
            {
                "Enabled": _boolean(enabled),
                "OnExisting": str(on_existing),
                # A provider of an earlier version does not know it.
                **({} if _boolean(protected) is False else {"Protected": _boolean(protected)}),
            },
            provider,
            removal_policy,
        )
        self._enabled = enabled
        self._service_token = (provider or VoiceChannelProvider.of(self)).service_token

    @property
    def enabled(self) -> bool | str | cdk.IResolvable:
        """Whether the channel is to be enabled, as it was given: a bool, its text, or a token."""
        return self._enabled

    @property
    def service_token(self) -> str:
        """ARN of the function that makes the changes."""
        return self._service_token

    @staticmethod
    def from_application_id(scope: Construct, construct_id: str, application_id: str) -> IVoiceChannel:
        """Refer to a voice channel that is managed elsewhere; no resource is made.

        It is taken to be in the account and Region of the stack. For its attributes, see VoiceChannelStatus.

        Args:
            scope: The parent construct.
            construct_id: The id within the parent.
            application_id: The id of the Pinpoint application (its Project ID).

        Raises:
            TypeError: The application id is not a string. One that cannot be an id is an error annotation:
                the cdk CLI refuses to deploy it.
        """
        return _ReferredVoiceChannel(scope, construct_id, application_id)

    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """Say what happens to the channel when it is removed from the stack.

        Args:
            policy: DESTROY deletes it; RETAIN keeps it; RETAIN_ON_UPDATE_OR_DELETE keeps it unless the
                deployment that made it fails.

        Raises:
            TypeError: It is not a RemovalPolicy. SNAPSHOT is an error annotation.
        """
        check_removal_policy(self, policy)
        self._resource.apply_removal_policy(policy)


class _ReferredVoiceChannel(_Granting, cdk.Resource):
    def __init__(self, scope: Construct, construct_id: str, application_id: str) -> None:
        super().__init__(scope, construct_id)
        check_application_id(self, application_id)
        self._application_id = application_id

    @property
    def voice_channel_application_id(self) -> str:
        return self._application_id


def _boolean(value: bool | str | cdk.IResolvable) -> bool | str | cdk.IResolvable:
    return BOOLEANS.get(value, value) if isinstance(value, str) else value


def _grant(channel: IVoiceChannel, grantee: iam.IGrantable, operation: str) -> iam.Grant:
    return iam.Grant.add_to_principal(
        grantee=grantee,
        actions=[f"mobiletargeting:{operation}"],
        resource_arns=[channel.voice_channel_arn],
    )
