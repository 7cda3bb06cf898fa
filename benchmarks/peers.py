"""The candidates, each in an environment of its own: with the packages of its requirements and no others."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.function import HANDLER, Handler
from local_cloud.environments import python_with
from local_cloud.runtime import PROJECT

HOME = PROJECT / ".benchmarks"
"""Where everything is that the benchmarks make; not in version control."""

_PEERS = PROJECT / "benchmarks" / "peers"


@dataclass(frozen=True)
class Candidate:
    """A handler and the environment that it runs in.

    Args:
        name: What it is called in the tables.
        environment: The folder of `benchmarks/peers` whose requirements it runs with.
        handler: The handler.
    """

    name: str
    environment: str
    handler: Handler

    @property
    def start(self) -> str:
        """The Python code that brings a fresh process to where the first event can come."""
        return f"import sys; sys.path.insert(0, {str(self.handler.path)!r}); import {self.handler.module}"

    def python(self) -> Path:
        """Return the Python of the environment, which is made where it is missing or out of date."""
        return python_with(_PEERS / self.environment / "requirements.txt", HOME / self.environment)


def _peer(name: str, folder: str) -> Candidate:
    return Candidate(name, folder, Handler(_PEERS / folder, "handler", "handler"))


BARE = _peer("the same calls, bare", "bare")
OURS = Candidate("this project", "crhelper_plain", HANDLER)  # crhelper is what it needs as well
CRHELPER = _peer("crhelper 2.0.12", "crhelper_plain")
PEERS = (CRHELPER, _peer("cfn-handler 1.3.0", "cfn_handler"), _peer("accustom 1.4.0", "accustom"))


def node_sdk() -> Path:
    """Return the `node_modules` with what the CDK's functions import of Lambda's Node.js runtime."""
    requirements, environment = _PEERS / "aws_sdk", HOME / "aws_sdk"
    lock, stamp = requirements / "package-lock.json", environment / "installed"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        environment.mkdir(parents=True, exist_ok=True)
        for file in (requirements / "package.json", lock):
            shutil.copy(file, environment)
        _run("npm", "ci", "--loglevel", "error", "--prefix", str(environment))
        stamp.write_text(lock.read_text())
    return environment / "node_modules"


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603  # our own command
