"""Compares channels with what their template wants, and heals them if the template says so.

A check never undoes a deployment. It does nothing while the stack, or one around it, is in an operation; it
heals only what was changed after the stack deployed it last, so that wanted states that are out of date heal
nothing; it asks CloudFormation before and after each change; and it never deletes a channel.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pinpoint_voice_channel_handler.attempts import UNDER_WAY_SECONDS
from pinpoint_voice_channel_handler.check_request import CheckRequest
from pinpoint_voice_channel_handler.decisions import state_of
from pinpoint_voice_channel_handler.errors import (
    AccessDenied,
    ApplicationNotFound,
    PinpointRefused,
    VoiceChannelError,
)
from pinpoint_voice_channel_handler.pinpoint import Channel, Pinpoint
from pinpoint_voice_channel_handler.rules import CLOCKS_DIFFER_BY
from pinpoint_voice_channel_handler.stack import Row, Stacks
from pinpoint_voice_channel_handler.state import State

_log = logging.getLogger(__name__)

_HEALS_IN = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})

_GONE = frozenset({"DELETE_COMPLETE", "ROLLBACK_COMPLETE"})

RESERVE_SECONDS = UNDER_WAY_SECONDS + 13
"""What a change leaves of the time, to ask CloudFormation afterwards and to put the channel back."""

_INTERRUPTED = "the stack is no longer known to be at rest"


class Budget:
    """The time of a check.

    Args:
        seconds_left: Tells how long the calls of the check may go on.

    Attributes:
        reserved: What is kept for later, in seconds.
    """

    def __init__(self, seconds_left: Callable[[], float]) -> None:
        self._seconds_left = seconds_left
        self.reserved = 0.0

    def left(self) -> float:
        """Return how many seconds may be used now."""
        return self._seconds_left() - self.reserved

    def allows(self, reserve: float = 0) -> bool:
        """Tell whether there is time to begin a call, and for what comes after it."""
        return self.left() >= UNDER_WAY_SECONDS + reserve


@dataclass
class Drift:
    """A channel that is not as the template wants it.

    Args:
        application_id: Its application.
        wanted: What it is to be.
        channel: What it was found to be; None where it is not there.
        healed: Whether it is as wanted by now.
        note: Why it was not healed, where it was to be.
    """

    application_id: str
    wanted: State
    channel: Channel | None
    healed: bool = False
    note: str = ""

    @property
    def found(self) -> State:
        """What it was found to be."""
        return state_of(self.channel)


@dataclass(frozen=True)
class Rest:
    """What CloudFormation says of a stack and of those around it, innermost first.

    Args:
        stacks: The status of each, and the newest row of its log.
    """

    stacks: tuple[tuple[str, Row | None], ...]

    @property
    def in_operation(self) -> bool:
        """Whether one of them is in an operation."""
        return any(status.endswith("_IN_PROGRESS") for status, _ in self.stacks)

    @property
    def gone(self) -> bool:
        """Whether one of them has no resources any more, so that nothing is wanted of the channels."""
        return any(status in _GONE for status, _ in self.stacks)

    @property
    def heals(self) -> bool:
        """Whether all of them have come to rest well, by status and log: either may be seconds behind."""
        return all(
            status in _HEALS_IN and (row is None or (row.of_stack and row.status == status))
            for status, row in self.stacks
        )


class Check:
    """One check. What it has found so far can be read while it runs, and after it was left behind.

    Args:
        request: What is asked for.
        pinpoint: Returns the voice channel API.
        stacks: Returns the stacks of CloudFormation.
        budget: The time.

    Attributes:
        unreached: The applications whose channels are not read yet.
        drifts: The channels that differ.
        failures: How many calls failed; the log has why.
        silent: Why nothing is reported; empty if it is.
    """

    def __init__(
        self,
        request: CheckRequest,
        pinpoint: Callable[[], Pinpoint],
        stacks: Callable[[], Stacks],
        budget: Budget,
    ) -> None:
        self._request = request
        self._pinpoint = pinpoint
        self._stacks = stacks
        self._budget = budget
        self.unreached = list(request.wanted)
        self.drifts: list[Drift] = []
        self.failures = 0
        self.silent = ""

    @property
    def is_complete(self) -> bool:
        """Whether each channel was read, and no call failed."""
        return not self.unreached and not self.failures

    def run(self) -> None:
        """Read each channel, and heal those that differ, where that is asked for.

        Raises:
            VoiceChannelError: CloudFormation did not tell what the stack is doing.
        """
        rest = self._look()
        if rest.in_operation:
            self.silent = "an operation of the stack is running"
            return
        if rest.gone:  # the check is late, as its rule is gone, too
            self.silent = "the stack is gone"
            return
        for application_id, wanted in self._request.wanted.items():
            if not self._budget.allows():
                return
            self._read(application_id, wanted)
        if self.drifts and self._look() != rest:
            self.silent = _INTERRUPTED
        elif self.drifts and self._request.heal:
            self._heal(rest)

    def fail(self, error: VoiceChannelError) -> None:
        """Take note of a failure."""
        self.failures += 1
        _log.error("%s", error)

    def _look(self) -> Rest:
        seen = []
        stack_id: str | None = self._request.stack_id
        while stack_id:
            stack = self._stacks().describe(stack_id)
            seen.append((stack.status, next(self._stacks().log(stack_id), None)))
            stack_id = stack.parent_id
        return Rest(tuple(seen))

    def _read(self, application_id: str, wanted: State) -> None:
        try:
            channel = self._pinpoint().get(application_id)
        except VoiceChannelError as error:
            self.fail(error)
        else:
            if state_of(channel) is not wanted:
                self.drifts.append(Drift(application_id, wanted, channel))
        self.unreached.remove(application_id)

    def _heal(self, rest: Rest) -> None:
        managed = self._stacks().managed(self._request.stack_id) if rest.heals else {}
        for drift in self.drifts:
            drift.note = self._why_not(drift, rest, managed)
            if not drift.note:
                self._change(drift, rest)

    def _why_not(self, drift: Drift, rest: Rest, managed: Mapping[str, datetime]) -> str:
        """Return why a channel is not healed; nothing where it is."""
        if not rest.heals:
            return "the stack, or one around it, has not come to rest well"
        if drift.application_id not in managed:
            return "the stack does not manage it"
        if not _changed_after(managed[drift.application_id], drift.channel):
            return "it was not changed after the stack deployed it last"
        if not self._budget.allows(RESERVE_SECONDS):
            return "there is no time left"
        return "" if self._is_still(rest) else _INTERRUPTED

    def _change(self, drift: Drift, rest: Rest) -> None:
        put = None
        self._budget.reserved = RESERVE_SECONDS
        try:
            put = self._pinpoint().put(drift.application_id, enabled=drift.wanted is State.ENABLED)
        except ApplicationNotFound:
            drift.note = "its application does not exist"
            return
        except (AccessDenied, PinpointRefused) as error:
            drift.note = "Pinpoint refused it"
            self.fail(error)
            return
        except VoiceChannelError as error:
            drift.note = "nobody knows whether Pinpoint has done it"
            self.fail(error)
        finally:
            self._budget.reserved = 0
        if not self._is_still(rest):
            drift.note = f"{_INTERRUPTED}, so it was put back, unless somebody else has changed it since"
            self._put_back(drift, put)
        elif put:
            drift.healed = True

    def _is_still(self, rest: Rest) -> bool:
        try:
            return self._look() == rest
        except VoiceChannelError as error:
            self.fail(error)
            return False

    def _put_back(self, drift: Drift, put: Channel | None) -> None:
        """Put back what was there, without taking down what the operation has brought up meanwhile."""
        try:
            now = self._pinpoint().get(drift.application_id)
            if drift.found is State.ENABLED:
                # One that was deleted meanwhile, or made anew, is not made again.
                if now and drift.channel and now.created == drift.channel.created:
                    self._pinpoint().put(drift.application_id, enabled=True)
            elif now and put and _is_next(drift.channel, put) and now.attributes == put.attributes:
                # Also where there was none: a check deletes nothing.
                self._pinpoint().put(drift.application_id, enabled=False)
        except VoiceChannelError as error:
            self.fail(error)


def _changed_after(deployed: datetime, channel: Channel | None) -> bool:
    """Tell whether a channel is another than the stack has left, and not what it deployed itself since."""
    if state_of(channel) is State.ABSENT:
        return True  # no deployment leaves a channel absent that it goes on to manage
    return (
        channel is not None
        and channel.modified is not None
        and channel.modified > deployed + CLOCKS_DIFFER_BY
    )


def _is_next(found: Channel | None, put: Channel) -> bool:
    """Tell whether nobody else has changed a channel between what was found and what a PUT has made of it."""
    if found is None:
        return put.created == put.modified
    versions = found.attributes["Version"], put.attributes["Version"]
    return all(map(str.isdecimal, versions)) and int(versions[1]) == int(versions[0]) + 1
