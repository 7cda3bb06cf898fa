"""The function's log: what each line tells, and what none ever holds."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.context import Context
from harness.events import SECRET_ACCESS_KEY, SESSION_TOKEN, SIGNATURE, event
from harness.inbox import Inbox
from harness.with_moto import Deliver
from pinpoint_voice_channel_handler import handler, log
from pinpoint_voice_channel_handler.lifecycle import Lifecycle
from pinpoint_voice_channel_handler.redaction import redactor


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """Take what the root logger writes, as Lambda's handler there does."""
    stream = io.StringIO()
    lambda_handler = logging.StreamHandler(stream)
    before = logging.root.level
    logging.root.addHandler(lambda_handler)
    yield stream
    logging.root.removeHandler(lambda_handler)
    logging.root.setLevel(before)


class AsItIs(logging.Handler):
    """Writes what the formatter returns and nothing more, as the handler of AWS's runtime client does.

    Args:
        stream: Where to.
    """

    def __init__(self, stream: io.StringIO) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self._stream.write(self.format(record))


def lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_record_is_a_line_also_where_the_handler_of_the_log_adds_no_newline(
    deliver: Deliver, application_id: str, output: io.StringIO
) -> None:
    written = io.StringIO()
    handler_of_lambda = AsItIs(written)
    logging.root.addHandler(handler_of_lambda)
    try:
        deliver(event("Create", ApplicationId=application_id))
    finally:
        logging.root.removeHandler(handler_of_lambda)

    assert written.getvalue().endswith("\n")
    assert [line["message"] for line in lines(written)] == [line["message"] for line in lines(output)]


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("TRACE", logging.DEBUG),
        ("DEBUG", logging.DEBUG),
        ("INFO", logging.INFO),
        ("WARN", logging.WARNING),
        ("ERROR", logging.ERROR),
        ("FATAL", logging.CRITICAL),
        ("error", logging.ERROR),
        ("", logging.INFO),
        ("loud", logging.INFO),
        ("10", logging.INFO),
    ],
)
def test_the_level_is_the_one_that_lambda_sets_or_info(
    monkeypatch: pytest.MonkeyPatch, name: str, level: int
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", name)

    assert log.level() == level


def test_the_function_logs_at_the_level_that_lambda_sets() -> None:
    program = "import logging, pinpoint_voice_channel_handler.handler; print(logging.root.level)"
    environment = {**os.environ, "AWS_LAMBDA_LOG_LEVEL": "ERROR"}

    shown = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )

    assert int(shown.stdout) == logging.ERROR


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_each_line_is_json_that_tells_its_event(
    deliver: Deliver, application_id: str, output: io.StringIO, request_type: str
) -> None:
    request = event(request_type, ApplicationId=application_id)

    deliver(request)

    for line in lines(output):
        assert line.pop("duration_ms") >= 0
        assert line.pop("time").endswith("+00:00")
        assert line.pop("level") == "INFO"
        assert line.pop("message")
        known_id = {"physical_id": request["PhysicalResourceId"]} if request_type != "Create" else {}
        assert line == {
            "action": request_type,
            "stack_id": request["StackId"],
            "logical_id": request["LogicalResourceId"],
            "request_id": request["RequestId"],
            "application_id": application_id,
            "lambda_request_id": Context.aws_request_id,
            **known_id,
        }


def test_the_last_line_tells_the_answer(deliver: Deliver, application_id: str, output: io.StringIO) -> None:
    answer = deliver(event("Create", ApplicationId=application_id))

    assert lines(output)[-1]["message"] == (
        f"Answering SUCCESS as {answer['PhysicalResourceId']}: {answer['Data']}"
    )


def test_a_failure_is_an_error_with_its_whole_reason(deliver: Deliver, output: io.StringIO) -> None:
    answer = deliver(event("Create", ApplicationId="0" * 32))

    line = lines(output)[-1]
    assert line["level"] == "ERROR"
    assert line["message"] == f"Answering FAILED as {'0' * 32}/voice/untouched: {answer['Reason']}"


def test_an_unexpected_failure_is_logged_with_its_traceback_in_the_same_line(
    deliver: Deliver, output: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Lifecycle, "handle", handle)

    deliver(event("Create"))

    [line] = [line for line in lines(output) if "exception" in line]
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert "KeyError: 'x'" in line["exception"]


def test_the_lines_of_the_next_event_tell_nothing_of_the_one_before(
    deliver: Deliver, application_id: str, output: io.StringIO
) -> None:
    deliver(event("Create", ApplicationId=application_id))
    output.truncate(0)
    output.seek(0)

    deliver({"RequestType": "Create"})

    assert lines(output)
    for line in lines(output):
        assert line["action"] == "Create"
        assert not {"stack_id", "logical_id", "request_id", "application_id"} & set(line)


