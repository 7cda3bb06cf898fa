"""The answer: that it arrives, that CloudFormation can read it, and that nobody else gets it."""

import json
import logging
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness import faults
from harness.events import event
from harness.fakes import SENT
from harness.faults import Fault
from harness.inbox import Inbox
from pinpoint_voice_channel_handler import response
from pinpoint_voice_channel_handler.response import (
    LOCAL_HOST_VARIABLE,
    Answer,
    Outcome,
    Recipient,
    ResponseNotDelivered,
    UnusableResponseUrl,
)

SUCCESS = Outcome("SUCCESS")

BUCKET = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com"


class Clock:
    """A Lambda deadline that only waiting brings nearer.

    Attributes:
        waits: How long was waited, each time.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.waits: list[float] = []

    def seconds_left(self) -> float:
        """Return what is left."""
        return self._seconds - sum(self.waits)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let the sender wait by this clock, which has two minutes."""
    clock = Clock(120)
    monkeypatch.setattr(time, "sleep", clock.waits.append)
    return clock


def answer_to(url: str, clock: Clock, redact: Callable[[str], str] = str, **changes: object) -> Answer:
    recipient = Recipient.of({**event("Create"), "ResponseURL": url, **changes})
    return Answer(recipient, "app/voice/absent", clock.seconds_left, redact)


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_an_answer_is_put_to_the_url_as_it_was_signed(inbox: Inbox, clock: Clock) -> None:
    inbox.signed = SENT
    answer_to(inbox.url, clock).give(Outcome("SUCCESS", data={"Enabled": "true"}))

    assert inbox.answers == [
        {
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": "app/voice/absent",
            **{key: event("Create")[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
            "Data": {"Enabled": "true"},
        }
    ]
    [request] = inbox.requests
    assert request.target == inbox.url.removeprefix(f"https://{inbox.host}")
    assert request.headers["Content-Type"] == ""


@pytest.mark.parametrize(
    "fault",
    [*(faults.status(status) for status in (500, 502, 503, 504, 429)), faults.reset(applied=False)],
    ids=["500", "502", "503", "504", "429", "reset"],
)
def test_an_answer_that_did_not_arrive_is_sent_again_as_it_was(
    inbox: Inbox, clock: Clock, fault: Fault
) -> None:
    inbox.fail(replace(fault, times=3))

    answer_to(inbox.url, clock).give(Outcome("FAILED", "Why it failed."))

    assert len(inbox.received) == 4
    assert len(set(inbox.received)) == 1
    assert len(inbox.answers) == 1
    assert clock.waits == [0.25, 0.5, 1]


@pytest.mark.parametrize("status", [301, 307, 400, 403, 404, 411])
def test_a_refusal_is_no_delivery_and_is_not_repeated(inbox: Inbox, clock: Clock, status: int) -> None:
    inbox.fail(faults.status(status, times=1))

    with pytest.raises(ResponseNotDelivered) as raised:
        answer_to(inbox.url, clock).give(SUCCESS)

    assert str(raised.value) == (
        f"CloudFormation did not get the answer: HTTP {status} from {inbox.host}, so the URL has expired or "
        "is not valid. The resource fails at its ServiceTimeout, unless Lambda's next attempt gets through; "
        "then deploy again."
    )
    assert len(inbox.received) == 1


def test_an_answer_that_is_slow_to_be_taken_is_sent_again(
    inbox: Inbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(time, "sleep", lambda _: inbox.recover())
    inbox.fail(faults.slow(60))

    answer_to(inbox.url, clock).give(SUCCESS)

    assert len(inbox.received) == 2


def test_an_answer_is_sent_until_a_second_before_the_deadline(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    host = f"localhost:{closed_port()}"
    monkeypatch.setenv(LOCAL_HOST_VARIABLE, host)

    with pytest.raises(ResponseNotDelivered, match=f"ConnectionRefusedError from {host}"):
        answer_to(f"https://{host}/answer", clock).give(SUCCESS)

    assert clock.waits == [0.25, 0.5, 1, 2, 4, *[8] * 13]
    assert 1 <= clock.seconds_left() < 1 + 8
    [failure] = [record for record in caplog.records if "did not get the answer" in record.getMessage()]
    assert failure.levelno == logging.ERROR


@pytest.mark.parametrize("seconds", [1.1, 0.0, -5.0])
def test_an_answer_is_tried_once_however_late_it_is(inbox: Inbox, seconds: float) -> None:
    answer_to(inbox.url, Clock(seconds)).give(Outcome("FAILED", "Late."))

    assert len(inbox.answers) == 1


def test_a_host_whose_certificate_is_not_trusted_gets_nothing(
    inbox: Inbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "_TLS", ssl.create_default_context())

    with pytest.raises(ResponseNotDelivered, match="SSLCertVerificationError"):
        answer_to(inbox.url, clock).give(SUCCESS)

    assert inbox.received == []


def test_an_answer_that_was_begun_is_given_in_the_place_of_another(
    inbox: Inbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.fail(faults.status(500, times=1))
    answer = answer_to(inbox.url, clock)

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            answer.give(Outcome("FAILED", "The first."))
    answer.give(SUCCESS)

    assert [given["Reason"] for given in inbox.answers] == ["The first."]


@pytest.mark.parametrize(
    "url",
    [
        f"{BUCKET}/arn%3Aaws%3Acloudformation%3Aus-east-1%3A1%3Astack/a%7Cb%7Cc?Expires=1&Signature=x%2By%3D",
        "https://cloudformation-custom-resource-response-eunorth1.s3.eu-north-1.amazonaws.com/a?X-Amz-Date=1",
        "https://cloudformation-custom-resource-response-uswest2.s3-us-west-2.amazonaws.com/a",
        "https://s3.us-gov-west-1.amazonaws.com/bucket/a",
        "https://s3.cn-north-1.amazonaws.com.cn/bucket/a",
        "https://S3.AMAZONAWS.COM:443/bucket/a",
    ],
)
def test_hosts_of_aws_are_answered(url: str) -> None:
    recipient = Recipient.of({"ResponseURL": url})

    assert f"https://{recipient.host}{recipient.target}" == url


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (None, "is not https"),
        ("", "is not https"),
        (42, "is not https"),
        ([BUCKET], "is not https"),
        ("http://s3.amazonaws.com/a", "is not https"),
        ("HTTPS://s3.amazonaws.com/a", "is not https"),
        (" https://s3.amazonaws.com/a", "is not https"),
        ("file:///etc/passwd", "is not https"),
        ("https://", "is not a URL"),
        ("https://s3.amazonaws.com", "is not a URL"),
        ("https://s3.amazonaws.com/a b", "is not a URL"),
        ("https://s3.amazonaws.com/a\r\nHost: example.com", "is not a URL"),
        ("https://s3.amazonaws.com/\N{SNOWMAN}", "is not a URL"),
        ("https://example.com\\@s3.amazonaws.com/a", "is not a URL"),
        ("https://s3.amazonaws.com@example.com/a", "is not a URL"),
        ("https://[::1]/a", "is not a URL"),
        ("https://example.com/a", "leads to a host outside AWS"),
        ("https://example.com/s3.amazonaws.com/a", "leads to a host outside AWS"),
        ("https://s3.amazonaws.com.example.com/a", "leads to a host outside AWS"),
        ("https://s3-amazonaws.com/a", "leads to a host outside AWS"),
        ("https://amazonaws.com/a", "leads to a host outside AWS"),
        ("https://.amazonaws.com/a", "leads to a host outside AWS"),
        ("https://s3.amazonaws.com:8443/a", "leads to a host outside AWS"),
        ("https://s3.amazonaws.com./a", "leads to a host outside AWS"),
        ("https://localhost:443/a", "leads to a host outside AWS"),
        ("https://169.254.169.254/latest/meta-data", "leads to a host outside AWS"),
    ],
)
def test_no_other_host_is_answered_and_nothing_but_https_is_spoken(url: object, problem: str) -> None:
    with pytest.raises(UnusableResponseUrl) as raised:
        Recipient.of({"ResponseURL": url})

    assert str(raised.value) == (
        f"CloudFormation cannot be answered, so nothing was done: the event's ResponseURL {problem}."
    )


def test_the_host_of_a_local_cloud_is_answered_where_its_variable_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(LOCAL_HOST_VARIABLE, "localhost:4566")

    assert Recipient.of({"ResponseURL": "https://localhost:4566/a"}).host == "localhost:4566"
    for other in ("https://localhost:4567/a", "https://localhost/a", "http://localhost:4566/a"):
        with pytest.raises(UnusableResponseUrl):
            Recipient.of({"ResponseURL": other})


def ten(value: str) -> dict[str, str]:
    return {f"Attribute{number}": value for number in range(10)}


TEXTS = ["x", "\N{SNOWMAN}", "\N{PILE OF POO}", '"', "\\", "\n", "\0", "\x7f", "\ud83d", "\N{NO-BREAK SPACE}"]
LENGTHS = [0, 1, 255, 1023, 1024, 1025, 4096, 100_000]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
@pytest.mark.parametrize("length", LENGTHS)
def test_a_failure_of_any_content_fits_and_can_be_read(
    inbox: Inbox, clock: Clock, caplog: pytest.LogCaptureFixture, text: str, length: int
) -> None:
    caplog.set_level(logging.CRITICAL)  # no terminal can show half of a surrogate pair
    long = text * length
    answer = answer_to(inbox.url, clock, StackId=long, RequestId=long, LogicalResourceId=long)
    answer.physical_id = "app/" + long

    answer.give(Outcome("FAILED", "Why: " + long))

    [body], [answered] = inbox.received, inbox.answers
    assert len(body) <= 4096
    assert answered == json.loads(body.decode("utf-8", "strict"))
    assert answered["Status"] == "FAILED"
    assert answered["Reason"].startswith("Why:")
    assert answered["PhysicalResourceId"].startswith("app/")
    assert len(answered["PhysicalResourceId"].encode()) <= 1024


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
@pytest.mark.parametrize("length", LENGTHS)
def test_attributes_of_any_content_fit_and_are_all_there(
    inbox: Inbox, clock: Clock, caplog: pytest.LogCaptureFixture, text: str, length: int
) -> None:
    caplog.set_level(logging.CRITICAL)  # no terminal can show half of a surrogate pair
    answer_to(inbox.url, clock).give(Outcome("SUCCESS", data=ten(text * length)))

    [body], [answered] = inbox.received, inbox.answers
    assert len(body) <= 4096
    assert answered["Status"] == "SUCCESS"
    assert answered["Data"].keys() == ten("").keys()
    assert all(isinstance(value, str) for value in answered["Data"].values())


def test_a_reason_that_does_not_fit_keeps_its_beginning_and_the_request_id(
    inbox: Inbox, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    reason = "UpdateVoiceChannel failed. " + "x" * 5000 + " (RequestID 5f2c-01) " + "y" * 5000

    answer_to(inbox.url, clock).give(Outcome("FAILED", reason))

    [answered] = inbox.answers
    assert answered["Reason"].startswith("UpdateVoiceChannel failed. xxx")
    assert answered["Reason"].endswith("x … RequestID 5f2c-01; the log has the rest")
    assert 3500 < len(inbox.received[0]) <= 4096
    assert reason in caplog.text


def test_ids_of_the_longest_that_cloudformation_makes_are_answered_whole(inbox: Inbox, clock: Clock) -> None:
    ids: dict[str, Any] = {
        "StackId": f"arn:aws-us-gov:cloudformation:us-gov-west-1:{'1' * 12}:stack/{'s' * 128}/{'u' * 36}",
        "RequestId": "r" * 36,
        "LogicalResourceId": "L" * 255,
    }

    answer_to(inbox.url, clock, **ids).give(Outcome("FAILED", "x" * 5000, ten("y" * 100)))

    [answered] = inbox.answers
    assert {key: answered[key] for key in ids} == ids
    assert answered["Data"] == ten("y" * 100)


def test_a_credential_in_a_reason_is_not_answered(inbox: Inbox, clock: Clock) -> None:
    answer_to(inbox.url, clock, lambda text: text.replace("secret", "[redacted]")).give(
        Outcome("FAILED", "A secret.")
    )

    assert json.loads(inbox.received[0])["Reason"] == "A [redacted]."
