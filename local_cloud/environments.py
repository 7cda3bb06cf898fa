"""Python environments that hold what a file of requirements pins, and nothing else."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local_cloud.errors import InstallationFailedError
from local_cloud.locks import exclusive

QUIETLY = ["--disable-pip-version-check", "--quiet"]
"""Options for pip."""


def python_with(requirements: Path, environment: Path) -> Path:
    """Return the Python of an environment, which is made where it is missing, half made or out of date.

    Not even pip stays in it, so that nothing can be imported that is not pinned.

    Args:
        requirements: What it holds: exact versions of everything, dependencies included.
        environment: Its folder.

    Raises:
        InstallationFailedError: pip could not make it.
    """
    stamp = environment / "installed"
    with exclusive(environment.with_suffix(".lock")):
        made_of = (requirements.read_text(), sys.version, sys.base_prefix)
        wanted = hashlib.sha256("\n".join(made_of).encode()).hexdigest()
        if not stamp.exists() or stamp.read_text() != wanted:
            _make(requirements, environment)
            stamp.write_text(wanted)
    return environment / "bin" / "python"


def install(what: str, command: list[str], log: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Run pip or npm, or make a virtual environment.

    Args:
        what: What is installed, as a sentence begins with it.
        command: The command.
        log: Where all that it printed is written if it fails.
        environment: Its environment.

    Raises:
        InstallationFailedError: It failed.
    """
    done = subprocess.run(  # noqa: S603  # our own command
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(done.stdout)
        raise InstallationFailedError(what, "npm" if "npm" in command[0] else "pip", done.stdout, log)


def _make(requirements: Path, environment: Path) -> None:
    shutil.rmtree(environment, ignore_errors=True)
    what, log = f"The environment {environment.name}", environment.with_suffix(".log")
    install(what, [sys.executable, "-m", "venv", "--without-pip", str(environment)], log)
    pip = [sys.executable, "-m", "pip", "--python", str(environment), *QUIETLY]
    install(what, [*pip, "install", "--no-deps", "--requirement", str(requirements)], log)
