"""How a command tells what it has found: a table for people, or JSON for programs."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

from rich.console import Console


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


def show(report: Report, output: Output) -> None:
    """Print a report to standard output."""
    console = Console(highlight=False)
    if output is Output.JSON:
        console.file.write(json.dumps(report.document(), indent=2) + "\n")
    else:
        report.print(console)


@contextmanager
def progress(text: str) -> Iterator[Callable[[str], None]]:
    """Say on a terminal, on standard error, what takes a while; yield what says something else."""
    with Console(stderr=True).status(text) as status:
        yield status.update
