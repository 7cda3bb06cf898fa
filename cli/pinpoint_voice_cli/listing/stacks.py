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
from pinpoint_voice_cli.names import GONE, NATIVE, OURS

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

_DELETING = (
    "DELETE_FAILED",
    "DELETE_IN_PROGRESS",
    "ROLLBACK_FAILED",
    "ROLLBACK_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
)
"""Of the stacks that are deleting resources, or can only be deleted (again)."""

_DOUBTFUL = ("CREATE_FAILED", "DELETE_FAILED", "DELETE_IN_PROGRESS")
"""Of the resources that the next operation may delete, though their own last one has failed."""


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
        status: Its status.
        deploying: Whether it, or a stack around it, is in an operation.
    """

    stack_id: str
    name: str
    status: str
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
        doubtful: Resources that may still manage a channel, and their statuses.
        unidentified: The names of resources that are being created, and whose channel is not told yet.
    """

    managers: tuple[Manager, ...]
    doubtful: tuple[tuple[Manager, str], ...]
    unidentified: tuple[str, ...]


def list_stacks(account: Account, region: str) -> list[Stack]:
    """Return the stacks that may have resources, nested ones, too; raises CommandError."""
    pages = account.pages("cloudformation", "ListStacks", region, StackStatusFilter=list(STATUSES))
    found = {stack["StackId"]: stack for page in pages for stack in page["StackSummaries"]}
    return [
        Stack(
            stack_id=stack_id,
            name=stack["StackName"],
            status=stack["StackStatus"],
            deploying=any(map(_in_operation, _with_those_around(stack, found))),
        )
        for stack_id, stack in found.items()
    ]


def managed_by(account: Account, region: str, stack: Stack) -> Managed:
    """Return what a stack manages itself, not in nested stacks; raises CommandError."""
    pages = account.pages("cloudformation", "ListStackResources", region, StackName=stack.stack_id)
    # What is gone, or was retained, keeps its last id in the list.
    listed = [one for page in pages for one in page["StackResourceSummaries"] if _status(one) not in GONE]
    sure = [one for one in listed if not _is_doubtful(one, stack)]
    doubtful = [(_manager(one, stack), _status(one)) for one in listed if _is_doubtful(one, stack)]
    return Managed(
        managers=tuple(filter(None, (_manager(one, stack) for one in sure))),
        doubtful=tuple((manager, status) for manager, status in doubtful if manager),
        unidentified=tuple(one["LogicalResourceId"] for one in sure if _will_manage(one)),
    )


def _with_those_around(
    stack: Mapping[str, Any] | None, stacks: Mapping[str, Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    while stack:
        yield stack
        stack = stacks.get(stack.get("ParentId", ""))


def _in_operation(stack: Mapping[str, Any]) -> bool:
    return str(stack["StackStatus"]).endswith("_IN_PROGRESS")


def _status(resource: Mapping[str, Any]) -> str:
    return str(resource["ResourceStatus"])


def _is_doubtful(resource: Mapping[str, Any], stack: Stack) -> bool:
    """Tell whether nobody knows if a resource still manages its channel.

    One that a stack could not delete does, where the stack can only be deleted: that deletes the channel,
    too. After an update, CloudFormation leaves it behind.
    """
    if _status(resource).startswith("DELETE_") and stack.status in _DELETING:
        return False
    return _status(resource) in _DOUBTFUL


def _manager(resource: Mapping[str, Any], stack: Stack) -> Manager | None:
    physical_id, kind = resource.get("PhysicalResourceId") or "", resource["ResourceType"]
    if kind == NATIVE and physical_id:
        # What Ref returns, by the template reference: the application's id.
        return Manager(Kind.NATIVE, physical_id, stack, resource["LogicalResourceId"])
    ours = PhysicalId.parse(physical_id) if _is_custom(kind) else None
    if ours is None or ours.found is None:  # not ours, a status, or a Create that changed nothing
        return None
    return Manager(Kind.LIBRARY, ours.application_id, stack, resource["LogicalResourceId"])


def _will_manage(resource: Mapping[str, Any]) -> bool:
    is_ours = resource["ResourceType"] in (NATIVE, OURS)
    return is_ours and not resource.get("PhysicalResourceId") and not _status(resource).startswith("DELETE_")


def _is_custom(kind: str) -> bool:
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"
