"""A handler's process, seen from outside: started, given events, and killed."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.worker import ENDED, READY
from local_cloud.environment import REGION
from local_cloud.runtime import PROJECT
from pinpoint_voice_channel_handler.response import LOCAL_HOST_VARIABLE

KILLED = "killed"

# By default each thread's stack takes 8 MB of the address space, more than all else that an event needs.
_STACK_BYTES = 512 * 1024

# A start takes a processor for half a second; more at once would only take it from the handlers that run.
_starting = threading.BoundedSemaphore(os.cpu_count() or 1)


class WorkerNotStarted(RuntimeError):
    """When the process ended before it was ready."""

    def __init__(self, command: list[str]) -> None:
        super().__init__(f"The handler's process ended while it started: {' '.join(command)}")


@dataclass(frozen=True)
class Handler:
    """A function that Lambda calls.

    Args:
        path: The folder in which its module is found.
        module: The module.
        function: The module's function.
    """

    path: Path
    module: str
    function: str


HANDLER = Handler(PROJECT / "lambda_handler", "pinpoint_voice_channel_handler.handler", "handle")
"""This project's."""


class Function:
    """A process that runs a handler.

    Args:
        environment: The whole environment of the process.
        on_log: Is given each line of the handler's log.
        handler: The handler.
        python: What runs it.
        memory: How many bytes of address space the process may have; None for any number.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        on_log: Callable[[str], None] = lambda _: None,
        handler: Handler = HANDLER,
        python: str | Path = sys.executable,
        memory: int | None = None,
    ) -> None:
        self._environment = environment
        self._on_log = on_log
        arguments = [str(handler.path), handler.module, handler.function]
        limits = [] if memory is None else ["prlimit", f"--as={memory}", f"--stack={_STACK_BYTES}"]
        self._command = [*limits, str(python), "-m", "harness.worker", *arguments]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process, unless it runs.

        Raises:
            WorkerNotStarted: The process ended before it was ready.
        """
        if self._process is None:
            self._process = self._ready_process()

    def deliver(self, event: object, seconds: float) -> str:
        """Hand an event to the started process, and kill it when the seconds are over, as Lambda does.

        Returns:
            The name of what the handler raised, empty if it returned, or `KILLED`.
        """
        process = self._process
        assert process is not None  # `start` was called
        assert process.stdin  # a pipe, as asked for
        with contextlib.suppress(BrokenPipeError):  # it may have died since it was ready
            process.stdin.write(json.dumps({"event": event, "seconds": seconds}) + "\n")
            process.stdin.flush()
        deadline = threading.Timer(seconds, self.kill)
        deadline.start()
        try:
            ended = self._until(process, ENDED)
        finally:
            deadline.cancel()
        if ended == KILLED:
            process.communicate()
            self._process = None
        return ended

    def peak_mb(self) -> float:
        """Return the peak memory of the started process in MB."""
        assert self._process  # `start` was called
        # Not getrusage, whose figure begins with that of the process which started this one.
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024

    def kill(self) -> None:
        """Kill the process, whatever it does."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()

    def end(self) -> None:
        """End the process; it has nothing to do."""
        if self._process:
            self._process.communicate()
            self._process = None

    def _ready_process(self) -> "subprocess.Popen[str]":
        with _starting:
            process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if self._until(process, READY) == KILLED:
                process.communicate()
                raise WorkerNotStarted(self._command)
        return process

    def _until(self, process: "subprocess.Popen[str]", mark: str) -> str:
        assert process.stdout  # a pipe, as asked for
        for line in process.stdout:
            if line.startswith(f'{{"{mark}"'):
                return str(json.loads(line)[mark])
            self._on_log(line)
        return KILLED


def environment(pinpoint: str, cloudformation: str, inbox: str, certificate: Path) -> dict[str, str]:
    """Return the environment that leads a handler to these endpoints, with this process's paths alone.

    Args:
        pinpoint: The endpoint of Pinpoint.
        cloudformation: The endpoint of CloudFormation.
        inbox: The `host:port` that may be answered.
        certificate: What it identifies itself with.
    """
    return {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        "PYTHONUNBUFFERED": "1",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL_PINPOINT": pinpoint,
        "AWS_ENDPOINT_URL_CLOUDFORMATION": cloudformation,
        "NO_PROXY": "localhost,127.0.0.1",
        "SSL_CERT_FILE": str(certificate),
        LOCAL_HOST_VARIABLE: inbox,
    }
