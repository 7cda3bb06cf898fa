"""The custom resource behind a construct: what a managed channel and a status have in common."""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

from pinpoint_voice_channel.checks import (
    check_application_id,
    check_place,
    check_served,
    refuse,
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
        TypeError: The application id is not a string, or the provider has no service token.
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
    _relate(scope, resource_type, resource, application_id, properties)
    return resource


# What each stack has, by the text of the application id: the same token has the same text.
_declared: WeakKeyDictionary[cdk.Stack, dict[str, list[tuple[ResourceType, cdk.CustomResource]]]] = (
    WeakKeyDictionary()
)


def _relate(
    scope: Construct,
    resource_type: ResourceType,
    resource: cdk.CustomResource,
    application_id: str,
    properties: Mapping[str, object],
) -> None:
    """Refuse a second channel of an application in a stack, and read its statuses after the first."""
    stack = cdk.Stack.of(scope)
    others = _declared.setdefault(stack, {}).setdefault(application_id, [])
    for other_type, other in others:
        match resource_type, other_type:
            case ResourceType.VOICE_CHANNEL, ResourceType.VOICE_CHANNEL:
                owner = other.node.path.removesuffix("/Resource")
                refuse(
                    scope,
                    f"application_id is managed by {owner} in the same stack already. "
                    "Declare one VoiceChannel for each application.",
                )
            case ResourceType.STATUS, ResourceType.VOICE_CHANNEL:
                resource.node.add_dependency(other)
            case ResourceType.VOICE_CHANNEL, ResourceType.STATUS if not _is_used(other, properties):
                other.node.add_dependency(resource)
    others.append((resource_type, resource))


def _is_used(resource: cdk.CustomResource, properties: Mapping[str, object]) -> bool:
    stack = cdk.Stack.of(resource)
    return stack.resolve(resource.ref)["Ref"] in str(stack.resolve(dict(properties)))