def test_an_event_of_any_content_is_logged_as_a_line(deliver: Deliver, output: io.StringIO) -> None:
    deliver(event("Create", StackId="a\nb\r\u2028" + "x" * 100_000, RequestId="\ud83d", LogicalResourceId=5))

    for line in lines(output):
        assert line["stack_id"].startswith("a\nb\r\u2028xxx")
        assert len(line["stack_id"]) == 1024
        assert line["logical_id"] == "5"


def test_what_is_no_event_is_logged_with_the_id_of_lambda(output: io.StringIO) -> None:
    with pytest.raises(ValueError, match="so nothing was done"):
        handler.handle(None, Context())

    assert [line["lambda_request_id"] for line in lines(output)] == [Context.aws_request_id]


def test_no_level_of_the_log_shows_a_credential(
    deliver: Deliver, application_id: str, output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    names = ["", "boto3", "botocore", "urllib3", "crhelper"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        created = deliver(event("Create", ApplicationId=application_id))
        deliver(event("Create", ApplicationId="0" * 32))
        deliver(event("Delete", PhysicalResourceId=created["PhysicalResourceId"]))
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)

    shown = output.getvalue() + "".join(capfd.readouterr())
    assert "Making request for OperationModel(name=UpdateVoiceChannel)" in shown
    assert "[redacted]" in shown
    for secret in (SIGNATURE, SESSION_TOKEN, SECRET_ACCESS_KEY):
        assert secret[:14] not in shown


@pytest.mark.parametrize("length", [100, 100_000])
def test_what_amazon_quotes_in_an_error_is_neither_logged_nor_answered(
    deliver: Deliver,
    inbox: Inbox,
    output: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    length: int,
) -> None:
    message = (
        f"The Canonical String should have been 'PUT\nx-amz-security-token:{SESSION_TOKEN}\n{'x' * length}'"
    )
    response: Any = {
        "Error": {"Code": "SignatureDoesNotMatch", "Message": message},
        "ResponseMetadata": {"RequestId": "request-1", "HTTPStatusCode": 403},
    }

    def client(*_: object, **__: object) -> None:
        raise ClientError(response, "GetVoiceChannel")

    monkeypatch.setattr(boto3, "client", client)

    deliver(event("Create"))

    assert SESSION_TOKEN[:14] not in output.getvalue() + inbox.received[0].decode()
    assert "x-amz-security-token:[redacted]" in inbox.answers[0]["Reason"]


def test_a_credential_is_known_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION_TOKEN)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
    redact = redactor(f"https://s3.amazonaws.com/a?Expires=1&Signature={SIGNATURE}")

    for secret in (SESSION_TOKEN, SECRET_ACCESS_KEY, SIGNATURE):
        for shown in (secret, secret[:40], secret[:14]):
            assert redact(f"'{shown}' and on") == "'[redacted]' and on"


@pytest.mark.parametrize("secret", ["a/b+c=d/e+f=g/h+i=j/k+l", "a%2Fb%2bc%3Dd%2fe%2Bf%3dg%2Fh%2Bi"])
@pytest.mark.parametrize("where", ["url", "variable"])
def test_a_credential_is_known_as_it_is_and_as_it_stands_in_a_url(
    monkeypatch: pytest.MonkeyPatch, secret: str, where: str
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret if where == "variable" else "")
    redact = redactor(f"https://s3.amazonaws.com/a?Token={quote(unquote(secret), safe='')}")

    plain = unquote(secret)
    encoded = quote(plain, safe="")
    for shown in (plain, encoded, encoded.replace("%2F", "%2f")):
        assert redact(f"'{shown}' and on") == "'[redacted]' and on"


@pytest.mark.parametrize("end", ['"', "\\", "\n", "\u2028", "\x00"])
def test_a_secret_that_is_cut_takes_no_escaping_of_the_line_with_it(
    deliver: Deliver, output: io.StringIO, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    def handle(*_: object) -> None:
        raise KeyError(SESSION_TOKEN[:30] + end)

    monkeypatch.setattr(Lifecycle, "handle", handle)

    deliver(event("Create", LogicalResourceId=SESSION_TOKEN[:20] + end))

    assert all(SESSION_TOKEN[:14] not in str(line) for line in lines(output))
    assert any("[redacted]" in line["logical_id"] for line in lines(output))


def test_without_credentials_nothing_is_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)

    assert redactor(None)("Any text.") == "Any text."
