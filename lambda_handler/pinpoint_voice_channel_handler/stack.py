"""What CloudFormation says of a stack: its status, its log, and which resources of its tree manage a channel.

Source of the statuses and their order: https://github.com/aws/aws-cdk/blob/main/docs/CLOUDFORMATION.md
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self

from botocore.exceptions import BotoCoreError, ClientError

from pinpoint_voice_channel_handler.aws_error import AwsError
from pinpoint_voice_channel_handler.errors import AccessDenied, HistoryTooLong, StackUnknown
from pinpoint_voice_channel_handler.physical_id import PhysicalId

# The deletion of a stack of 500 resources writes a thousand.
_LOG_ROWS = 10_000
_RECALL_SECONDS = 5


class StackClient(Protocol):
    """The part of boto3's CloudFormation client that is used."""

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call DescribeStacks."""

    def describe_stack_events(self, *, StackName: str, NextToken: str = ...) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call DescribeStackEvents."""

    def list_stack_resources(self, *, StackName: str, NextToken: str = ...) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call ListStackResources."""


@dataclass(frozen=True)
class Stack:
    """A stack as DescribeStacks tells it, which may be some seconds behind.

    Args:
        stack_id: Its ARN.
        root_id: The ARN of the outermost stack that it is nested in; its own where it is not nested.
        parent_id: The ARN of the stack that it is nested in; None where it is not nested.
        status: What it is doing.
        deleted: When its deletion began; None where CloudFormation does not say.
    """

    stack_id: str
    root_id: str
    parent_id: str | None
    status: str
    deleted: datetime | None


@dataclass(frozen=True)
class Row:
    """A row of a stack's log (DescribeStackEvents).

    Args:
        moment: When it was written, in whole seconds of CloudFormation's clock, as `Request.sent` is.
        of_stack: Whether it tells of the stack itself, and not of a resource.
        logical_id: The resource's name in the template.
        physical_id: The resource's id; empty until it has one.
        status: What the stack or the resource then did.
        reason: Why.
    """

    moment: datetime
    of_stack: bool
    logical_id: str
    physical_id: str
    status: str
    reason: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read an entry of DescribeStackEvents."""
        physical_id = event.get("PhysicalResourceId", "")
        return cls(
            moment=event["Timestamp"].replace(microsecond=0),
            of_stack=physical_id == event["StackId"],
            logical_id=event["LogicalResourceId"],
            physical_id=physical_id,
            status=event["ResourceStatus"],
            reason=event.get("ResourceStatusReason", ""),
        )


ENDS = frozenset({"DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"})
"""The statuses of a root whose whole tree is going away: from then on, it sends nothing but Deletes."""


@dataclass(frozen=True)
class End:
    """A root that was seen in one of `ENDS`.

    Args:
        root: The root.
        sent: When the event was sent for which it was read. One that was sent later is of the same end.
        read: When it was read, by the function's own clock.
    """

    root: Stack
    sent: datetime
    read: float


@dataclass
class Memory:
    """What a warm function remembers, so that hundreds of Deletes do not each ask CloudFormation the same.

    Attributes:
        roots: The root of each stack, which never changes.
        ends: The roots that were seen in one of `ENDS`, which are believed to be so for some seconds.
        rests: When such a root had last come to rest well, None for never; neither can change any more.
    """

    roots: dict[str, str] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    rests: dict[str, datetime | None] = field(default_factory=dict)


