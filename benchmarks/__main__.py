"""Runs all benchmarks, prints their tables and writes them down: ``python -m benchmarks``."""

import argparse
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import cold_start, events, fleet, sizes, stacks, synth
from benchmarks.table import Table, markdown, printed
from local_cloud.runtime import PROJECT

RESULTS = PROJECT / "benchmarks" / "RESULTS.md"
_PARTS: Mapping[str, Callable[[bool], Table]] = {
    "cold start": cold_start.measure,
    "events": events.measure,
    "stacks": stacks.measure,
    "throttled fleet": fleet.measure,
    "synth": synth.measure,
    "assets": sizes.assets,
    "templates": sizes.templates,
}
_PACKAGES = ("boto3", "botocore", "crhelper")


def main() -> int:
    """Run all parts; return 0, whatever they find: no time is asserted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few repetitions, to see that all parts run")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where to write (default: %(default)s)")
    arguments = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    tables = []
    for name, measure in _PARTS.items():
        console.print(f"Measuring {name} …")
        tables.append(measure(arguments.quick))
        console.print(printed(tables[-1]))
    arguments.output.write_text(_document(tables))
    return 0


def _document(tables: Iterable[Table]) -> str:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    head = (
        f"# Benchmarks\n\n`make bench` has written this on {datetime.now(UTC):%Y-%m-%d}, with Python "
        f"{platform.python_version()}, {', '.join(versions)}, on {machine} (load {os.getloadavg()[0]:.1f}).\n"
    )
    return "\n".join([head, *(markdown(table) for table in tables)])


if __name__ == "__main__":
    sys.exit(main())
