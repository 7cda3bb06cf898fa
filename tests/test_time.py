"""Calls of AWS end within the function's time, so that the watchdog is the last resort."""

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.retries.standard import ExponentialBackoff

from conftest import Context, Deliver, Inbox, event
from in_memory import join_what_was_left_behind
from pinpoint_voice_channel import provider
from pinpoint_voice_channel_handler import attempts, dispatcher, handler, response

LAST_ATTEMPT_SECONDS = attempts._UNDER_WAY_SECONDS + dispatcher.ANSWER_SECONDS  # noqa: SLF001, what this is about


class Overloaded:
    """An endpoint of AWS that is too busy for every request.

    Attributes:
        requests: How many there were.
        open: As long as it is not set, requests wait.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests = 0
        self.open = threading.Event()
        self.open.set()


@pytest.fixture
def overloaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Overloaded]:
    """Put an overloaded endpoint in the place of Pinpoint and CloudFormation."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            endpoint.requests += 1
            endpoint.open.wait(timeout=60)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(503)
            self.end_headers()

        do_POST = do_PUT = do_GET  # noqa: N815, http.server's

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint = Overloaded(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name in ("AWS_ENDPOINT_URL_PINPOINT", "AWS_ENDPOINT_URL_CLOUDFORMATION"):
        monkeypatch.setenv(name, endpoint.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    dispatcher.clients.forget()  # which are of another endpoint
    dispatcher.clients.pinpoint()  # which takes a while
    dispatcher.clients.stacks()  # which takes a while
    yield endpoint
    server.shutdown()
    thread.join()
    server.server_close()
    dispatcher.clients.forget()


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_call_is_repeated_as_long_as_there_is_time_for_another_attempt(
    inbox: Inbox, overloaded: Overloaded, request_type: str
) -> None:
    seconds = LAST_ATTEMPT_SECONDS + 1

    handler.handle(event(request_type, ResponseURL=inbox.url), Context(seconds))

    assert overloaded.requests > 1
    [answer] = inbox.answers
    assert answer["Status"] == "FAILED"
    assert (
        "There is no time left for another attempt, after 503 (RequestID unknown): Service Unavailable."
        in answer["Reason"]
    )


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_no_attempt_begins_that_could_outlast_the_function(
    inbox: Inbox, overloaded: Overloaded, request_type: str
) -> None:
    seconds = LAST_ATTEMPT_SECONDS - 0.1
    request = event(request_type, ResponseURL=inbox.url)

    handler.handle(request, Context(seconds))

    assert overloaded.requests == 0
    [answer] = inbox.answers
    assert answer["Status"] == "FAILED"
    assert "There is no time left for another attempt." in answer["Reason"]
    untouched = f"{request['ResourceProperties']['ApplicationId']}/voice/untouched"
    assert answer["PhysicalResourceId"] == request.get("PhysicalResourceId", untouched)


def test_a_call_that_was_retried_leaves_a_full_quota_of_retries_to_the_next_event(
    inbox: Inbox, overloaded: Overloaded
) -> None:
    before = dispatcher.clients.pinpoint()
    request = event("Update", ResponseURL=inbox.url)

    handler.handle(request, Context(LAST_ATTEMPT_SECONDS + 1))

    assert overloaded.requests > 1
    assert dispatcher.clients.pinpoint() is not before


def test_a_call_that_was_not_retried_keeps_the_client_and_its_connection(
    deliver: Deliver, application_id: str
) -> None:
    before = dispatcher.clients.pinpoint()

    deliver(event("Create", ApplicationId=application_id))

    assert dispatcher.clients.pinpoint() is before


def test_what_is_left_behind_at_the_deadline_calls_nothing_any_more_in_the_time_of_the_next_event(
    inbox: Inbox, overloaded: Overloaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "_UNDER_WAY_SECONDS", 0.1)
    overloaded.open.clear()
    request = event("Create", ResponseURL=inbox.url)
    untouched = f"{request['ResourceProperties']['ApplicationId']}/voice/untouched"

    handler.handle(request, Context(dispatcher.ANSWER_SECONDS + 1))
    handler.handle(event("Delete", PhysicalResourceId=untouched, ResponseURL=inbox.url), Context())
    overloaded.open.set()
    join_what_was_left_behind()

    assert [answer["Status"] for answer in inbox.answers] == ["FAILED", "SUCCESS"]
    assert "The function's time ran out" in inbox.answers[0]["Reason"]
    assert len(inbox.received) == 2
    assert overloaded.requests == 1


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
    backoff: Any = ExponentialBackoff
    longest_wait = backoff._MAX_BACKOFF  # noqa: SLF001, botocore's
    under_way = config.connect_timeout + config.read_timeout + longest_wait

    assert under_way <= attempts._UNDER_WAY_SECONDS  # noqa: SLF001, the number that this is about


def test_the_answer_of_the_watchdog_has_time_for_a_second_attempt_before_the_last_second() -> None:
    attempt = response._TIMEOUT_SECONDS + response._FIRST_DELAY_SECONDS  # noqa: SLF001, what this is about

    assert attempt + response._SPARE_SECONDS < dispatcher.ANSWER_SECONDS  # noqa: SLF001, as above


def test_the_function_has_time_for_ten_attempts_that_each_time_out() -> None:
    config: Any = attempts.CONFIG
    timeout = provider._TIMEOUT.to_seconds()  # noqa: SLF001, the number that this is about

    assert config.retries == {"mode": "standard", "total_max_attempts": 10}
    assert timeout - LAST_ATTEMPT_SECONDS >= 10 * (config.connect_timeout + config.read_timeout)
