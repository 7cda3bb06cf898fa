"""Which resources of a Region's stacks manage a voice channel.

All live stacks are listed, and the resources of each. Asking DescribeStackResources for the stack of a
physical id would need fewer calls, but cannot find it: the id of ours has a moment in it that only the stack
knows; the native type's is the application's id, which its AWS::Pinpoint::App and its other channels have,
too, and of several resources with one id it returns one
(https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/998).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pinpoint_voice_channel_handler.physical_id import PhysicalId
from pinpoint_voice_cli.account import Account

NATIVE_TYPE = "AWS::Pinpoint::VoiceChannel"

STATUSES = (
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "CREATE_IN_PROGRESS",
    "DELETE_FAILED",
    "DELETE_IN_PROGRESS",
    "IMPORT_COMPLETE",
    "IMPORT_IN_PROGRESS",
    "IMPORT_ROLLBACK_COMPLETE",
    "IMPORT_ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_IN_PROGRESS",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "ROLLBACK_IN_PROGRESS",
    "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_FAILED",
    "UPDATE_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS",
)
"""Of the stacks that may have resources: all but DELETE_COMPLETE and REVIEW_IN_PROGRESS."""


class Kind(StrEnum):
    """By what a channel is managed."""

    LIBRARY = "library"
    NATIVE = "native"


@dataclass(frozen=True)
class Stack:
    """A stack.

    Args:
        stack_id: Its ARN.
        name: Its name.
        deploying: Whether it, or a stack around it, is in an operation.
    """

    stack_id: str
    name: str
    deploying: bool


@dataclass(frozen=True)
class Manager:
    """A resource that manages a channel.

    Args:
        kind: Whether it is of this library or of the native type.
        application_id: The channel's application.
        stack: Its stack: of nested ones the innermost.
        logical_id: Its name in the template.
    """

    kind: Kind
    application_id: str
    stack: Stack
    logical_id: str


@dataclass(frozen=True)
class Managed:
    """What a stack manages.

    Args:
        managers: The resources.
        unidentified: The names of resources that are being created, and whose channel is not told yet.
    """

    managers: tuple[Manager, ...]
    unidentified: tuple[str, ...]


def list_stacks(account: Account, region: str) -> list[Stack]:
    """Return the stacks that may have resources, nested ones, too; raises CommandError."""
    pages = account.pages("cloudformation", "ListStacks", region, StackStatusFilter=list(STATUSES))
    found = {stack["StackId"]: stack for page in pages for stack in page["StackSummaries"]}
    return [
        Stack(stack_id, stack["StackName"], any(map(_in_operation, _with_those_around(stack, found))))
        for stack_id, stack in found.items()
    ]


def managed_by(account: Account, region: str, stack: Stack) -> Managed:
    """Return what a stack manages itself, not in nested stacks; raises CommandError."""
    pages = account.pages("cloudformation", "ListStackResources", region, StackName=stack.stack_id)
    live = [one for page in pages for one in page["StackResourceSummaries"] if _is_live(one)]
    managers = (_manager(resource, stack) for resource in live)
    unidentified = (one["LogicalResourceId"] for one in live if _will_manage(one))
    return Managed(tuple(filter(None, managers)), tuple(unidentified))


def _with_those_around(
    stack: Mapping[str, Any] | None, stacks: Mapping[str, Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    while stack:
        yield stack
        stack = stacks.get(stack.get("ParentId", ""))


def _in_operation(stack: Mapping[str, Any]) -> bool:
    return str(stack["StackStatus"]).endswith("_IN_PROGRESS")


def _is_live(resource: Mapping[str, Any]) -> bool:
    # What is gone, or going, or was retained, keeps its last id in the list.
    status = resource["ResourceStatus"]
    return not status.startswith("DELETE_") and status != "CREATE_FAILED"


def _manager(resource: Mapping[str, Any], stack: Stack) -> Manager | None:
    physical_id, kind = resource.get("PhysicalResourceId") or "", resource["ResourceType"]
    if kind == NATIVE_TYPE and physical_id:
        # What Ref returns, by the template reference: the application's id.
        return Manager(Kind.NATIVE, physical_id, stack, resource["LogicalResourceId"])
    ours = PhysicalId.parse(physical_id) if _is_custom(kind) else None
    if ours is None or ours.found is None:  # of another provider, a status, or a Create that did nothing
        return None
    return Manager(Kind.LIBRARY, ours.application_id, stack, resource["LogicalResourceId"])


def _will_manage(resource: Mapping[str, Any]) -> bool:
    is_ours = resource["ResourceType"] in (NATIVE_TYPE, "Custom::PinpointVoiceChannel")
    return is_ours and not resource.get("PhysicalResourceId")


def _is_custom(kind: str) -> bool:
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"
