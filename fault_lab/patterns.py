"""What faults of one sort have in common: how Create, Update and Delete each come through them.

Where nothing fails, a Create makes a channel that is enabled, an Update enables it, a Delete removes it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from fault_lab.case import Case, Expected
from harness.events import Kind
from harness.faults import Fault

METHOD = {Kind.CREATE: "PUT", Kind.UPDATE: "PUT", Kind.DELETE: "DELETE"}
"""The HTTP method of the request to Pinpoint that changes something."""
BEFORE = {Kind.CREATE: "absent", Kind.UPDATE: "disabled", Kind.DELETE: "enabled"}
"""The channel's state at first."""
AFTER = {Kind.CREATE: "enabled", Kind.UPDATE: "enabled", Kind.DELETE: "absent"}
"""The channel's state when the request has succeeded."""
CALLS = {Kind.CREATE: 2, Kind.UPDATE: 1, Kind.DELETE: 1}
"""How many requests go to Pinpoint; a Create asks first what is there."""
BACK = {
    Kind.CREATE: Expected("SUCCESS as absent", "absent", (1, 1)),
    Kind.UPDATE: Expected("SUCCESS as absent", "disabled", (2, 2)),
    Kind.DELETE: Expected("SUCCESS as absent", "absent", (1, 1)),
}
"""What comes of the rollback, or of the Delete that is repeated."""

BACK_UNCHANGED = {**BACK, Kind.UPDATE: Expected("SUCCESS as absent", "disabled", (1, 1))}
"""The same where the request had changed nothing."""

_OPERATION = {
    Kind.CREATE: "UpdateVoiceChannel",
    Kind.UPDATE: "UpdateVoiceChannel",
    Kind.DELETE: "DeleteVoiceChannel",
}


def plain(fault: str, kind: Kind, **changes: object) -> Case:
    """Return the case of a request that succeeds; `changes` are fields of `Case`."""
    first = Expected("SUCCESS as absent", AFTER[kind], (CALLS[kind], CALLS[kind]))
    # A Create that comes again finds the channel as it is wanted, and only asks.
    again = replace(first, got="the same answer", calls=(1, 1))
    back = None if kind is Kind.DELETE else BACK[kind]
    case = Case(fault, kind, BEFORE[kind], first, again, back)
    return replace(case, **changes)  # type: ignore[arg-type]  # replace cannot tell the types of what it is given


def overcome(fault: str, of: Callable[[str], Fault], attempts: int) -> Iterator[Case]:
    """Return the cases of a fault of Pinpoint that ends, given as `of` a method, after so many attempts."""
    for kind in Kind:
        case = plain(fault, kind, pinpoint=(of(METHOD[kind]),), seconds=50)
        calls = CALLS[kind] + attempts - 1
        yield replace(case, first=replace(case.first, calls=(calls, calls)))


def too_much(
    fault: str, of: Callable[[str], Fault], why: str, attempts: tuple[int, int], seconds: float
) -> Iterator[Case]:
    """Return the cases of a fault of Pinpoint that does not end, so that the request fails."""
    for kind in Kind:
        act = of(METHOD[kind])
        fewest, most = (CALLS[kind] + count - 1 for count in attempts)
        channel = AFTER[kind] if act.applied else BEFORE[kind]
        first = Expected(f"FAILED as absent: {_OPERATION[kind]} {why}", channel, (fewest, most))
        again = replace(first, got="the same answer")
        if act.applied and kind is Kind.CREATE:
            # It finds the channel as it is wanted. CloudFormation has the first answer, and ignores this one.
            again = Expected("SUCCESS as absent", channel, (1, 1))
        back = BACK[kind] if act.applied else BACK_UNCHANGED[kind]
        outcomes = {"first": first, "again": again, "back": back}
        yield plain(fault, kind, **outcomes, pinpoint=(act,), seconds=seconds, quick=False)


def adopting(cases: Iterable[Case]) -> Iterator[Case]:
    """Return the cases of a Create as they are where a disabled channel is there before."""
    for case in cases:
        if case.kind is Kind.CREATE and case.back:
            first, again, back = (_found_disabled(step) for step in (case.first, case.again, case.back))
            # What was there is put back only if it differs, so it is asked for.
            back = replace(back, calls=(back.calls[0] + 1, back.calls[1] + 1))
            yield replace(case, before="disabled", first=first, again=again, back=back)


def answered_late(fault: str, sent: int, accepted: int = 1, **changes: object) -> Iterator[Case]:
    """Return the cases of a fault of the endpoint for answers that ends, after so many PUTs."""
    for kind in Kind:
        case = plain(fault, kind, **changes)
        yield replace(case, first=replace(case.first, sent=(sent, sent), accepted=accepted))


def unanswered(fault: str, sent: tuple[int, int], **changes: object) -> Iterator[Case]:
    """Return the cases of a fault of the endpoint for answers that does not end."""
    for kind in Kind:
        case = plain(fault, kind, **changes)
        first, again = (
            replace(step, got="nothing; an error is logged and raised", sent=sent, accepted=0)
            for step in (case.first, case.again)
        )
        back = BACK[kind]
        if kind is Kind.CREATE:
            # CloudFormation got no id, so it invents one, and the handler looks for what its Create changed.
            back = Expected("SUCCESS as invented", back.channel, (2, 2))
        yield replace(case, first=first, again=again, back=back)


def _found_disabled(step: Expected) -> Expected:
    channel = "disabled" if step.channel == "absent" else step.channel
    return replace(step, got=step.got.replace("as absent", "as disabled"), channel=channel)
