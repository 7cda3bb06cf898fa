"""Runs all cases and prints their table: ``python -m fault_lab``, with ``--write`` writes it down."""

import argparse
import sys
import time

from rich.console import Console

from fault_lab import table
from fault_lab.cases import CASES
from fault_lab.run import differences, run


def main() -> int:
    """Run all cases; return 1 if anything is not as expected."""
    parser = argparse.ArgumentParser(prog="python -m fault_lab", description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help="write it into docs/reliability.md, if all is as expected"
    )
    arguments = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    started = time.monotonic()
    with console.status(f"Running {len(CASES)} cases, which takes two minutes"):
        outcomes = run(CASES)
    console.print(table.for_terminal(outcomes))
    found = [text for case, those in zip(CASES, outcomes, strict=True) for text in differences(case, those)]
    for text in found:
        console.print(f"[red]✗[/] {text}", soft_wrap=True)
    deliveries = sum(len(those) for those in outcomes)
    result = f"{len(found)} differences from what is expected" if found else "all as expected"
    seconds = time.monotonic() - started
    console.print(f"{len(CASES)} cases, {deliveries} deliveries in {seconds:.0f} s: {result}.")
    if arguments.write and not found:
        table.write(outcomes)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
