"""Installs what make needs: ``python -m local_cloud.installation .venv/ready requirements-dev.txt …``.

Run by the machine's own Python, so it uses the standard library only. The first argument is the file that is
there when all is installed, the others are what it is made from. One installation runs at a time, and whoever
has waited for it finds it done.
"""

# ruff: noqa: T201  # printing is what this command is for

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local_cloud import locks
from local_cloud.environments import QUIETLY, install
from local_cloud.errors import InstallationFailedError

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
LOGS = PROJECT / ".local_cloud"
_OLDEST_NODE = 20
_GLOBAL_NPMRC = ("/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc", "/opt/homebrew/etc/npmrc")


def is_done(ready: Path, sources: list[Path]) -> bool:
    """Tell whether all is installed, and as the files say now."""
    return ready.exists() and all(it.stat().st_mtime <= ready.stat().st_mtime for it in sources)


def install_python() -> None:
    """Install the pinned packages and the project itself into .venv; raises InstallationFailedError."""
    _tell("Installing the pinned Python packages into .venv, which takes a minute or two …")
    log = LOGS / "pip.log"
    install("The virtual environment .venv", [sys.executable, "-m", "venv", str(VENV)], log)
    requirements = ["--requirement", str(PROJECT / "requirements-dev.txt")]
    install("The Python packages", [*_pip(), *requirements], log)
    project = ["--no-deps", "--no-build-isolation", "--editable", str(PROJECT)]
    install("The project", [*_pip(), *project], log)


def install_node() -> None:
    """Install the pinned cdk CLI, and Node.js if it is missing; raises InstallationFailedError."""
    if not _has_node():
        _tell("Installing Node.js from PyPI into .venv …")
        requirements = ["--requirement", str(PROJECT / "requirements-node.txt")]
        install("Node.js", [*_pip(), *requirements], LOGS / "pip.log")
    _tell("Installing the pinned cdk CLI into node_modules …")
    npm = [shutil.which("npm") or "npm", "ci", "--prefix", str(PROJECT), "--loglevel", "error"]
    install("The cdk CLI", npm, LOGS / "npm.log", npm_environment(npm[0], os.environ))


def npm_environment(npm: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for an npm; that of .venv looks for the machine's settings in .venv only."""
    is_ours = VENV in Path(npm).parents
    machines = next((file for file in _GLOBAL_NPMRC if Path(file).exists()), None)
    if (
        is_ours
        and machines
        and not {"NPM_CONFIG_GLOBALCONFIG", "npm_config_globalconfig"} & environment.keys()
    ):
        return {**environment, "NPM_CONFIG_GLOBALCONFIG": machines}
    return {**environment}


def _has_node() -> bool:
    major = 'process.exit(process.versions.node.split(".")[0] < Number(process.argv[1]) ? 1 : 0)'
    return _succeeds("node", "--eval", major, str(_OLDEST_NODE)) and _succeeds("npm", "--version")


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  # our own command
    except FileNotFoundError:
        return False


def _pip() -> list[str]:
    return [str(VENV / "bin" / "python"), "-m", "pip", "install", *QUIETLY]


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


_INSTALLERS = {".venv": install_python, "node_modules": install_node}


def main() -> int:
    """Install what is missing and return the exit code."""
    ready, *sources = map(Path, sys.argv[1:])
    lock = LOGS / "installation.lock"
    if locks.is_held(lock):
        _tell("Something is being installed here already; waiting for it …")
    try:
        with locks.exclusive(lock):
            if not is_done(ready, sources):
                _INSTALLERS[ready.parent.name]()
                ready.touch()
    except InstallationFailedError as error:
        _tell(str(error))
        return 1
    except KeyboardInterrupt:
        _tell("Interrupted; the next make goes on from here.")
        return 130  # as shells have it
    return 0


if __name__ == "__main__":
    sys.exit(main())
