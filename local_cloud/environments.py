"""Python environments that hold what a file of requirements pins, and nothing else."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from local_cloud.errors import InstallationFailedError
from local_cloud.locks import exclusive


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


def _make(requirements: Path, environment: Path) -> None:
    shutil.rmtree(environment, ignore_errors=True)
    _run([sys.executable, "-m", "venv", "--without-pip", str(environment)])
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(environment),
        "--disable-pip-version-check",
        "--quiet",
    ]
    _run([*pip, "install", "--no-deps", "--requirement", str(requirements)])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603  # our own command
    if done.returncode != 0:
        raise InstallationFailedError(" ".join(command), done.stdout)
