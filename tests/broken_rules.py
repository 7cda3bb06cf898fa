"""Breaks the handler's rules, one at a time in a copy, and tells which tests find that: `make broken-rules`.

Each break is looked for by random sequences of operations first. Some matter only within one second, or where
three things coincide; those are for the tests of single cases.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_PROJECT = Path(__file__).parent.parent
_HANDLER = _PROJECT / "lambda_handler"
_SEQUENCES = ("sequences", ["tests/handler/test_properties.py", "--hypothesis-profile", "broken-rules"])
_CASES = ("cases", [f"tests/handler/test_{name}.py" for name in ("lifecycle", "stack", "contradictions")])
_CHECKS = ("cases", ["tests/handler/test_check.py"])


@dataclass(frozen=True)
class Break:
    """A rule that is broken.

    Args:
        rule: What does not hold any more.
        module: The module of the handler that holds it.
        text: What is there.
        instead: What is put in its place.
    """

    rule: str
    module: str
    text: str
    instead: str

    @property
    def places(self) -> int:
        """How often the handler has the text."""
        module = _HANDLER / "pinpoint_voice_channel_handler" / f"{self.module}.py"
        return module.read_text().count(self.text)

    @property
    def tests(self) -> tuple[tuple[str, list[str]], ...]:
        """What may find it, in order. A sequence of operations has no checks."""
        return (_CHECKS,) if self.module in ("drift", "check") else (_SEQUENCES, _CASES)


BREAKS = [
    Break(
        "1: a resource settles",
        "rules",
        "return rested is not None and rested > mine.moment",
        "return False",
    ),
    Break(
        "1: what has not settled is undone",
        "rules",
        "return rested is not None and rested > mine.moment",
        "return True",
    ),
    Break("1: a tie within a second counts as not settled", "rules", "rested > mine", "rested >= mine"),
    Break("1: a clean-up counts as a rest", "rules", "(row.status == _CLEANUP and number > 0)", "False"),
    Break("1: but not for what it cleans up itself", "rules", " and number > 0", ""),
    Break(
        "2: a rollback deletes nothing that had settled",
        "decisions",
        "if settled and phase is Phase.ROLLBACK:",
        "if False:",
    ),
    Break(
        "3: no channel is taken from another resource",
        "decisions",
        "if phase is not Phase.END and rules.is_taken",
        "if False and rules.is_taken",
    ),
    Break(
        "3: resources of the root's whole tree count",
        "situation",
        "managers(self._root().stack_id",
        "managers(self._request.stack_id",
    ),
    Break(
        "3: nested stacks count", "stack", '== "AWS::CloudFormation::Stack"', '== "AWS::CloudFormation::None"'
    ),
    Break("3: what is going does not count", "stack", 'startswith("DELETE_")', 'startswith("GONE_")'),
    Break("3: a failed Create does not count", "stack", '!= "CREATE_FAILED"', '!= "NEVER"'),
    Break(
        "3: an older resource does not forbid to undo",
        "rules",
        "state is State.ABSENT or since >= mine.moment",
        "True",
    ),
    Break(
        "3: a newer resource forbids to undo",
        "rules",
        "state is State.ABSENT or since >= mine.moment",
        "state is State.ABSENT",
    ),
    Break(
        "4: a disabling asks first",
        "lifecycle",
        "        if goes_down:\n            self._require_awaited",
        "        if False:\n            self._require_awaited",
    ),
    Break(
        "4: and asks again afterwards",
        "lifecycle",
        "            if goes_down:\n                self._require_still",
        "            if False:\n                self._require_still",
    ),
    Break(
        "4: an event of an earlier phase is not waited for",
        "rules",
        "timedelta() if row.of_stack",
        "timedelta(days=9) if row.of_stack",
    ),
    Break(
        "4: nor is one after which something else was asked of the resource",
        "rules",
        "else second",
        "else timedelta(days=9)",
    ),
    Break(
        "4: nor is a Delete from before the deletion",
        "situation",
        "root.deleted > self._request.sent",
        "False",
    ),
    Break(
        "5: status and log have to agree",
        "situation",
        "waits and rules.agree(stack, recent)",
        "waits",
    ),
    Break(
        "5: and for a disabling in a rollback, too",
        "situation",
        "(forward or rules.agree(stack, recent))",
        "True",
    ),
    Break("5: what is behind is read again", "situation", "_LOOKS = 8", "_LOOKS = 1"),
    Break("5: a status from before the event is not recalled", "stack", "known.sent <= sent", "True"),
    Break(
        "6: a cancelled Create is undone",
        "rules",
        "if not sent or",
        "if request_type is RequestType.CREATE or not sent or",
    ),
    Break(
        "6: a cancelled Update is undone",
        "rules",
        "if not sent or",
        "if request_type is RequestType.UPDATE or not sent or",
    ),
    Break(
        "6: what may still run is waited for", "lifecycle", "_CANCELLED_LOOKS = 16", "_CANCELLED_LOOKS = 1"
    ),
    Break(
        "6: only while the stack goes back or goes",
        "decisions",
        "if goes_back else None",
        "if phase is not None else None",
    ),
    Break(
        "7: a channel that this event made was absent",
        "rules",
        "channel.created >= after",
        "channel.created is None",
    ),
    Break(
        "6: where it is only inferred what was found, no other resource loses voice",
        "decisions",
        "and goes_down and any(",
        "and False and any(",
    ),
    Break(
        "7: what this event enabled was disabled",
        "rules",
        "if wanted is State.ENABLED and changed >= after:",
        "if False:",
    ),
    Break(
        "7: what this event disabled was enabled",
        "rules",
        "if wanted is State.DISABLED and changed >= since - CLOCKS_DIFFER_BY:",
        "if False:",
    ),
    Break("7: also by a clock that is behind", "rules", "since - CLOCKS_DIFFER_BY", "since"),
    Break(
        "7: a tie within a second counts as the higher",
        "rules",
        "if wanted is State.ENABLED and changed >= after:",
        "if wanted is State.ENABLED and changed >= since:",
    ),
    Break(
        "7: a date that cannot be proves nothing",
        "rules",
        "        return channel.state  # which proves",
        "        return State.ABSENT  # which proves",
    ),
    Break(
        "a protected channel is not deleted",
        "decisions",
        "if settled and protected:",
        "if False:",
    ),
    Break(
        "what undoes a Create is not refused",
        "decisions",
        "if settled and protected:",
        "if protected:",
    ),
    Break(
        "what is not read of a history is no proof",
        "stack",
        "raise HistoryTooLong(stack_id, _LOG_ROWS)",
        "return",
    ),
    Break(
        "a protected channel is not disabled",
        "decisions",
        "    if wanted.protected:",
        "    if False:",
    ),
    Break(
        "unless it is in a rollback",
        "decisions",
        "    if is_rollback():",
        "    if False:",
    ),
    Break(
        "which disables only what it undoes",
        "decisions",
        "return not may_have_enabled(before, wanted.application_id)",
        "return False",
    ),
    Break(
        "a protected channel is not replaced",
        "decisions",
        "is_protected(deployed) and not is_rollback()",
        "False",
    ),
    Break(
        "what is gone is not made again",
        "lifecycle",
        "not in (State.ABSENT, state)",
        "not in (state,)",
    ),
    Break("a check is silent in an operation", "drift", "if rest.in_operation:", "if False:"),
    Break("and where the stack is gone", "drift", "if rest.gone:", "if False:"),
    Break(
        "and where an operation has passed meanwhile",
        "drift",
        "if self.drifts and self._look() != rest:",
        "if False:",
    ),
    Break("a check changes nothing by itself", "drift", "self.drifts and self._request.heal", "self.drifts"),
    Break("it heals only where the stack rests well", "drift", "if not rest.heals:", "if False:"),
    Break("by status and log", "drift", "row is None or (row.of_stack and row.status == status)", "True"),
    Break("and only what the stack manages", "drift", "if drift.application_id not in managed:", "if False:"),
    Break(
        "and what was changed after the stack deployed it",
        "drift",
        "if not _changed_after(managed[drift.application_id], drift.channel):",
        "if False:",
    ),
    Break("by a clock that may be behind", "drift", "deployed + CLOCKS_DIFFER_BY", "deployed"),
    Break(
        "and with time to put it back",
        "drift",
        "if not self._budget.allows(RESERVE_SECONDS):",
        "if False:",
    ),
    Break("and where the stack still rests", "drift", "if self._is_still(rest) else", "if True else"),
    Break(
        "and puts it back where it does no more",
        "drift",
        "            self._put_back(drift, put)\n        elif put:",
        "        elif put:",
    ),
    Break(
        "but not what somebody else has changed since",
        "drift",
        "now and put and _is_next(drift.channel, put) and now.attributes == put.attributes",
        "now and put",
    ),
    Break(
        "nor what was made anew",
        "drift",
        "if now and drift.channel and now.created == drift.channel.created:",
        "if now:",
    ),
    Break(
        "what was not reached may differ",
        "check",
        "if check.is_complete or len(drifts) > healed:",
        "if True:",
    ),
    Break(
        "a check that is not complete is an error",
        "check",
        "if not check.silent and not check.is_complete:",
        "if False:",
    ),
    Break(
        "and so is one that was left behind",
        "check",
        "        check.fail(CheckOutOfTime())\n",
        "",
    ),
]


def _found(broken: Break) -> str:
    """Run the tests on a copy with this break, and tell what finds it."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "lambda_handler"
        shutil.copytree(_HANDLER, copy, ignore=shutil.ignore_patterns("__pycache__"))
        module = copy / "pinpoint_voice_channel_handler" / f"{broken.module}.py"
        content = module.read_text()
        module.write_text(content.replace(broken.text, broken.instead))
        for name, arguments in broken.tests:
            tests = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pytest",
                    "-x",
                    "-q",
                    "-p",
                    "no:logging",
                    "-p",
                    "no:cacheprovider",
                    *arguments,
                ],
                env={**os.environ, "PYTHONPATH": str(copy)},
                cwd=_PROJECT,
                capture_output=True,
                text=True,
                check=False,
            )
            if tests.returncode == 1:
                reasons = re.findall(r"^E\s+(?:\| )?\s*(.+)$", tests.stdout, re.MULTILINE)
                return f"{name}: {reasons[0] if reasons else tests.stdout.splitlines()[-1]}"
            if tests.returncode:
                sys.exit(tests.stdout + tests.stderr)
    return "NOT FOUND"


def main() -> int:
    """Break each rule, and print a line for it. The exit code is 1 where a break is not found."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = []
        for broken, by in zip(BREAKS, threads.map(_found, BREAKS), strict=True):
            print(f"{broken.rule}\n    {by}", flush=True)  # noqa: T201, for a person
            found.append(by)
    print(f"{len(found) - found.count('NOT FOUND')} of {len(found)} breaks were found.")  # noqa: T201, as above
    return 1 if "NOT FOUND" in found else 0


if __name__ == "__main__":
    sys.exit(main())
