"""Runs one event through crhelper; the only module that knows crhelper.

crhelper dispatches, and catches what is raised. What is overridden here closes its defects: it would answer
an event twice, after the deadline with no id, to any host, and log its URL.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from crhelper import CfnResource

from pinpoint_voice_channel_handler.bounded import StillRunning, bounded
from pinpoint_voice_channel_handler.clients import Clients
from pinpoint_voice_channel_handler.errors import OutOfTime, Unexpected, VoiceChannelError
from pinpoint_voice_channel_handler.lifecycle import Lifecycle
from pinpoint_voice_channel_handler.place import stack_elsewhere
from pinpoint_voice_channel_handler.request import Request, ResourceType
from pinpoint_voice_channel_handler.response import Answer, Outcome
from pinpoint_voice_channel_handler.status import Status

_log = logging.getLogger(__name__)

ANSWER_SECONDS = 8
"""What is kept free of an event's time for the answer, where the event takes too long."""

# For its polling, which is not used, crhelper would make clients of three services; under SAM it makes none.
os.environ["AWS_SAM_LOCAL"] = "true"
# At DEBUG it logs whole events, and at each level what the answer's own line tells.
logging.getLogger("crhelper").setLevel(logging.CRITICAL)
_boto = logging.getLogger("botocore")
_boto.setLevel(logging.ERROR)

clients = Clients()


def dispatch(event: Mapping[str, object], answer: Answer, context: Any) -> Outcome:  # noqa: ANN401, Lambda's own, untyped
    """Do what an event asks for, and return what to answer.

    Raises:
        VoiceChannelError: The event cannot be dispatched.
        OutOfTime: It takes too long. What it still does is left behind, and calls nothing any more.
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
    dispatched = _Event(lambda: _attributes(request, answer, context.invoked_function_arn))
    try:
        bounded(lambda: dispatched(for_crhelper, context), clients.seconds_left())
    except StillRunning:
        retire_clients()
        raise OutOfTime from None
    return dispatched.outcome


def _attributes(request: Request, answer: Answer, function_arn: str) -> Mapping[str, str]:
    """Do what is asked for, and return the attributes to answer with."""
    if request.resource_type == ResourceType.STATUS:
        return Status(clients.pinpoint(), answer.becomes, time.sleep).handle(request)
    elsewhere = stack_elsewhere(request.stack_id, function_arn)
    lifecycle = Lifecycle(clients.pinpoint(), clients.stacks, answer.becomes, time.sleep, elsewhere)
    return lifecycle.handle(request)


def retire_clients() -> None:
    """Leave the clients to what is left behind, for which there is no time any more."""
    global clients
    clients.seconds_left = lambda: 0.0
    clients = Clients()


class _Event(CfnResource):
    """crhelper for a single event.

    Args:
        attributes: Does what the event asks for, and returns the attributes to answer with.

    Attributes:
        outcome: What to answer.
    """

    outcome: Outcome

    def __init__(self, attributes: Callable[[], Mapping[str, str]]) -> None:
        levels: Any = {"log_level": logging.root.level, "boto_level": _boto.level}
        # It sets levels, so it is given those there are; 120 s is what it sleeps on Delete unless told.
        super().__init__(**levels, sleep_on_delete=0)
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
        """Leave the deadline to the thread that waits."""

    def _send(self, status: str | None = None, reason: str = "", **_: object) -> None:
        if (status or self.Status) == "SUCCESS":
            self.outcome = Outcome("SUCCESS", data=self.Data)
        else:
            self.outcome = Outcome("FAILED", reason=str(reason if status else self.Reason))
