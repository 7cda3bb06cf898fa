"""The wheel works with the oldest versions that it accepts."""

import importlib.metadata
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from harness.consumer import PROJECT, build_wheel, elsewhere, run, synthesize

REQUIREMENTS = PROJECT / "tests" / "external" / "oldest_versions.in"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Install the wheel for the interpreter that has the oldest versions, and return its environment."""
    folder = tmp_path_factory.mktemp("installed")
    run([sys.executable, "-m", "pip", "install", "--no-deps", "--target", folder, wheel], folder, os.environ)
    return {**elsewhere(), "PYTHONPATH": str(folder)}


def test_these_are_the_lower_bounds_of_the_wheel(wheel: Path) -> None:
    [distribution] = importlib.metadata.distributions(path=[str(wheel)])
    requirements = [Requirement(line) for line in distribution.requires or []]

    bounds = {
        requirement.name: bound.version
        for requirement in requirements
        for bound in requirement.specifier
        if bound.operator == ">="
    }

    assert dict(re.findall(r"^(\S+)==(\S+)$", REQUIREMENTS.read_text(), re.MULTILINE)) == bounds


def test_an_app_synthesizes_the_same_asset_as_with_the_newest(
    python_of: Callable[[str], Path], environment: Mapping[str, str], tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()

    asset = synthesize(python_of("oldest_versions"), tmp_path, environment)

    assert asset == synthesize(Path(sys.executable), here, os.environ)


def test_an_example_of_several_stacks_works(
    python_of: Callable[[str], Path], environment: Mapping[str, str], tmp_path: Path
) -> None:
    context = {"CDK_CONTEXT_JSON": json.dumps({"application_ids": f"{'a' * 32},{'b' * 32}"})}
    example = PROJECT / "examples" / "shared_provider" / "app.py"

    run([python_of("oldest_versions"), example], tmp_path, {**environment, **context})


def test_the_command_looks_for_channels_with_all_that_its_extra_installs(
    python_of: Callable[[str], Path], environment: Mapping[str, str], tmp_path: Path
) -> None:
    nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    command = ["-m", "pinpoint_voice_cli", "list", "--region", "us-east-1"]

    with pytest.raises(AssertionError, match="No usable AWS credentials"):
        run(
            [python_of("oldest_versions"), *command],
            tmp_path,
            {**environment, **nobody, "AWS_EC2_METADATA_DISABLED": "true"},
        )
