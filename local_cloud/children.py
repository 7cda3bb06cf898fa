"""Runs commands that leave no process behind, however they or this process end."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from local_cloud import lifeline


def run(
    command: list[str],
    *,
    directory: Path,
    environment: dict[str, str],
    seconds: float | None = None,
    captured: bool = True,
) -> "subprocess.CompletedProcess[str]":
    """Run a command with nothing on its standard input.

    Its processes are a group of their own, which Ctrl-C in this terminal does not reach. They end when this
    raises, or when this process is killed.

    Args:
        command: The command.
        directory: Where it runs.
        environment: Its whole environment.
        seconds: How long it may take.
        captured: Whether ``stdout`` of what returns has all it printed; else it prints for itself.

    Raises:
        TimeoutExpired: It took longer.
    """
    closes_with_us, line = os.pipe()
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, lifeline.__file__, *command],
        cwd=directory,
        env=environment,
        stdin=closes_with_us,
        stdout=subprocess.PIPE if captured else None,
        stderr=subprocess.STDOUT if captured else None,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except BaseException:
        with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    finally:
        os.close(closes_with_us)
        os.close(line)
    return subprocess.CompletedProcess(command, process.returncode, output)
