"""All cases, in the order of the table: what goes wrong, and what is expected then."""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from fault_lab.case import Case, Expected
from fault_lab.patterns import (
    AFTER,
    BACK,
    BACK_UNCHANGED,
    BEFORE,
    CALLS,
    METHOD,
    adopting,
    answered_late,
    overcome,
    plain,
    too_much,
    unanswered,
)
from harness import faults
from harness.events import Kind

# The handler begins no call to Pinpoint or CloudFormation with fewer than 40 seconds left.
_FOR_TEN_ATTEMPTS = 40 + 35  # botocore's nine waits take 26 at most, unless it is throttled
_FOR_SOME_ATTEMPTS = 40 + 6
_FOR_TIMEOUTS = 40 + 13  # each takes 5
_SHORT = 40 + 3

_NO_TIME = "failed after retries: There is no time left for another attempt"
_CLOSED = "failed after retries: Connection was closed before we received a valid response"
_OUT_OF_TIME = (
    "The function's time ran out before Amazon Pinpoint or CloudFormation answered, so the channel may or "
    "may not have been changed"
)
# PUTs of the answer within `_SHORT`, with waits of 0.25 s, 0.5 s, … and then 8 s between.
_UNTIL_THE_END = (7, 10)


def _nothing_fails() -> Iterator[Case]:
    cases = [plain("none", kind) for kind in Kind]
    yield from cases
    yield from adopting(cases)


def _pinpoint_fails() -> Iterator[Case]:
    status = faults.status
    yield from overcome("Pinpoint answers 429 twice", partial(status, 429, times=2), 3)
    yield from too_much(
        "Pinpoint answers 429 for good",
        partial(status, 429),
        f"{_NO_TIME}, after TooManyRequestsException",
        (2, 9),
        _FOR_SOME_ATTEMPTS,
    )
    for code, name in ((500, "InternalServerErrorException"), (503, "ServiceUnavailableException")):
        yield from overcome(f"Pinpoint answers {code} four times", partial(status, code, times=4), 5)
        why = f"failed after retries: {name}"
        good = partial(status, code)
        yield from too_much(f"Pinpoint answers {code} for good", good, why, (10, 10), _FOR_TEN_ATTEMPTS)
    denied = plain("Pinpoint answers 403 twice", Kind.CREATE, pinpoint=(status(403, "PUT", 2),))
    yield replace(denied, first=replace(denied.first, calls=(4, 4)))


def _pinpoint_is_slow() -> Iterator[Case]:
    slow = faults.slow
    yield from overcome("Pinpoint takes 3 s, once", partial(slow, 3, times=1), 1)
    yield from overcome("Pinpoint takes 7 s, once", partial(slow, 7, times=1), 2)
    yield from too_much(
        "Pinpoint takes 7 s, every time",
        partial(slow, 7),
        f"{_NO_TIME}, after ReadTimeoutError: Read timeout",
        (2, 3),
        _FOR_TIMEOUTS,
    )
    for how, of in (
        ("drips, a byte a second", faults.drip),
        ("drips from its first byte", faults.drip_all),
        ("is an endless 100 Continue", faults.endless_continue),
    ):
        for kind in Kind:
            case = plain(
                f"Pinpoint's answer {how}", kind, pinpoint=(of(METHOD[kind]),), seconds=_SHORT, quick=False
            )
            got = f"FAILED as absent: {_OUT_OF_TIME}"
            again = replace(case.again, got="SUCCESS as absent")
            yield replace(case, first=replace(case.first, got=got), again=again, back=BACK[kind])


def _pinpoint_resets() -> Iterator[Case]:
    before, after = partial(faults.reset, applied=False), partial(faults.reset, applied=True)
    yield from overcome("Pinpoint resets before it applies, twice", partial(before, times=2), 3)
    yield from too_much(
        "Pinpoint resets before it applies, every time", before, _CLOSED, (10, 10), _FOR_TEN_ATTEMPTS
    )
    yield from overcome("Pinpoint resets after it applied, once", partial(after, times=1), 2)
    cases = list(
        too_much("Pinpoint resets after it applied, every time", after, _CLOSED, (10, 10), _FOR_TEN_ATTEMPTS)
    )
    yield from cases
    yield from adopting(cases)


def _little_time_is_left() -> Iterator[Case]:
    for kind, got in (
        (Kind.CREATE, f"FAILED as untouched: GetVoiceChannel {_NO_TIME}"),
        (Kind.UPDATE, f"FAILED as absent: UpdateVoiceChannel {_NO_TIME}"),
        (Kind.DELETE, f"FAILED as absent: Nothing was changed, because DescribeStacks {_NO_TIME}"),
    ):
        first = Expected(got, BEFORE[kind], (0, 0))
        again = replace(first, got="the same answer")
        back = (
            Expected("SUCCESS as untouched", "absent", (0, 0))
            if kind is Kind.CREATE
            else BACK_UNCHANGED[kind]
        )
        yield plain("34 s are left at the start", kind, first=first, again=again, back=back, seconds=34)


