"""Runs a check event within the function's time, and reports what was found, whatever happens.

The event comes from a rule of EventBridge. Nobody waits for an answer, so an error is raised, and counts as
one of the function's.
"""

import logging
from collections.abc import Callable, Mapping

from pinpoint_voice_channel_handler import dispatcher, metrics
from pinpoint_voice_channel_handler.bounded import StillRunning, bounded
from pinpoint_voice_channel_handler.check_request import CheckRequest
from pinpoint_voice_channel_handler.drift import Budget, Check, Drift
from pinpoint_voice_channel_handler.errors import (
    CheckOutOfTime,
    IncompleteCheck,
    InvalidCheck,
    Unexpected,
    VoiceChannelError,
)

_log = logging.getLogger(__name__)


def run(event: Mapping[str, object], seconds_left: Callable[[], float], redact: Callable[[str], str]) -> None:
    """Check the channels of an event, and tell what was found.

    Args:
        event: A check event, of any content.
        seconds_left: Tells how long the function may go on.
        redact: Takes credentials out of a text.

    Raises:
        InvalidCheck: It is not exactly a check event. Nothing was read or changed.
        IncompleteCheck: Part of it failed, or was not reached; the rest is reported. It quotes nobody, as
            Lambda logs it, and returns it to whoever has invoked the function.
    """
    try:
        request = CheckRequest.parse(event)
    except InvalidCheck as error:
        _log.error("%s", error)
        raise
    budget = Budget(lambda: seconds_left() - dispatcher.ANSWER_SECONDS)
    clients = dispatcher.clients
    clients.seconds_left = budget.left
    check = Check(request, clients.pinpoint, clients.stacks, budget)
    try:
        bounded(check.run, budget.left())
    except StillRunning:
        dispatcher.retire_clients()
        check.fail(CheckOutOfTime())
    except VoiceChannelError as error:
        check.fail(error)
    except BaseException as error:  # noqa: BLE001, what was found until then is reported, and an error raised
        _log.exception("This is not expected.")
        check.fail(Unexpected(error))
    _tell(request, check, redact)
    if not check.silent and not check.is_complete:
        raise IncompleteCheck(request.monitor, check.failures, len(check.unreached))


def _tell(request: CheckRequest, check: Check, redact: Callable[[str], str]) -> None:
    if check.silent:
        _log.info("The check of %s tells nothing, as %s.", request.monitor, check.silent)
        return
    drifts, unreached = list(check.drifts), list(check.unreached)
    healed = sum(drift.healed for drift in drifts)
    counts = {metrics.HEALED: healed}
    # What was not reached may differ, so such a check never tells that nothing does.
    if check.is_complete or len(drifts) > healed:
        counts[metrics.DRIFTED] = len(drifts) - healed
    told = {
        "stack_id": request.stack_id,
        "checked": len(request.wanted) - len(unreached),
        "drift": [_told(drift) for drift in drifts],
        "unreached": unreached,
        "failures": check.failures,
    }
    metrics.tell(request.monitor, counts, told, redact)


def _told(drift: Drift) -> Mapping[str, object]:
    attributes: Mapping[str, str] = drift.channel.attributes if drift.channel else {}
    return {
        "application_id": drift.application_id,
        "found": drift.found.value,
        "wanted": drift.wanted.value,
        "healed": drift.healed,
        "note": drift.note,
        "last_modified_by": attributes.get("LastModifiedBy", ""),
        "last_modified_date": attributes.get("LastModifiedDate", ""),
    }
