"""A small CloudFormation and a small Pinpoint, in memory, which send the handler events as the real ones do.

Sources of what it does: aws/aws-cdk, docs/CLOUDFORMATION.md, for the order of events; aws-cloudformation/
cloudformation-coverage-roadmap issue 1814 and aws/aws-cdk issues 26139 and 31541 for work that is cancelled;
aws/aws-cdk-cli issues 1802 and 1848 for a status that is behind. Each stack writes a log.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from botocore.exceptions import EndpointConnectionError

from harness import in_memory
from harness.fakes import api_error
from harness.in_memory import Killed
from pinpoint_voice_channel_handler.pinpoint import VoiceChannelRequest
from pinpoint_voice_channel_handler.request import ResourceType
from pinpoint_voice_channel_handler.stack import Memory

Wanted = tuple[str, bool]
"""The application of a channel, and whether it is to be enabled."""

Template = Mapping[str, "Wanted | Template"]
"""Channels, and the templates of nested stacks, by logical id."""

Event = dict[str, Any]

Fault = Callable[[Callable[[], None]], None]
"""What a PUT does with what it should do."""

_PAGE = 4
_TYPE = "AWS::CloudFormation::Stack"


class Clock:
    """A clock that moves only when somebody waits.

    Attributes:
        now: The time.
        on_sleep: Is called, once, when the handler waits.
    """

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.on_sleep: Callable[[], object] | None = None

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        """Let time pass while the handler waits."""
        self.wait(seconds)
        happens, self.on_sleep = self.on_sleep, None
        if happens and seconds:
            happens()


@dataclass(frozen=True)
class Channel:
    """A voice channel of the small Pinpoint."""

    enabled: bool
    created: datetime
    modified: datetime


class SmallPinpoint:
    """Voice channels, with a history of what they were, and faults on demand.

    Attributes:
        channels: The channels by application.
        history: Each application whose channel was changed, with what it then was.
        next_put: What the next PUT does instead of changing the channel.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.channels: dict[str, Channel] = {}
        self.history: list[tuple[str, str]] = []
        self.next_put: Fault | None = None

    def state(self, application_id: str) -> str:
        """Return absent, enabled or disabled."""
        channel = self.channels.get(application_id)
        return "absent" if channel is None else "enabled" if channel.enabled else "disabled"

    def put(self, application_id: str, *, enabled: bool) -> None:
        """Make or change a channel."""
        self._clock.wait(0.05)
        now = self._clock.now
        present = self.channels.get(application_id)
        self.channels[application_id] = Channel(enabled, present.created if present else now, now)
        self.history.append((application_id, self.state(application_id)))

    def delete(self, application_id: str) -> None:
        """Delete a channel."""
        del self.channels[application_id]
        self.history.append((application_id, "absent"))

    def get_voice_channel(self, *, ApplicationId: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return the channel as the API does."""
        if ApplicationId not in self.channels:
            raise api_error("NotFoundException", 404)
        channel = self.channels[ApplicationId]
        return {
            "VoiceChannelResponse": {
                "Platform": "VOICE",
                "Enabled": channel.enabled,
                "CreationDate": channel.created.isoformat(),
                "LastModifiedDate": channel.modified.isoformat(),
            }
        }

    def update_voice_channel(
        self,
        *,
        ApplicationId: str,  # noqa: N803, boto3's spelling
        VoiceChannelRequest: VoiceChannelRequest,  # noqa: N803, boto3's spelling
    ) -> Mapping[str, Any]:
        """Change the channel, or do what `next_put` says."""
        fault = self.next_put
        self.next_put = refused if fault is refused else None  # and so is the same request again
        enabled = VoiceChannelRequest["Enabled"]
        if fault is None:
            self.put(ApplicationId, enabled=enabled)
        else:
            fault(lambda: self.put(ApplicationId, enabled=enabled))
        return self.get_voice_channel(ApplicationId=ApplicationId)

    def delete_voice_channel(self, *, ApplicationId: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Delete the channel as the API does."""
        response = self.get_voice_channel(ApplicationId=ApplicationId)
        self.delete(ApplicationId)
        return response


def killed_after(apply: Callable[[], None]) -> None:
    """Change the channel, then end the function."""
    apply()
    raise Killed


def lost_after(apply: Callable[[], None]) -> None:
    """Change the channel, then lose the connection."""
    apply()
    raise EndpointConnectionError(endpoint_url="https://pinpoint")


def lost_before(_apply: Callable[[], None]) -> None:
    """Lose the connection, and change nothing."""
    raise EndpointConnectionError(endpoint_url="https://pinpoint")


def refused(_apply: Callable[[], None]) -> None:
    """Refuse to change anything."""
    raise api_error("BadRequestException", 400)


@dataclass(frozen=True)
class Plan:
    """What goes wrong in one operation of a stack, and how CloudFormation takes it.

    Args:
        fails_after: Another resource fails when this many channels were changed; None if nothing fails.
        in_flight: How far the next event is when CloudFormation cancels it for that failure: it is "done" but
            its answer is not taken; its PUT "lands" after the rollback; it starts "during" the rollback, or
            "after" the operation; or "never", as where nothing is in flight.
        on_failure: What CloudFormation then does: "rollback", "keep" (--no-rollback) or "delete".
        rollback_fails: The rollback of a creation ends in ROLLBACK_FAILED when this many Deletes were sent.
        put: What the operation's first PUT does; None to change the channel.
        twice: Every event is delivered a second time, at once.
        again: Which of the events of the past is delivered once more as the stack ends its forward phase.
        updates_replaced: The rollback first updates a replaced resource, under its new id, to what it was.
        behind: Which of the two is behind, DescribeStacks or DescribeStackEvents.
        seconds_behind: By how much.
        pace: How long CloudFormation takes from one step to the next, in seconds.
        gap: How long after the operation before it begins, in seconds.
    """

    fails_after: int | None = None
    in_flight: Literal["done", "lands", "during", "after", "never"] = "never"
    on_failure: Literal["rollback", "keep", "delete"] = "rollback"
    rollback_fails: int | None = None
    put: Fault | None = None
    twice: bool = False
    again: int | None = None
    updates_replaced: bool = False
    behind: Literal["status", "log"] = "status"
    seconds_behind: float = 0
    pace: float = 1
    gap: float = 30


@dataclass
class Resource:
    """A channel of a stack.

    Attributes:
        wanted: What its template says.
        physical_id: Its id as CloudFormation knows it.
        status: Its status.
        good: What it was, and its id, when its root last rested; None where it was not there.
        replaced: The ids that it had, and with which properties, to be deleted when an update succeeds.
        found: What its channel was before it was created.
        settled: Whether its root has rested since.
    """

    wanted: Wanted
    physical_id: str = ""
    status: str = "CREATE_IN_PROGRESS"
    good: tuple[Wanted, str] | None = None
    replaced: list[tuple[str, Wanted]] = field(default_factory=list)
    found: str = "absent"
    settled: bool = False


class SmallStack:
    """A stack with its log, its resources and the stacks that are nested in it."""

    def __init__(self, stack_id: str, clock: Clock, parent: "SmallStack | None" = None) -> None:
        self.stack_id = stack_id
        self.parent = parent
        self.clock = clock
        self.statuses: list[tuple[datetime, str]] = []
        self.rows: list[dict[str, Any]] = []
        self.resources: dict[str, Resource] = {}
        self.nested: dict[str, SmallStack] = {}
        self.deleted: datetime | None = None

    @property
    def root(self) -> "SmallStack":
        """The outermost stack."""
        return self.parent.root if self.parent else self

    @property
    def status(self) -> str:
        """What it is doing."""
        return self.statuses[-1][1] if self.statuses else "DELETE_COMPLETE"

    def become(self, status: str) -> None:
        """Go on to another status, and log it."""
        self.statuses.append((self.clock.now, status))
        if status == "DELETE_IN_PROGRESS":
            self.deleted = self.clock.now
        self.log("Stack", self.stack_id, status)

    def log(self, logical_id: str, physical_id: str, status: str, reason: str = "") -> None:
        """Write a row."""
        self.rows.append(
            {
                "StackId": self.stack_id,
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical_id,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "Timestamp": self.clock.now,
            }
        )

    def tree(self) -> Iterator["SmallStack"]:
        """Yield the stack and all that are nested in it."""
        yield self
        for child in self.nested.values():
            yield from child.tree()

    def channels(self) -> Iterator[Resource]:
        """Yield the channels of the tree."""
        for stack in self.tree():
            yield from stack.resources.values()


class SmallCloudFormation:
    """The API of CloudFormation, of which one half may be some seconds behind.

    Attributes:
        stacks: All the stacks there ever were, by id.
        behind: What is behind.
        seconds_behind: By how much.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.stacks: dict[str, SmallStack] = {}
        self.behind = "status"
        self.seconds_behind = 0.0

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return a stack as the API does."""
        stack = self.stacks[StackName]
        seen = [status for moment, status in stack.statuses if moment <= self._seen_until("status")]
        told: dict[str, Any] = {"StackStatus": seen[-1] if seen else "REVIEW_IN_PROGRESS"}
        if stack.parent:
            told |= {"RootId": stack.root.stack_id, "ParentId": stack.parent.stack_id}
        if stack.deleted and told["StackStatus"].startswith("DELETE_"):
            told["DeletionTime"] = stack.deleted
        return {"Stacks": [told]}

    def describe_stack_events(self, *, StackName: str, NextToken: str = "0") -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return a page of a stack's log as the API does, the newest row first."""
        until = self._seen_until("log")
        seen = [row for row in reversed(self.stacks[StackName].rows) if row["Timestamp"] <= until]
        return _page("StackEvents", seen, NextToken)

    def list_stack_resources(self, *, StackName: str, NextToken: str = "0") -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return a page of a stack's resources as the API does."""
        stack = self.stacks[StackName]
        updated = {row["LogicalResourceId"]: row["Timestamp"] for row in stack.rows}
        channels = [_entry(key, it.physical_id, it.status) for key, it in stack.resources.items()]
        nested = [_entry(key, it.stack_id, it.status, _TYPE) for key, it in stack.nested.items()]
        entries = [
            {**entry, "LastUpdatedTimestamp": updated.get(entry["LogicalResourceId"], self._clock.now)}
            for entry in (*channels, *nested)
        ]
        return _page("StackResourceSummaries", entries, NextToken)

    def _seen_until(self, which: str) -> datetime:
        return self._clock.now - timedelta(seconds=self.seconds_behind if which == self.behind else 0)


def _entry(
    logical_id: str, physical_id: str, status: str, kind: str = str(ResourceType.VOICE_CHANNEL)
) -> dict[str, Any]:
    entry = {"LogicalResourceId": logical_id, "ResourceStatus": status, "ResourceType": kind}
    return {**entry, "PhysicalResourceId": physical_id} if physical_id else entry


def _page(name: str, entries: list[dict[str, Any]], token: str) -> Mapping[str, Any]:
    start = int(token)
    more = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(entries) else {}
    return {name: entries[start : start + _PAGE], **more}


@dataclass(frozen=True)
class Change:
    """What an operation asks of a channel."""

    stack: SmallStack
    logical_id: str
    wanted: Wanted


class SmallCloud:
    """The handler's world: a Pinpoint, a CloudFormation, and the handler to which they send events.

    Attributes:
        sent: All events that were ever sent.
        cancelled: The event that CloudFormation has cancelled in the last operation, if any.
        protected: Whether the templates protect all channels.
    """

    def __init__(self) -> None:
        self.protected = False
        self.clock = Clock()
        self.pinpoint = SmallPinpoint(self.clock)
        self.cloudformation = SmallCloudFormation(self.clock)
        self.sent: list[Event] = []
        self.cancelled: Event | None = None
        self._memory = Memory()
        self._plan = Plan()
        self._numbers = 0

    # What a person does

    def deploy(self, root: SmallStack | None, template: Template, plan: Plan) -> SmallStack:
        """Create a stack, or update one, and return it as it is when CloudFormation rests."""
        self._begin(plan)
        if root is None:
            root = self._new_stack(None)
            root.become("REVIEW_IN_PROGRESS")
            self.clock.wait(86_400)
            root.become("CREATE_IN_PROGRESS")
        else:
            root.become("UPDATE_IN_PROGRESS")
        for number, change in enumerate(self._forward(root, template)):
            if number == plan.fails_after:
                self._fail(root, change)
                break
            if not self._apply(change):
                self._fail(root, None)
                break
        else:
            if plan.fails_after is None:
                self._succeed(root, template)
            else:
                self._fail(root, None)
        self._end()
        return root

    def roll_back(self, root: SmallStack, plan: Plan) -> None:
        """Roll back a stack that was kept when it failed."""
        self._begin(plan)
        self._roll_back(root)
        self._end()

    def destroy(self, root: SmallStack, plan: Plan) -> None:
        """Delete a stack."""
        self._begin(plan)
        self._delete_tree(root)
        self._end()
        self.clock.wait(30)

    def deliver_again(self, event: Event) -> None:
        """Deliver an event once more."""
        self.clock.wait(30)
        self._deliver(event)

    def inherit(self, wanted: Wanted) -> SmallStack:
        """Return a stack whose channel was made by another provider, which wrote other ids."""
        root = self._new_stack(None)
        root.become("CREATE_IN_PROGRESS")
        root.log("A", "", "CREATE_IN_PROGRESS")
        self.clock.wait(2)
        root.resources["A"] = Resource(wanted, "Voice-A-9OTHERPROVIDER", "CREATE_COMPLETE")
        root.log("A", "Voice-A-9OTHERPROVIDER", "CREATE_COMPLETE")
        self._rest(root, "CREATE_COMPLETE")
        return root

    # An operation

    def _begin(self, plan: Plan) -> None:
        self.clock.wait(plan.gap)
        self._plan, self.cancelled = plan, None
        self.pinpoint.next_put = plan.put
        self.cloudformation.behind, self.cloudformation.seconds_behind = plan.behind, plan.seconds_behind

    def _end(self) -> None:
        self.pinpoint.next_put = self.clock.on_sleep = None
        if self.cancelled and self._plan.in_flight == "after":
            self._deliver(self.cancelled)

    def _new_stack(self, parent: SmallStack | None) -> SmallStack:
        self._numbers += 1
        account = "arn:aws:cloudformation:us-east-1:123456789012:stack"
        stack = SmallStack(f"{account}/Voice{self._numbers}/{self._numbers}", self.clock, parent)
        self.cloudformation.stacks[stack.stack_id] = stack
        return stack

    def _forward(self, stack: SmallStack, template: Template) -> Iterator[Change]:
        """Yield what is to be asked of channels, while nested stacks are made and updated around it."""
        for logical_id, wanted in template.items():
            self.clock.wait(self._plan.pace)
            if isinstance(wanted, Mapping):
                yield from self._forward_nested(stack, logical_id, wanted)
            else:
                present = stack.resources.get(logical_id)
                if present is None or present.wanted != wanted or present.status.endswith("_FAILED"):
                    yield Change(stack, logical_id, wanted)

    def _forward_nested(self, stack: SmallStack, logical_id: str, template: Template) -> Iterator[Change]:
        is_new = logical_id not in stack.nested
        child = stack.nested[logical_id] = self._new_stack(stack) if is_new else stack.nested[logical_id]
        child.become("CREATE_IN_PROGRESS" if is_new else "UPDATE_IN_PROGRESS")
        stack.log(logical_id, child.stack_id, child.status)
        yield from self._forward(child, template)
        child.become("CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

    def _apply(self, change: Change) -> bool:
        """Create or update a channel, and tell whether that succeeded."""
        resources = change.stack.resources
        failed = resources.get(change.logical_id)
        if failed and failed.status == "CREATE_FAILED":
            # A failed Create is deleted by the next operation, after the resource was created anew.
            resources[change.logical_id] = self._new_resource(change.wanted)
            resources[change.logical_id].replaced.append((failed.physical_id, failed.wanted))
        event = self._ask(change)
        answer = self._send(event)
        resource = resources[change.logical_id]
        self.clock.wait(self._plan.pace)
        succeeded = answer["Status"] == "SUCCESS"
        is_create = event["RequestType"] == "Create"
        if not is_create and answer["PhysicalResourceId"] != resource.physical_id:
            resource.replaced.append((resource.physical_id, resource.wanted))
        resource.physical_id = answer["PhysicalResourceId"]
        resource.status = f"{event['RequestType'].upper()}_{'COMPLETE' if succeeded else 'FAILED'}"
        resource.wanted = change.wanted
        change.stack.log(change.logical_id, resource.physical_id, resource.status, answer.get("Reason", ""))
        return bool(succeeded)

    def _ask(self, change: Change) -> Event:
        """Log that a channel is created or updated, and return the event for it."""
        stack, logical_id, wanted = change.stack, change.logical_id, change.wanted
        if logical_id not in stack.resources:
            stack.resources[logical_id] = self._new_resource(wanted)
        resource = stack.resources[logical_id]
        request_type = "Update" if resource.physical_id else "Create"
        resource.status = f"{request_type.upper()}_IN_PROGRESS"
        stack.log(logical_id, resource.physical_id, resource.status)
        return self._event(request_type, stack, logical_id, wanted, resource.physical_id, resource.wanted)

    def _new_resource(self, wanted: Wanted) -> Resource:
        return Resource(wanted, found=self.pinpoint.state(wanted[0]))

    # How it ends

    def _succeed(self, root: SmallStack, template: Template) -> None:
        is_update = root.status == "UPDATE_IN_PROGRESS"
        if is_update:
            root.become("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self._replay()
        self._clean_up(root, template)
        self._rest(root, "UPDATE_COMPLETE" if is_update else "CREATE_COMPLETE")

    def _clean_up(self, stack: SmallStack, template: Template) -> None:
        for logical_id, resource in list(stack.resources.items()):
            for physical_id, wanted in resource.replaced:
                self._delete(stack, logical_id, physical_id, wanted)
            resource.replaced.clear()
            if logical_id not in template:
                self._delete(stack, logical_id, resource.physical_id, resource.wanted)
                del stack.resources[logical_id]
        for logical_id, child in list(stack.nested.items()):
            inner = template.get(logical_id)
            if isinstance(inner, Mapping):
                self._clean_up(child, inner)
            else:
                self._delete_tree(child)
                del stack.nested[logical_id]

    def _rest(self, root: SmallStack, status: str) -> None:
        self.clock.wait(1.5)
        for stack in reversed(list(root.tree())):
            if stack.status != "CREATE_COMPLETE" or stack is root:
                stack.become(status)
            for resource in stack.resources.values():
                resource.good = (resource.wanted, resource.physical_id)
                resource.settled = True

    def _fail(self, root: SmallStack, in_flight: Change | None) -> None:
        """Fail, while an event is in flight, whose answer is not taken."""
        if self._plan.on_failure == "keep" or in_flight is None or self._plan.in_flight == "never":
            self._go_on(root, None)
            return
        if (
            in_flight.stack.resources.get(in_flight.logical_id, Resource(("", True))).status
            == "CREATE_FAILED"
        ):
            self._go_on(root, None)
            return
        self.cancelled = event = self._ask(in_flight)
        self.clock.wait(self._plan.pace)
        if self._plan.in_flight == "lands":
            gone_on: list[bool] = []

            def land_late(apply: Callable[[], None]) -> None:
                gone_on.append(True)
                self._go_on(root, in_flight)
                apply()

            self.pinpoint.next_put = land_late
            self._deliver(event)
            self.pinpoint.next_put = None
            if not gone_on:
                self._go_on(root, in_flight)
            return
        if self._plan.in_flight == "done":
            self._deliver(event)
        elif self._plan.in_flight == "during":
            self.clock.on_sleep = lambda: self._deliver(event)
        self._go_on(root, in_flight)

    def _go_on(self, root: SmallStack, cancelled: Change | None) -> None:
        self.pinpoint.next_put = None
        if cancelled:
            resource = cancelled.stack.resources[cancelled.logical_id]
            verb = "update" if resource.physical_id else "creation"
            resource.status = "UPDATE_FAILED" if resource.physical_id else "CREATE_FAILED"
            reason = f"Resource {verb} cancelled"
            cancelled.stack.log(cancelled.logical_id, resource.physical_id, resource.status, reason)
            resource.physical_id = resource.physical_id or f"Voice-{cancelled.logical_id}-1QHOCAW3FKL5D"
        self._replay()
        if self._plan.on_failure == "rollback":
            self._roll_back(root, cancelled)
        elif self._plan.on_failure == "keep":
            root.become(root.status.replace("IN_PROGRESS", "FAILED"))
            for stack in list(root.tree())[1:]:
                if stack.status.endswith("_IN_PROGRESS"):
                    stack.become(stack.status.split("_", maxsplit=1)[0] + "_FAILED")
        else:
            self._delete_tree(root)

    def _replay(self) -> None:
        if self._plan.again is not None and self.sent:
            self._deliver(self.sent[self._plan.again % len(self.sent)])

    def _roll_back(self, root: SmallStack, cancelled: Change | None = None) -> None:
        if not any(status in ("CREATE_COMPLETE", "UPDATE_COMPLETE") for _, status in root.statuses):
            self._roll_back_creation(root)
            return
        for stack in root.tree():
            if stack.status.startswith("UPDATE_"):
                stack.become("UPDATE_ROLLBACK_IN_PROGRESS")
        self.clock.wait(self._plan.pace)
        leftovers = [entry for stack in root.tree() for entry in self._update_back(stack, cancelled)]
        for stack in root.tree():
            if stack.status.startswith("UPDATE_"):
                stack.become("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        for stack, logical_id, physical_id, wanted in reversed(leftovers):
            self._delete(stack, logical_id, physical_id, wanted)
        self._delete_created(root)
        self._rest(root, "UPDATE_ROLLBACK_COMPLETE")

    def _update_back(
        self, stack: SmallStack, cancelled: Change | None
    ) -> Iterator[tuple[SmallStack, str, str, Wanted]]:
        """Take the updates of a stack's channels back, and yield what is to be deleted for that."""
        for logical_id, resource in list(stack.resources.items()):
            if resource.good is None:
                continue
            wanted, physical_id = resource.good
            now = resource.wanted
            if cancelled and (cancelled.stack, cancelled.logical_id) == (stack, logical_id):
                now = cancelled.wanted
            elif resource.status != "UPDATE_FAILED" and now == wanted:
                continue
            replacement = resource.physical_id
            others = [*(entry for entry, _ in resource.replaced), replacement]
            resource.replaced.clear()
            resource.wanted = wanted
            if replacement != physical_id and not self._plan.updates_replaced:
                resource.physical_id = physical_id
            else:
                stack.log(logical_id, replacement, "UPDATE_IN_PROGRESS")
                answer = self._send(self._event("Update", stack, logical_id, wanted, replacement, now))
                assert answer["Status"] == "SUCCESS", answer
                resource.physical_id = answer["PhysicalResourceId"]
            resource.status = "UPDATE_COMPLETE"
            stack.log(logical_id, resource.physical_id, resource.status)
            gone = {physical_id, *others} - {resource.physical_id}
            yield from ((stack, logical_id, other, now) for other in sorted(gone))

    def _delete_created(self, stack: SmallStack) -> None:
        for logical_id, resource in reversed(list(stack.resources.items())):
            if resource.good is None:
                self._delete_all_of(stack, logical_id, resource)
        for logical_id, child in reversed(list(stack.nested.items())):
            if any("COMPLETE" in status for _, status in child.statuses) and any(
                it.good for it in child.channels()
            ):
                self._delete_created(child)
            else:
                self._delete_tree(child)
                del stack.nested[logical_id]

    def _delete_all_of(self, stack: SmallStack, logical_id: str, resource: Resource) -> None:
        self._delete(stack, logical_id, resource.physical_id, resource.wanted)
        for physical_id, wanted in resource.replaced:
            self._delete(stack, logical_id, physical_id, wanted)
        del stack.resources[logical_id]

    def _roll_back_creation(self, root: SmallStack) -> None:
        root.become("ROLLBACK_IN_PROGRESS")
        self.clock.wait(self._plan.pace)
        left = self._plan.rollback_fails
        for logical_id, child in reversed(list(root.nested.items())):
            self._delete_tree(child)
            del root.nested[logical_id]
        for logical_id, resource in reversed(list(root.resources.items())):
            if left == 0:
                root.become("ROLLBACK_FAILED")
                return
            left = None if left is None else left - 1
            self._delete_all_of(root, logical_id, resource)
        self.clock.wait(1)
        root.become("ROLLBACK_COMPLETE")

    def _delete_tree(self, stack: SmallStack) -> None:
        stack.become("DELETE_IN_PROGRESS")
        self.clock.wait(self._plan.pace)
        if stack.parent is None:
            self._replay()
        for logical_id, child in reversed(list(stack.nested.items())):
            self._delete_tree(child)
            del stack.nested[logical_id]
        for logical_id, resource in reversed(list(stack.resources.items())):
            self._delete_all_of(stack, logical_id, resource)
        stack.become("DELETE_COMPLETE")

    def _delete(self, stack: SmallStack, logical_id: str, physical_id: str, wanted: Wanted) -> None:
        resource = stack.resources[logical_id]
        if resource.physical_id == physical_id:
            resource.status = "DELETE_IN_PROGRESS"
        # A Delete that has failed is sent again: by CloudFormation in a clean-up, by a person otherwise.
        for _ in range(2):
            stack.log(logical_id, physical_id, "DELETE_IN_PROGRESS")
            answer = self._send(self._event("Delete", stack, logical_id, wanted, physical_id))
            if answer["Status"] == "SUCCESS":
                break
            stack.log(logical_id, physical_id, "DELETE_FAILED")
            self.clock.wait(5)
        else:
            # Which CloudFormation ignores in a clean-up, and ends a deletion with.
            assert "is Protected, so it was not deleted" in answer["Reason"], answer
            return
        self.clock.wait(self._plan.pace)
        stack.log(logical_id, physical_id, "DELETE_COMPLETE")

    # Events

    def _event(
        self,
        request_type: str,
        stack: SmallStack,
        logical_id: str,
        wanted: Wanted,
        physical_id: str,
        old: Wanted | None = None,
    ) -> Event:
        signed = f"{self.clock.now:%Y%m%dT%H%M%SZ}"
        event = {
            "RequestType": request_type,
            "ResponseURL": f"https://bucket.s3.amazonaws.com/answer?X-Amz-Date={signed}&X-Amz-Signature=x",
            "StackId": stack.stack_id,
            "RequestId": f"request-{len(self.sent)}",
            "ResourceType": str(ResourceType.VOICE_CHANNEL),
            "LogicalResourceId": logical_id,
            "ResourceProperties": self.properties(wanted),
        }
        if request_type != "Create":
            event["PhysicalResourceId"] = physical_id
        if request_type == "Update":
            event["OldResourceProperties"] = self.properties(old or wanted)
        self.sent.append(event)
        return event

    def _send(self, event: Event) -> dict[str, Any]:
        """Deliver an event as often as the plan says, and return the first answer."""
        answer = self._deliver(event) or self._deliver(event)
        assert answer is not None
        if self._plan.twice:
            self._deliver(event)
        return answer

    def _deliver(self, event: Event) -> dict[str, Any] | None:
        """Deliver an event once, and return the answer, or None where the function was killed."""
        self.clock.wait(1.1)
        return in_memory.handle(
            event,
            self.pinpoint,
            self.cloudformation,
            self._memory,
            self.clock.sleep,
            lambda: self.clock.now.timestamp(),
        )

    def properties(self, wanted: Wanted) -> dict[str, str]:
        """Return the properties of a channel as CloudFormation sends them."""
        protection = {"Protected": "true"} if self.protected else {}
        return {"ApplicationId": wanted[0], "Enabled": str(wanted[1]).lower(), **protection}