def _cloudformation_fails() -> Iterator[Case]:
    throttled = faults.status(400, times=2)
    yield plain("CloudFormation throttles twice", Kind.DELETE, cloudformation=(throttled,))
    why = "Nothing was changed, because DescribeStacks failed after retries: ServiceUnavailable"
    # Pinpoint is asked whether the channel is gone already.
    first = Expected(f"FAILED as absent: {why}", "enabled", (1, 1))
    yield plain(
        "CloudFormation answers 503 for good",
        Kind.DELETE,
        cloudformation=(faults.status(503),),
        first=first,
        again=replace(first, got="the same answer"),
        back=BACK[Kind.DELETE],
        seconds=_FOR_TEN_ATTEMPTS,
        quick=False,
    )
    late = Expected(f"FAILED as absent: {_OUT_OF_TIME}", "enabled", (0, 0))
    yield plain(
        "CloudFormation's answer drips from its first byte",
        Kind.DELETE,
        cloudformation=(faults.drip_all("POST"),),
        first=late,
        again=Expected("SUCCESS as absent", "absent", (1, 1)),
        back=BACK[Kind.DELETE],
        seconds=_SHORT,
        quick=False,
    )


def _answers_come_late() -> Iterator[Case]:
    yield from answered_late("the answer's connection is refused three times", 4, refusals=3)
    reset = faults.reset("PUT", 2, applied=False)
    yield from answered_late("the answer is reset twice", 3, inbox=(reset,))
    accepted = faults.reset("PUT", 1, applied=True)
    yield from answered_late("the answer is accepted, then reset, once", 2, 2, inbox=(accepted,))
    yield from answered_late("the answer is accepted after 3 s", 1, inbox=(faults.slow(3, "PUT", 1),))
    lost = faults.slow(7, "PUT", 1, applied=False)
    yield from answered_late("the answer is lost for 7 s, once", 2, inbox=(lost,))
    dripping = faults.drip_all("PUT")
    yield from answered_late("the answer's own answer drips, once", 2, 2, inbox=(dripping,))
    endless = faults.endless_continue("PUT")
    yield from answered_late("the answer gets an endless 100 Continue, once", 2, 2, inbox=(endless,))
    for code in (429, 500, 503):
        error = faults.status(code, "PUT", 2)
        yield from answered_late(f"the answer gets {code} twice", 3, inbox=(error,))


def _answers_never_come() -> Iterator[Case]:
    long = {"seconds": _SHORT, "quick": False}
    refused = "the answer's connection is refused for good"
    yield from unanswered(refused, _UNTIL_THE_END, refusals=math.inf, **long)
    error = faults.status(500, "PUT")
    yield from unanswered("the answer gets 500 for good", _UNTIL_THE_END, inbox=(error,), **long)
    cases = list(unanswered("the answer gets 403", (1, 1), inbox=(faults.status(403, "PUT"),)))
    yield from cases
    yield from adopting(cases)


def _the_function_is_killed() -> Iterator[Case]:
    for kind in Kind:
        cases = list(_killed(kind))
        yield from cases
        yield from adopting(cases)


def _killed(kind: Kind) -> Iterator[Case]:
    calls = (CALLS[kind], CALLS[kind])
    applied = Expected("nothing; the function was killed", AFTER[kind], calls, sent=(0, 0), accepted=0)
    done = Expected("SUCCESS as absent", AFTER[kind], (1, 1))

    def killed(when: str, first: Expected, again: Expected, **fault: object) -> Case:
        return plain(f"the function is killed {when}", kind, first=first, again=again, **fault)

    early = (faults.kill(METHOD[kind], applied=False),)
    late = (faults.kill(METHOD[kind], applied=True),)
    yield killed(
        "before its request is applied",
        replace(applied, channel=BEFORE[kind]),
        replace(done, calls=calls),
        pinpoint=early,
    )
    yield killed("after its request was applied", applied, done, pinpoint=late)
    answering = (faults.kill("PUT", applied=False),)
    yield killed("while it answers", replace(applied, sent=(1, 1)), done, inbox=answering)
    answered = (faults.kill("PUT", applied=True),)
    first = Expected("SUCCESS as absent; the function was killed", AFTER[kind], calls)
    yield killed("after its answer was accepted", first, replace(done, got="the same answer"), inbox=answered)


CASES = (
    *_nothing_fails(),
    *_pinpoint_fails(),
    *_pinpoint_is_slow(),
    *_pinpoint_resets(),
    *_little_time_is_left(),
    *_cloudformation_fails(),
    *_answers_come_late(),
    *_answers_never_come(),
    *_the_function_is_killed(),
)
