"""AWS's own runtime client, which runs a handler in Lambda, and the Runtime API that it asks for events.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import io
import json
import os
import queue
import struct
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from harness.context import Context
from harness.proxy import FaultyServer, Request, Response

RESPONSE, ERROR = "response", "error"

# Longer than the log of an event.
_LOG_BYTES = 1024 * 1024
# What the client needs beyond the event's own time.
_SPARE_SECONDS = 20
# Type, length and timestamp of a frame, as FramedTelemetryLogSink of awslambdaric/bootstrap.py has them.
_FRAME = struct.Struct(">IIQ")
_FRAME_TYPES = 0xA55A00


@dataclass(frozen=True)
class Report:
    """What the client tells Lambda when an event has ended.

    Args:
        request_id: Lambda's id of the invocation.
        kind: `RESPONSE` or `ERROR`.
        content: What the handler returned, or what is known of the error.
    """

    request_id: str
    kind: str
    content: Any


class _RuntimeApi:
    """Hands out events, and takes reports.

    Attributes:
        events: The responses with the events that are to be handed out.
        reports: The reports that were not read yet.
    """

    def __init__(self) -> None:
        self.events: queue.Queue[Response] = queue.Queue()
        self.reports: queue.Queue[Report] = queue.Queue()

    def answer(self, request: Request) -> Response:
        """Wait for the next event, or take a report."""
        if request.method == "GET":
            return self.events.get()
        *_, request_id, kind = request.target.split("/")
        self.reports.put(Report(request_id, kind, json.loads(request.body)))
        return Response(202)

    def error(self, status: int) -> Response:
        """Return an error."""
        return Response(status)


class RuntimeClient:
    """A process of `awslambdaric` that runs a handler, as long as the ``with`` block lasts.

    Args:
        python: The Python of an environment that has awslambdaric.
        code: The folder of the function's code.
        handler: The handler's name, as Lambda has it.
        environment: The process's environment.
        telemetry: Whether the log goes to a telemetry socket, as in Lambda's managed runtimes, or else to
            standard output, as in container images.
    """

    def __init__(
        self, python: Path, code: Path, handler: str, environment: Mapping[str, str], *, telemetry: bool
    ) -> None:
        self._command = [str(python), "-m", "awslambdaric", handler]
        self._code = code
        self._environment = environment
        self._telemetry = telemetry
        self._api = _RuntimeApi()
        self._server = FaultyServer(self._api)

    def __enter__(self) -> Self:
        self._server.__enter__()
        self._log = tempfile.TemporaryFile()
        # What is printed: Lambda takes both, but frames and lines cannot share a file.
        self._printed = tempfile.TemporaryFile() if self._telemetry else self._log
        self._read: dict[IO[bytes], int] = {self._log: 0, self._printed: 0}
        log, printed = self._log.fileno(), self._printed.fileno()
        environment = {**self._environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.port}"}
        if self._telemetry:
            environment["_LAMBDA_TELEMETRY_LOG_FD"] = str(log)
        self._process = subprocess.Popen(
            self._command,
            cwd=self._code,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            pass_fds=[log],
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()
        self._printed.close()
        self._api.events.put(Response(500))  # for the thread that waits for an event
        self._server.__exit__()

    def deliver(self, event: bytes, seconds: float) -> Report:
        """Hand out an event, and return what the client reports.

        Args:
            event: The event's JSON.
            seconds: How long the function may take; nobody ends it.

        Raises:
            queue.Empty: It reports nothing.
        """
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(round((time.time() + seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": Context.invoked_function_arn,
        }
        self._api.events.put(Response(200, event, headers))
        return self._api.reports.get(timeout=seconds + _SPARE_SECONDS)

    def logged(self) -> list[str]:
        """Return what was logged since the last call: the lines, or what was sent to the telemetry socket."""
        log = self._new_in(self._log)
        return list(_frames(log)) if self._telemetry else _lines(log.decode())

    def printed(self) -> list[str]:
        """Return the lines that were printed since the last call, where they do not go into the log."""
        return _lines(self._new_in(self._printed).decode())

    def _new_in(self, file: IO[bytes]) -> bytes:
        new = os.pread(file.fileno(), _LOG_BYTES, self._read[file])
        self._read[file] += len(new)
        return new


def _lines(log: str) -> list[str]:
    """Split at line feeds alone, and keep them."""
    return io.StringIO(log, newline="\n").readlines()


def _frames(log: bytes) -> Iterator[str]:
    while log:
        frame_type, length, _ = _FRAME.unpack_from(log)
        assert frame_type >> 8 == _FRAME_TYPES, f"This was written beside the frames: {log!r}"
        yield log[_FRAME.size : _FRAME.size + length].decode()
        log = log[_FRAME.size + length :]
