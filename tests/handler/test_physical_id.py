"""The grammar of PhysicalResourceId, and the moment that it takes from an event."""

from datetime import UTC, datetime, timedelta

import pytest

from harness.events import event
from pinpoint_voice_channel_handler.physical_id import (
    NOTHING_DONE,
    PhysicalId,
    leaves_nothing_to_undo,
    status_id,
)
from pinpoint_voice_channel_handler.redaction import redactor
from pinpoint_voice_channel_handler.request import Request
from pinpoint_voice_channel_handler.state import State

MOMENT = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "physical_id"),
    [
        ("app/voice/enabled/20260101T120030Z", PhysicalId("app", State.ENABLED, MOMENT)),
        ("app/voice/absent", PhysicalId("app", State.ABSENT)),
        ("app/voice/untouched", PhysicalId("app", None)),
    ],
)
def test_an_id_is_read_as_it_is_written(text: str, physical_id: PhysicalId) -> None:
    assert PhysicalId.parse(text) == physical_id
    assert str(physical_id) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "app",
        "app/voice/status",
        "app/voice/enabled/",
        "app/voice/enabled/20260101T120030Z/",
        "app/voice/enabled/20261301T120030Z",
        "app/voice/enabled/2026010\N{ARABIC-INDIC DIGIT ONE}T120030Z",
        "../voice/absent",
        "app?x=/voice/absent",
        "an app/voice/absent",
        f"{'a' * 65}/voice/absent",
        "äpp/voice/absent",
        "Voice-VoiceChannel-1QHOCAW3FKL5D",
    ],
)
def test_another_id_is_not_ours(text: str) -> None:
    assert PhysicalId.parse(text) is None


@pytest.mark.parametrize("text", [NOTHING_DONE, str(PhysicalId("app", None)), status_id("app")])
def test_the_id_of_what_changed_no_channel_leaves_nothing_to_undo(text: str) -> None:
    assert leaves_nothing_to_undo(text)


@pytest.mark.parametrize(
    "text", ["", "app/voice/absent", f"{status_id('app')}/", "an app/voice/status", "Voice-VoiceChannel-1QHO"]
)
def test_any_other_id_may_leave_something_to_undo(text: str) -> None:
    assert not leaves_nothing_to_undo(text)


def test_an_event_was_sent_when_its_response_url_was_signed() -> None:
    assert Request.parse(event("Create")).sent == MOMENT


@pytest.mark.parametrize(
    "url", ["https://localhost/answer", "https://localhost/?X-Amz-Date=20261301T120030Z", None]
)
def test_an_event_whose_url_does_not_say_was_sent_now(url: str | None) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)

    assert before <= Request.parse(event("Create", ResponseURL=url)).sent <= datetime.now(UTC)


def test_the_moment_in_the_url_is_not_taken_for_a_secret() -> None:
    redact = redactor("https://localhost/answer?X-Amz-Date=20260101T120030Z&X-Amz-Signature=0123456789abcdef")

    assert redact("app/voice/enabled/20260101T120030Z 0123456789abcdef") == (
        "app/voice/enabled/20260101T120030Z [redacted]"
    )
