"""Runs all benchmarks, prints their tables and writes them to RESULTS.md: ``python -m benchmarks``."""

import argparse
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from rich.console import Console

from benchmarks import cold_start, events, fleet, sizes, stacks, synth
from benchmarks.drawing import bars
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
_PACKAGES = ("boto3", "botocore", "crhelper", "aws-cdk-lib", "constructs", "moto")
_CANDIDATES = """\
The candidates of a table were measured in one run, in turn, so compare within a table. Of the peers,
[crhelper](https://pypi.org/project/crhelper/), [cfn-handler](https://pypi.org/project/cfn-handler/) and
[accustom](https://pypi.org/project/accustom/) have the same handler, in `benchmarks/peers`, written as
their documents say; AwsCustomResource and the Provider framework belong to the CDK. "Bare" is what any
handler has to do.
"""


def main() -> int:
    """Run all parts; return 0, whatever they find: no time is asserted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few repetitions, to see that all parts run; nothing is written"
    )
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    tables = []
    for name, measure in _PARTS.items():
        console.print(f"Measuring {name} …")
        tables.append(measure(arguments.quick))
        console.print(printed(tables[-1]))
    if not arguments.quick:
        for table in tables:
            picture = RESULTS.parent / table.picture
            picture.parent.mkdir(exist_ok=True)
            picture.write_text(bars(table.chart))
        RESULTS.write_text(_document(tables, load))
        console.print(f"{RESULTS.relative_to(PROJECT)} has been written.")
    return 0


def _document(tables: Iterable[Table], load: float) -> str:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    lines = (
        "# Benchmarks",
        "",
        f"`make bench` has written this on {datetime.now(UTC):%Y-%m-%d}, on {platform.system()} "
        f"{platform.machine()} with {os.cpu_count()} processors, at a load of {load:.1f} when it began,",
        f"with Python {platform.python_version()}, {', '.join(versions)}.",
        "",
        _CANDIDATES,
        *(markdown(table) for table in tables),
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
