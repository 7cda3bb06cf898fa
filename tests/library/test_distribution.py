"""The wheel, as somebody installs it with pip into an empty environment, outside this repository."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[2]
PACKAGES = {"pinpoint_voice_channel": "constructs", "pinpoint_voice_channel_handler": "lambda_handler"}

APP = '''"""The stack of somebody who has installed the library."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from pinpoint_voice_channel import (
    IVoiceChannel,
    IVoiceChannelProvider,
    OnExisting,
    VoiceChannel,
    VoiceChannelProvider,
    VoiceChannelStatus,
)


class Calls(cdk.Stack):
    """All that the library has."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        own: IVoiceChannelProvider = VoiceChannelProvider(
            self, "Provider", application_ids=["0" * 32], log_retention=logs.RetentionDays.ONE_WEEK
        )
        channel = VoiceChannel(
            self,
            "VoiceChannel",
            application_id="0" * 32,
            on_existing=OnExisting.FAIL,
            provider=own,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        other = VoiceChannel.from_application_id(self, "Other", "1" * 32)
        status = VoiceChannelStatus(
            self,
            "Status",
            application_id=other.voice_channel_application_id,
            trigger="1",
            provider=VoiceChannelProvider.from_service_token(self, "Shared", own.service_token),
        )
        VoiceChannelStatus(self, "StatusOfTheStack", application_id="1" * 32)
        choice = cdk.CfnParameter(self, "Choice")
        VoiceChannel(
            self,
            "Chosen",
            application_id=choice.value_as_string,
            enabled=choice.value_as_string,
            on_existing=choice.value_as_string,
        )
        cdk.CfnOutput(self, "Version", value=channel.voice_channel_version)
        cdk.CfnOutput(self, "Exists", value=status.voice_channel_exists)
        role = iam.Role.from_role_name(self, "Role", "calls")
        allow_all(channel, role)
        allow_all(other, role)


def allow_all(channel: IVoiceChannel, grantee: iam.IGrantable) -> None:
    """Grant all that can be granted."""
    channel.grant_read(grantee)
    channel.grant_update(grantee)
    channel.grant_delete(grantee)


def not_called(scope: Construct) -> None:
    """Be wrong: where the type checkers see no error, they complain about the comment."""
    VoiceChannel(scope, "Wrong", application_id=1)  # type: ignore[arg-type]
    print(OnExisting.BOTH)  # type: ignore[attr-defined]


app = cdk.App(outdir=sys.argv[1])
Calls(app, "Calls")
app.synth()
'''


class Consumer(NamedTuple):
    """Somebody who uses the library.

    Args:
        python: The interpreter of the environment that it is installed in.
        folder: Where the app is.
    """

    python: Path
    folder: Path


def run(command: list[str | Path], folder: Path, environment: dict[str, str]) -> str:
    """Run a command in a folder and return what it says; fail with that if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def elsewhere() -> dict[str, str]:
    """Return an environment in which Python does not find the checkout, or have settings of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MYPY"))}


def apps(consumer: Consumer) -> list[Path]:
    """Return the consumer's app and copies of the examples, away from the checkout's settings."""
    examples = consumer.folder / "examples"
    if (PROJECT / "examples").exists():
        shutil.copytree(PROJECT / "examples", examples, dirs_exist_ok=True)
    return [consumer.folder / "app.py", *sorted(examples.rglob("*.py"))]


def synthesize(python: Path, app: Path, outdir: Path, environment: dict[str, str]) -> str:
    """Synthesize and return the asset's directory, whose name has the hash."""
    run([python, app, outdir], app.parent, environment)
    [asset] = outdir.glob("asset.*")
    return asset.name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with what is installed here, in the version that pyproject.toml asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    command: list[str | Path] = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder]
    run([*command, "--no-build-isolation", "--check-build-dependencies", PROJECT], folder, dict(os.environ))
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def distribution(wheel: Path) -> importlib.metadata.Distribution:
    """Return the wheel's metadata."""
    [distribution] = importlib.metadata.distributions(path=[str(wheel)])
    return distribution


@pytest.fixture(scope="module")
def lower_bounds(distribution: importlib.metadata.Distribution) -> list[str]:
    """Return the oldest versions that the wheel says it works with."""
    requirements = [Requirement(line) for line in distribution.requires or []]
    return [
        f"{requirement.name}=={bound.version}"
        for requirement in requirements
        for bound in requirement.specifier
        if bound.operator == ">="
    ]


