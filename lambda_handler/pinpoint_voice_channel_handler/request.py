"""The raw event of CloudFormation, as a frozen and validated request.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from pinpoint_voice_channel_handler.application_id import APPLICATION_ID, APPLICATION_ID_RULE
from pinpoint_voice_channel_handler.errors import (
    IncompleteEvent,
    InvalidProperty,
    UnknownProperties,
    UnknownRequestType,
    UnknownResourceType,
)
from pinpoint_voice_channel_handler.physical_id import parse_moment
from pinpoint_voice_channel_handler.state import State

SIGNED_AT = re.compile(r"(?<=[?&])X-Amz-Date=(?P<moment>[0-9]{8}T[0-9]{6}Z)")
"""The part of a ResponseURL that tells when CloudFormation signed it, and so sent the event."""

LONGEST_URL = 8192
"""Longer than any ResponseURL of CloudFormation's, in characters."""


class ResourceType(StrEnum):
    """What a template declares."""

    VOICE_CHANNEL = "Custom::PinpointVoiceChannel"
    """A voice channel that is managed."""
    STATUS = "Custom::PinpointVoiceChannelStatus"
    """A voice channel that is only read."""


class RequestType(StrEnum):
    """What CloudFormation asks for."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


class OnExisting(StrEnum):
    """What Create does with a voice channel that is there already. Default: ADOPT.

    Source: docs/lifecycle.md, "Create"

    Example:
        >>> channel = VoiceChannel(
        ...     stack, "VoiceChannel", application_id=application_id, on_existing=OnExisting.FAIL
        ... )
    """

    ADOPT = "adopt"
    """Manage it from now on; a rollback puts it back as it was."""
    FAIL = "fail"
    """Fail the deployment and change nothing."""


@dataclass(frozen=True)
class Properties:
    """The properties of Custom::PinpointVoiceChannel.

    Args:
        application_id: The Pinpoint application.
        enabled: Whether the channel is to be enabled.
        on_existing: What Create does with a channel that is there already.
        protected: Whether deployments are kept from disabling or deleting the channel.
    """

    application_id: str
    enabled: bool = True
    on_existing: OnExisting = OnExisting.ADOPT
    protected: bool = False

    @property
    def state(self) -> State:
        """What the channel is to be."""
        return State.of(enabled=self.enabled)

    @classmethod
    def parse(cls, raw: Mapping[str, object]) -> Self:
        """Read the properties of a template.

        Raises:
            InvalidProperty: A value is missing or not allowed.
            UnknownProperties: The resource has no property of that name.
        """
        known = ("ApplicationId", "Enabled", "OnExisting", "Protected")
        _refuse_unknown(raw, ResourceType.VOICE_CHANNEL, known)
        return cls(
            application_id=_application_id(raw.get("ApplicationId")),
            enabled=_boolean("Enabled", raw.get("Enabled", True)),
            on_existing=_on_existing(raw.get("OnExisting", OnExisting.ADOPT)),
            protected=_boolean("Protected", raw.get("Protected", False)),
        )

    @classmethod
    def parse_leniently(cls, raw: Mapping[str, object]) -> Self:
        """Read what an older version may have written: what is not understood has its default.

        Raises:
            InvalidProperty: There is no usable ApplicationId.
        """
        return cls(
            application_id=_application_id(raw.get("ApplicationId")),
            enabled=str(raw.get("Enabled", True)).lower() != "false",
        )


@dataclass(frozen=True)
class StatusProperties:
    """The properties of Custom::PinpointVoiceChannelStatus.

    Args:
        application_id: The Pinpoint application.
    """

    application_id: str

    @classmethod
    def parse(cls, raw: Mapping[str, object]) -> Self:
        """Read the properties of a template; `Trigger` may have any value.

        Raises:
            InvalidProperty: A value is missing or not allowed.
            UnknownProperties: The resource has no property of that name.
        """
        _refuse_unknown(raw, ResourceType.STATUS, ("ApplicationId", "Trigger"))
        return cls(_application_id(raw.get("ApplicationId")))


@dataclass(frozen=True)
class Request:
    """One event of CloudFormation.

    Args:
        type: What is asked for.
        resource_type: What it is asked for: a ResourceType, or on Delete any text.
        request_id: CloudFormation's id of the event.
        stack_id: ARN of the stack.
        logical_id: The resource's name in the template.
        physical_id: The resource's id as CloudFormation has it; empty on Create.
        sent: When CloudFormation sent the event, in whole seconds of its own clock.
        properties: The resource's properties, not validated yet.
        old_properties: What they were before an Update, not validated.
    """

    type: RequestType
    resource_type: str
    request_id: str
    stack_id: str
    logical_id: str
    physical_id: str
    sent: datetime
    properties: Mapping[str, object]
    old_properties: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def parse(cls, event: Mapping[str, object]) -> Self:
        """Read an event.

        Raises:
            UnknownRequestType: The event asks for none of Create, Update and Delete.
            UnknownResourceType: The event is to create or update another type of resource.
            IncompleteEvent: The event lacks what every event of CloudFormation has.
        """
        request_type = _request_type(event.get("RequestType"))
        # A Delete goes by the physical id: what another type failed to create has to go without a failure.
        resource_type = str(event.get("ResourceType"))
        if request_type is not RequestType.DELETE and resource_type not in set(ResourceType):
            raise UnknownResourceType(resource_type, ResourceType)
        return cls(
            type=request_type,
            resource_type=resource_type,
            request_id=_required(event, "RequestId"),
            stack_id=_required(event, "StackId"),
            logical_id=_required(event, "LogicalResourceId"),
            physical_id="" if request_type is RequestType.CREATE else _required(event, "PhysicalResourceId"),
            sent=_sent(event.get("ResponseURL")),
            properties=_mapping(event.get("ResourceProperties")),
            old_properties=_mapping(event.get("OldResourceProperties")),
        )


def is_protected(deployed: Mapping[str, object]) -> bool:
    """Tell whether the properties that a resource was deployed with protect its channel."""
    return str(deployed.get("Protected", False)).lower() == "true"


def may_have_enabled(tried: Mapping[str, object], application_id: str) -> bool:
    """Tell whether an Update with these properties, which is rolled back, may have enabled a channel."""
    try:
        wanted = Properties.parse(tried)
    except (InvalidProperty, UnknownProperties):
        return False
    return wanted.enabled and wanted.application_id == application_id


BOOLEANS: Mapping[str, bool] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
"""The texts of booleans. CloudFormation sends those of a template as `true` and `false`; where a template has
a text, it may be as Python (`True`) or YAML (also `TRUE`) writes it.

