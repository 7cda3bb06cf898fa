"""The AWS CLI runs the commands that `pinpoint-voice takeover` prints, as printed, on the local cloud."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.command import run_command
from harness.native_templates import NATIVE_TEMPLATES
from local_cloud.cloud import LocalCloud
from local_cloud.environment import client_variables
from local_cloud.plain_stacks import PlainStacks
from provider_package.build import build

TAGS = ["team=the calls", "stage=prod"]
Run = Callable[[str], None]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Start a local cloud that has the provider."""
    with LocalCloud() as cloud:
        PlainStacks(cloud).install(build(tmp_path_factory.mktemp("package")), "Provider", bucket="assets")
        yield cloud


@pytest.fixture
def run(
    cloud: LocalCloud,
    python_of: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Return a function that runs a line of a shell, which has the AWS CLI."""
    for name, value in client_variables(cloud.endpoints).items():
        monkeypatch.setenv(name, value)
    path = os.pathsep.join([str(python_of("aws_cli").parent), cloud.environment["PATH"]])
    environment = {**cloud.environment, "PATH": path, "HOME": str(tmp_path)}

    def run(line: str) -> None:
        cloud.pinpoint.clear_requests()
        subprocess.run(["bash", "-euc", line], env=environment, check=True)

    return run


def next_deployment(stack: str, file: Path, step: str) -> str:
    """Write the next template in the place of a file, and return the command that deploys it."""
    ended = run_command("takeover", str(file), "--stack", stack, "--write", str(file))
    assert step in ended.output, ended.errors
    [command] = re.findall(r"^  (aws .*)$", ended.output, re.MULTILINE)
    return str(command)


def called(cloud: LocalCloud) -> list[str]:
    """Return what was asked of Pinpoint since the last command began."""
    return [entry["method"] for entry in cloud.pinpoint.requests()]


@pytest.mark.parametrize(("text", "parameter"), [("comments", "Stage=test"), ("JSON", "Voice=false")])
def test_the_printed_commands_take_channels_over_and_keep_tags_and_parameters(
    cloud: LocalCloud, run: Run, tmp_path: Path, text: str, parameter: str
) -> None:
    stack, file = f"Calls-{text}", tmp_path / "my template"
    file.write_text(NATIVE_TEMPLATES[text])
    tags = " ".join(f"'{tag}'" for tag in TAGS)
    run(
        f"aws cloudformation deploy --stack-name {stack} --template-file '{file}' "
        f"--parameter-overrides {parameter} --tags {tags}"
    )
    outputs = PlainStacks(cloud).outputs(stack)

    run(next_deployment(stack, file, "step 1 of 2"))
    first = called(cloud)
    run(next_deployment(stack, file, "step 2 of 2"))
    second = called(cloud)

    assert (first, second) == (["GET"], [])
    assert "is done" in run_command("takeover", str(file), "--stack", stack).output
    assert PlainStacks(cloud).outputs(stack) == outputs
    [deployed] = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    assert [f"{tag['Key']}={tag['Value']}" for tag in deployed["Tags"]] == TAGS
    [kept] = deployed["Parameters"]
    assert f"{kept['ParameterKey']}={kept['ParameterValue']}" == parameter
