"""Runs one event through crhelper; the only module that knows crhelper.

crhelper dispatches, catches what is raised and watches the deadline. What is overridden here closes its
defects: it would answer an event twice, after the deadline with no id, to any host, and log its URL.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from crhelper import CfnResource

from pinpoint_voice_channel_handler.clients import Clients
from pinpoint_voice_channel_handler.errors import OutOfTime, Unexpected, VoiceChannelError
from pinpoint_voice_channel_handler.lifecycle import Lifecycle
from pinpoint_voice_channel_handler.request import Request, ResourceType
from pinpoint_voice_channel_handler.response import Answer, ResponseNotDelivered
from pinpoint_voice_channel_handler.status import Status

_log = logging.getLogger(__name__)

ANSWER_SECONDS = 8
"""What is kept free of an event's time for the answer of the watchdog."""

# For its polling, which is not used, crhelper would make clients of three services; under SAM it makes none.
os.environ["AWS_SAM_LOCAL"] = "true"
# At DEBUG it logs whole events, and at each level what the answer's own line tells.
logging.getLogger("crhelper").setLevel(logging.CRITICAL)
_boto = logging.getLogger("botocore")
_boto.setLevel(logging.ERROR)
logging.root.setLevel(logging.INFO)

clients = Clients()


def dispatch(event: Mapping[str, object], answer: Answer, context: Any) -> None:  # noqa: ANN401, Lambda's own, untyped
    """Do what an event asks for, and give the answer.

    Raises:
        VoiceChannelError: The event is none that can be dispatched; it is not answered.
    """
    request = Request.parse(event)
    clients.seconds_left = lambda: answer.seconds_left() - ANSWER_SECONDS
    # Nothing but what crhelper needs: other keys of an event would turn on its polling.
    for_crhelper = {
        "RequestType": request.type.value,
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "LogicalResourceId": request.logical_id,
        "PhysicalResourceId": answer.physical_id,  # or it would make one up, from a StackId of any form
        "ResponseURL": "",
    }
    _Event(answer, lambda: _attributes(request, answer))(for_crhelper, context)


def _attributes(request: Request, answer: Answer) -> Mapping[str, str]:
    """Do what is asked for, and return the attributes to answer with."""
    if request.resource_type == ResourceType.STATUS:
        return Status(clients.pinpoint(), answer.becomes, time.sleep).handle(request)
    return Lifecycle(clients.pinpoint(), clients.stacks, answer.becomes, time.sleep).handle(request)


class _Event(CfnResource):
    """crhelper for a single event.

    Args:
        answer: The answer to the event.
        attributes: Does what the event asks for, and returns the attributes to answer with.
    """

    def __init__(self, answer: Answer, attributes: Callable[[], Mapping[str, str]]) -> None:
        levels: Any = {"log_level": logging.root.level, "boto_level": _boto.level}
        # It sets levels, so it is given those there are; 120 s is what it sleeps on Delete unless told.
        super().__init__(**levels, sleep_on_delete=0)
        self._answer = answer
        self._attributes = attributes
        for register in (self.create, self.update, self.delete):
            register(self._fulfil)

    def _fulfil(self, _event: object, _context: object) -> None:
        try:
            self.Data.update(self._attributes())
        except VoiceChannelError:
            raise
        except Exception as error:
            _log.exception("This is not expected.")
            raise Unexpected(error) from error

    def _log_setup(self, event: object, context: object) -> None:
        """Leave the log as it is: crhelper's lines would lack the application and the duration."""

    def _set_timeout(self) -> None:
        seconds = max(0.0, self._answer.seconds_left() - ANSWER_SECONDS)
        self._timer = threading.Timer(seconds, self._answer_late)
        self._timer.start()

    def _answer_late(self) -> None:
        try:
            self._answer.give("FAILED", str(OutOfTime()))
        except ResponseNotDelivered:
            return  # the event's own thread is told as well, and raises it

    def _send(self, status: str | None = None, reason: str = "", **_: object) -> None:
        if (status or self.Status) == "SUCCESS":
            self._answer.give("SUCCESS", "", self.Data)
        else:
            self._answer.give("FAILED", str(reason if status else self.Reason))
