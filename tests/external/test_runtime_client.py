"""The packaged function under AWS's own runtime client: what it answers, reports to Lambda and logs."""

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from harness import faults
from harness.events import SECRET_ACCESS_KEY, SESSION_TOKEN, SIGNATURE, event
from harness.fakes import STACK_ID
from harness.faults import Act, Fault
from harness.function import environment
from harness.inbox import Inbox
from harness.pinpoint import Pinpoint
from harness.proxy import FaultyServer
from harness.runtime_client import ERROR, RESPONSE, Report, RuntimeClient
from harness.stack import Stack
from pinpoint_voice_channel.handler_asset import HANDLER
from provider_package.build import build

STATUS = "Custom::PinpointVoiceChannelStatus"
NO_STACK = b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n<DescribeStacksResponse/>"
FOREIGN = f"https://example.com/answer?X-Amz-Signature={SIGNATURE}"


@dataclass(frozen=True)
class Sink:
    """Where the runtime client puts the log.

    Args:
        name: What it is called.
        telemetry: Whether it is the telemetry socket.
        variables: What Lambda sets then.
    """

    name: str
    telemetry: bool
    variables: Mapping[str, str] = field(default_factory=dict)


JSON = {"AWS_LAMBDA_LOG_FORMAT": "JSON"}
SINKS = [
    Sink("stdout", telemetry=False),
    Sink("stdout, JSON", telemetry=False, variables=JSON),
    Sink("telemetry", telemetry=True),
    Sink("telemetry, JSON", telemetry=True, variables=JSON),
]


@dataclass(frozen=True)
class Case:
    """An event, and what is to come of it.

    Args:
        name: What happens.
        kind: The RequestType.
        status: What is answered; empty for no answer.
        raises: The name of the error that the runtime client reports, if any.
        changes: The properties or keys of the event that are not the usual ones.
        without: The keys and properties that the event lacks.
        before: The state of the channel.
        pinpoint: The faults of Pinpoint.
        cloudformation: The faults of CloudFormation.
        inbox: The faults of the endpoint for answers.
        seconds: How long the function may take.
        deliveries: How often Lambda delivers the event.
    """

    name: str
    kind: str
    status: str
    raises: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    before: str = "absent"
    pinpoint: tuple[Fault, ...] = ()
    cloudformation: tuple[Fault, ...] = ()
    inbox: tuple[Fault, ...] = ()
    seconds: float = 120
    deliveries: int = 1


def of_status(name: str, kind: str) -> Case:
    """Return the case of a channel that is only read."""
    unknown = ("Enabled", "OnExisting")
    return Case(name, kind, "SUCCESS", changes={"ResourceType": STATUS}, without=unknown, before="enabled")


def unanswered(name: str, **changes: object) -> Case:
    """Return the case of a ResponseURL that must not be answered."""
    return Case(name, "Create", "", "UnusableResponseUrl", changes, seconds=9)


