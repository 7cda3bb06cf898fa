"""What the handler reads of CloudFormation, and how often it asks."""

from datetime import timedelta

import pytest

from harness.fakes import APPLICATION, BEGAN, RESTED, SENT, STACK_ID, ExpectedCalls, FakeStackClient, row
from pinpoint_voice_channel_handler.errors import HistoryTooLong
from pinpoint_voice_channel_handler.request import Request, RequestType, ResourceType
from pinpoint_voice_channel_handler.rules import Cancelled, Phase
from pinpoint_voice_channel_handler.situation import Situation
from pinpoint_voice_channel_handler.stack import Memory, Row, Stacks

SECOND = timedelta(seconds=1)


class Warm:
    """A warm function that gets Deletes of one stack.

    Args:
        calls: The calls to CloudFormation that are expected of it in all.
        stack: The arguments of FakeStackClient.
    """

    def __init__(self, *calls: str, **stack: object) -> None:
        self.calls = ExpectedCalls(calls)
        self.client = FakeStackClient(self.calls, **{"asked": "DELETE", **stack})  # type: ignore[arg-type]  # as said
        self.now = 0.0
        self._memory = Memory()

    def delete(self, sent: timedelta = timedelta()) -> Situation:
        """Take a Delete that was sent so much after the others."""
        request = Request(
            type=RequestType.DELETE,
            resource_type=ResourceType.VOICE_CHANNEL,
            request_id="request-1",
            stack_id=STACK_ID,
            logical_id="VoiceChannel",
            physical_id=f"{APPLICATION}/voice/absent",
            sent=SENT + sent,
            properties={},
        )
        stacks = Stacks(self.client, self._memory, lambda: self.now)
        return Situation(request, stacks, lambda _: None)


def test_hundreds_of_deletes_of_one_stack_ask_once_in_some_seconds() -> None:
    warm = Warm("DescribeStacks", "DescribeStacks", status="DELETE_IN_PROGRESS")

    phases = []
    for number in range(300):
        warm.now = number * 9 / 300
        phases.append(warm.delete().phase())

    assert phases == [Phase.END] * 300
    warm.calls.assert_all_made()


def test_a_deletion_is_not_believed_for_an_event_that_was_sent_before_it_was_seen() -> None:
    warm = Warm("DescribeStacks", "DescribeStacks", status="DELETE_IN_PROGRESS")

    warm.delete().phase()
    warm.delete(sent=-SECOND).phase()

    warm.calls.assert_all_made()


def test_a_deletion_is_not_believed_some_seconds_after_it_was_seen() -> None:
    warm = Warm("DescribeStacks", "DescribeStacks", "DescribeStackEvents", status="DELETE_IN_PROGRESS")
    warm.delete().phase()
    warm.client.become(status="DELETE_COMPLETE", log=[row("DELETE_COMPLETE", SENT + SECOND)], asked="DELETE")
    warm.now = 5

    assert warm.delete().phase() is Phase.OVER
    warm.calls.assert_all_made()


def test_the_log_of_a_stack_that_is_deleted_is_read_once() -> None:
    warm = Warm("DescribeStacks", "DescribeStackEvents", status="DELETE_IN_PROGRESS")

    rests = [warm.delete().rested() for _ in range(100)]

    assert rests == [RESTED] * 100
    warm.calls.assert_all_made()


@pytest.mark.parametrize(("rows", "pages"), [(50, 1), (3_000, 31)])
def test_a_long_history_is_read_back_to_the_last_rest(rows: int, pages: int) -> None:
    failed_updates = [row("UPDATE_FAILED", BEGAN - SECOND, f"Resource{number}") for number in range(rows)]
    log = [row("DELETE_IN_PROGRESS", BEGAN), *failed_updates, row("UPDATE_COMPLETE", RESTED)]
    warm = Warm("DescribeStacks", *["DescribeStackEvents"] * pages, status="DELETE_IN_PROGRESS", log=log)

    assert warm.delete().rested() == RESTED
    warm.calls.assert_all_made()


def test_a_history_without_end_is_read_for_10000_rows_and_shows_nothing() -> None:
    log = [row("DELETE_IN_PROGRESS", BEGAN), *(row("UPDATE_FAILED", BEGAN, "Other") for _ in range(20_000))]
    warm = Warm("DescribeStacks", *["DescribeStackEvents"] * 101, status="DELETE_IN_PROGRESS", log=log)

    with pytest.raises(HistoryTooLong, match="the newest 10,000 events of arn"):
        warm.delete().rested()
    warm.calls.assert_all_made()


def test_a_history_of_exactly_10000_rows_is_read_to_its_end() -> None:
    log = [row("DELETE_IN_PROGRESS", BEGAN), *(row("UPDATE_FAILED", BEGAN, "Other") for _ in range(9_999))]
    warm = Warm("DescribeStacks", *["DescribeStackEvents"] * 100, status="DELETE_IN_PROGRESS", log=log)

    assert warm.delete().rested() is None
    warm.calls.assert_all_made()


def test_that_a_stack_never_came_to_rest_is_read_once_for_all_its_deletes() -> None:
    log = [row("DELETE_IN_PROGRESS", BEGAN), *(row("CREATE_COMPLETE", BEGAN, "Other") for _ in range(250))]
    warm = Warm("DescribeStacks", *["DescribeStackEvents"] * 3, status="DELETE_IN_PROGRESS", log=log)

    assert [warm.delete().rested() for _ in range(100)] == [None] * 100
    warm.calls.assert_all_made()


def test_a_log_that_does_not_tell_of_the_stack_shows_nothing() -> None:
    log = [row("DELETE_IN_PROGRESS", SENT, "VoiceChannel")]
    warm = Warm(*["DescribeStacks", "DescribeStackEvents"] * 8, status="UPDATE_IN_PROGRESS", log=log)

    assert warm.delete().phase() is Phase.UNKNOWN
    warm.calls.assert_all_made()


def test_what_was_cancelled_is_found_where_the_log_ends_before_its_operation_began() -> None:
    rows = [
        Row.of(row("CREATE_IN_PROGRESS", SENT, "VoiceChannel")),
        Row.of(row("CREATE_COMPLETE", SENT, "Other")),
    ]

    found = Cancelled.of(rows, "VoiceChannel", RequestType.CREATE)

    assert found == Cancelled(SENT, in_flight=True)
