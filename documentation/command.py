"""The page docs/cli.md, from what the command says of itself."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pinpoint_voice_cli import main as command
from pinpoint_voice_cli.report import Report

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"

_COLUMNS = 80
_INTRODUCTION = """\
# The command `pinpoint-voice`

<!-- Written by make docs from the command's own help; a test compares them. -->

It tells about voice channels, for people and for pipelines, and changes nothing in AWS. Install it with the
extra `cli` of this library, from its folder or its wheel:

    pip install '<this folder>[cli]'
    pinpoint-voice --help

Credentials, Region and endpoints are found as the AWS CLI finds them: in the environment, a profile, a role.
[The permissions that each command needs](../SECURITY.md#what-the-command-needs).

With `--output json` a command prints one JSON document, with the members below; later versions may add some.
The table is for people, and may change. Progress and errors go to standard error. Bash completes commands and
options after

    eval "$(_PINPOINT_VOICE_COMPLETE=bash_source pinpoint-voice)"

and so do zsh and fish, with `zsh_source` and `fish_source`.
"""


def reference() -> str:
    """Return the page."""
    _, _, exit_codes = (command.__doc__ or "").partition("\n\n")
    return "\n".join([_INTRODUCTION, exit_codes.strip(), *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    for name, subcommand in sorted(command.cli.commands.items()):
        help_ = f"```text\n{help_of(subcommand, name)}\n```"
        yield f"\n## `{name}`\n\n{help_}\n\nAs JSON:\n\n{json_shape(subcommand)}"


def help_of(subcommand: click.Command, name: str) -> str:
    """Return what `--help` prints where the terminal has 80 columns."""
    settings: dict[str, Any] = {**command.cli.context_settings, "terminal_width": _COLUMNS}
    group = click.Context(command.cli, info_name="pinpoint-voice", **settings)
    return subcommand.get_help(click.Context(subcommand, parent=group, info_name=name, **settings))


def json_shape(subcommand: click.Command) -> str:
    """Return what the docstring of `document` says of the report that a command's module makes.

    Raises:
        LookupError: The module has not one report.
    """
    module = sys.modules[str(getattr(subcommand.callback, "__module__", ""))]
    classes = [one for one in vars(module).values() if inspect.isclass(one) and one is not Report]
    reports = [one for one in classes if hasattr(one, "document") and hasattr(one, "print")]
    if len(reports) != 1:
        raise LookupError(f"{module.__name__} has {len(reports)} reports; import that of its command there.")
    _, _, shape = (inspect.getdoc(reports[0].document) or "").partition("\n\n")
    return shape