CASES = [
    Case("a channel is made", "Create", "SUCCESS"),
    Case("a channel is made, disabled", "Create", "SUCCESS", changes={"Enabled": "false"}),
    Case("a channel is adopted", "Create", "SUCCESS", before="enabled"),
    Case("a channel is not adopted", "Create", "FAILED", changes={"OnExisting": "fail"}, before="enabled"),
    Case("a Create comes twice", "Create", "SUCCESS", deliveries=2),
    Case("a channel is enabled", "Update", "SUCCESS", changes={"Enabled": "true"}, before="disabled"),
    Case("a channel is disabled", "Update", "SUCCESS", before="enabled"),
    Case("an Update comes twice", "Update", "SUCCESS", before="enabled", deliveries=2),
    Case("a channel is deleted", "Delete", "SUCCESS", before="enabled"),
    Case("a Delete comes twice", "Delete", "SUCCESS", before="enabled", deliveries=2),
    Case("a Delete of an id that is not ours", "Delete", "SUCCESS", changes={"PhysicalResourceId": "x"}),
    of_status("a status is created", "Create"),
    of_status("a status is updated", "Update"),
    of_status("a status is deleted", "Delete"),
    Case("another resource type", "Create", "FAILED", changes={"ResourceType": "Custom::Other"}),
    Case("another request type", "Create", "FAILED", changes={"RequestType": "Read"}),
    Case("another property", "Create", "FAILED", changes={"Enable": "true"}),
    Case("a value that is not allowed", "Create", "FAILED", changes={"Enabled": "maybe"}),
    Case("an application that is unknown", "Create", "FAILED", changes={"ApplicationId": "0" * 32}),
    Case("no request type", "Create", "FAILED", without=("RequestType",)),
    Case("no stack", "Create", "FAILED", without=("StackId",)),
    Case("no properties", "Create", "FAILED", without=("ResourceProperties",)),
    Case("half a surrogate pair", "Create", "FAILED", changes={"ApplicationId": "\ud800"}),
    Case("a value of 200 kB", "Create", "FAILED", changes={"Enabled": "x" * 200_000}),
    Case("line ends", "Create", "FAILED", changes={"Enabled": "a\nb\rc\r\nd\u2028e\x85f\0g"}),
    Case("a log line in a value", "Create", "FAILED", changes={"Enabled": '"}\n{"level": "INFO"}\n'}),
    Case("a credential in a value", "Create", "FAILED", changes={"Enabled": SESSION_TOKEN}),
    Case("a credential in an id", "Create", "SUCCESS", changes={"LogicalResourceId": SECRET_ACCESS_KEY}),
    Case("Pinpoint is busy", "Create", "SUCCESS", pinpoint=(faults.status(429, times=1),)),
    Case("Pinpoint hangs", "Create", "FAILED", pinpoint=(faults.slow(60),), seconds=9),
    Case("the bucket fails", "Create", "SUCCESS", inbox=(faults.status(503, times=2),)),
    Case("the bucket loses its response", "Create", "SUCCESS", inbox=(faults.reset(times=1, applied=False),)),
    Case("the bucket refuses", "Create", "", "ResponseNotDelivered", inbox=(faults.status(403),)),
    Case("the bucket redirects", "Create", "", "ResponseNotDelivered", inbox=(faults.status(307),)),
    unanswered("a URL that is not https", ResponseURL=FOREIGN.replace("https", "http")),
    unanswered("a URL outside AWS", ResponseURL=FOREIGN),
    unanswered("not a URL", ResponseURL=f"https://{SIGNATURE}\n"),
    unanswered("a URL that is too long", ResponseURL=FOREIGN + "x" * 10_000),
    unanswered("a URL that is a number", ResponseURL=5),
    Case("no URL", "Create", "", "UnusableResponseUrl", without=("ResponseURL",)),
]

NO_EVENTS = [b"[]", b"null", b'"x"', b"1", b"true", b"{}", b"[" * 900 + b"]" * 900]


@dataclass(frozen=True)
class Delivered:
    """What came of an event.

    Args:
        report: What the runtime client reported.
        answers: What was accepted from the handler.
        log: The records that the handler logged.
        reported: The records that the runtime client logged itself.
        metrics: The lines of the embedded metric format.
    """

    report: Report
    answers: list[dict[str, Any]]
    log: list[dict[str, Any]]
    reported: list[str]
    metrics: list[dict[str, Any]]


