"""Runs the command `pinpoint-voice` in this process."""

import contextlib
import io
import json
from dataclasses import dataclass
from typing import Any

from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.main import run


@dataclass(frozen=True)
class Ended:
    """What a command has printed, and its exit code."""

    code: int
    output: str
    errors: str

    @property
    def document(self) -> Any:  # noqa: ANN401, each command has its own
        """What it has printed as JSON."""
        return json.loads(self.output)


def run_command(*arguments: str, make_account: type[Account] = Account) -> Ended:
    """Run a command."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = run(arguments, make_account)
    return Ended(code, output.getvalue(), errors.getvalue())