class Stacks:
    """Reads stacks. Each method raises AccessDenied, or StackUnknown where CloudFormation does not tell.

    Args:
        client: boto3's CloudFormation client.
        memory: What earlier events have learned.
        monotonic: Tells the time in seconds, for how long a status is remembered.
    """

    def __init__(
        self,
        client: StackClient,
        memory: Memory | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self.memory = memory or Memory()
        self._monotonic = monotonic

    def describe(self, stack_id: str) -> Stack:
        """Return a stack."""
        stack = _asked("DescribeStacks", stack_id, self._client.describe_stacks)["Stacks"][0]
        deleted = stack.get("DeletionTime")
        return Stack(
            stack_id=stack_id,
            root_id=stack.get("RootId") or stack_id,
            parent_id=stack.get("ParentId"),
            status=stack["StackStatus"],
            deleted=deleted and deleted.replace(microsecond=0),
        )

    def root(self, stack_id: str, sent: datetime) -> Stack:
        """Return the outermost stack around a stack, which may be itself.

        Args:
            stack_id: A stack.
            sent: When the event was sent for which this is asked.
        """
        root_id = self.memory.roots.get(stack_id)
        known = self.memory.ends.get(root_id or "")
        if known and known.sent <= sent and self._monotonic() - known.read < _RECALL_SECONDS:
            return known.root
        root = self.describe(root_id or stack_id)
        if root.root_id != root.stack_id:
            root = self.describe(root.root_id)
        self.memory.roots[stack_id] = root.stack_id
        if root.status in ENDS:
            self.memory.ends[root.stack_id] = End(root, sent, self._monotonic())
        return root

    def log(self, stack_id: str) -> Iterator[Row]:
        """Yield what has happened to a stack and its resources, the newest first.

        Raises:
            HistoryTooLong: More than 10,000 rows are asked for.
        """
        pages = _pages("DescribeStackEvents", stack_id, self._client.describe_stack_events, "StackEvents")
        for number, event in enumerate(itertools.chain.from_iterable(pages)):
            if number == _LOG_ROWS:
                raise HistoryTooLong(stack_id, _LOG_ROWS)
            yield Row.of(event)

    def managers(self, stack_id: str, application_id: str) -> Iterator[datetime]:
        """Yield, for each live resource of a stack or nested in it that manages a channel, since when.

        That is when it was created or updated last, in whole seconds.
        """
        client = self._client.list_stack_resources
        for page in _pages("ListStackResources", stack_id, client, "StackResourceSummaries"):
            for resource in page:
                yield from self._managers(resource, application_id)

    def managed(self, stack_id: str) -> Mapping[str, datetime]:
        """Return the applications whose channels a stack manages itself, and since when, in whole seconds."""
        client = self._client.list_stack_resources
        pages = _pages("ListStackResources", stack_id, client, "StackResourceSummaries")
        ids = (_live_id(resource) for page in pages for resource in page)
        return {mine.application_id: since for mine, since in filter(None, ids)}

    def _managers(self, resource: Mapping[str, Any], application_id: str) -> Iterator[datetime]:
        text = resource.get("PhysicalResourceId")
        is_stack = resource.get("ResourceType") == "AWS::CloudFormation::Stack"
        if text and is_stack and not _is_going(resource):
            yield from self.managers(text, application_id)
        live = _live_id(resource)
        if live and live[0].manages(application_id):
            yield live[1]


def _is_going(resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource is gone, or going; it keeps its last id in the list."""
    status: str = resource["ResourceStatus"]
    return status.startswith("DELETE_")


def _live_id(resource: Mapping[str, Any]) -> tuple[PhysicalId, datetime] | None:
    """Return the id of a live resource that manages a channel, and since when it does so as it does now."""
    physical_id = PhysicalId.parse(resource.get("PhysicalResourceId") or "")
    is_live = not _is_going(resource) and resource["ResourceStatus"] != "CREATE_FAILED"
    if not is_live or physical_id is None or physical_id.found is None:
        return None
    updated = resource.get("LastUpdatedTimestamp", physical_id.moment)
    return physical_id, max(physical_id.moment, updated.replace(microsecond=0))


def _pages(
    operation: str, stack_id: str, call: Callable[..., Mapping[str, Any]], entries: str
) -> Iterator[list[Mapping[str, Any]]]:
    page = _asked(operation, stack_id, call)
    yield page[entries]
    while token := page.get("NextToken"):
        page = _asked(operation, stack_id, call, NextToken=token)
        yield page[entries]


def _asked(
    operation: str, stack_id: str, call: Callable[..., Mapping[str, Any]], **more: str
) -> Mapping[str, Any]:
    try:
        return call(StackName=stack_id, **more)
    except ClientError as error:
        said = AwsError.of(error.response)
        if said.code in ("AccessDenied", "AccessDeniedException"):
            raise AccessDenied(f"cloudformation:{operation}", said.message, said.request_id) from error
        raise StackUnknown(operation, stack_id, str(said)) from error
    except BotoCoreError as error:
        raise StackUnknown(operation, stack_id, str(error)) from error