Source: https://yaml.org/spec/1.2.2/#1032-tag-resolution
"""

_CLOUDFORMATION_PROPERTIES = ("ServiceToken", "ServiceTimeout")


def _refuse_unknown(raw: Mapping[str, object], resource_type: str, known: Sequence[str]) -> None:
    unknown = sorted(set(raw).difference(known, _CLOUDFORMATION_PROPERTIES))
    if unknown:
        raise UnknownProperties(unknown, resource_type, known)


def _application_id(value: object) -> str:
    if isinstance(value, str) and APPLICATION_ID.fullmatch(value):
        return value
    raise InvalidProperty("ApplicationId", value, APPLICATION_ID_RULE)


def _boolean(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in BOOLEANS:
        return BOOLEANS[value]
    raise InvalidProperty(name, value, "true or false")


def _on_existing(value: object) -> OnExisting:
    if isinstance(value, str) and value in set(OnExisting):
        return OnExisting(value)
    raise InvalidProperty("OnExisting", value, " or ".join(OnExisting))


def _request_type(value: object) -> RequestType:
    if isinstance(value, str) and value in set(RequestType):
        return RequestType(value)
    raise UnknownRequestType(value)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _sent(response_url: object) -> datetime:
    signed = SIGNED_AT.search(response_url) if isinstance(response_url, str) else None
    moment = parse_moment(signed["moment"]) if signed else None
    # An emulator's URL may not say. Then it is this moment, which is late rather than early.
    return moment or datetime.now(UTC).replace(microsecond=0)


def _required(event: Mapping[str, object], key: str) -> str:
    value = event.get(key)
    if isinstance(value, str) and value:
        return value
    raise IncompleteEvent(key, value)
