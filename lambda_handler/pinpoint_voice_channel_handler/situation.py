"""What CloudFormation says about one event. It is read when it is asked for, and again while it is behind."""

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal, TypeVar

from pinpoint_voice_channel_handler import rules
from pinpoint_voice_channel_handler.patience import patiently
from pinpoint_voice_channel_handler.request import Request, RequestType
from pinpoint_voice_channel_handler.rules import Cancelled, Phase
from pinpoint_voice_channel_handler.stack import ENDS, Row, Stack, Stacks

T = TypeVar("T")

# DescribeStacks and DescribeStackEvents are eventually consistent: one of them is up to ten seconds behind.
_LOOKS = 8
_LOOK_SECONDS = 2


class Situation:
    """What CloudFormation says about an event. Each method raises AccessDenied or StackUnknown.

    Args:
        request: The event.
        stacks: Reads stacks.
        sleep: Waits for a number of seconds.
    """

    def __init__(self, request: Request, stacks: Stacks, sleep: Callable[[float], None]) -> None:
        self._request = request
        self._stacks = stacks
        self._sleep = sleep
        # As they were when the phase was read last.
        self._seen: dict[Literal["root", "stack"], Stack] = {}

    def phase(self) -> Phase:
        """Return what the stack is doing, by its status and its log where they agree."""
        return self._look(self._phase) or Phase.UNKNOWN

    def is_awaited(self) -> bool:
        """Tell whether CloudFormation waits for the answer to a Create or Update."""
        return self._look(self._awaited) or False

    def rested(self) -> datetime | None:
        """Return when the root stack last came to rest well, but for what it does now; None for never."""
        root = self._root()
        rests = self._stacks.memory.rests
        if root.stack_id in rests and root.status in ENDS:
            return rests[root.stack_id]
        log = self._agreed_log(root)
        rested = rules.last_rest(log or self._stacks.log(root.stack_id))
        if log is not None and root.status in ENDS:
            rests[root.stack_id] = rested
        return rested

    def managers(self, application_id: str) -> Iterator[datetime]:
        """Yield since when each live resource, in all of the stack's tree, manages a channel."""
        return self._stacks.managers(self._root().stack_id, application_id)

    def cancelled(self, request_type: RequestType) -> Cancelled | None:
        """Return what the stack's operation sent without taking the answer; None for nothing."""
        stack = self._stack()
        log = self._agreed_log(stack) or self._stacks.log(stack.stack_id)
        return Cancelled.of(log, self._request.logical_id, request_type)

    def _phase(self) -> Phase | None:
        self._seen.clear()
        root = self._root()
        if self._request.type is RequestType.DELETE and root.status in ENDS:
            late = root.deleted is not None and root.deleted > self._request.sent
            return Phase.OVER if late else Phase.END
        stack = self._stack()
        recent = _down_to(self._stacks.log(stack.stack_id))
        if rules.is_over(self._request, recent):
            return Phase.OVER
        waits = stack.status.endswith("_IN_PROGRESS") and rules.is_asked(self._request, recent)
        if not (waits and rules.agree(stack, recent)):
            return None
        # A root that rests, perhaps after a rollback, is not what the nested stack waits for, or is behind.
        active = [one.status for one in (stack, root) if one.status.endswith("_IN_PROGRESS")]
        return Phase.ROLLBACK if "ROLLBACK" in "".join(active) else Phase.FORWARD

    def _awaited(self) -> bool | None:
        stack = self._stacks.describe(self._request.stack_id)
        log = self._stacks.log(stack.stack_id)
        forward = rules.goes_forward(stack)
        # In an update of hundreds of resources, the row of the stack is pages below this resource's.
        recent = _down_to(log, self._request.logical_id if forward else None)
        if rules.is_over(self._request, recent):
            return False
        waits = rules.is_asked(self._request, recent) and (forward or rules.agree(stack, recent))
        return True if waits else None

    def _root(self) -> Stack:
        if "root" not in self._seen:
            self._seen["root"] = self._stacks.root(self._request.stack_id, self._request.sent)
        return self._seen["root"]

    def _stack(self) -> Stack:
        stack_id = self._request.stack_id
        if "stack" not in self._seen:
            root = self._root()
            self._seen["stack"] = root if root.stack_id == stack_id else self._stacks.describe(stack_id)
        return self._seen["stack"]

    def _agreed_log(self, stack: Stack) -> Iterator[Row] | None:
        """Return a stack's log as soon as it tells of the status that the stack has; None if it does not."""

        def read() -> Iterator[Row] | None:
            log = self._stacks.log(stack.stack_id)
            recent = _down_to(log)
            return itertools.chain(recent, log) if rules.agree(stack, recent) else None

        return self._look(read)

    def _look(self, read: Callable[[], T | None]) -> T | None:
        """Return what is read, and read again for some seconds while it is None."""
        for look in range(_LOOKS):
            self._sleep(_LOOK_SECONDS if look else 0)
            if (found := patiently(read, self._sleep)) is not None:
                return found
        return None


def _down_to(log: Iterator[Row], logical_id: str | None = None) -> list[Row]:
    """Return the newest rows, down to the first that tells of the stack, or of a resource of it."""
    recent = []
    for row in log:
        recent.append(row)
        if row.of_stack or row.logical_id == logical_id:
            break
    return recent
