"""What the stack is doing, and which of its resources manage a voice channel.

Source of the statuses and their order: https://github.com/aws/aws-cdk/blob/main/docs/CLOUDFORMATION.md
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from pinpoint_voice_channel_handler.errors import AccessDenied, StackUnknown
from pinpoint_voice_channel_handler.physical_id import PhysicalId

_ROLLING_BACK = frozenset(
    {"ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}
)


class StackClient(Protocol):
    """The part of boto3's CloudFormation client that is used."""

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call DescribeStacks."""

    def list_stack_resources(self, *, StackName: str, NextToken: str = ...) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call ListStackResources."""


@dataclass(frozen=True)
class Stack:
    """What a stack is doing.

    Args:
        rolling_back: Whether the stack, or one that it is nested in, undoes a failed operation.
        being_deleted: Whether the whole stack is being deleted.
        at_rest: Whether no operation is running, so that an event of one has come late.
        operation_started: When the running operation began.
    """

    rolling_back: bool
    being_deleted: bool
    at_rest: bool
    operation_started: datetime


@dataclass(frozen=True)
class Manager:
    """A resource of a stack that manages a voice channel.

    Args:
        logical_id: The resource's name in the template.
        physical_id: The resource's id as CloudFormation has it.
    """

    logical_id: str
    physical_id: str


class Stacks:
    """Reads stacks.

    Args:
        client: boto3's CloudFormation client.
    """

    def __init__(self, client: StackClient) -> None:
        self._client = client

    def describe(self, stack_id: str) -> Stack:
        """Tell what a stack is doing.

        Raises:
            AccessDenied: The function may not describe the stack.
            StackUnknown: CloudFormation did not answer, or does not know the stack.
        """
        stack = self._describe(stack_id)
        # A nested stack that is rolled back reports DELETE_IN_PROGRESS; only those around it tell why.
        statuses = {stack["StackStatus"], *(outer["StackStatus"] for outer in self._outer(stack))}
        return Stack(
            rolling_back=bool(_ROLLING_BACK & statuses),
            being_deleted=stack["StackStatus"] == "DELETE_IN_PROGRESS",
            at_rest=not any(status.endswith("_IN_PROGRESS") for status in statuses),
            operation_started=stack.get("LastUpdatedTime") or stack["CreationTime"],
        )

    def managers(self, stack_id: str, application_id: str) -> frozenset[Manager]:
        """Return the stack's live resources that manage an application's voice channel.

        Raises:
            AccessDenied, StackUnknown: As `describe`.
        """
        return frozenset(
            Manager(resource["LogicalResourceId"], resource["PhysicalResourceId"])
            for resource in self._resources(stack_id)
            if _manages(resource, application_id)
        )

    def _outer(self, stack: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        while parent_id := stack.get("ParentId"):
            stack = self._describe(parent_id)
            yield stack

    def _describe(self, stack_id: str) -> Mapping[str, Any]:
        call = functools.partial(self._client.describe_stacks, StackName=stack_id)
        stack: Mapping[str, Any] = _asked("DescribeStacks", stack_id, call)["Stacks"][0]
        return stack

    def _resources(self, stack_id: str) -> Iterator[Mapping[str, Any]]:
        call = functools.partial(self._client.list_stack_resources, StackName=stack_id)
        page = _asked("ListStackResources", stack_id, call)
        yield from page["StackResourceSummaries"]
        while token := page.get("NextToken"):
            page = _asked("ListStackResources", stack_id, functools.partial(call, NextToken=token))
            yield from page["StackResourceSummaries"]


def _manages(resource: Mapping[str, Any], application_id: str) -> bool:
    # A failed or deleted resource keeps its last id in the list, but no longer manages anything.
    status = resource["ResourceStatus"]
    physical_id = PhysicalId.parse(resource.get("PhysicalResourceId", ""))
    live = not status.startswith("DELETE_") and not status.endswith("_FAILED")
    return live and physical_id is not None and physical_id.manages(application_id)


def _asked(operation: str, stack_id: str, call: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        return call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        message = error.response["Error"].get("Message", "")
        request_id = error.response["ResponseMetadata"].get("RequestId", "unknown")
        if code in ("AccessDenied", "AccessDeniedException"):
            raise AccessDenied(f"cloudformation:{operation}", message, request_id) from error
        raise StackUnknown(operation, stack_id, f"{code} (RequestID {request_id}): {message}") from error
    except BotoCoreError as error:
        raise StackUnknown(operation, stack_id, str(error)) from error
