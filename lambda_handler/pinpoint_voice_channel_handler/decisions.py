"""What each event does to the channel, as pure functions, in the order of docs/lifecycle.md.

They apply the rules of rules.py to the facts. lifecycle.py reads the facts before, and acts afterwards.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pinpoint_voice_channel_handler import rules
from pinpoint_voice_channel_handler.errors import ChannelExists, ChannelProtected
from pinpoint_voice_channel_handler.physical_id import PhysicalId
from pinpoint_voice_channel_handler.pinpoint import Channel
from pinpoint_voice_channel_handler.request import (
    OnExisting,
    Properties,
    RequestType,
    is_protected,
    may_have_enabled,
)
from pinpoint_voice_channel_handler.rules import Cancelled, Phase
from pinpoint_voice_channel_handler.state import State


@dataclass(frozen=True)
class Decision:
    """What happens to the channel.

    Args:
        state: The state to bring it to; None to leave it as it is.
        why: The reason, for the log.
    """

    state: State | None
    why: str


class Facts(Protocol):
    """What CloudFormation says about an event. Each is asked only where it matters, for it costs calls."""

    def phase(self) -> Phase:
        """Return what the stack is doing."""

    def rested(self) -> datetime | None:
        """Return when the root stack last came to rest well; None for never."""

    def managers(self, application_id: str) -> Iterable[datetime]:
        """Return since when each other live resource of the tree manages the channel as it does now."""

    def cancelled(self, request_type: RequestType) -> Cancelled | None:
        """Return what the stack's operation sent without taking the answer; None for nothing."""


def on_create(
    wanted: Properties, channel: Channel | None, sent: datetime, is_rollback: Callable[[], bool]
) -> tuple[State, Decision]:
    """Decide what a Create does, or an Update that moves the resource to another application.

    Args:
        wanted: The properties of the resource.
        channel: The channel now.
        sent: When the event was sent.
        is_rollback: Tells whether the event belongs to a rollback.

    Returns:
        What was found, which the PhysicalResourceId keeps; and what happens to the channel.

    Raises:
        ChannelExists: The properties want no channel that is there already.
        ChannelProtected: It would disable the channel, which is protected.
    """
    found = rules.before(sent, channel, wanted.state)
    refused = wanted.on_existing is OnExisting.FAIL and found is not State.ABSENT
    if refused and not is_rollback():
        raise ChannelExists(wanted.application_id)
    if state_of(channel) is wanted.state:
        return found, Decision(None, "It is as wanted already.")
    # Another application's Update is rolled back here, or nothing.
    if _stays_up(wanted, channel, {}, is_rollback):
        return found, _STAYS_UP
    return found, Decision(wanted.state, "The template wants that.")


def on_update(
    wanted: Properties,
    channel: Channel | None,
    before: Mapping[str, object],
    is_rollback: Callable[[], bool],
) -> Decision:
    """Decide what an Update of the same application does.

    Args:
        wanted: The properties of the resource.
        channel: The channel now. It is not looked at to enable it, which is one call either way.
        before: What the properties have been until now; in a rollback, those that are rolled back.
        is_rollback: Tells whether the event belongs to a rollback.

    Raises:
        ChannelProtected: It would disable the channel, which is protected.
    """
    if not wanted.enabled and state_of(channel) is State.DISABLED:
        return Decision(None, "It is as wanted already.")
    if _stays_up(wanted, channel, before, is_rollback):
        return _STAYS_UP
    return Decision(wanted.state, "The template wants that.")


_STAYS_UP = Decision(None, "It is protected, and what is rolled back has not enabled it.")


def _stays_up(
    wanted: Properties,
    channel: Channel | None,
    before: Mapping[str, object],
    is_rollback: Callable[[], bool],
) -> bool:
    """Tell whether protection keeps a channel enabled. In a Create, its resource may have been renamed.

    A rollback, which must not fail for that, disables only what it undoes: the refused Update of a channel
    that somebody has enabled is rolled back, too.
    """
    is_protected_now = wanted.protected or is_protected(before)
    if not (is_protected_now and takes_voice_down(wanted.state, channel)):
        return False
    if is_rollback():
        return not may_have_enabled(before, wanted.application_id)
    if wanted.protected:
        raise ChannelProtected(
            wanted.application_id, "disabled", "set Protected to false in the same deployment"
        )
    return False


