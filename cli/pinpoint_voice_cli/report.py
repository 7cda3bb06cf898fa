"""How a command tells what it has found: a table for people, or JSON for programs."""

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

from rich.console import Console
from rich.text import Text


class Output(StrEnum):
    """Who reads it."""

    TABLE = "table"
    JSON = "json"


class Report(Protocol):
    """What a command has found."""

    def document(self) -> Mapping[str, object]:
        """Return it for programs, as docs/cli.md describes it."""

    def print(self, console: Console) -> None:
        """Print it for people, in 80 columns if the terminal has no more."""


def plain_console(*, stderr: bool = False) -> Console:
    """Return a console that prints each text as it is: no markup, emoji codes or colours are read from it."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def show(report: Report, output: Output) -> None:
    """Print a report to standard output."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what its encoding does not have
    console = plain_console()
    if output is Output.JSON:
        console.file.write(json.dumps(report.document(), indent=2) + "\n")
    else:
        report.print(console)


@contextmanager
def progress(text: str) -> Iterator[Callable[[str], None]]:
    """Say on a terminal, on standard error, what takes a while; yield what says something else."""
    with plain_console(stderr=True).status(Text(text)) as status:
        yield lambda other: status.update(Text(other))
