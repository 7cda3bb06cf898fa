"""The wheel, as somebody installs it with pip into an empty environment, outside this repository."""

import importlib.metadata
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from harness.consumer import PROJECT, Consumer, build_wheel, elsewhere, install, run, synthesize

PACKAGES = {"pinpoint_voice_channel": "constructs", "pinpoint_voice_channel_handler": "lambda_handler"}
COMMAND = {"pinpoint_voice_cli": "cli"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def distribution(wheel: Path) -> importlib.metadata.Distribution:
    """Return the wheel's metadata."""
    [distribution] = importlib.metadata.distributions(path=[str(wheel)])
    return distribution


@pytest.fixture(scope="module")
def consumer(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    """Install the wheel for somebody who uses it."""
    return install(wheel, tmp_path_factory.mktemp("consumer"))


def test_the_wheel_has_its_packages_and_the_licence_and_nothing_else(
    wheel: Path, distribution: importlib.metadata.Distribution
) -> None:
    sources = [
        str(path.relative_to(PROJECT / root))
        for package, root in {**PACKAGES, **COMMAND}.items()
        for path in (PROJECT / root / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    information = [
        f"pinpoint_voice_channel-{distribution.version}.dist-info/{name}"
        for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    ]

    assert sorted(zipfile.ZipFile(wheel).namelist()) == sorted(sources + information)


def test_the_metadata_says_what_a_package_index_shows(distribution: importlib.metadata.Distribution) -> None:
    metadata = distribution.metadata

    assert metadata["Name"] == "pinpoint-voice-channel"
    assert metadata["Summary"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert {"Typing :: Typed", "Framework :: AWS CDK :: 2"} <= set(metadata.get_all("Classifier", []))
    assert metadata.get_all("Project-URL")
    assert metadata.json["description"] == (PROJECT / "README.md").read_text()


def test_every_requirement_has_a_lower_bound_and_ends_before_the_next_incompatible_version(
    distribution: importlib.metadata.Distribution,
) -> None:
    requirements = [Requirement(line) for line in distribution.requires or []]

    bounds = {
        requirement.name: sorted(bound.operator for bound in requirement.specifier)
        for requirement in requirements
    }

    library, command = ("aws-cdk-lib", "constructs", "crhelper"), ("boto3", "click", "pyyaml", "rich")
    assert bounds == {name: ["<", ">="] for name in library + command}
    assert {one.name for one in requirements if one.marker is None} == set(library)


@pytest.mark.parametrize("entry", [["bin/pinpoint-voice"], ["bin/python", "-m", "pinpoint_voice_cli"]])
def test_without_its_extra_the_command_says_in_one_line_what_to_install(
    consumer: Consumer, entry: list[str]
) -> None:
    environment = consumer.folder / "environment"
    command = [str(environment / entry[0]), *entry[1:]]

    done = subprocess.run([*command, "--help"], capture_output=True, text=True, env=elsewhere(), check=False)

    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "needs click, which is not installed" in line
    assert "[cli]" in line


def test_the_installed_wheel_synthesizes_the_same_asset_as_the_checkout(
    consumer: Consumer, tmp_path: Path
) -> None:
    code = (
        "import importlib.util, sys; print(*[importlib.util.find_spec(name).origin for name in sys.argv[1:]])"
    )
    files = run([consumer.python, "-c", code, *PACKAGES], consumer.folder, elsewhere()).split()

    asset = synthesize(consumer.python, consumer.folder, elsewhere())

    assert all(file.startswith(str(consumer.folder)) for file in files)
    assert asset == synthesize(Path(sys.executable), tmp_path, os.environ)
