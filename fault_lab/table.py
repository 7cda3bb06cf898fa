"""The table of all outcomes: on the terminal, and in Markdown."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.table import Table

from fault_lab.outcome import Outcome
from local_cloud.runtime import PROJECT

DOCUMENT = PROJECT / "docs" / "faults.md"
HEADER = ("Fault", "Request", "CloudFormation got", "PUTs sent", "Accepted", "Channel", "Pinpoint calls")

_MARK = "faults"

_LEGEND = """\
After each request the same event comes again, under the same fault if that lasts. Then the fault ends, and
CloudFormation sends what it would send next.

- `SUCCESS as absent`: the status and what Create had found, which is in the PhysicalResourceId. An `invented`
  id is CloudFormation's own, because it got no answer to the Create.
- `the same answer`: equal to the first except for LastModifiedDate and Version, which each PUT to Pinpoint
  changes.
- PUTs sent, accepted: how often the handler sent the answer, and how often the endpoint took it.
- Pinpoint calls: the requests that reached Pinpoint, including those that failed.
"""


def cells(outcome: Outcome) -> tuple[str, ...]:
    """Return a line of the table."""
    channel = f"{outcome.before} → {outcome.channel}"
    counts = (str(outcome.sent), str(outcome.accepted), channel, str(outcome.calls))
    return (outcome.fault, outcome.request, outcome.got, *counts)


def for_terminal(cases: Iterable[list[Outcome]]) -> Table:
    """Return the table for a terminal."""
    table = Table(*HEADER)
    for outcomes in cases:
        for index, outcome in enumerate(outcomes):
            fault, *others = cells(outcome)
            table.add_row("" if index else fault, *others, end_section=index == len(outcomes) - 1)
    return table


def write(cases: Iterable[list[Outcome]], document: Path = DOCUMENT) -> None:
    """Write the table into a document, between its marks."""
    outcomes = [outcome for those in cases for outcome in those]
    table = "\n".join(_markdown(outcomes))
    put(f"{_LEGEND}\n{table}", _MARK, document)


def read(document: Path = DOCUMENT) -> list[Outcome]:
    """Return the outcomes that a document tells of."""
    return [_outcome(row) for row in rows(_MARK, document)]


def put(content: str, mark: str, document: Path = DOCUMENT) -> None:
    """Put content between two marks of a document, in place of what is there."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    text = document.read_text() if document.exists() else f"# Faults that were tried\n\n{begin}\n{end}\n"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    document.write_text(f"{before}{begin}\n{content}\n{end}{after}")


def rows(mark: str, document: Path = DOCUMENT) -> list[list[str]]:
    """Return the cells of the table between two marks of a document, without its header."""
    content = document.read_text().partition(f"<!-- {mark} -->")[2].partition(f"<!-- /{mark} -->")[0]
    lines = [line for line in content.splitlines() if line.startswith("|")]
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines[2:]]


def _markdown(outcomes: Iterable[Outcome]) -> Iterator[str]:
    yield line(HEADER)
    yield line(["---"] * len(HEADER))
    for outcome in outcomes:
        yield line(cells(outcome))


def line(texts: Iterable[str]) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(texts)} |"


def _outcome(row: list[str]) -> Outcome:
    fault, request, got, sent, accepted, channel, calls = row
    before, after = channel.split(" → ")
    return Outcome(fault, request, got, before, after, int(calls), int(sent), int(accepted))
