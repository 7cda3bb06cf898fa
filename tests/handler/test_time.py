"""Calls of AWS end within the function's time, so that the watchdog is the last resort."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.retries.standard import ExponentialBackoff, RetryContext

from harness import faults
from harness.context import Context
from harness.events import event
from harness.in_memory import join_what_was_left_behind
from harness.inbox import Inbox
from harness.proxy import FaultyServer, Request, Response
from harness.with_moto import Deliver
from pinpoint_voice_channel_handler import attempts, dispatcher, handler, response

LAST_ATTEMPT_SECONDS = attempts.UNDER_WAY_SECONDS + dispatcher.ANSWER_SECONDS


class Overloaded:
    """An AWS that is too busy for any request."""

    def answer(self, _: Request) -> Response:
        """Return an error."""
        return self.error(503)

    def error(self, status: int) -> Response:
        """Return an error without a body, as a load balancer does."""
        return Response(status)


@pytest.fixture
def overloaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    """Put an overloaded endpoint in the place of Pinpoint and CloudFormation."""
    with FaultyServer(Overloaded()) as server:
        for name in ("AWS_ENDPOINT_URL_PINPOINT", "AWS_ENDPOINT_URL_CLOUDFORMATION"):
            monkeypatch.setenv(name, server.url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "local")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        dispatcher.clients.forget()  # which are of another endpoint
        dispatcher.clients.pinpoint()  # which takes a while
        dispatcher.clients.stacks()  # which takes a while
        yield server
    dispatcher.clients.forget()


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_call_is_repeated_as_long_as_there_is_time_for_another_attempt(
    inbox: Inbox, overloaded: FaultyServer, request_type: str
) -> None:
    seconds = LAST_ATTEMPT_SECONDS + 1

    handler.handle(event(request_type, ResponseURL=inbox.url), Context(seconds))

    assert len(overloaded.requests) > 1
    [answer] = inbox.answers
    assert answer["Status"] == "FAILED"
    assert (
        "There is no time left for another attempt, after 503 (RequestID unknown): Service Unavailable."
        in answer["Reason"]
    )


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_no_attempt_begins_that_could_outlast_the_function(
    inbox: Inbox, overloaded: FaultyServer, request_type: str
) -> None:
    seconds = LAST_ATTEMPT_SECONDS - 0.1
    request = event(request_type, ResponseURL=inbox.url)

    handler.handle(request, Context(seconds))

    assert overloaded.requests == []
    [answer] = inbox.answers
    assert answer["Status"] == "FAILED"
    assert "There is no time left for another attempt." in answer["Reason"]
    untouched = f"{request['ResourceProperties']['ApplicationId']}/voice/untouched"
    assert answer["PhysicalResourceId"] == request.get("PhysicalResourceId", untouched)


def test_a_call_that_was_retried_leaves_a_full_quota_of_retries_to_the_next_event(
    inbox: Inbox, overloaded: FaultyServer
) -> None:
    before = dispatcher.clients.pinpoint()
    request = event("Update", ResponseURL=inbox.url)

    handler.handle(request, Context(LAST_ATTEMPT_SECONDS + 1))

    assert len(overloaded.requests) > 1
    assert dispatcher.clients.pinpoint() is not before


def test_a_call_that_was_not_retried_keeps_the_client_and_its_connection(
    deliver: Deliver, application_id: str
) -> None:
    before = dispatcher.clients.pinpoint()

    deliver(event("Create", ApplicationId=application_id))

    assert dispatcher.clients.pinpoint() is before


def test_what_is_left_behind_at_the_deadline_calls_nothing_any_more_in_the_time_of_the_next_event(
    inbox: Inbox, overloaded: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "UNDER_WAY_SECONDS", 0.1)
    overloaded.fail(faults.slow(60))
    request = event("Create", ResponseURL=inbox.url)
    untouched = f"{request['ResourceProperties']['ApplicationId']}/voice/untouched"

    handler.handle(request, Context(dispatcher.ANSWER_SECONDS + 1))
    handler.handle(event("Delete", PhysicalResourceId=untouched, ResponseURL=inbox.url), Context())
    overloaded.recover()
    join_what_was_left_behind()

    assert [answer["Status"] for answer in inbox.answers] == ["FAILED", "SUCCESS"]
    assert "The function's time ran out" in inbox.answers[0]["Reason"]
    assert len(inbox.received) == 2
    assert len(overloaded.requests) == 1


@pytest.mark.usefixtures("aws")
def test_an_attempt_that_got_no_response_is_told_as_well() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    times = iter([100.0, 0.0])
    client = boto3.client("pinpoint", endpoint_url=f"http://127.0.0.1:{port}", config=attempts.CONFIG)
    attempts.Attempts(lambda: next(times), lambda: None).watch(client)

    with pytest.raises(
        attempts.NoTimeLeft, match="another attempt, after EndpointConnectionError: Could not"
    ):
        client.get_voice_channel(ApplicationId="app")


def test_what_is_under_way_when_it_is_too_late_to_begin_ends_before_the_watchdog_answers() -> None:
    config: Any = attempts.CONFIG
    asks_for_a_later_retry: Any = SimpleNamespace(headers={"x-amz-retry-after": "3600000"})
    last = RetryContext(attempt_number=100, http_response=asks_for_a_later_retry)
    longest_wait = ExponentialBackoff(random=lambda: 1).delay_amount(last)

    assert config.connect_timeout + config.read_timeout + longest_wait == attempts.UNDER_WAY_SECONDS


def test_the_answer_of_the_watchdog_has_time_for_a_second_attempt_before_the_last_second() -> None:
    attempt = response._TIMEOUT_SECONDS + response._FIRST_DELAY_SECONDS  # noqa: SLF001, what this is about

    assert attempt + response._SPARE_SECONDS < dispatcher.ANSWER_SECONDS  # noqa: SLF001, as above
