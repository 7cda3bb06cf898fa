"""MiniStack's virtual environment: what its Lambda workers can import, as in AWS's Python runtime."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from local_cloud.errors import InstallationFailedError
from local_cloud.locks import exclusive

PROJECT = Path(__file__).resolve().parent.parent
HOME = PROJECT / ".local_cloud"
"""Where everything is that the local cloud makes; not in version control."""

_REQUIREMENTS = PROJECT / "local_cloud" / "runtime.txt"
_ENVIRONMENT = HOME / "runtime"
_STAMP = _ENVIRONMENT / "installed"


def ensure_runtime() -> Path:
    """Make the environment where it is missing, half made or out of date; return its Python.

    Raises InstallationFailedError.
    """
    with exclusive(HOME / "runtime.lock"):
        wanted = _wanted_stamp()
        if not _STAMP.exists() or _STAMP.read_text() != wanted:
            _install()
            _STAMP.write_text(wanted)
    return _python()


def _wanted_stamp() -> str:
    made_of = (_REQUIREMENTS.read_text(), sys.version, sys.base_prefix)
    return hashlib.sha256("\n".join(made_of).encode()).hexdigest()


def _python() -> Path:
    return _ENVIRONMENT / "bin" / "python"


def _install() -> None:
    shutil.rmtree(_ENVIRONMENT, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(_ENVIRONMENT)])
    pip = [str(_python()), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    _run([*pip, "install", "--requirement", str(_REQUIREMENTS)])
    # Nothing but the requirements, lest a Lambda function imports what AWS's runtime does not promise.
    _run([*pip, "uninstall", "--yes", "setuptools", "pip"])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603  # our own command
    if done.returncode != 0:
        raise InstallationFailedError(" ".join(command), done.stdout)