def refuse_replacement(
    wanted: Properties, deployed: Mapping[str, object], is_rollback: Callable[[], bool]
) -> None:
    """Refuse to move a resource away from a protected channel, which ends in the channel's deletion.

    Args:
        wanted: The properties of the resource.
        deployed: What they have been until now.
        is_rollback: Tells whether the event belongs to a rollback.

    Raises:
        ChannelProtected: The channel that it has managed is protected.
    """
    left = str(deployed.get("ApplicationId"))
    if left != wanted.application_id and is_protected(deployed) and not is_rollback():
        raise ChannelProtected(left, "replaced", "set Protected to false, deploy, and then repeat it")


def takes_voice_down(wanted: State, channel: Channel | None) -> bool:
    """Tell whether a Create or Update needs somebody who waits for it, before and after (rule 4)."""
    return wanted is State.DISABLED and state_of(channel) is State.ENABLED


def on_delete(mine: PhysicalId, facts: Facts, *, protected: bool) -> Decision:
    """Decide what the Delete of a resource with this id does.

    Args:
        mine: The id.
        facts: What CloudFormation says.
        protected: Whether the resource was deployed as protected.

    Raises:
        ChannelProtected: It would delete the channel for good, and not undo a Create.
    """
    if mine.found is None:
        return Decision(None, "The Create of this resource changed nothing.")
    phase = facts.phase()
    if phase is Phase.OVER:
        return Decision(None, "CloudFormation has gone on since it sent this Delete.")
    if phase is Phase.UNKNOWN:
        return Decision(None, "CloudFormation's status and events do not show that it awaits this Delete.")
    # What was absent is deleted either way, so the log need not be read.
    asks_log = protected or mine.found is not State.ABSENT or phase is Phase.ROLLBACK
    settled = asks_log and rules.has_settled(mine, facts.rested())
    if settled and phase is Phase.ROLLBACK:
        return Decision(None, "This is a rollback, and the resource had settled before.")
    state = State.ABSENT if settled else mine.found
    if phase is not Phase.END and rules.is_taken(mine, state, facts.managers(mine.application_id)):
        return Decision(None, "Another resource manages the channel by now.")
    if settled and protected:
        # A stack whose deletion has failed cannot be updated, so it is too late to take off the protection.
        raise ChannelProtected(
            mine.application_id,
            "deleted",
            f"delete it with aws pinpoint delete-voice-channel --application-id {mine.application_id}, and "
            "delete the stack again; to delete the stack and keep the channel, retain the resource",
        )
    goes = state is State.ABSENT
    return Decision(state, "The resource goes." if goes else "What the Create of the resource did is undone.")


def on_cancelled(
    request_type: RequestType,
    application_id: str,
    facts: Facts,
    found_by: Callable[[Cancelled], State | None],
) -> Decision:
    """Decide what is undone of a Create or Update whose answer CloudFormation may not have taken (rule 6).

    Args:
        request_type: Which of the two.
        application_id: Its application.
        facts: What CloudFormation says.
        found_by: Tells what it found before it changed the channel; None where it has not changed it.
    """
    phase = facts.phase()
    goes_back = phase in (Phase.ROLLBACK, Phase.END)
    cancelled = facts.cancelled(request_type) if goes_back else None
    if cancelled is None:
        return Decision(None, f"CloudFormation has cancelled no {request_type} of this resource.")
    found = found_by(cancelled)
    if found is None:
        return Decision(None, f"The cancelled {request_type} has changed nothing.")
    # What was found is only inferred, so any other resource forbids taking voice down (rule 3).
    goes_down = found is not State.ENABLED
    if phase is not Phase.END and goes_down and any(facts.managers(application_id)):
        return Decision(None, f"Another resource manages what the cancelled {request_type} has changed.")
    return Decision(found, f"The cancelled {request_type} is undone.")


def state_of(channel: Channel | None) -> State:
    """Return what a channel is; None stands for one that is not there."""
    return State.ABSENT if channel is None else channel.state
