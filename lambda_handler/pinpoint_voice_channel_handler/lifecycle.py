"""What Create, Update and Delete do, so that voice never goes down by accident.

Every decision about a channel is made here, in the order of the table in docs/lifecycle.md. The edges are
passed in: `Pinpoint` for the channel, `Stacks` for what CloudFormation is doing.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from pinpoint_voice_channel_handler.errors import (
    AccessDenied,
    ApplicationNotFound,
    ChannelExists,
    InvalidProperty,
    PinpointRefused,
    UnknownProperties,
)
from pinpoint_voice_channel_handler.patience import patiently
from pinpoint_voice_channel_handler.physical_id import NOTHING_DONE, Found, PhysicalId
from pinpoint_voice_channel_handler.pinpoint import Channel, Pinpoint
from pinpoint_voice_channel_handler.request import OnExisting, Properties, Request, RequestType
from pinpoint_voice_channel_handler.stack import Manager, Stacks

Attributes = Mapping[str, str]
T = TypeVar("T")

_log = logging.getLogger(__name__)

# The Create that CloudFormation cancelled may still run while its Delete arrives (aws/aws-cdk issue 26139).
_SETTLE_POLLS = 15
_SETTLE_POLL_SECONDS = 2


class Lifecycle:
    """Handles one request.

    Args:
        pinpoint: The voice channel API.
        stacks: Returns the stacks of CloudFormation; not called by an event that needs none.
        answer_as: Takes the PhysicalResourceId with which CloudFormation is answered from then on, also when
            what follows fails or runs out of time.
        sleep: Waits for a number of seconds.
    """

    def __init__(
        self,
        pinpoint: Pinpoint,
        stacks: Callable[[], Stacks],
        answer_as: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pinpoint = pinpoint
        self._stacks = stacks
        self._answer_as = answer_as
        self._sleep = sleep

    def handle(self, request: Request) -> Attributes:
        """Do what the request asks for, and return the channel's attributes: all ten, or none on Delete.

        Raises:
            VoiceChannelError: Its text tells the user what happened and what to do.
        """
        match request.type:
            case RequestType.CREATE:
                return self._create(request)
            case RequestType.UPDATE:
                return self._update(request)
            case RequestType.DELETE:
                self._delete(request)
                return {}

    def _create(self, request: Request) -> Attributes:
        self._answer_as(NOTHING_DONE)
        wanted = Properties.parse(request.properties)
        untouched = str(PhysicalId(wanted.application_id, Found.UNTOUCHED))
        self._answer_as(untouched)
        return self._take_over(request, wanted, id_if_untouched=untouched)

    def _update(self, request: Request) -> Attributes:
        self._answer_as(request.physical_id)
        wanted = self._wanted_by_update(request)
        current = PhysicalId.parse(request.physical_id)
        if current is None or not current.manages(wanted.application_id):
            return self._take_over(request, wanted, id_if_untouched=request.physical_id)
        return self._pinpoint.put(wanted.application_id, enabled=wanted.enabled).attributes

    def _delete(self, request: Request) -> None:
        self._answer_as(request.physical_id)
        physical_id = PhysicalId.parse(request.physical_id)
        if physical_id is None:
            self._undo_cancelled_create(request)
        elif physical_id.found is Found.UNTOUCHED:
            _log.info("The Create of this resource changed nothing, so nothing is deleted.")
        else:
            self._release(request, physical_id)

    def _take_over(self, request: Request, wanted: Properties, id_if_untouched: str) -> Attributes:
        """Manage an application's channel from now on, and keep in the id what was found."""
        channel = self._patiently(lambda: self._pinpoint.get(wanted.application_id))
        found = self._found(request, channel, wanted)
        self._answer_as(str(PhysicalId(wanted.application_id, found)))
        if channel is not None and _state(channel) is _state_of(enabled=wanted.enabled):
            return channel.attributes
        try:
            return self._patiently(
                lambda: self._pinpoint.put(wanted.application_id, enabled=wanted.enabled)
            ).attributes
        except (ApplicationNotFound, AccessDenied, PinpointRefused):
            self._answer_as(id_if_untouched)
            raise

    def _found(self, request: Request, channel: Channel | None, wanted: Properties) -> Found:
        if _state(channel) is Found.ABSENT:
            return Found.ABSENT
        stack = self._patiently(lambda: self._stacks().describe(request.stack_id))
        found = _before(stack.operation_started, channel, wanted)
        if found is not Found.ABSENT and wanted.on_existing is OnExisting.FAIL and not stack.rolling_back:
            raise ChannelExists(wanted.application_id)
        return found

    def _wanted_by_update(self, request: Request) -> Properties:
        try:
            return Properties.parse(request.properties)
        except (InvalidProperty, UnknownProperties):
            # A rollback goes back to what an older version of this handler may have accepted.
            if not self._stacks().describe(request.stack_id).rolling_back:
                raise
            return Properties.parse_leniently(request.properties)

    def _release(self, request: Request, physical_id: PhysicalId) -> None:
        stack = self._stacks().describe(request.stack_id)
        if stack.at_rest:
            # A second delivery, after the first was answered. What a rollback has put back must stay.
            _log.info("The stack's operation is over, so this Delete was done before.")
        elif stack.rolling_back:
            self._roll_back(request, physical_id)
        elif not stack.being_deleted and self._other_managers(request, physical_id.application_id):
            _log.info("Another resource of the stack manages the channel by now, so it is kept.")
        else:
            self._pinpoint.delete(physical_id.application_id)

    def _roll_back(self, request: Request, physical_id: PhysicalId) -> None:
        if self._lives_on(request, physical_id.application_id):
            # The rollback of a replacement took the old application over again, under a new id.
            _log.info("The resource itself lives on under another id, so its channel is kept.")
        else:
            self._put_back(physical_id.application_id, physical_id.found)

    def _lives_on(self, request: Request, application_id: str) -> bool:
        others = self._other_managers(request, application_id)
        return any(other.logical_id == request.logical_id for other in others)

    def _other_managers(self, request: Request, application_id: str) -> frozenset[Manager]:
        this = Manager(request.logical_id, request.physical_id)
        return self._stacks().managers(request.stack_id, application_id) - {this}

    def _put_back(self, application_id: str, found: Found) -> None:
        _log.info("The stack rolls back, so the channel is put back to %s.", found)
        if found is Found.ABSENT:
            self._pinpoint.delete(application_id)
            return
        try:
            self._pinpoint.put(application_id, enabled=found is Found.ENABLED)
        except ApplicationNotFound:
            _log.warning("The application is gone, so there is nothing to put back.")

    def _undo_cancelled_create(self, request: Request) -> None:
        """Undo a Create that CloudFormation cancelled in flight, for whose Delete it then invents an id.

        Source: aws-cloudformation/cloudformation-coverage-roadmap issue 1814.
        """
        stack = self._stacks().describe(request.stack_id)
        try:
            wanted = Properties.parse_leniently(request.properties)
        except InvalidProperty:
            _log.info("The cancelled Create was given no application, so it changed nothing.")
            return
        if not stack.rolling_back or self._lives_on(request, wanted.application_id):
            _log.warning("The resource has an id that this provider did not write, so nothing is deleted.")
            return
        for _ in range(_SETTLE_POLLS):
            channel = self._pinpoint.get(wanted.application_id)
            before = _before(stack.operation_started, channel, wanted)
            if before is not _state(channel):
                self._put_back(wanted.application_id, before)
                return
            self._sleep(_SETTLE_POLL_SECONDS)
        _log.info("The cancelled Create changed nothing, so nothing is put back.")

    def _patiently(self, call: Callable[[], T]) -> T:
        return patiently(call, self._sleep)


def _before(started: datetime, channel: Channel | None, wanted: Properties) -> Found:
    """Tell what the channel was before the stack operation started.

    An earlier delivery of the same event may have made the channel, or changed it to what is wanted.
    """
    if channel is None or (channel.created is not None and channel.created > started):
        return Found.ABSENT
    state = _state(channel)
    changed = channel.modified is not None and channel.modified > started
    if changed and state is _state_of(enabled=wanted.enabled):
        return _state_of(enabled=not wanted.enabled)
    return state


def _state(channel: Channel | None) -> Found:
    if channel is None or channel.archived:
        return Found.ABSENT
    return _state_of(enabled=channel.enabled)


def _state_of(*, enabled: bool) -> Found:
    return Found.ENABLED if enabled else Found.DISABLED
