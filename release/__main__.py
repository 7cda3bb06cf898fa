"""Writes what a release consists of into dist/release: ``python -m release``."""

# ruff: noqa: T201  # printing is what this command is for

from release.build import PROJECT, build

print("\n".join(str(path) for path in build(PROJECT / "dist" / "release")))
