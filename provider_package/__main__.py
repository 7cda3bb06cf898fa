"""Writes the package: ``python -m provider_package``."""

# ruff: noqa: T201  # printing is what this command is for

import argparse
from pathlib import Path

from provider_package.build import build

parser = argparse.ArgumentParser(prog="python -m provider_package", description=__doc__)
parser.add_argument(
    "--directory", type=Path, default=Path("dist/package"), help="where to, by default dist/package"
)
package = build(parser.parse_args().directory)
print("\n".join(str(path) for path in (package.template, package.archive, package.instructions)))
