"""The custom resource behind a construct: what a managed channel and a status have in common."""

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from pinpoint_voice_channel.checks import (
    check_application_id,
    check_place,
    check_served,
    warn_without_endpoint,
)
from pinpoint_voice_channel.provider import SERVICE_TIMEOUT, IVoiceChannelProvider, VoiceChannelProvider
from pinpoint_voice_channel_handler.request import ResourceType


def custom_resource(
    scope: Construct,
    resource_type: ResourceType,
    application_id: str,
    properties: Mapping[str, object],
    provider: IVoiceChannelProvider | None,
    removal_policy: cdk.RemovalPolicy | None = None,
) -> cdk.CustomResource:
    """Make the custom resource.

    Args:
        scope: The construct in front of it.
        resource_type: Its type in the template.
        application_id: Its property ApplicationId.
        properties: Its other properties.
        provider: The function that serves it. None for the one that the stack shares.
        removal_policy: What happens to it when it is removed from the stack.

    Raises:
        TypeError: The application id is not a string, or the provider is none.
    """
    check_application_id(scope, application_id)
    warn_without_endpoint(scope)
    if provider is None:
        provider = VoiceChannelProvider.of(scope)
    elif not isinstance(getattr(provider, "service_token", None), str):
        raise TypeError(
            f"provider is {provider!r}, but must be a VoiceChannelProvider. For a service token, pass "
            "VoiceChannelProvider.from_service_token(…)."
        )
    check_place(scope, provider.service_token)
    resource = cdk.CustomResource(
        scope,
        "Resource",
        resource_type=resource_type.value,
        service_token=provider.service_token,
        service_timeout=SERVICE_TIMEOUT,
        removal_policy=removal_policy,
        properties={"ApplicationId": application_id, **properties},
    )
    scope.node.default_child = resource.node.default_child
    if isinstance(provider, VoiceChannelProvider):
        provider.serve(resource)
        check_served(scope, application_id, provider.application_ids)
    return resource
