"""The deletion of a stack of 500 channels, whose Deletes come all at once, while CloudFormation throttles."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.events import Kind, new_event
from harness.function import Function, environment
from harness.inbox import Inbox
from harness.pinpoint import Pinpoint
from harness.proxy import FaultyServer, Request, Response
from harness.stack import Stack

FUNCTIONS = 4
"""How many functions take the Deletes, each one after the other."""

CALLS_PER_SECOND = 10

DELETED = datetime.now(UTC).replace(microsecond=0)
UPDATED = DELETED - timedelta(hours=1)
RESTED = DELETED - timedelta(days=1)
CREATED = DELETED - timedelta(days=9)

# What was found and when, how many there are, what each is now, and what is to be left of it.
CHANNELS = [
    ("absent", CREATED, 200, "enabled", "absent"),
    ("enabled", CREATED, 200, "enabled", "absent"),
    ("disabled", UPDATED, 50, "enabled", "disabled"),
    ("absent", UPDATED, 50, "enabled", "absent"),
]


class Throttling:
    """A CloudFormation that answers so many calls a second, and throttles the others.

    Attributes:
        calls: How many it answered, by operation.
        throttled: How many it did not.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._lock = threading.Lock()
        # As if others had used them up, so that it also throttles where the machine is too slow for more.
        self._left = 0.0
        self._at = 0.0
        self.calls: Counter[str] = Counter()
        self.throttled = 0

    def answer(self, request: Request) -> Response:
        """Answer a call, or throttle it."""
        with self._lock:
            now = time.monotonic()
            self._left = min(CALLS_PER_SECOND, self._left + (now - (self._at or now)) * CALLS_PER_SECOND)
            self._at = now
            if self._left < 1:
                self.throttled += 1
                return self.error(400)
            self._left -= 1
            self.calls[request.body.decode().split("Action=")[1].split("&")[0]] += 1
        return self._stack.answer(request)

    def error(self, status: int) -> Response:
        """Return the stack's."""
        return self._stack.error(status)


def large_stack() -> Stack:
    """Return a stack that is being deleted after an update whose rollback failed, with a long history."""
    stack = Stack()
    for number in range(3_000):
        stack.log(f"Other{number}", "other", "UPDATE_COMPLETE", CREATED)
    stack.become("UPDATE_COMPLETE", RESTED)
    stack.become("UPDATE_IN_PROGRESS", UPDATED)
    stack.become("UPDATE_ROLLBACK_IN_PROGRESS", UPDATED)
    stack.become("UPDATE_ROLLBACK_FAILED", UPDATED)
    stack.become("DELETE_IN_PROGRESS", DELETED)
    for status in ("DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
        for number in range(500):
            stack.log(f"Channel{number}", "", status, DELETED)
    return stack


@pytest.fixture(scope="module")
def pinpoint() -> Iterator[Pinpoint]:
    """Start a local Pinpoint."""
    with Pinpoint() as started:
        yield started


def test_five_hundred_deletes_at_once_end_as_they_should_while_cloudformation_throttles(
    pinpoint: Pinpoint, certificate: Path
) -> None:
    cloudformation = Throttling(large_stack())
    wanted: dict[str, str] = {}
    with ExitStack() as started:
        pinpoint_server = started.enter_context(FaultyServer(pinpoint))
        cloudformation_server = started.enter_context(FaultyServer(cloudformation))
        inbox = started.enter_context(Inbox(certificate))
        urls = pinpoint_server.url, cloudformation_server.url
        variables = environment(*urls, inbox.host, certificate)
        deletes = []
        for found, created, count, now, left in CHANNELS:
            for _ in range(count):
                application_id = pinpoint.new_application()
                pinpoint.put(application_id, now)
                wanted[application_id] = left
                physical_id = f"{application_id}/voice/{found}/{created:%Y%m%dT%H%M%SZ}"
                deletes.append(new_event(Kind.DELETE, application_id, inbox.host, physical_id, DELETED))

        def work(number: int) -> None:
            function = Function(variables)
            function.start()
            for delete in deletes[number::FUNCTIONS]:
                assert function.deliver(delete, seconds=180) == ""
            function.end()

        with ThreadPoolExecutor(FUNCTIONS) as threads:
            list(threads.map(work, range(FUNCTIONS)))

    assert Counter(answer.content["Status"] for answer in inbox.accepted) == {"SUCCESS": 500}
    assert {application_id: pinpoint.state(application_id) for application_id in wanted} == wanted
    assert cloudformation.throttled > 0
    assert cloudformation.calls["DescribeStacks"] < 50
    assert cloudformation.calls["DescribeStackEvents"] < 100
