"""The rules by which voice never goes down by accident. decisions.py applies them to each event.

1. A Delete undoes its Create until the resource has settled; after that it deletes.
2. A rollback deletes nothing that had settled.
3. No channel is taken from another live resource of the stack's tree.
4. Voice is taken down only while CloudFormation is waiting for exactly that.
5. CloudFormation is believed where its status and its log agree; that a whole tree goes, by the status alone.
6. What a cancelled Create or Update did is undone.
7. What an earlier delivery of the same event did is not what was there before.

docs/lifecycle.md has the cases that follow from them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Self

from pinpoint_voice_channel_handler.physical_id import PhysicalId
from pinpoint_voice_channel_handler.pinpoint import Channel
from pinpoint_voice_channel_handler.request import Request, RequestType
from pinpoint_voice_channel_handler.stack import Row, Stack
from pinpoint_voice_channel_handler.state import State

_RESTS = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
_CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
_BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"})

CLOCKS_DIFFER_BY = timedelta(seconds=10)
"""How far Pinpoint's clock may be from CloudFormation's."""


class Phase(Enum):
    """What a stack is doing while it waits for the answer to an event."""

    FORWARD = auto()
    """It creates or updates, or cleans up after an update."""
    ROLLBACK = auto()
    """It goes back to what it was before an update."""
    END = auto()
    """Its whole tree goes: it is deleted, or its creation is rolled back."""
    OVER = auto()
    """It has gone on since it sent the event."""
    UNKNOWN = auto()
    """Its status and its log do not agree that it waits for the event."""


def has_settled(mine: PhysicalId, rested: datetime | None) -> bool:
    """Tell whether the root stack has come to rest well since the resource's Create was sent (rule 1)."""
    return rested is not None and rested > mine.moment


def last_rest(log: Iterable[Row]) -> datetime | None:
    """Tell when a stack last came to rest well, by its log; None where it never did.

    An update is never rolled back once it cleans up, so that counts, but not for what it cleans up itself.
    """
    stack_rows = (row for row in log if row.of_stack)
    for number, row in enumerate(stack_rows):
        if row.status in _RESTS or (row.status == _CLEANUP and number > 0):
            return row.moment
    return None


def is_taken(mine: PhysicalId, state: State, managers: Iterable[datetime]) -> bool:
    """Tell whether other live resources forbid bringing the channel to a state (rule 3).

    Any of them forbids deleting it; one that was created or updated later also forbids putting it back.
    """
    return any(state is State.ABSENT or since >= mine.moment for since in managers)


def is_over(request: Request, recent: Sequence[Row]) -> bool:
    """Tell whether the stack has gone on since the event was sent, so that it does not wait for it any more.

    It has begun another phase, or has asked something else of the resource. The row of the event itself may
    be a second younger than the event.

    Args:
        request: The event.
        recent: The newest rows of the stack's log, down to the newest that tells of the stack itself.
    """
    second = timedelta(seconds=1)
    return any(
        row.moment > request.sent + (timedelta() if row.of_stack else second)
        for row in recent
        if row.of_stack or _tells_of(request, row)
    )


def is_asked(request: Request, recent: Sequence[Row]) -> bool:
    """Tell whether the last that the log says of the resource or its stack is that this was asked (rule 4).

    Args:
        request: The event.
        recent: As for `is_over`.
    """
    last = next((row for row in recent if row.of_stack or _tells_of(request, row)), None)
    return last is not None and not last.of_stack and last.status == f"{request.type.upper()}_IN_PROGRESS"


def agree(stack: Stack, recent: Sequence[Row]) -> bool:
    """Tell whether a stack's status is the last in its log (rule 5): either may be some seconds behind."""
    return [row.status for row in recent if row.of_stack] == [stack.status]


def goes_forward(stack: Stack) -> bool:
    """Tell whether a stack creates or updates, by its status.

    The log then need not be read down to the stack's own row: what it asked last, it still wants.
    """
    return stack.status in _BEGINNINGS


def _tells_of(request: Request, row: Row) -> bool:
    # One logical id may have several physical ids to delete, and their Deletes run side by side.
    another = request.type is RequestType.DELETE and row.physical_id not in ("", request.physical_id)
    return row.logical_id == request.logical_id and not another


@dataclass(frozen=True)
class Cancelled:
    """A Create or Update that has not succeeded for CloudFormation: it was cancelled, or has failed (rule 6).

    Args:
        sent: When it was sent.
        in_flight: Whether its function may still run.
    """

    sent: datetime
    in_flight: bool

    @classmethod
    def of(cls, log: Iterable[Row], logical_id: str, request_type: RequestType) -> Self | None:
        """Find it in the log, among what the stack's operation sent before it went back or was deleted."""
        sent: list[Row] = []
        for row in log:
            if row.of_stack and row.status in _BEGINNINGS:
                break
            if row.of_stack:
                sent.clear()
            elif row.logical_id == logical_id and row.status.startswith(f"{request_type.upper()}_"):
                sent.append(row)
        if not sent or sent[0].status.endswith("_COMPLETE"):
            return None
        # AWS's words: "Resource creation cancelled", "Resource update cancelled".
        answered = sent[0].status.endswith("_FAILED") and "cancelled" not in sent[0].reason.lower()
        return cls(sent[-1].moment, in_flight=not answered)


def before(since: datetime, channel: Channel | None, wanted: State) -> State:
    """Tell what a channel was before an event may have made it what is wanted (rule 7).

    Args:
        since: When the event was sent, in whole seconds. A channel that was changed within that second may
            have been changed before it; then it counts as the higher of what it may have been. One that was
            disabled some seconds before it counts as enabled, since Pinpoint's clock may be that much behind.
        channel: The channel now.
        wanted: What the event makes of it.
    """
    if channel is None:
        return State.ABSENT
    if channel.created is None or channel.modified is None:
        return channel.state  # which proves nothing, so the channel is not taken for the event's own
    after = since + timedelta(seconds=1)
    if channel.created >= after:
        return State.ABSENT
    changed = channel.modified
    if changed == channel.created or channel.state is not wanted:
        return channel.state
    if wanted is State.DISABLED and changed >= since - CLOCKS_DIFFER_BY:
        return State.ENABLED
    if wanted is State.ENABLED and changed >= after:
        return State.DISABLED
    return channel.state
