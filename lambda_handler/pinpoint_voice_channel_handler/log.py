"""The function's log: a JSON object a line, which tells the event that it belongs to."""

import json
import logging
import os
import reprlib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

_KEYS = {
    "action": "RequestType",
    "stack_id": "StackId",
    "logical_id": "LogicalResourceId",
    "physical_id": "PhysicalResourceId",
    "request_id": "RequestId",
}

_LEVELS = {
    "TRACE": logging.DEBUG,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
}


def level() -> int:
    """Return the level that Lambda sets for the function; INFO where it sets none, or one that is unknown.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    return _LEVELS.get(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper(), logging.INFO)


def begin(event: Mapping[str, object], lambda_request_id: str, redact: Callable[[str], str]) -> None:
    """Let every line from now on tell this event, and how long it has taken so far.

    Args:
        event: CloudFormation's event, of any content.
        lambda_request_id: Lambda's id of this invocation.
        redact: Takes the credentials out of a line.
    """
    told = {name: event.get(key) for name, key in _KEYS.items()}
    told["application_id"] = _application_id(event.get("ResourceProperties"))
    told["lambda_request_id"] = lambda_request_id
    known = {name: value for name, value in told.items() if value is not None}
    logging.basicConfig()  # Lambda has a handler at the root, and then this does nothing
    for handler in logging.root.handlers:
        # Lambda's adds no newline, on standard output (StandardLogSink) or to a frame of the
        # telemetry socket (FramedTelemetryLogSink). Its formatters do, for both: awslambdaric, bootstrap.py.
        end = "" if isinstance(handler, logging.StreamHandler) else "\n"
        handler.setFormatter(_JsonLines(known, redact, end))


def _application_id(properties: object) -> object:
    return properties.get("ApplicationId") if isinstance(properties, Mapping) else None


class _JsonLines(logging.Formatter):
    """Formats a record as a line of JSON.

    Args:
        told: What each line tells of the event.
        redact: Takes the credentials out of a line.
        end: What is put behind a line.
    """

    def __init__(self, told: Mapping[str, object], redact: Callable[[str], str], end: str) -> None:
        super().__init__()
        self._told = {name: _short(value) for name, value in told.items()}
        self._redact = redact
        self._end = end
        self._begin = time.monotonic()

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **self._told,
            "duration_ms": round((time.monotonic() - self._begin) * 1000),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # Before it is JSON, whose escaping a secret must not take away with it.
        redacted = {
            name: self._redact(value) if isinstance(value, str) else value for name, value in line.items()
        }
        return json.dumps(redacted) + self._end


def _short(value: object) -> str:
    # Longer than any id of CloudFormation's; only a forged event has a longer one.
    return (value if isinstance(value, str) else reprlib.repr(value))[:1024]
