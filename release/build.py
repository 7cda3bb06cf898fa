"""Writes the wheel, the provider package, the software bill of materials and their checksums."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import provider_package.build
from local_cloud.environments import QUIETLY, python_with

PROJECT = Path(__file__).parent.parent
_NAME = "pinpoint-voice-channel"


def build(directory: Path) -> list[Path]:
    """Write a release into a directory, in place of an earlier one, and return its files.

    Args:
        directory: It is made where it is missing.

    Raises:
        InstallationFailedError: The tool that writes the bill of materials could not be installed.
        subprocess.CalledProcessError: pip or that tool failed, and has printed why.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    _write_wheel(directory)
    _write_provider_package(directory / f"{_NAME}-provider-{version(_NAME)}")
    _write_bill_of_materials(directory / f"{_NAME}-{version(_NAME)}.cdx.json")
    files = sorted(directory.iterdir())
    checksums = directory / "SHA256SUMS"
    checksums.write_text("".join(f"{_sha256(file)}  {file.name}\n" for file in files))
    return [*files, checksums]


def _write_wheel(directory: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", *QUIETLY, "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(directory), str(PROJECT)], check=True)  # noqa: S603, our own command


def _write_provider_package(name: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        provider_package.build.build(Path(scratch))
        shutil.make_archive(str(name), "zip", scratch)


def _write_bill_of_materials(path: Path) -> None:
    """Name all that the release is tested with, and its own metadata."""
    python = python_with(PROJECT / "release" / "sbom.txt", PROJECT / ".external" / "sbom")
    lines = (PROJECT / "requirements.txt").read_text().splitlines(keepends=True)
    options = [
        "--pyproject",
        str(PROJECT / "pyproject.toml"),
        "--mc-type",
        "library",
        "--output-reproducible",
    ]
    subprocess.run(  # noqa: S603, our own command
        [str(python), "-W", "ignore", "-m", "cyclonedx_py", "requirements", *options, "-o", str(path), "-"],
        input="".join(line for line in lines if not line.startswith("-e ")),
        text=True,
        check=True,
    )


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
