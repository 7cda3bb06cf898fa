"""What Create, Update and Delete do: reads the facts, has decisions.py decide, and acts.

The cases are in the order of docs/lifecycle.md. The edges are passed in: `Pinpoint` for the
channel, `Stacks` for what CloudFormation does and has done.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from pinpoint_voice_channel_handler import decisions, rules
from pinpoint_voice_channel_handler.decisions import Decision, state_of
from pinpoint_voice_channel_handler.errors import (
    AccessDenied,
    ApplicationNotFound,
    ChannelProtected,
    ContradictoryResponse,
    InvalidProperty,
    NoLongerAsked,
    PinpointRefused,
    PinpointUnavailable,
    StackElsewhere,
    StackUnknown,
    UnknownProperties,
    VoiceChannelError,
)
from pinpoint_voice_channel_handler.patience import patiently
from pinpoint_voice_channel_handler.physical_id import NOTHING_DONE, PhysicalId
from pinpoint_voice_channel_handler.pinpoint import Channel, Pinpoint
from pinpoint_voice_channel_handler.request import Properties, Request, RequestType, is_protected
from pinpoint_voice_channel_handler.rules import Cancelled, Phase
from pinpoint_voice_channel_handler.situation import Situation
from pinpoint_voice_channel_handler.stack import Stacks
from pinpoint_voice_channel_handler.state import State

Attributes = Mapping[str, str]
T = TypeVar("T")

_log = logging.getLogger(__name__)

_NOTHING_TO_DECIDE = "The channel is gone already, so there is nothing to decide."
_NOTHING_LEFT_ELSEWHERE = (
    "The stack belongs to another account or Region, and no channel is left that was made or changed for it."
)

# What CloudFormation cancelled may still run while it is undone (aws/aws-cdk issue 26139).
_CANCELLED_LOOKS = 16
_CANCELLED_LOOK_SECONDS = 2


class Lifecycle:
    """Handles one request.

    Args:
        pinpoint: The voice channel API.
        stacks: Returns the stacks of CloudFormation; not called by an event that needs none.
        answer_as: Takes the PhysicalResourceId with which CloudFormation is answered from then on, also when
            what follows fails or runs out of time.
        sleep: Waits for a number of seconds.
        elsewhere: The error of a stack that belongs to another account or Region than the function.
    """

    def __init__(
        self,
        pinpoint: Pinpoint,
        stacks: Callable[[], Stacks],
        answer_as: Callable[[str], None],
        sleep: Callable[[float], None],
        elsewhere: StackElsewhere | None = None,
    ) -> None:
        self._pinpoint = pinpoint
        self._stacks = stacks
        self._answer_as = answer_as
        self._sleep = sleep
        self._elsewhere = elsewhere

    def handle(self, request: Request) -> Attributes:
        """Do what the request asks for, and return the channel's attributes: all ten, or none on Delete.

        Raises:
            VoiceChannelError: Its text tells the user what happened and what to do.
        """
        if request.type is RequestType.CREATE:
            return self._create(request)
        if request.type is RequestType.UPDATE:
            return self._update(request)
        self._delete(request)
        return {}

    def _create(self, request: Request) -> Attributes:
        self._answer_as(NOTHING_DONE)
        wanted = Properties.parse(request.properties)
        untouched = str(PhysicalId(wanted.application_id, None))
        self._answer_as(untouched)
        return self._take_over(request, wanted, id_if_untouched=untouched)

    def _update(self, request: Request) -> Attributes:
        self._answer_as(request.physical_id)
        wanted = self._wanted_by_update(request)
        current = PhysicalId.parse(request.physical_id)
        is_rollback = partial(self._rolls_back, request)
        if current is None or not current.manages(wanted.application_id):
            decisions.refuse_replacement(wanted, request.old_properties, is_rollback)
            attributes = self._take_over(request, wanted, id_if_untouched=request.physical_id)
        else:
            channel = None if wanted.enabled else self._get(wanted)
            decision = decisions.on_update(wanted, channel, request.old_properties, is_rollback)
            attributes = self._carry_out(request, wanted, channel, decision)
        self._undo_cancelled_update(request, wanted, current)
        return attributes

    def _delete(self, request: Request) -> None:
        self._answer_as(request.physical_id)
        mine = PhysicalId.parse(request.physical_id)
        if self._elsewhere:
            self._leave(mine, self._elsewhere)
        elif mine is None:
            # CloudFormation invents an id for a Create whose answer it did not take.
            # Source: aws-cloudformation/cloudformation-coverage-roadmap issue 1814
            self._undo_cancelled_create(request)
        else:
            self._release(request, mine)

    def _take_over(self, request: Request, wanted: Properties, id_if_untouched: str) -> Attributes:
        """Manage an application's channel from now on, and keep in the id what was found."""
        if self._elsewhere:
            raise self._elsewhere
        channel = self._get(wanted)
        found, decision = decisions.on_create(
            wanted, channel, request.sent, partial(self._rolls_back, request)
        )
        self._answer_as(str(PhysicalId(wanted.application_id, found, request.sent)))
        try:
            return self._carry_out(request, wanted, channel, decision)
        except (ApplicationNotFound, AccessDenied, PinpointRefused):
            # Another delivery of this event may get through, so what was there is kept in mind.
            if found is State.ABSENT:
                self._answer_as(id_if_untouched)
            raise

    def _wanted_by_update(self, request: Request) -> Properties:
        try:
            return Properties.parse(request.properties)
        except (InvalidProperty, UnknownProperties):
            # A rollback goes back to what an older version of this handler may have accepted.
            if not self._rolls_back(request):
                raise
            return Properties.parse_leniently(request.properties)

    def _rolls_back(self, request: Request) -> bool:
        return request.type is RequestType.UPDATE and self._situation(request).phase() is Phase.ROLLBACK

    def _carry_out(
        self, request: Request, wanted: Properties, channel: Channel | None, decision: Decision
    ) -> Attributes:
        """Make or change the channel, which is as given now; disable it only while that is waited for."""
        _log.info("%s So the channel %s.", decision.why, _become(decision.state))
        if channel is not None and decision.state is None:
            return channel.attributes
        goes_down = decisions.takes_voice_down(wanted.state, channel)
        if goes_down:
            self._require_awaited(request, wanted.application_id)
        try:
            put = self._patiently(lambda: self._pinpoint.put(wanted.application_id, enabled=wanted.enabled))
        finally:
            # Also where nobody knows whether the PUT was applied.
            if goes_down:
                self._require_still_awaited(request, wanted.application_id)
        return put.attributes

    def _require_awaited(self, request: Request, application_id: str) -> None:
        if not self._situation(request).is_awaited():
            raise NoLongerAsked(application_id)

    def _require_still_awaited(self, request: Request, application_id: str) -> None:
        try:
            self._require_awaited(request, application_id)
        except VoiceChannelError:
            # Cancelled meanwhile, it may have come after what CloudFormation sent to undo it.
            # Source: aws/aws-cdk issue 31541
            self._pinpoint.put(application_id, enabled=True)
            raise

    def _leave(self, mine: PhysicalId | None, elsewhere: StackElsewhere) -> None:
        """Change nothing for a stack that cannot be read, and fail where a channel is left by that."""
        # Such a stack's Create is refused, so only an earlier version has made or changed a channel for it.
        if mine and mine.found and not self._is_gone(mine.application_id):
            raise elsewhere
        _log.info(_NOTHING_LEFT_ELSEWHERE)

    def _release(self, request: Request, mine: PhysicalId) -> None:
        try:
            protected = is_protected(request.properties)
            decision = decisions.on_delete(mine, self._situation(request), protected=protected)
        except (AccessDenied, ChannelProtected, StackUnknown):
            if not self._is_gone(mine.application_id):
                raise
            _log.info(_NOTHING_TO_DECIDE)
            return
        self._bring(mine.application_id, decision)

    def _is_gone(self, application_id: str) -> bool:
        try:
            return state_of(self._pinpoint.get(application_id)) is State.ABSENT
        except VoiceChannelError:
            return False

    def _bring(self, application_id: str, decision: Decision) -> None:
        state = decision.state
        _log.info("%s So the channel %s.", decision.why, _become(state))
        if state is State.ABSENT:
            self._pinpoint.delete(application_id)
        # One that is gone was deleted on purpose since, and is not made again.
        elif state is not None and state_of(self._pinpoint.get(application_id)) not in (State.ABSENT, state):
            self._pinpoint.put(application_id, enabled=state is State.ENABLED)

    def _undo_cancelled_update(
        self, request: Request, wanted: Properties, current: PhysicalId | None
    ) -> None:
        """Undo a replacement whose answer CloudFormation did not take, so that its id is not known."""
        left = request.old_properties.get("ApplicationId", wanted.application_id)
        if left in (wanted.application_id, current and current.application_id):
            return
        # Only a rollback leaves an application that the id does not name.
        try:
            self._undo_cancelled(request, RequestType.UPDATE, request.old_properties)
        except VoiceChannelError as error:
            _log.warning("What a cancelled update may have done to another application stays: %s", error)

    def _undo_cancelled_create(self, request: Request) -> None:
        try:
            self._undo_cancelled(request, RequestType.CREATE, request.properties)
        except (AccessDenied, StackUnknown):
            if not self._is_gone(Properties.parse_leniently(request.properties).application_id):
                raise
            _log.info(_NOTHING_TO_DECIDE)

    def _undo_cancelled(
        self, request: Request, request_type: RequestType, properties: Mapping[str, object]
    ) -> None:
        try:
            wanted = Properties.parse_leniently(properties)
        except InvalidProperty:
            _log.info("What may have been cancelled was given no application, so it changed nothing.")
            return
        decision = decisions.on_cancelled(
            request_type,
            wanted.application_id,
            self._situation(request),
            lambda cancelled: self._found_by_cancelled(wanted, cancelled),
        )
        self._bring(wanted.application_id, decision)

    def _found_by_cancelled(self, wanted: Properties, cancelled: Cancelled) -> State | None:
        """Wait for what a cancelled event does, and return what was there before; None if it does nothing."""
        for look in range(_CANCELLED_LOOKS if cancelled.in_flight else 1):
            self._sleep(_CANCELLED_LOOK_SECONDS if look else 0)
            try:
                channel = self._pinpoint.get(wanted.application_id)
            except (ContradictoryResponse, PinpointUnavailable):
                return None  # It was retried for as long as there is time.
            found = rules.before(cancelled.sent, channel, wanted.state)
            if found is not state_of(channel):
                return found
        return None

    def _get(self, wanted: Properties) -> Channel | None:
        return self._patiently(lambda: self._pinpoint.get(wanted.application_id))

    def _situation(self, request: Request) -> Situation:
        if self._elsewhere:
            raise self._elsewhere
        return Situation(request, self._stacks(), self._sleep)

    def _patiently(self, call: Callable[[], T]) -> T:
        return patiently(call, self._sleep)


def _become(state: State | None) -> str:
    return (
        "is kept as it is" if state is None else "is deleted" if state is State.ABSENT else f"becomes {state}"
    )
