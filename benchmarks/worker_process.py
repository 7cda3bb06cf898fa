"""A candidate's process, seen from the benchmark."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from benchmarks.peers import Candidate

_WORKER = Path(__file__).with_name("worker.py")


class Worker:
    """A process that is ready for its first event, as long as the ``with`` block lasts.

    Args:
        candidate: Whose handler it runs.
        environment: The whole environment of the process.
    """

    def __init__(self, candidate: Candidate, environment: Mapping[str, str]) -> None:
        self._command = [str(candidate.python()), str(_WORKER), str(candidate.path)]
        self._command += [candidate.module, candidate.function]
        self._environment = environment

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603  # our own command
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._told()
        return self

    def __exit__(self, *_: object) -> None:
        # It ends as soon as its standard input is closed.
        self._process.communicate()

    def deliver(self, event: object, seconds: float) -> float:
        """Hand it an event, and return its peak memory in MB when it is done."""
        assert self._process.stdin  # noqa: S101  # a pipe, as asked for
        self._process.stdin.write(json.dumps({"event": event, "seconds": seconds}) + "\n")
        self._process.stdin.flush()
        return float(self._told()["peak_mb"])

    def _told(self) -> dict[str, Any]:
        assert self._process.stdout  # noqa: S101  # a pipe, as asked for
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The process ended: {' '.join(self._command)}")
        told: dict[str, Any] = json.loads(line)
        return told
