"""Hands an event to the lifecycle through crhelper; the only module that knows crhelper.

crhelper dispatches, catches what is raised and watches the deadline. What is overridden here closes its
defects: it would answer an event twice, after the deadline with no id, to any host, and log its URL.
"""

import functools
import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.client import BaseClient
from crhelper import CfnResource

from pinpoint_voice_channel_handler.attempts import CONFIG, Attempts
from pinpoint_voice_channel_handler.errors import OutOfTime, Unexpected, VoiceChannelError
from pinpoint_voice_channel_handler.lifecycle import Lifecycle
from pinpoint_voice_channel_handler.pinpoint import Pinpoint
from pinpoint_voice_channel_handler.request import Request, ResourceType
from pinpoint_voice_channel_handler.response import Answer, ResponseNotDelivered
from pinpoint_voice_channel_handler.stack import Memory, Stacks
from pinpoint_voice_channel_handler.status import Status

_log = logging.getLogger(__name__)

# Outlives the clients, which are made again after a throttled event.
_memory = Memory()

# Kept free for the answer of the watchdog.
_ANSWER_SECONDS = 8


class _Resource(CfnResource):
    """crhelper's dispatcher of one event at a time.

    Attributes:
        request: The event.
        answer: The answer to it.
    """

    request: Request
    answer: Answer

    def _log_setup(self, event: object, context: object) -> None:
        """Leave the log as it is: crhelper's lines would lack the application and the duration."""

    def seconds_left(self) -> float:
        """Tell how long the event may be worked at."""
        return self.answer.seconds_left() - _ANSWER_SECONDS

    def _set_timeout(self) -> None:
        seconds = max(0.0, self.seconds_left())
        # With the answer of this event, should it fire when the next one is there.
        self._timer = threading.Timer(seconds, _answer_late, [self.answer])
        self._timer.start()

    def _send(self, status: str | None = None, reason: str = "", **_: object) -> None:
        if (status or self.Status) == "SUCCESS":
            self.answer.give("SUCCESS", "", self.Data)
        else:
            self.answer.give("FAILED", str(reason if status else self.Reason))


def _answer_late(answer: Answer) -> None:
    try:
        answer.give("FAILED", str(OutOfTime()))
    except ResponseNotDelivered:
        return  # the event's own thread is told as well, and raises it


# For its polling, which is not used, crhelper would make clients of three services; under SAM it makes none.
os.environ["AWS_SAM_LOCAL"] = "true"

# The levels are of the root and of boto3; 120 s is what crhelper sleeps on Delete unless told.
_resource = _Resource(log_level="INFO", boto_level="ERROR", sleep_on_delete=0)
# At DEBUG it logs whole events, and at each level what the answer's own line tells.
logging.getLogger("crhelper").setLevel(logging.CRITICAL)


def dispatch(event: Mapping[str, object], answer: Answer, context: Any) -> None:  # noqa: ANN401, Lambda's own, untyped
    """Do what an event asks for, and give the answer.

    Raises:
        VoiceChannelError: The event is none that can be dispatched; it is not answered.
    """
    _resource.request = request = Request.parse(event)
    _resource.answer = answer
    # Nothing but what crhelper needs: other keys of an event would turn on its polling.
    for_crhelper = {
        "RequestType": request.type.value,
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "LogicalResourceId": request.logical_id,
        "PhysicalResourceId": answer.physical_id,  # or it would make one up, from a StackId of any form
        "ResponseURL": "",
    }
    _resource(for_crhelper, context)


@_resource.create
@_resource.update
@_resource.delete
def _fulfil(_event: object, _context: object) -> None:
    try:
        _resource.Data.update(_handle(_resource.request))
    except VoiceChannelError:
        raise
    except Exception as error:
        _log.exception("This is not expected.")
        raise Unexpected(error) from error


def _handle(request: Request) -> Mapping[str, str]:
    if request.resource_type == ResourceType.STATUS:
        return Status(_pinpoint(), _answer_as).handle(request)
    return Lifecycle(_pinpoint(), _stacks, _answer_as).handle(request)


def _answer_as(physical_id: str) -> None:
    _resource.answer.physical_id = physical_id


def prepare() -> None:
    """Make what every event needs. CloudFormation's client takes as long, and most events do without it."""
    _pinpoint()


@functools.cache
def _pinpoint() -> Pinpoint:
    client = boto3.client("pinpoint", config=CONFIG)
    _watch(client)
    return Pinpoint(client, client.meta.region_name)


@functools.cache
def _stacks() -> Stacks:
    client = boto3.client("cloudformation", config=CONFIG)
    _watch(client)
    return Stacks(client, _memory)


def _watch(client: BaseClient) -> None:
    Attempts(_resource.seconds_left, _forget_clients).watch(client)


def _forget_clients() -> None:
    _pinpoint.cache_clear()
    _stacks.cache_clear()
