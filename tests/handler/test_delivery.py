"""The answer is delivered, whatever fails meanwhile: the same body until it arrives, or an error."""

import http.client
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from harness import faults
from harness.context import Context
from harness.events import event
from harness.faults import Fault
from harness.in_memory import join_what_was_left_behind
from harness.inbox import Inbox
from harness.with_moto import Deliver
from pinpoint_voice_channel_handler import handler, log, redaction, response
from pinpoint_voice_channel_handler.bounded import THREAD_NAME
from pinpoint_voice_channel_handler.response import ResponseNotDelivered

ERRORS = [
    MemoryError(),
    LookupError("unknown encoding: idna"),
    RuntimeError("no more threads"),
    RecursionError(),
    SystemExit(1),
    KeyboardInterrupt(),
    ssl.SSLError("bad record"),
    http.client.BadStatusLine(""),
    UnicodeError("label too long"),
]

# Every call of the delivery that can block, and what comes before the first of them and after the last.
PLACES = [
    (threading.Thread, "start"),
    (socket, "getaddrinfo"),
    (socket.socket, "connect"),
    (ssl.SSLContext, "wrap_socket"),
    (ssl.SSLSocket, "do_handshake"),
    (ssl.SSLSocket, "sendall"),
    (ssl.SSLSocket, "recv_into"),
    (http.client.HTTPConnection, "close"),
]


class Faulty:
    """A function that fails some times before it works, in the thread that delivers or begins to.

    Args:
        works: The function.
        error: What it raises.
        times: How often.
    """

    def __init__(self, works: Callable[..., Any], error: BaseException, times: int) -> None:
        self._works = works
        self._error = error
        self.left = times

    def call(self, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401, those of the function
        """Fail, or work."""
        starts_delivery = isinstance(arguments[0] if arguments else None, threading.Thread)
        thread = arguments[0] if starts_delivery else threading.current_thread()
        if self.left and thread.name == THREAD_NAME:
            self.left -= 1
            raise self._error
        return self._works(*arguments, **more)


@pytest.fixture
def fail_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Faulty]:
    """Return a function that lets a place fail."""

    def at(place: tuple[Any, str], error: BaseException, times: int) -> Faulty:
        owner, name = place
        faulty = Faulty(getattr(owner, name), error, times)

        def call(*arguments: Any, **more: Any) -> Any:  # noqa: ANN401, a function, so that it binds as a method
            return faulty.call(*arguments, **more)

        monkeypatch.setattr(owner, name, call)
        return faulty

    return at


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait long between two tries."""
    monkeypatch.setattr(response, "_FIRST_DELAY_SECONDS", 0.01)
    monkeypatch.setattr(response, "_LONGEST_DELAY_SECONDS", 0.05)


def given(inbox: Inbox) -> response.Answer:
    request = event("Create", ResponseURL=inbox.url)
    seconds_left = Context(2).get_remaining_time_in_millis
    recipient = response.Recipient.of(request)
    return response.Answer(recipient, "app/voice/absent", lambda: seconds_left() / 1000, str)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[1])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.usefixtures("patient")
def test_an_answer_whose_delivery_fails_once_arrives_as_it_was(
    inbox: Inbox, fail_at: Callable[..., Faulty], place: tuple[Any, str], error: BaseException
) -> None:
    faulty = fail_at(place, error, times=1)

    given(inbox).give(response.Outcome("FAILED", "Why it failed."))

    assert faulty.left == 0
    assert len(set(inbox.received)) == 1
    assert inbox.answers[-1]["Reason"] == "Why it failed."


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[1])
@pytest.mark.parametrize("error", [MemoryError(), SystemExit(1)], ids=lambda error: type(error).__name__)
@pytest.mark.usefixtures("patient")
def test_an_answer_whose_delivery_fails_each_time_is_an_error(
    inbox: Inbox, fail_at: Callable[..., Faulty], place: tuple[Any, str], error: BaseException
) -> None:
    fail_at(place, error, times=1_000_000)

    # The last attempt may end with the function's time.
    problem = f"({type(error).__name__}|StillRunning)"
    with pytest.raises(ResponseNotDelivered, match=f"did not get the answer: {problem} from"):
        given(inbox).give(response.Outcome("FAILED", "Why it failed."))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_log_that_fails_does_not_cost_the_answer(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    class Broken(logging.Handler):
        def emit(self, _record: logging.LogRecord) -> None:
            raise error

    monkeypatch.setattr(logging.root, "handlers", [Broken()])

    answer = deliver(event("Create", ApplicationId="not an id"))

    assert answer["Status"] == "FAILED"


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_log_that_cannot_begin_is_answered(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def begin(*_: object) -> None:
        raise error

    monkeypatch.setattr(log, "begin", begin)

    answer = deliver(event("Create"))

    assert answer["Reason"].startswith(f"The provider failed with {type(error).__name__} ")


def nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize(
    "key", ["RequestType", "StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId", "ResourceType"]
)
def test_a_key_that_is_nested_deeply_is_answered(deliver: Deliver, key: str) -> None:
    answer = deliver({**event("Update"), key: nested(50_000)})

    assert answer["Status"] == "FAILED"
    assert len(answer["Reason"]) < 1000


@pytest.mark.parametrize("name", ["ApplicationId", "Enabled", "OnExisting", "Protected", "Other"])
def test_a_property_that_is_nested_deeply_is_answered(deliver: Deliver, name: str) -> None:
    request = event("Create")
    request["ResourceProperties"][name] = nested(50_000)

    answer = deliver(request)

    assert answer["Status"] == "FAILED"
    assert len(answer["Reason"]) < 1000


@pytest.mark.parametrize(
    "fault",
    [
        faults.endless_continue("PUT", 0.001, times=None),
        faults.drip_all("PUT", 0.02, times=None),
        faults.slow_headers("PUT", 0.05, times=None),
    ],
    ids=["endless 100 Continue", "a byte at a time", "a header at a time"],
)
@pytest.mark.usefixtures("patient")
def test_a_response_that_does_not_come_to_an_end_is_not_waited_for(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(response, "_TIMEOUT_SECONDS", 0.3)
    inbox.fail(fault)
    function = Context(3)

    with pytest.raises(ResponseNotDelivered, match=f"did not get the answer: StillRunning from {inbox.host}"):
        handler.handle(event("Create", ResponseURL=inbox.url, RequestType="None"), function)

    assert function.get_remaining_time_in_millis() > 0
    inbox.recover()
    join_what_was_left_behind()
    assert len(inbox.received) > 1
    assert len({*inbox.received}) == 1


def test_a_url_with_a_million_parts_is_no_burden() -> None:
    url = "https://s3.amazonaws.com/a?" + "&".join(
        f"a{number}={'x' * 20}{number}" for number in range(1_000_000)
    )

    with pytest.raises(response.UnusableResponseUrl, match="is too long"):
        response.Recipient.of({"ResponseURL": url})
    assert redaction.redactor(url)("text") == "text"
