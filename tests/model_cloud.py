"""A small CloudFormation and a small Pinpoint, in memory, which drive the handler's lifecycle.

The order of events is CloudFormation's, as far as it is documented (aws/aws-cdk, docs/CLOUDFORMATION.md).
Where it is not, `Faults.updates_replaced` tells which of the possible orders it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import EndpointConnectionError

from fakes import api_error, resource
from pinpoint_voice_channel_handler.errors import VoiceChannelError
from pinpoint_voice_channel_handler.lifecycle import Lifecycle
from pinpoint_voice_channel_handler.pinpoint import Pinpoint, VoiceChannelRequest
from pinpoint_voice_channel_handler.request import Request, RequestType, ResourceType
from pinpoint_voice_channel_handler.stack import Stacks

Template = Mapping[str, tuple[str, bool]]
"""The application and `Enabled` of each channel, by logical id."""


Fault = Callable[[Callable[[], None]], None]
"""What a PUT does with what it should do."""

INVENTED_ID = "Voice-A-1QHOCAW3FKL5D"


class Killed(BaseException):
    """When the function ends halfway: after Pinpoint changed the channel, before the answer."""


class Clock:
    """Ticks a second whenever it is asked."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def tick(self) -> datetime:
        """Return a later time than ever before."""
        self._now += timedelta(seconds=1)
        return self._now


@dataclass(frozen=True)
class Channel:
    """A voice channel of the small Pinpoint."""

    enabled: bool
    created: datetime
    modified: datetime


class SmallPinpoint:
    """Voice channels, with a history of what they were, and faults on demand."""

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
        now = self._clock.tick()
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
class Faults:
    """What goes wrong in one operation of a stack.

    Args:
        fails_after: Another resource fails when this many channels are done; None if none fails.
        cancels: How far the Create of the next channel is when CloudFormation cancels it for that failure:
            "done" but not answered, "started" while its Delete runs, or "never"; None where there is none.
        put: What the operation's first PUT does; None to change the channel.
        twice: Every event is delivered a second time, at once.
        late: Every event is delivered a second time, when the phase is over in which it was sent.
        updates_replaced: The rollback first updates a replaced resource, under its new id, to what it was.
    """

    fails_after: int | None = None
    cancels: str | None = None
    put: Fault | None = None
    twice: bool = False
    late: bool = False
    updates_replaced: bool = False


class OperationFailed(Exception):
    """When a resource failed, so that the stack rolls back."""


