"""The command as a whole: its help, its version, wrong usage, and its exit codes."""

from importlib.metadata import version

import pytest

from harness.command import run_command


def test_help_names_the_commands() -> None:
    ended = run_command("--help")

    assert ended.code == 0
    assert "Usage: pinpoint-voice" in ended.output


def test_its_version_is_that_of_the_library() -> None:
    assert version("pinpoint-voice-channel") in run_command("--version").output


@pytest.mark.parametrize("arguments", [("unknown",), ("--unknown",)], ids=str)
def test_wrong_usage_ends_with_1_and_says_what_is_wrong(arguments: tuple[str, ...]) -> None:
    ended = run_command(*arguments)

    assert ended.code == 1
    assert "unknown" in ended.errors
    assert "--help" in ended.errors
