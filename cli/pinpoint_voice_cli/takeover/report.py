"""What `takeover` tells."""

import difflib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console

from pinpoint_voice_cli.takeover.deployed import Deployed
from pinpoint_voice_cli.takeover.deployment import deployment
from pinpoint_voice_cli.takeover.next_step import Decision, Step
from pinpoint_voice_cli.takeover.template import Template

STANDARD_OUTPUT = "-"

_WHAT = {
    Step.FIRST: "step 1 of 2. It retains the native {resources}, and adds ours.",
    Step.SECOND: "step 2 of 2. It removes the native {resources}, and keeps the {channels}.",
}
_THEN = {
    Step.FIRST: "When it is deployed, run this for step 2:",
    Step.SECOND: "When it is deployed, run this to confirm that the takeover is done:",
}
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True)
class Request:
    """What the user asks for.

    Args:
        template: The file of the template.
        stack: The name of its stack.
        write: Where the next template goes; `-` for standard output, None for nowhere.
        profile: The profile of the AWS configuration; None for what the environment says.
        options: The other options of the command that stay the same in the next step.
    """

    template: str
    stack: str
    write: str | None
    profile: str | None
    options: tuple[str, ...]

    @property
    def file(self) -> str:
        """The file that is deployed next; where standard output goes, only the user knows."""
        return "FILE" if self.write == STANDARD_OUTPUT else self.write or self.template

    def repeated(self, file: str) -> str:
        """Return the command that asks for the same of another file."""
        return shlex.join(["pinpoint-voice", "takeover", file, "--stack", self.stack, *self.options])


@dataclass(frozen=True)
class TakeoverReport:
    """The next step of a takeover.

    Args:
        request: What was asked for.
        before: The template that was given.
        deployed: Its stack.
        decision: What comes next.
    """

    request: Request
    before: Template
    deployed: Deployed
    decision: Decision

    def document(self) -> Mapping[str, object]:
        """Return it for programs.

        - `stack`, `region`
        - `step`: `first`, `second` or `done`
        - `channels`: those that it takes over, each with
            - `native`, `ours`: the logical ids
            - `application_id`, `state`: null if a condition keeps the channel out of the stack
        - `notes`: for people
        - `written`: where the template was written, or null
        - `diff`: what the template changes
        - `deploy`: the command that deploys it, or null
        """
        return {
            "stack": self.deployed.name,
            "region": self.deployed.region,
            "step": self.decision.step,
            "channels": [
                {
                    "native": each.native,
                    "ours": each.ours,
                    "application_id": each.application_id,
                    "state": each.state,
                }
                for each in self.decision.channels
            ],
            "notes": list(self.decision.notes),
            "written": self.request.write if self.decision.template else None,
            "diff": "".join(self._diff()),
            "deploy": self._deploy(),
        }

    def print(self, console: Console) -> None:
        """Print it for people."""
        stack = f"The stack {self.deployed.name} in {self.deployed.region}"
        if self.decision.step is Step.DONE:
            _say(console, f"{stack} no longer has a native voice channel: the takeover is done.")
            return
        plural = "s" if len(self.decision.channels) > 1 else ""
        what = _WHAT[self.decision.step].format(resources=f"resource{plural}", channels=f"channel{plural}")
        _say(console, f"{stack}: {what}\n")
        for each in self.decision.channels:
            _as_it_is(console, f"  {each.native} -> {each.ours}")
            _as_it_is(console, f"    {_found(each.application_id, each.state)}")
        for note in self.decision.notes:
            _say(console, f"\nNote: {note}", "yellow")
        if self.request.write:
            self._print_next(console)
        else:
            self._print_diff(console)

    def _print_diff(self, console: Console) -> None:
        _say(console, "")
        for line in self._diff():
            _as_it_is(console, line.rstrip("\r\n"), _STYLES.get(line[0]))
        _say(
            console, "\nNothing was written. To write it to a file, which may be the template itself, run:\n"
        )
        _as_it_is(console, f"  {self.request.repeated(self.request.template)} --write FILE")

    def _print_next(self, console: Console) -> None:
        where = "standard output" if self.request.write == STANDARD_OUTPUT else self.request.write
        _say(console, f"\nWritten to {where}. Deploy it:\n")
        _as_it_is(console, f"  {self._deploy()}\n")
        _say(console, f"{_THEN[self.decision.step]}\n")
        again = self.request.repeated(self.request.file)
        write = f" --write {shlex.quote(self.request.file)}" if self.decision.step is Step.FIRST else ""
        _as_it_is(console, f"  {again}{write}")

    def _deploy(self) -> str | None:
        if self.decision.template is None:
            return None
        return deployment(self.decision.template, self.request.file, self.deployed, self.request.profile)

    def _diff(self) -> list[str]:
        if self.decision.template is None:
            return []
        before, after = self.before.text, self.decision.template.text
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), self.request.template, self.request.file, lineterm=""
        )
        return [f"{line}\n" for line in lines]


def _found(application_id: str | None, state: str | None) -> str:
    return f"application {application_id}, {state}" if state else "not in the stack, by its condition"


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, emoji=False)


def _as_it_is(console: Console, text: str, style: str | None = None) -> None:
    """Print what may be copied, and so is not wrapped."""
    console.print(text, style=style, markup=False, emoji=False, soft_wrap=True)
