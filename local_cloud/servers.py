"""Starts the two servers, waits until they are healthy, and ends them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import urllib3

from local_cloud import locks
from local_cloud.certificates import write_bundle
from local_cloud.environment import Endpoints, ministack_environment, pinpoint_environment
from local_cloud.errors import ProgramNotFoundError, ServerNotHealthyError
from local_cloud.interrupts import held_off
from local_cloud.runtime import PROJECT, ensure_runtime

_START_SECONDS = 60.0
_END_SECONDS = 2.0  # MiniStack waits longer for clients that keep a connection open, and has nothing to save
_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 2.0
_OWNER = "owner.lock"


@dataclass(frozen=True)
class Server:
    """A server process, which leads a group of its own and holds a lock for as long as it lives.

    The lock tells it from a later process that was given the same id.
    """

    name: str
    pid: int
    directory: Path
    # Known to the process that started it. A server that is not detached ends when its input, a pipe, closes.
    process: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)

    @property
    def log(self) -> Path:
        """What it writes to its standard output and error."""
        return self.directory / f"{self.name}.log"

    @property
    def lock(self) -> Path:
        """The file that it has locked."""
        return self.directory / f"{self.name}.lock"

    def is_running(self) -> bool:
        """Tell whether it lives."""
        return locks.is_held(self.lock)

    @held_off()
    def end(self) -> None:
        """End it and its children, by force after 2 seconds; leave another process with its id alone."""
        if self.is_running():
            os.killpg(self.pid, signal.SIGTERM)
            _wait_until(lambda: not self.is_running(), _END_SECONDS)
            # Itself if it is still there, and its children. macOS says EPERM of a group of zombies.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            _wait_until(lambda: not self.is_running(), _END_SECONDS)
        if self.process:
            self.process.communicate()


@dataclass(frozen=True)
class Servers:
    """The two servers of a local cloud, and where they are reached."""

    endpoints: Endpoints
    ministack: Server
    pinpoint: Server
    # A lock that the process which started them holds from the first moment on, so that nobody sweeps.
    owner: BinaryIO | None = field(default=None, compare=False, repr=False)

    def are_running(self) -> bool:
        """Tell whether both live."""
        return self.ministack.is_running() and self.pinpoint.is_running()

    @held_off()
    def end(self) -> None:
        """End both servers and remove their files, and those of runs that were killed."""
        self.ministack.end()
        self.pinpoint.end()
        shutil.rmtree(self.endpoints.directory, ignore_errors=True)
        if self.owner:
            self.owner.close()
        _sweep(self.endpoints.directory.parent)


def start(parent: Path, *, detached: bool) -> Servers:
    """Start both servers and wait until they answer.

    Their files are in a new directory in ``parent``, from which those of runs that were killed are removed.
    ``detached`` servers outlive this process, others end with it. Raises LocalCloudError; then nothing is
    left running, and of the files only the logs of a server that did not start.
    """
    _require_openssl()
    python = str(ensure_runtime())
    directory, owner = _new_directory(parent)
    try:
        return replace(_start_in(directory, python, detached=detached), owner=owner)
    except BaseException as error:
        if not isinstance(error, ServerNotHealthyError):
            shutil.rmtree(directory, ignore_errors=True)
        owner.close()
        raise


def _new_directory(parent: Path) -> tuple[Path, BinaryIO]:
    """Make a directory, and take the lock that tells others not to sweep it."""
    parent.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(parent.with_suffix(".lock")):
        _sweep(parent)
        directory = Path(tempfile.mkdtemp(dir=parent, prefix="run-"))
        return directory, locks.hold(directory / _OWNER)


def _sweep(parent: Path) -> None:
    """Remove the directories of runs of which no process lives: they were killed, or did not start."""
    for directory in parent.glob("run-*"):
        if not any(locks.is_held(directory / lock) for lock in (_OWNER, "ministack.lock", "pinpoint.lock")):
            shutil.rmtree(directory, ignore_errors=True)


def _start_in(directory: Path, python: str, *, detached: bool) -> Servers:
    launch = partial(_launch, directory=directory, detached=detached)
    # Bound here, so that both ports are known before either server starts, and nobody else can take them.
    with _bind() as for_ministack, _bind() as for_pinpoint, ExitStack() as undo:
        endpoints = Endpoints(_port(for_ministack), _port(for_pinpoint), directory)
        endpoints.temporary.mkdir()
        undo.callback(shutil.rmtree, endpoints.temporary, ignore_errors=True)
        script = str(PROJECT / "local_cloud" / "ministack_server.py")
        ministack = launch("ministack", [python, script], ministack_environment(endpoints), for_ministack)
        undo.callback(ministack.end)
        trail = ["--trail", endpoints.ministack_url, "--certificate", str(endpoints.certificate)]
        module = ["-m", "local_cloud.pinpoint_server", *trail]
        pinpoint = launch("pinpoint", [sys.executable, *module], pinpoint_environment(), for_pinpoint)
        undo.callback(pinpoint.end)
        _wait_until_healthy(pinpoint, f"{endpoints.pinpoint_url}/_local/health")
        _wait_until_healthy(ministack, f"{endpoints.ministack_url}/_ministack/health", endpoints.certificate)
        write_bundle(endpoints.ca_bundle, endpoints.certificate)
        undo.pop_all()
    return Servers(endpoints, ministack, pinpoint)


def _require_openssl() -> None:
    if shutil.which("openssl") is None:
        raise ProgramNotFoundError(
            "openssl", "MiniStack makes its certificate with it", "Install OpenSSL's command line."
        )


def _bind() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def _port(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


def _launch(
    name: str,
    command: list[str],
    environment: dict[str, str],
    listening: socket.socket,
    *,
    directory: Path,
    detached: bool,
) -> Server:
    server = Server(name, 0, directory)
    with locks.hold(server.lock) as lock, server.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [*command, "--fd", str(listening.fileno()), *([] if detached else ["--end-with-parent"])],
            env=environment,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[listening.fileno(), lock.fileno()],
            start_new_session=True,
        )
    return replace(server, pid=process.pid, process=process)


def _wait_until_healthy(server: Server, url: str, certificate: Path | None = None) -> None:
    if not _wait_until(lambda: _answers(url, certificate) or not server.is_running(), _START_SECONDS):
        raise ServerNotHealthyError(server.name, f"did not answer in {_START_SECONDS:g} seconds", server.log)
    if not server.is_running():
        raise ServerNotHealthyError(server.name, "ended while it was starting", server.log)


def _answers(url: str, certificate: Path | None) -> bool:
    if certificate and not certificate.exists():
        return False
    with urllib3.PoolManager(ca_certs=certificate and str(certificate)) as pool:
        try:
            return pool.request("GET", url, timeout=_ANSWER_SECONDS, retries=False).status == HTTPStatus.OK
        except urllib3.exceptions.HTTPError:
            return False


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition, and tell whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