@pytest.fixture(scope="module")
def pinned_versions() -> list[str]:
    """Return the versions of requirements.txt."""
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if "==" in line]


def of_the_examples() -> list[str | Path]:
    """Return what the examples need beside the library, pinned."""
    lines = (PROJECT / "requirements-dev.txt").read_text().splitlines()
    pinned = [line.removesuffix(" \\") for line in lines if line.startswith(("pyyaml==", "types-pyyaml=="))]
    assert len(pinned) == 2
    return list(pinned)


@pytest.fixture(scope="module", params=["lower_bounds", "pinned_versions"])
def consumer(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Consumer:
    """Install the wheel, and these versions of what it needs, into an empty environment."""
    folder = tmp_path_factory.mktemp("consumer")
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(request.getfixturevalue(request.param)))
    venv.create(folder / "environment", symlinks=True)
    python = folder / "environment" / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "--no-compile"]
    run([*pip, "--constraint", constraints, wheel, *of_the_examples()], folder, elsewhere())
    app = folder / "app.py"
    app.write_text(APP)
    return Consumer(python, folder)


@pytest.fixture(scope="module")
def hash_of_the_checkout(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of the asset that the same app has here, where nothing is installed but a path."""
    folder = tmp_path_factory.mktemp("checkout")
    app = folder / "app.py"
    app.write_text(APP)
    return synthesize(Path(sys.executable), app, folder / "cdk.out", dict(os.environ))


def test_the_wheel_has_both_packages_and_the_licence_and_nothing_else(
    wheel: Path, distribution: importlib.metadata.Distribution
) -> None:
    sources = [
        str(path.relative_to(PROJECT / root))
        for package, root in PACKAGES.items()
        for path in (PROJECT / root / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    information = [
        f"pinpoint_voice_channel-{distribution.version}.dist-info/{name}"
        for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")
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

    assert bounds == {name: ["<", ">="] for name in ("aws-cdk-lib", "constructs", "crhelper")}


def test_the_installed_wheel_synthesizes_the_same_asset_as_the_checkout(
    consumer: Consumer, hash_of_the_checkout: str
) -> None:
    code = (
        "import importlib.util, sys; print(*[importlib.util.find_spec(name).origin for name in sys.argv[1:]])"
    )
    files = run([consumer.python, "-c", code, *PACKAGES], consumer.folder, elsewhere()).split()

    asset = synthesize(consumer.python, consumer.folder / "app.py", consumer.folder / "cdk.out", elsewhere())

    assert all(file.startswith(str(consumer.folder)) for file in files)
    assert asset == hash_of_the_checkout


@pytest.mark.parametrize("consumer", ["lower_bounds"], indirect=True)
def test_an_example_of_several_stacks_works_with_the_oldest_versions(consumer: Consumer) -> None:
    environment = {**elsewhere(), "CDK_CONTEXT_JSON": json.dumps({"application_ids": "a,b"})}

    run([consumer.python, PROJECT / "examples/shared_provider/app.py"], consumer.folder, environment)


@pytest.mark.parametrize("consumer", ["pinned_versions"], indirect=True)
def test_strict_mypy_passes_on_the_consumers_app_and_on_the_examples(consumer: Consumer) -> None:
    # Kept for the next run: without its cache, mypy reads the whole CDK.
    cache = PROJECT / ".mypy_cache" / "consumer"
    mypy: list[str | Path] = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache]

    for app in apps(consumer):
        run([*mypy, "--python-executable", consumer.python, app], app.parent, elsewhere())


@pytest.mark.parametrize("consumer", ["pinned_versions"], indirect=True)
def test_strict_pyright_passes_on_the_consumers_app_and_on_the_examples(consumer: Consumer) -> None:
    settings = {
        "include": [str(app.relative_to(consumer.folder)) for app in apps(consumer)],
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    (consumer.folder / "pyrightconfig.json").write_text(json.dumps(settings))
    pyright = PROJECT / "node_modules" / ".bin" / "pyright"

    run([pyright, "--pythonpath", consumer.python], consumer.folder, elsewhere())
