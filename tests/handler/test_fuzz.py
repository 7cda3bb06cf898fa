"""Events of any content, on one warm container: each is answered once and validly, or refused."""

import http.client
import io
import json
import logging
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import hypothesis.strategies as st
import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings

from harness.context import Context
from harness.events import SESSION_TOKEN, SIGNATURE, Event, event
from harness.fakes import FakeStackClient, api_error
from harness.in_memory import Bucket
from harness.model_cloud import Clock, SmallPinpoint
from pinpoint_voice_channel_handler import dispatcher, handler
from pinpoint_voice_channel_handler.physical_id import NOTHING_DONE
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES, Pinpoint
from pinpoint_voice_channel_handler.response import UnusableResponseUrl
from pinpoint_voice_channel_handler.stack import Stacks
from pinpoint_voice_channel_handler.state import State

URL = f"https://response.s3.amazonaws.com/a%7Cb?X-Amz-Security-Token={SESSION_TOKEN}&X-Amz-Signature={SIGNATURE}"
ECHOED = ("StackId", "RequestId", "LogicalResourceId")

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
application_ids = st.sampled_from(["a" * 32, "b" * 32]) | texts
founds = st.sampled_from([*State, "untouched", "absent/20260101T120030Z", "absent/20261301T000000Z", "x"])
physical_ids = st.builds("{}/voice/{}".format, application_ids, founds) | texts
urls = (
    st.sampled_from(
        ["http://s3.amazonaws.com/a", "https://example.com/a", "https://s3.amazonaws.com@example.com/"]
    )
    | st.builds("https://{}.amazonaws.com/{}".format, texts, texts)
    | st.builds("https://{}/{}".format, texts, texts)
    | json_values
)
keys = (
    st.sampled_from([*event("Update"), "CrHelperPoll", "CrHelperData", "CrHelperPermission", "CrHelperRule"])
    | texts
)
properties = st.fixed_dictionaries(
    {"ApplicationId": application_ids, "Enabled": st.sampled_from(["true", "false"]) | json_values},
    optional={"OnExisting": st.sampled_from(["adopt", "fail"]) | json_values, "Other": json_values},
)


rarely = st.integers(0, 30).map(lambda number: number == 13)


@st.composite
def events(draw: st.DrawFn) -> object:
    """Return what begins as an event of CloudFormation, and often is one no more."""
    content: Event = event(draw(st.sampled_from(["Create", "Update", "Delete"])), ResponseURL=URL)
    content["ResourceProperties"] = draw(properties)
    if "PhysicalResourceId" in content:
        content["PhysicalResourceId"] = draw(physical_ids)
    for _ in range(draw(st.integers(0, 3))):
        content[draw(keys)] = draw(json_values)
    for key in draw(st.lists(keys, max_size=1)):
        content.pop(key, None)
    if draw(rarely):
        content["ResponseURL"] = draw(urls)
    return draw(json_values) if draw(rarely) else content


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
            raise self.failure
        return super().get_voice_channel(**arguments)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Take what the root logger writes, as Lambda's handler there does."""
    stream = io.StringIO()
    lambda_handler = logging.StreamHandler(stream)
    before = list(logging.root.handlers)
    logging.root.handlers[:] = [lambda_handler]
    yield stream
    logging.root.handlers[:] = before


# `make fuzz` takes more of them; see the profile in conftest.py.
@pytest.mark.timeout(1800)
def test_every_event_is_answered_once_and_validly_or_refused(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    bucket, pinpoint = Bucket(), FailingPinpoint(Clock())
    monkeypatch.setattr(http.client, "HTTPSConnection", bucket)
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION_TOKEN)
    monkeypatch.setattr(dispatcher.clients, "pinpoint", lambda: Pinpoint(pinpoint, "us-east-1"))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=max(1000, settings.default.max_examples if settings.default else 0),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        request=events(),
        status=st.sampled_from(["CREATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"]),
        asked=st.sampled_from(["CREATE", "UPDATE", "DELETE"]),
        failure=failures,
    )
    def check(request: object, status: str, asked: str, failure: BaseException | None) -> None:
        bucket.sent.clear()
        log.seek(0)
        log.truncate()
        pinpoint.failure = failure
        cloudformation = FakeStackClient(status=status, asked=asked)
        monkeypatch.setattr(dispatcher.clients, "stacks", lambda: Stacks(cloudformation))
        outcomes[outcome(request, bucket)] += 1
        check_log(log.getvalue())

    check()

    print(f"{outcomes.total()} events: {dict(outcomes)}")  # noqa: T201, shown by `make fuzz`
    assert set(outcomes) == {"SUCCESS", "FAILED", "refused"}


def outcome(request: object, bucket: Bucket) -> str:
    """Hand over an event, check what came of it, and tell it."""
    url = request.get("ResponseURL") if isinstance(request, dict) else None
    try:
        handler.handle(request, Context())
    except UnusableResponseUrl:
        assert bucket.sent == []
        assert url != URL
        return "refused"
    assert isinstance(request, dict)
    [(sent_to, body)] = bucket.sent
    assert sent_to == url
    assert (urlsplit(sent_to).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return str(checked(request, body)["Status"])


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
