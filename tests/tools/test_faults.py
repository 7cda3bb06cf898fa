"""The fault lab: its quick cases, run as `make faults` runs all, and its table in the documentation."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from shutil import which

import pytest

from fault_lab import memory, table
from fault_lab.bench import requests
from fault_lab.case import Case, Expected
from fault_lab.cases import CASES
from fault_lab.outcome import Outcome, gist
from fault_lab.patterns import plain
from fault_lab.run import differences, run
from harness import faults
from harness.events import INVENTED_ID, Kind
from harness.function import KILLED

QUICK = [case for case in CASES if case.quick]

EXPECTED = Expected("SUCCESS as absent", "enabled", calls=(2, 3))
OUTCOME = Outcome("none", "Create", "SUCCESS as absent", "absent", "enabled", calls=2, sent=1, accepted=1)

ANSWER = {
    "Status": "SUCCESS",
    "Reason": "",
    "PhysicalResourceId": "a/voice/absent",
    "Data": {"Enabled": "true", "Version": "1"},
}
NOT_DELIVERED = '{"level": "ERROR", "message": "CloudFormation did not get the answer: HTTP 403"}'
NO_ERROR = NOT_DELIVERED.replace("ERROR", "INFO")
OTHER_ERROR = '{"level": "ERROR", "message": "This is not expected."}'


@pytest.fixture(scope="module")
def outcomes() -> Mapping[Case, list[Outcome]]:
    """Run the quick cases, many at once."""
    return dict(zip(QUICK, run(QUICK), strict=True))


@pytest.mark.parametrize("case", QUICK, ids=lambda case: f"{case.fault}, {requests(case)[0][0]}")
def test_the_handler_comes_through_a_fault_as_expected(
    outcomes: Mapping[Case, list[Outcome]], case: Case
) -> None:
    assert differences(case, outcomes[case]) == []


def test_a_fault_that_does_not_happen_is_told() -> None:
    case = plain("none", Kind.DELETE, pinpoint=(faults.status(429, "PUT", times=1),))

    [[first, _]] = run([case])

    assert first.got == "SUCCESS as absent, without the fault"


@pytest.mark.parametrize(
    ("answers", "ended", "log", "told"),
    [
        ([ANSWER, ANSWER], "", [], "SUCCESS as absent"),
        ([ANSWER, {**ANSWER, "Status": "FAILED"}], "", [], "SUCCESS as absent; FAILED as absent"),
        ([ANSWER, {**ANSWER, "Data": {}}], "", [], "SUCCESS as absent; SUCCESS as absent"),
        ([ANSWER], "KeyError", [], "SUCCESS as absent; KeyError is raised"),
        ([], "", [], "nothing"),
        ([], KILLED, [], "nothing; the function was killed"),
        ([], "ResponseNotDelivered", [], "nothing; ResponseNotDelivered is raised"),
        ([], "ResponseNotDelivered", [NO_ERROR], "nothing; ResponseNotDelivered is raised"),
        ([], "ResponseNotDelivered", [OTHER_ERROR], "nothing; ResponseNotDelivered is raised"),
        ([], "ResponseNotDelivered", [NOT_DELIVERED], "nothing; an error is logged and raised"),
    ],
)
def test_what_cloudformation_got_is_told(
    answers: list[Mapping[str, object]], ended: str, log: list[str], told: str
) -> None:
    assert gist(answers, ended, log, None) == told


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"Data": {"Enabled": "true", "Version": "2"}}, "the same answer"),
        ({"Data": {"Enabled": "false", "Version": "1"}}, "SUCCESS as absent"),
        ({"PhysicalResourceId": "a/voice/enabled"}, "SUCCESS as enabled"),
        ({"PhysicalResourceId": INVENTED_ID}, "SUCCESS as invented"),
        ({"Reason": "It is so (RequestID 1). More."}, "SUCCESS as absent: It is so"),
    ],
)
def test_an_answer_is_told_from_the_first(other: Mapping[str, object], told: str) -> None:
    assert gist([{**ANSWER, **other}], "", [], ANSWER) == told


def test_the_document_has_each_case_once_as_it_is_expected() -> None:
    rows = iter(table.read())

    documented = [list(islice(rows, len(requests(case)))) for case in CASES]

    found = [text for case, those in zip(CASES, documented, strict=True) for text in differences(case, those)]
    assert (found, list(rows)) == ([], [])


def test_a_table_is_read_as_it_was_written_and_the_text_around_it_is_kept(tmp_path: Path) -> None:
    document = tmp_path / "faults.md"
    document.write_text("# Title\n\nBefore.\n\n<!-- faults -->\nold\n<!-- /faults -->\n\nAfter.\n")

    table.write([[OUTCOME], [OUTCOME, replace(OUTCOME, sent=2)]], document)

    assert table.read(document) == [OUTCOME, OUTCOME, replace(OUTCOME, sent=2)]
    assert document.read_text().startswith("# Title\n\nBefore.\n\n<!-- faults -->\nAfter each request")
    assert document.read_text().endswith("|\n<!-- /faults -->\n\nAfter.\n")


def test_a_document_that_is_not_there_is_made(tmp_path: Path) -> None:
    table.write([[OUTCOME]], tmp_path / "faults.md")

    assert table.read(tmp_path / "faults.md") == [OUTCOME]


@pytest.mark.parametrize("calls", [2, 3])
def test_an_outcome_within_what_is_expected_has_no_differences(calls: int) -> None:
    assert replace(OUTCOME, calls=calls).differences("none", "Create", EXPECTED) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(OUTCOME, fault="other"),
        replace(OUTCOME, request="Update"),
        replace(OUTCOME, got="nothing"),
        replace(OUTCOME, channel="absent"),
        replace(OUTCOME, calls=1),
        replace(OUTCOME, calls=4),
        replace(OUTCOME, sent=2),
        replace(OUTCOME, accepted=0),
    ],
)
def test_each_difference_from_what_is_expected_is_found(other: Outcome) -> None:
    assert len(other.differences("none", "Create", EXPECTED)) == 1


@pytest.mark.skipif(which("prlimit") is None, reason="Only Linux limits the address space of a process.")
def test_no_limit_of_memory_loses_an_event() -> None:
    limits = memory.limits()
    # The outermost; and those where all is imported, but the memory is too short for the answer.
    chosen = [limits[0], *limits[48:66], limits[-1]]

    # Too few seconds to call Pinpoint, so that the answer is FAILED; what counts is that there is one.
    all_got = memory.run(chosen, seconds=10)

    assert memory.differences(chosen, all_got) == []
    ends = {memory.end(got) for got in all_got}
    assert "FAILED is answered" in ends
    assert len(ends) > 1


@pytest.mark.parametrize(
    ("got", "end"),
    [
        ("SUCCESS as absent", "SUCCESS is answered"),
        ("FAILED as untouched: The provider failed", "FAILED is answered"),
        ("nothing; an error is logged and raised", "an error is raised"),
        ("nothing; MemoryError is raised", "an error is raised"),
        ("nothing; the function was killed", "the process dies"),
        ("SUCCESS as absent; MemoryError is raised", "one answer, but Lambda tries the event again"),
        ("FAILED as absent; the function was killed", "one answer, but Lambda tries the event again"),
    ],
)
def test_an_event_is_answered_or_tried_again(got: str, end: str) -> None:
    assert end in str(memory.end(got))
    assert memory.differences([1], [got]) == []


@pytest.mark.parametrize(
    "got",
    [
        "nothing",
        "SUCCESS as absent; FAILED as absent",
        "SUCCESS as absent; FAILED as absent; the function was killed",
        "SUCCESS as untouched",
        "SUCCESS as absent, with the channel disabled",
    ],
)
def test_an_event_that_may_be_lost_is_a_difference(got: str) -> None:
    [text] = memory.differences([1], [got])

    assert got in text


def test_the_document_counts_what_came_of_each_limit_of_memory() -> None:
    counts = {name: int(count) for name, count in table.rows(memory.MARK)}

    assert list(counts) == list(memory.ENDS)
    assert sum(counts.values()) == 100
    assert counts["SUCCESS is answered"]
