"""Valid and mutated events, on one warm container: each is answered once and validly, or refused."""

import ctypes
import gc
import http.client
import io
import itertools
import json
import logging
import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis.strategies as st
import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings

from harness.context import Context
from harness.events import SESSION_TOKEN, SIGNATURE, Event, event
from harness.fakes import OTHER_APPLICATION, ROOT_ID, FakeStackClient, api_error
from harness.in_memory import Bucket, join_what_was_left_behind
from harness.model_cloud import Clock, SmallPinpoint
from pinpoint_voice_channel_handler import dispatcher, handler
from pinpoint_voice_channel_handler.physical_id import NOTHING_DONE
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES, Pinpoint
from pinpoint_voice_channel_handler.request import ResourceType
from pinpoint_voice_channel_handler.response import UnusableResponseUrl
from pinpoint_voice_channel_handler.stack import Memory, Stacks
from pinpoint_voice_channel_handler.state import State

URL = (
    "https://response.s3.amazonaws.com/a%7Cb?X-Amz-Date=20260101T120030Z"
    f"&X-Amz-Security-Token={SESSION_TOKEN}&X-Amz-Signature={SIGNATURE}"
)
ECHOED = ("StackId", "RequestId", "LogicalResourceId")
APPLICATION = event("Create")["ResourceProperties"]["ApplicationId"]

VALID = {"Create": (None, "enabled"), "Update": (True, "disabled"), "Delete": (True, "absent")}
"""Whether the channel is enabled before a valid event, and what it is after it."""

MUTATED_FOR_EACH_VALID = 3
BATCH = 200
"""So many events are tried, then hypothesis begins anew, since it keeps what it has tried."""

texts = (
    st.text(st.characters(exclude_categories=[]), max_size=40)
    | st.sampled_from(["", " ", "\0", "\ud800", "null", "../", "{}", "'; --", "\N{PILE OF POO}"])
    | st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=3), st.integers(1, 5000))
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
application_ids = st.sampled_from([APPLICATION, OTHER_APPLICATION]) | texts
founds = st.sampled_from([*State, "untouched", "absent/20260101T120030Z", "absent/20261301T000000Z", "x"])
urls = (
    st.sampled_from(
        ["http://s3.amazonaws.com/a", "https://example.com/a", "https://s3.amazonaws.com@example.com/"]
    )
    | st.builds("https://{}.amazonaws.com/{}".format, texts, texts)
    | st.builds("https://{}/{}".format, texts, texts)
)
likely = {
    "ApplicationId": application_ids,
    "Enabled": st.sampled_from(["true", "false", "TRUE", True, False, 1]),
    "OnExisting": st.sampled_from(["adopt", "fail", "FAIL"]),
    "Protected": st.sampled_from(["true", "false", "no"]),
    "PhysicalResourceId": st.builds("{}/voice/{}".format, application_ids, founds) | texts,
    "RequestType": st.sampled_from([*VALID]),
    "ResourceType": st.sampled_from([ResourceType.STATUS.value, "AWS::CloudFormation::CustomResource"]),
    "ResponseURL": urls,
    "StackId": st.just(ROOT_ID),
}
keys = (
    st.sampled_from(
        [*event("Update"), *likely, "CrHelperPoll", "CrHelperData", "CrHelperPermission", "CrHelperRule"]
    )
    | texts
)