class Lambda:
    """The function in AWS's runtime client, with all that it calls, as long as the ``with`` block lasts.

    Args:
        python: The Python that has the runtime client.
        code: The function's code.
        service: The local Pinpoint.
        certificate: A certificate for localhost.
        sink: Where the log goes.
    """

    def __init__(self, python: Path, code: Path, service: Pinpoint, certificate: Path, sink: Sink) -> None:
        self._service = service
        self._stack = Stack()
        self._pinpoint = FaultyServer(service)
        self._cloudformation = FaultyServer(self._stack)
        self._inbox = Inbox(certificate)
        self._certificate = certificate
        self._sink = sink
        self._python = python
        self._code = code
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        for server in (self._pinpoint, self._cloudformation, self._inbox):
            self._undo.enter_context(server)
        urls = (self._pinpoint.url, self._cloudformation.url, self._inbox.host)
        variables = {
            **environment(*urls, self._certificate),
            **self._sink.variables,
            "PYTHONPATH": str(self._code),
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
        }
        telemetry = self._sink.telemetry
        self._client = RuntimeClient(self._python, self._code, HANDLER, variables, telemetry=telemetry)
        self._undo.enter_context(self._client)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def run(self, case: Case) -> list[Delivered]:
        """Deliver a case's event, as often as the case says."""
        application_id = self._service.new_application()
        self._service.put(application_id, case.before)
        # Before the event makes a channel, and not in the second in which another one was made before it.
        signed = datetime.now(UTC) + timedelta(seconds=-10 if case.before == "absent" else 2)
        self._inbox.signed = signed
        self._stack.ask(f"{case.kind.upper()}_IN_PROGRESS", case.kind, signed)
        usual: dict[str, Any] = {"ApplicationId": application_id, "ResponseURL": self._inbox.url}
        if case.kind != "Create":
            usual["PhysicalResourceId"] = f"{application_id}/voice/absent"
        content = event(case.kind, **{**usual, **case.changes})
        for name in case.without:
            content.pop(name, None)
            content.get("ResourceProperties", {}).pop(name, None)
        self._pinpoint.fail(*case.pinpoint)
        self._cloudformation.fail(*case.cloudformation)
        self._inbox.fail(*case.inbox)
        try:
            return [self.deliver(json.dumps(content).encode(), case.seconds) for _ in range(case.deliveries)]
        finally:
            for server in (self._pinpoint, self._cloudformation, self._inbox):
                server.recover()

    def check(self, *, enabled: str) -> Delivered:
        """Deliver a check of a new application, whose stack is at rest."""
        application_id = self._service.new_application()
        self._stack.become("UPDATE_COMPLETE", datetime.now(UTC))
        wanted = {application_id: enabled}
        check = {"StackId": STACK_ID, "Monitor": "Voice/Monitor", "Heal": False, "Channels": wanted}
        return self.deliver(json.dumps({"Check": check}).encode())

    def deliver(self, content: bytes, seconds: float = 120) -> Delivered:
        """Deliver an event of any content, and check what holds for every log."""
        answered, sent = len(self._inbox.answers), len(self._inbox.received)
        report = self._client.deliver(content, seconds)
        records = [*self._client.logged(), *self._client.printed()]
        answers = self._inbox.answers[answered:]
        shown = [*records, json.dumps(report.content), *(answer["Reason"] for answer in answers)]
        for secret in (SIGNATURE, SESSION_TOKEN, SECRET_ACCESS_KEY):
            assert not [text for text in shown if secret[:14] in text]
        assert all(len(body) <= 4096 for body in self._inbox.received[sent:])
        reported = [record for record in records if is_of_runtime_client(record)]
        told = [parsed(record) for record in records if record not in reported]
        log, metrics = ([line for line in told if ("_aws" in line) is has] for has in (False, True))
        assert {line["lambda_request_id"] for line in log} <= {report.request_id}
        return Delivered(report, answers, log, reported, metrics)


def is_of_runtime_client(record: str) -> bool:
    """Tell whether a record is what the runtime client logs of an error, in either format."""
    return record.startswith(("[ERROR] ", '{"timestamp": '))


