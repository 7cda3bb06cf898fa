"""What a benchmark found: on the terminal, and in Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import rich.table

from benchmarks.drawing import Chart

_VERDICTS = {True: "met", False: "not met"}


@dataclass(frozen=True)
class Table:
    """The result of a benchmark.

    Args:
        title: What was measured.
        how: How it was measured.
        targets: What is aimed at, and whether it is met.
        columns: The header.
        rows: The lines, of as many cells.
        chart: The comparison as a picture.
        note: What else is to be known, as Markdown.
    """

    title: str
    how: str
    targets: Mapping[str, bool]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    chart: Chart
    note: str = ""

    @property
    def picture(self) -> str:
        """The file of the chart, from the folder of RESULTS.md."""
        return f"charts/{self.title.lower().replace(' ', '_')}.svg"


def markdown(table: Table) -> str:
    """Return a section with the table."""
    return "\n".join(_markdown(table))


def printed(table: Table) -> rich.table.Table:
    """Return the table for a terminal."""
    verdicts = "\n".join(f"{target}: {_VERDICTS[met]}" for target, met in table.targets.items())
    printed = rich.table.Table(*table.columns, title=table.title, caption=verdicts)
    for row in table.rows:
        printed.add_row(*row)
    return printed


def _markdown(table: Table) -> Iterator[str]:
    yield from (f"## {table.title}", "", table.how, "")
    yield from (f"- Target: {target}: **{_VERDICTS[met]}**." for target, met in table.targets.items())
    yield from ("", f"![{table.title}]({table.picture})", "")
    yield from (_line(table.columns), _line(["---"] * len(table.columns)))
    yield from (_line(row) for row in table.rows)
    if table.note:
        yield from ("", table.note)
    yield ""


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