def twisted(text: str) -> st.SearchStrategy[str]:
    """Return what a text may become."""
    longer = (
        text * 2,
        (text * 5000)[:50_000],
        f"{text}x",
        f" {text}",
        f"{text}\n",
        f"{text}\0",
        f"{text}\ud800",
    )
    return st.sampled_from([*longer, text[: len(text) // 2], text[1:], text.swapcase(), text[::-1]])


def nested(value: object) -> object:
    """Return a value deep within lists."""
    for _ in range(500):
        value = [value]
    return value


def mappings(content: Event) -> list[Event]:
    """Return an event and the mappings in it, but for empty ones."""
    found = [content]
    for mapping in found:
        found += [value for value in mapping.values() if isinstance(value, dict) and value]
    return found


rarely = st.integers(0, 30).map(lambda number: number == 13)


@st.composite
def mutated_events(draw: st.DrawFn) -> object:
    """Return what begins as an event of CloudFormation, and often is one no more."""
    content = event(draw(st.sampled_from([*VALID])), ResponseURL=URL)
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.sampled_from(mappings(content)))
        key, other = (draw(st.sampled_from(sorted(place))) for _ in range(2))
        match draw(st.sampled_from(["drop", "replace", "twist", "rename", "swap", "nest", "add"])):
            case "drop":
                del place[key]
            case "replace":
                place[key] = draw(likely.get(key, texts) | json_values)
            case "twist":
                place[key] = draw(twisted(str(place[key])))
            case "rename":
                place[draw(twisted(key))] = place.pop(key)
            case "swap":
                place[key], place[other] = place[other], place[key]
            case "nest":
                place[key] = nested(place[key])
            case "add":
                place[draw(keys)] = draw(json_values)
    return draw(json_values) if draw(rarely) else content


UNFORESEEN = (KeyError, ValueError, RecursionError, SystemExit)

failures = st.none() | st.sampled_from(
    [
        api_error("NotFoundException", 404),
        api_error("TooManyRequestsException", 429),
        api_error("BadRequestException", 400),
        api_error("x" * 5000, 500),
        EndpointConnectionError(endpoint_url="https://pinpoint"),
        KeyError("Enabled"),
        ValueError(f"A token: {SESSION_TOKEN}"),
        RecursionError(),
        SystemExit(1),
    ]
)


class FailingPinpoint(SmallPinpoint):
    """A small Pinpoint whose calls all raise `failure`, unless that is None."""

    failure: BaseException | None = None

    def get_voice_channel(self, **arguments: Any) -> Any:  # noqa: ANN401, SmallPinpoint's
        """Return the channel, or fail."""
        if self.failure:
            raise self.failure.with_traceback(None)  # or it would keep all those of the events before
        return super().get_voice_channel(**arguments)


# The arguments of Container.deliver.
deliveries = st.tuples(
    mutated_events(),
    st.sampled_from(["CREATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"]),
    st.sampled_from(["CREATE", "UPDATE", "DELETE"]),
    st.sampled_from([None, False, True]),
    failures,
)


class Container:
    """A warm container.

    Attributes:
        seconds: How long the handler has worked in it.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        self._bucket = Bucket()
        self._log = io.StringIO()
        self._memory = Memory()
        # What is remembered for some seconds only is forgotten by the next event.
        self._monotonic = itertools.count(0, 10).__next__
        monkeypatch.setattr(http.client, "HTTPSConnection", self._bucket)
        monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION_TOKEN)
        monkeypatch.setattr(dispatcher.clients, "pinpoint", lambda: Pinpoint(self._pinpoint, "us-east-1"))
        monkeypatch.setattr(dispatcher.clients, "stacks", lambda: self._stacks)
        monkeypatch.setattr(time, "sleep", lambda _: None)
        # In the place of Lambda's own.
        monkeypatch.setattr(logging.root, "handlers", [logging.StreamHandler(self._log)])

    def deliver(
        self,
        request: object,
        status: str,
        asked: str,
        enabled: bool | None,
        failure: BaseException | None,
    ) -> Event | None:
        """Hand over an event, check what came of it, and return the answer; None for a refusal.

        Args:
            request: The event.
            status: The status of its stack.
            asked: What the stack has asked of the resource, by its log.
            enabled: Whether the channel is enabled; None where it is absent.
            failure: What each call of Pinpoint raises.
        """
        self._bucket.sent.clear()
        self._log.seek(0)
        self._log.truncate()
        self._pinpoint = FailingPinpoint(Clock())
        if enabled is not None:
            self._pinpoint.put(APPLICATION, enabled=enabled)
        self._pinpoint.failure = failure
        self._stacks = Stacks(FakeStackClient(status=status, asked=asked), self._memory, self._monotonic)
        answer = self._answer(request)
        check_log(self._log.getvalue())
        # No event is unforeseen, only what a call may raise.
        assert "This is not expected." not in self._log.getvalue() or isinstance(failure, UNFORESEEN)
        return answer

    def deliver_valid(self, request_type: str) -> Event | None:
        """Hand over a valid event, check what became of the channel, and return the answer."""
        enabled, becomes = VALID[request_type]
        asked = request_type.upper()
        answer = self.deliver(
            event(request_type, ResponseURL=URL), f"{asked}_IN_PROGRESS", asked, enabled, None
        )
        assert self._pinpoint.state(APPLICATION) == becomes
        return answer

    def _answer(self, request: object) -> Event | None:
        url = request.get("ResponseURL") if isinstance(request, dict) else None
        began = time.perf_counter()
        try:
            handler.handle(request, Context())
        except UnusableResponseUrl:
            assert self._bucket.sent == []
            assert url != URL
            return None
        finally:
            self.seconds += time.perf_counter() - began
        assert isinstance(request, dict)
        [(sent_to, body)] = self._bucket.sent
        assert sent_to == url
        assert (urlsplit(sent_to).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
        return checked(request, body)


def held() -> tuple[int, int, float]:
    """Return the threads, descriptors and megabytes of this process, when nothing is under way."""
    join_what_was_left_behind()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # or what is free would count, wherever there once was a long text
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    descriptors = len([*Path("/proc/self/fd").iterdir()])
    return threading.active_count(), descriptors, pages * os.sysconf("SC_PAGESIZE") / 1e6


# `make fuzz` takes more of them; see the profile in conftest.py.
@pytest.mark.timeout(1800)
def test_every_event_is_answered_once_and_validly_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    container = Container(monkeypatch)
    answers = {request_type: container.deliver_valid(request_type) for request_type in VALID}
    told = [answer and (answer["Status"], len(answer["Data"])) for answer in answers.values()]
    assert told == [("SUCCESS", 10), ("SUCCESS", 10), ("SUCCESS", 0)]
    outcomes: Counter[str] = Counter()
    events = max(1000, settings.default.max_examples if settings.default else 0)

    @settings(
        max_examples=BATCH // (MUTATED_FOR_EACH_VALID + 1),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(deliveries, min_size=MUTATED_FOR_EACH_VALID, max_size=MUTATED_FOR_EACH_VALID),
        st.sampled_from([*VALID]),
    )
    def check_a_batch(mutated: list[tuple[Any, ...]], request_type: str) -> None:
        for delivery in mutated:
            answer = container.deliver(*delivery)
            outcomes[f"mutated, {answer['Status'] if answer else 'refused'}"] += 1
        # As if nothing had come before it.
        assert container.deliver_valid(request_type) == answers[request_type]
        outcomes["valid, SUCCESS"] += 1

    # The first fifth fills the caches of hypothesis and of what is imported.
    while outcomes.total() < events // 5:
        check_a_batch()
    before = held()
    while outcomes.total() < events:
        check_a_batch()
    threads, descriptors, megabytes = (now - then for now, then in zip(held(), before, strict=True))

    print(  # noqa: T201, shown by `make fuzz`
        f"{outcomes.total()} events, {container.seconds:.0f} s in the handler: {dict(outcomes)}\n"
        f"After the first fifth: {threads:+} threads, {descriptors:+} descriptors, {megabytes:+.1f} MB"
    )
    assert set(outcomes) == {"valid, SUCCESS", "mutated, SUCCESS", "mutated, FAILED", "mutated, refused"}
    assert threads <= 0
    assert descriptors <= 0
    assert megabytes < 10


def checked(request: Event, body: bytes) -> Event:
    assert len(body) <= 4096
    answer: Event = json.loads(body.decode("utf-8", "strict"))
    assert answer.keys() == {"Status", "Reason", "PhysicalResourceId", *ECHOED, "Data"}
    assert answer["Status"] in ("SUCCESS", "FAILED")
    assert bool(answer["Reason"]) == (answer["Status"] == "FAILED")
    assert set(answer["Data"]) in (set(), set(ATTRIBUTES))
    assert all(isinstance(value, str) for value in answer["Data"].values())
    for key in ECHOED:
        assert is_beginning(answer[key], request.get(key))
    physical_id = answer["PhysicalResourceId"]
    assert 0 < len(physical_id.encode()) <= 1024
    known = request.get("PhysicalResourceId")
    assert (
        is_beginning(physical_id, known)
        or physical_id == NOTHING_DONE
        or physical_id.split("/")[0] == request["ResourceProperties"]["ApplicationId"]
    )
    assert SESSION_TOKEN[:14].encode() not in body
    return answer


def is_beginning(answered: str, asked: object) -> bool:
    """Tell whether that was answered, or where it is too long its beginning; nothing for what is no text."""
    if not isinstance(asked, str):
        return answered == ""
    whole = asked.encode("utf-8", "replace").decode()
    return answered == whole or (len(answered) > 15 and whole.startswith(answered.removesuffix("…")))


def check_log(output: str) -> None:
    assert output.endswith("\n")
    for line in output.splitlines():
        assert json.loads(line)["message"]
    assert SESSION_TOKEN[:14] not in output
