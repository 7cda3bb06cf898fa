"""Somebody who has installed the wheel, outside this repository, and what their app synthesizes."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[1]

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
            protected=choice.value_as_string,
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

    def apps(self) -> list[Path]:
        """Return the consumer's app and copies of the examples, away from the checkout's settings."""
        examples = self.folder / "examples"
        if (PROJECT / "examples").exists():
            shutil.copytree(PROJECT / "examples", examples, dirs_exist_ok=True)
        return [self.folder / "app.py", *sorted(examples.rglob("*.py"))]


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command in a folder and return what it says; fail with that if it fails."""
    done = subprocess.run(  # commands of the tests
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(done.stdout)
    return done.stdout


def elsewhere() -> dict[str, str]:
    """Return an environment in which Python does not find the checkout, or have settings of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MYPY"))}


def build_wheel(folder: Path) -> Path:
    """Build the wheel with what is installed here, in the version that pyproject.toml asks for."""
    command: list[str | Path] = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder]
    run([*command, "--no-build-isolation", "--check-build-dependencies", PROJECT], folder, os.environ)
    [wheel] = folder.glob("*.whl")
    return wheel


def synthesize(python: Path, folder: Path, environment: Mapping[str, str]) -> str:
    """Synthesize the app in a folder and return the asset's directory, whose name has the hash."""
    app, outdir = folder / "app.py", folder / "cdk.out"
    app.write_text(APP)
    run([python, app, outdir], folder, environment)
    [asset] = outdir.glob("asset.*")
    return asset.name


def install(wheel: Path, folder: Path) -> Consumer:
    """Install the wheel, and what it needs in the versions of requirements.txt, into an empty environment."""
    constraints = folder / "constraints.txt"
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    constraints.write_text("\n".join(line for line in lines if "==" in line))
    venv.create(folder / "environment", symlinks=True)
    python = folder / "environment" / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "--no-compile"]
    run([*pip, "--constraint", constraints, wheel, *_of_the_examples()], folder, elsewhere())
    (folder / "app.py").write_text(APP)
    return Consumer(python, folder)


def _of_the_examples() -> list[str | Path]:
    """Return what the examples need beside the library, pinned."""
    lines = (PROJECT / "requirements-dev.txt").read_text().splitlines()
    pinned = [line.removesuffix(" \\") for line in lines if line.startswith(("pyyaml==", "types-pyyaml=="))]
    assert len(pinned) == 2
    return list(pinned)
