"""Lambda entry point: every event of CloudFormation is answered once, whatever happens; checks are run."""

import contextlib
import gc
import logging
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from pinpoint_voice_channel_handler import log
from pinpoint_voice_channel_handler.check_request import KEY
from pinpoint_voice_channel_handler.errors import Unexpected, VoiceChannelError
from pinpoint_voice_channel_handler.physical_id import leaves_nothing_to_undo
from pinpoint_voice_channel_handler.redaction import redactor
from pinpoint_voice_channel_handler.response import (
    Answer,
    Outcome,
    Recipient,
    ResponseNotDelivered,
    UnusableResponseUrl,
)

_log = logging.getLogger(__name__)


def handle(event: object, context: Any) -> None:  # noqa: ANN401, Lambda's own, untyped
    """Answer one event of CloudFormation, or run one check.

    Args:
        event: The event; any JSON, since whoever may invoke the function may send anything.
        context: Lambda's context.

    Raises:
        InvalidCheck, IncompleteCheck: See check.py. Nobody waits for an answer to a check.
        UnusableResponseUrl: There is nowhere to send an answer, so nothing was done.
        ResponseNotDelivered: The answer did not arrive, so Lambda is to try the event again.
    """
    fields = event if isinstance(event, Mapping) else {}
    redact = redactor(fields.get("ResponseURL"))

    def begin_log() -> None:
        log.begin(fields, context.aws_request_id, redact)

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    if KEY in fields:
        begin_log()
        _check().run(fields, seconds_left, redact)
        return
    try:
        recipient = Recipient.of(fields)
    except UnusableResponseUrl as error:
        begin_log()
        _log.error("%s", error)
        raise
    answer = Answer(
        recipient,
        fields.get("PhysicalResourceId"),
        seconds_left,
        redact,
    )
    try:
        begin_log()
        answer.give(_forgiving(fields, _dispatcher().dispatch(fields, answer, context)))
    except ResponseNotDelivered:
        raise
    except VoiceChannelError as error:
        answer.give(_forgiving(fields, Outcome("FAILED", str(error))))
    except BaseException as error:  # noqa: BLE001, also SystemExit of a library is answered
        with contextlib.suppress(BaseException):
            _log.exception("This is not expected.")
        answer.give(_forgiving(fields, Outcome("FAILED", str(Unexpected(error)))))


def _forgiving(fields: Mapping[str, object], outcome: Outcome) -> Outcome:
    """Return the outcome, but a success in place of a Delete that failed with nothing to undo.

    What made a Create fail, for example an import, fails its Delete, too. The stack could not be rolled back.
    """
    physical_id = fields.get("PhysicalResourceId")
    if outcome.status == "SUCCESS" or fields.get("RequestType") != "Delete":
        return outcome
    if not isinstance(physical_id, str) or not leaves_nothing_to_undo(physical_id):
        return outcome
    with contextlib.suppress(BaseException):  # a log that fails must not cost the answer
        _log.warning("%s There is nothing to undo, so this Delete succeeds.", outcome.reason)
    return Outcome("SUCCESS")


def _dispatcher() -> ModuleType:
    # Not at the top, so that an import that fails is answered.
    from pinpoint_voice_channel_handler import dispatcher

    return dispatcher


def _check() -> ModuleType:
    from pinpoint_voice_channel_handler import check

    return check


logging.root.setLevel(log.level())
# While Lambda starts the function, which is faster than with the first event. A failure is met there again.
# Nearly all that is made stays, so looking for garbage in it, a third of the time, is left out for good.
gc.disable()
with contextlib.suppress(BaseException):
    _dispatcher().clients.pinpoint()
gc.freeze()
gc.enable()
