"""Runs all cases, then all limits of memory: ``python -m fault_lab``, with ``--write`` writes it down."""

import argparse
import sys
import time

from rich.console import Console

from fault_lab import memory, table
from fault_lab.cases import CASES
from fault_lab.run import differences, run


def main() -> int:
    """Run all cases; return 1 if anything is not as expected."""
    parser = argparse.ArgumentParser(prog="python -m fault_lab", description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help="write it into docs/faults.md, if all is as expected"
    )
    arguments = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    started = time.monotonic()
    with console.status(f"Running {len(CASES)} cases, which takes two minutes"):
        outcomes = run(CASES)
    console.print(table.for_terminal(outcomes))
    with console.status("Running a Create at each limit of memory, which takes two minutes"):
        limits = memory.limits()
        all_got = memory.run(limits, memory.SECONDS)
    found = [text for case, those in zip(CASES, outcomes, strict=True) for text in differences(case, those)]
    found += memory.differences(limits, all_got)
    for text in found:
        console.print(f"[red]✗[/] {text}", soft_wrap=True)
    deliveries = sum(len(those) for those in outcomes) + len(all_got)
    result = f"{len(found)} differences from what is expected" if found else "all as expected"
    seconds = time.monotonic() - started
    tried = f"{len(CASES)} cases and {len(limits)} limits of memory"
    console.print(f"{tried}, {deliveries} deliveries in {seconds:.0f} s: {result}.")
    if arguments.write and not found:
        table.write(outcomes)
        memory.write(limits, all_got)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