class SmallStack:
    """A stack, which sends its events to the handler's lifecycle.

    Args:
        stack_id: Its id.
        pinpoint: Where the channels are.
        clock: Tells when an operation starts.
    """

    def __init__(self, stack_id: str, pinpoint: SmallPinpoint, clock: Clock) -> None:
        self.template: Template = {}
        self._stack_id = stack_id
        self._pinpoint = pinpoint
        self._clock = clock
        self._status = "DELETE_COMPLETE"
        self._started = clock.tick()
        self._ids: dict[str, str] = {}
        self._updated: dict[str, str] = {}
        self._deleting: tuple[str, str] | None = None
        self._cancelled: Request | None = None
        self._late: list[Request] = []
        self._faults = Faults()

    @property
    def exists(self) -> bool:
        """Whether the stack is there."""
        return self._status not in ("DELETE_COMPLETE", "ROLLBACK_COMPLETE")

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return this stack, as CloudFormation does."""
        assert StackName == self._stack_id
        return {"Stacks": [{"StackStatus": self._status, "CreationTime": self._started}]}

    def list_stack_resources(self, *, StackName: str, NextToken: str = "") -> Mapping[str, Any]:  # noqa: N803, ARG002
        """Return the stack's resources, as CloudFormation does."""
        entries = [
            resource(*entry, "DELETE_IN_PROGRESS" if entry == self._deleting else "UPDATE_COMPLETE")
            for entry in self._ids.items()
        ]
        return {"StackResourceSummaries": entries}

    def inherit(self, application_id: str, *, enabled: bool) -> None:
        """Become a stack whose channel was made by another provider, which wrote other ids."""
        self.template = {"A": (application_id, enabled)}
        self._ids = {"A": INVENTED_ID}
        self._status = "CREATE_COMPLETE"

    def owned(self) -> set[str]:
        """Return the applications whose channels the handler manages: not those that are only inherited."""
        return {self.template[key][0] for key, physical_id in self._ids.items() if physical_id != INVENTED_ID}

    def deploy(self, template: Template, faults: Faults) -> bool:
        """Create or update the stack; return False where it was rolled back."""
        is_update = self.exists
        self._begin("UPDATE_IN_PROGRESS" if is_update else "CREATE_IN_PROGRESS", faults)
        try:
            self._provision(template)
        except OperationFailed:
            self._roll_back(is_update)
            return False
        self._clean_up(template)
        self._end("UPDATE_COMPLETE" if is_update else "CREATE_COMPLETE")
        return True

    def destroy(self, faults: Faults) -> None:
        """Delete the stack."""
        self._begin("DELETE_IN_PROGRESS", faults)
        for entry in reversed(list(self._ids.items())):
            self._delete(*entry)
        self._ids = {}
        self.template = {}
        self._end("DELETE_COMPLETE")

    def _begin(self, status: str, faults: Faults) -> None:
        self._status, self._faults, self._started = status, faults, self._clock.tick()
        self._pinpoint.next_put = faults.put
        self._updated, self._cancelled = {}, None

    def _end(self, status: str) -> None:
        self._status = status
        self._deliver_late()
        self._pinpoint.next_put = None

    def _provision(self, template: Template) -> None:
        for done, (logical_id, properties) in enumerate(template.items()):
            if done == self._faults.fails_after:
                self._cancel(logical_id, properties)
                raise OperationFailed
            if logical_id not in self.template:
                self._change(RequestType.CREATE, logical_id, properties)
            elif self.template[logical_id] != properties:
                self._updated[logical_id] = self._ids[logical_id]
                self._change(RequestType.UPDATE, logical_id, properties)
        if self._faults.fails_after is not None:
            raise OperationFailed

    def _change(self, request_type: RequestType, logical_id: str, properties: tuple[str, bool]) -> None:
        succeeded, self._ids[logical_id] = self._send(self._request(request_type, logical_id, properties))
        if not succeeded:
            raise OperationFailed

    def _cancel(self, logical_id: str, properties: tuple[str, bool]) -> None:
        if self._faults.cancels and logical_id not in self.template:
            self._cancelled = self._request(RequestType.CREATE, logical_id, properties)
            if self._faults.cancels == "done":
                self._deliver(self._cancelled)

    def _clean_up(self, template: Template) -> None:
        replaced = [entry for entry in self._updated.items() if self._ids[entry[0]] != entry[1]]
        removed = [entry for entry in self._ids.items() if entry[0] not in template]
        self._status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
        for entry in [*replaced, *removed]:
            self._delete(*entry)
        self._ids = {logical_id: self._ids[logical_id] for logical_id in template}
        self.template = template

    def _roll_back(self, is_update: bool) -> None:
        self._deliver_late()
        self._pinpoint.next_put = None
        self._status = "UPDATE_ROLLBACK_IN_PROGRESS" if is_update else "ROLLBACK_IN_PROGRESS"
        created = [entry for entry in self._ids.items() if entry[0] not in self.template]
        replacements = [entry for logical_id in self._updated for entry in self._updated_back(logical_id)]
        if is_update:
            self._status = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        if self._cancelled:
            self._send(replace(self._cancelled, type=RequestType.DELETE, physical_id=INVENTED_ID))
        for entry in reversed([*replacements, *created]):
            self._delete(*entry)
        self._ids = {logical_id: self._ids[logical_id] for logical_id in self.template}
        self._end("UPDATE_ROLLBACK_COMPLETE" if is_update else "ROLLBACK_COMPLETE")

    def _updated_back(self, logical_id: str) -> list[tuple[str, str]]:
        """Take an update of the operation back, and return what is to be deleted for it."""
        old, new = self._updated[logical_id], self._ids[logical_id]
        if new != old and not self._faults.updates_replaced:
            self._ids[logical_id] = old
            return [(logical_id, new)]
        request = self._request(RequestType.UPDATE, logical_id, self.template[logical_id])
        _, self._ids[logical_id] = self._send(request)
        return [(logical_id, other) for other in {old, new} - {self._ids[logical_id]}]

    def _delete(self, logical_id: str, physical_id: str) -> None:
        self._deleting = (logical_id, physical_id)
        # Only the Delete of an id that the handler did not write looks at the properties.
        properties = self.template.get(logical_id, ("created-in-this-operation", True))
        request = self._request(RequestType.DELETE, logical_id, properties)
        self._send(replace(request, physical_id=physical_id))
        self._deleting = None

    def _request(self, request_type: RequestType, logical_id: str, properties: tuple[str, bool]) -> Request:
        application_id, enabled = properties
        return Request(
            type=request_type,
            resource_type=ResourceType.VOICE_CHANNEL,
            request_id="request-1",
            stack_id=self._stack_id,
            logical_id=logical_id,
            physical_id=self._ids.get(logical_id, ""),
            properties={"ApplicationId": application_id, "Enabled": str(enabled).lower()},
        )

    def _send(self, request: Request) -> tuple[bool, str]:
        """Deliver an event as often as the faults say, and return the first answer: its success and id."""
        answer = self._deliver(request) or self._deliver(request)
        assert answer is not None
        if self._faults.twice:
            self._deliver(request)
        if self._faults.late:
            self._late.append(request)
        return answer

    def _deliver_late(self) -> None:
        late, self._late = self._late, []
        for request in late:
            self._deliver(request)

    def _deliver(self, request: Request) -> tuple[bool, str] | None:
        """Deliver an event once, and return its success and id, or None where the function was killed."""
        answered_as: list[str] = []
        lifecycle = Lifecycle(
            Pinpoint(self._pinpoint, "us-east-1"), lambda: Stacks(self), answered_as.append, self._sleep
        )
        try:
            lifecycle.handle(request)
        except Killed:
            return None
        except VoiceChannelError:
            return False, answered_as[-1]
        return True, answered_as[-1]

    def _sleep(self, _seconds: float) -> None:
        if self._cancelled and self._faults.cancels == "started":
            create, self._cancelled = self._cancelled, None
            self._deliver(create)
