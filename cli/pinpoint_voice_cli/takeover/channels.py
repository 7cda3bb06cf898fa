"""The voice channels of a template: native ones, and ours in their places."""

from collections.abc import Iterator
from dataclasses import dataclass

from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.takeover.data import Data, data, mapping
from pinpoint_voice_cli.takeover.errors import CannotTakeOver
from pinpoint_voice_cli.takeover.template import Mapping, Template, is_shared

NATIVE = "AWS::Pinpoint::VoiceChannel"
OURS = "Custom::PinpointVoiceChannel"

RETAIN = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
"""What a native resource needs before it may be removed."""

_ATTRIBUTES = ("Type", "Properties", "Condition", "DependsOn", "Metadata", *RETAIN)


@dataclass(frozen=True)
class Takeover:
    """A native resource, and ours that takes its place.

    Args:
        native: The logical id of the native one.
        ours: The logical id of ours.
        enabled: What ours is to say of Enabled where the native one says nothing: `true` or `false`.
    """

    native: str
    ours: str
    enabled: str | None = None


@dataclass(frozen=True)
class Channel:
    """A channel of a stack that is taken over.

    Args:
        native: The logical id of the native resource.
        ours: The logical id of ours.
        application_id: The application; None where a condition keeps the resource out of the stack.
        state: What the channel is; None as above.
    """

    native: str
    ours: str
    application_id: str | None
    state: State | None


def of_type(resources: dict[str, Data], resource_type: str) -> list[str]:
    """Return the logical ids of the resources of a type."""
    return [name for name, resource in resources.items() if mapping(resource).get("Type") == resource_type]


def resources_of(document: Data) -> dict[str, Data]:
    """Return the resources of a template that was read."""
    return mapping(mapping(document).get("Resources"))


def check_shape(template: Template, native: str) -> None:
    """See to it that a native resource of a template can be edited; raises CannotTakeOver."""
    for problem in _problems(template, native):
        raise CannotTakeOver(f"{native} in {template.name} {problem}")


def _problems(template: Template, native: str) -> Iterator[str]:
    found = [entry for entry in template.resources.entries if entry.key.value == native]
    if len(found) > 1:
        yield "is declared twice. Remove one of the declarations."
    value, key = found[0].value, found[0].key
    if value.start < key.end or is_shared(template, Mapping(key.start, value.end, "", (), flow=True)):
        yield (
            "has a YAML anchor, alias or merge key, so an edit would also change other parts of the "
            "template. Write out what it stands for."
        )
    assert isinstance(value, Mapping)  # noqa: S101  # it has a Type
    for entry in value.entries:
        if entry.key.value not in _ATTRIBUTES:
            yield (
                f"has {entry.key.value}, which has no meaning for voice channels, and which our resource "
                "cannot have. Remove it, and deploy."
            )
    properties = value.entry("Properties")
    if not (properties and isinstance(properties.value, Mapping) and properties.value.entry("ApplicationId")):
        yield "has no ApplicationId directly in its Properties. Write it there."
    else:
        for entry in properties.value.entries:
            if entry.key.value not in ("ApplicationId", "Enabled"):
                yield (
                    f"has {entry.key.value} in its Properties, but the native type has only ApplicationId "
                    "and Enabled. Write out what it stands for."
                )


def in_place_of(document: Data, native: str) -> str | None:
    """Return our resource of a template that has the application and the condition of a native one."""
    resources = resources_of(document)
    wanted = place(resources.get(native))
    return next((ours for ours in of_type(resources, OURS) if place(resources[ours]) == wanted), None)


def place(resource: Data) -> tuple[Data, Data]:
    """Return by what our resource is known to be in the place of a native one."""
    properties = mapping(mapping(resource).get("Properties"))
    return properties.get("ApplicationId"), mapping(resource).get("Condition")


def new_id(native: str, taken: set[str]) -> str:
    """Return a logical id for our resource that nothing else has."""
    wanted, number = f"{native}Custom", 2
    while wanted in taken:
        wanted, number = f"{native}Custom{number}", number + 1
    return wanted


def said(template: Template) -> Data:
    """Return what a template says."""
    return data(template.root)
