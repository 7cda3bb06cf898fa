"""What came of one delivery, told in a line of the table, and whether it is what was expected."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fault_lab.case import Expected
from harness.events import INVENTED_ID
from harness.function import KILLED

_RAISED = "ResponseNotDelivered"
_LOGGED = "CloudFormation did not get the answer"


@dataclass(frozen=True)
class Outcome:
    """What came of one delivery.

    Args:
        fault: The fault in words.
        request: The request in words.
        got: What CloudFormation got.
        before: The channel's state before.
        channel: The channel's end state.
        calls: How many requests reached Pinpoint.
        sent: How many PUTs of the answer were tried.
        accepted: How many of them were accepted.
    """

    fault: str
    request: str
    got: str
    before: str
    channel: str
    calls: int
    sent: int
    accepted: int

    def differences(self, fault: str, request: str, expected: Expected) -> list[str]:
        """Return what is not as it was expected of a request, in words."""
        pairs = (
            ("the fault is", self.fault, fault, self.fault == fault),
            ("the request is", self.request, request, self.request == request),
            ("CloudFormation got", self.got, expected.got, self.got == expected.got),
            ("the channel is", self.channel, expected.channel, self.channel == expected.channel),
            ("Pinpoint calls", self.calls, expected.calls, _within(self.calls, expected.calls)),
            ("PUTs sent", self.sent, expected.sent, _within(self.sent, expected.sent)),
            ("PUTs accepted", self.accepted, expected.accepted, self.accepted == expected.accepted),
        )
        return [f"{what} {was!r}, expected {wanted!r}" for what, was, wanted, equal in pairs if not equal]


def gist(
    answers: list[Mapping[str, Any]], ended: str, log: list[str], first: Mapping[str, Any] | None
) -> str:
    """Tell in a few words what CloudFormation got.

    Args:
        answers: The answers that were accepted; equal ones are listed once.
        ended: How the function ended: the name of what it raised, if anything, or `killed`.
        log: The lines of its log.
        first: The answer to an earlier delivery of the same event.
    """
    different = [answer for index, answer in enumerate(answers) if answer not in answers[:index]]
    told = "; ".join(_told(answer, first) for answer in different) or "nothing"
    if ended == KILLED:
        return f"{told}; the function was killed"
    if ended == _RAISED and any(_LOGGED in line and '"level": "ERROR"' in line for line in log):
        return f"{told}; an error is logged and raised"
    return f"{told}; {ended} is raised" if ended else told


def _told(answer: Mapping[str, Any], first: Mapping[str, Any] | None) -> str:
    if first and _lasting(answer) == _lasting(first):
        return "the same answer"
    id_ = re.sub(r"^.*/voice/(\w+).*$", r"\1", answer["PhysicalResourceId"])
    found = "invented" if id_ == INVENTED_ID else id_
    reason = _shortened(answer["Reason"])
    return f"{answer['Status']} as {found}" + (f": {reason}" if reason else "")


def _lasting(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an answer without what each request to Pinpoint changes."""
    data = {
        name: text for name, text in answer["Data"].items() if name not in ("LastModifiedDate", "Version")
    }
    return {**answer, "Data": data, "Reason": _shortened(answer["Reason"])}


def _shortened(reason: str) -> str:
    """Return the beginning of a reason, without ids, addresses and the last full stop."""
    without = re.sub(r" (?:for application|of arn:|from endpoint URL:|on endpoint URL:) ?[^ ]+", "", reason)
    return re.split(r" \(RequestID| ?Deploy again| ?Repeat the operation", without)[0].removesuffix(".")


def _within(count: int, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= count <= bounds[1]