def parsed(record: str) -> dict[str, Any]:
    """Return what a record of the handler's says: one line that is one object of JSON."""
    content = json.loads(record)  # which refuses two of them
    assert isinstance(content, dict)
    assert record.count("\n") == 1
    assert record.endswith("\n")
    return content


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the zip of `make package`."""
    directory = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(build(directory).archive) as archive:
        archive.extractall(directory / "code")
    return directory / "code"


@pytest.fixture(scope="module")
def start(
    python_of: Callable[[str], Path], code: Path, certificate: Path
) -> Iterator[Callable[[Sink], Lambda]]:
    """Return a function that starts the function anew."""
    python = python_of("runtime_client")
    with Pinpoint() as service:
        yield lambda sink: Lambda(python, code, service, certificate, sink)


@pytest.fixture(scope="module", params=SINKS, ids=lambda sink: sink.name)
def function(start: Callable[[Sink], Lambda], request: pytest.FixtureRequest) -> Iterator[Lambda]:
    """Start the function once for all events."""
    with start(request.param) as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_event_is_answered_once_reported_once_and_logged_in_lines_without_a_credential(
    function: Lambda, case: Case
) -> None:
    several = function.run(case)

    assert len({answer["PhysicalResourceId"] for one in several for answer in one.answers}) <= 1
    for delivered in several:
        assert [answer["Status"] for answer in delivered.answers] == ([case.status] if case.status else [])
        for answer in delivered.answers:
            assert answer.keys() >= {"StackId", "RequestId", "LogicalResourceId"}
            assert 0 < len(answer["PhysicalResourceId"]) <= 1024
            assert bool(answer["Reason"]) == (case.status == "FAILED")
        if case.raises:
            assert delivered.report.kind == ERROR
            assert delivered.report.content["errorType"] == case.raises
            [reported] = delivered.reported
            assert case.raises in reported
        else:
            assert (delivered.report.kind, delivered.report.content) == (RESPONSE, None)
            assert not delivered.reported
        assert delivered.log
        assert not delivered.metrics


def test_a_check_writes_its_metrics_in_a_line_of_their_own_and_returns_nothing(function: Lambda) -> None:
    delivered = function.check(enabled="true")

    [line] = delivered.metrics
    assert line["Drifted"] == 1
    assert (delivered.report.kind, delivered.report.content) == (RESPONSE, None)
    assert not delivered.reported
    assert not delivered.answers


def test_a_check_that_is_not_as_a_rule_sends_it_is_an_error_of_the_function(function: Lambda) -> None:
    delivered = function.check(enabled="maybe")

    assert delivered.report.kind == ERROR
    assert delivered.report.content["errorType"] == "InvalidCheck"
    assert [line["level"] for line in delivered.log] == ["ERROR"]
    assert not delivered.metrics


def test_a_traceback_stays_in_its_line(function: Lambda) -> None:
    unexpected = Fault(Act.TRICKLE, seconds=60, parts=(NO_STACK,))
    [delivered] = function.run(Case("", "Update", "", before="enabled", cloudformation=(unexpected,)))

    [traceback] = [line["exception"] for line in delivered.log if "exception" in line]
    assert traceback.startswith("Traceback (most recent call last):\n")
    assert [answer["Status"] for answer in delivered.answers] == ["FAILED"]


@pytest.mark.parametrize("content", NO_EVENTS, ids=lambda content: content[:5].decode())
def test_what_is_no_event_is_an_error_that_is_logged(function: Lambda, content: bytes) -> None:
    delivered = function.deliver(content)

    assert delivered.report.content["errorType"] == "UnusableResponseUrl"
    assert not delivered.answers
    assert [line["level"] for line in delivered.log] == ["ERROR"]


def test_what_is_no_json_never_reaches_the_handler(function: Lambda) -> None:
    delivered = function.deliver(b"{")

    assert delivered.report.content["errorType"] == "Runtime.UnmarshalError"
    assert not delivered.answers
    assert not delivered.log


@pytest.mark.parametrize(
    ("level", "levels"),
    [
        ("TRACE", {"INFO", "ERROR"}),
        ("WARN", {"ERROR"}),
        ("FATAL", set()),
        ("loud", {"INFO", "ERROR"}),
    ],
)
def test_the_log_has_the_level_that_lambda_sets(
    start: Callable[[Sink], Lambda], level: str, levels: set[str]
) -> None:
    events = [Case("", "Create", ""), Case("", "Create", "", changes={"Enabled": "maybe"})]
    with start(Sink("", telemetry=True, variables={**JSON, "AWS_LAMBDA_LOG_LEVEL": level})) as function:
        delivered = [one for case in events for one in function.run(case)]

    assert [answer["Status"] for one in delivered for answer in one.answers] == ["SUCCESS", "FAILED"]
    assert {line["level"] for one in delivered for line in one.log} == levels
