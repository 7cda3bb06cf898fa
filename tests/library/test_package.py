"""The package that `make package` writes: what is in it, and what its INSTALL.md says."""

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cfnlint.api
import pytest
from aws_cdk.assertions import Template
from cfnlint.config import ManualArgs

from pinpoint_voice_channel import VoiceChannel
from pinpoint_voice_channel.checks import REGIONS
from provider_package.archive import archive
from provider_package.build import INSTRUCTIONS, Package, build
from provider_package.stack import EXPORT_NAME

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Write the package with the command of `make package`."""
    directory = tmp_path_factory.mktemp("package")
    command = [sys.executable, "-m", "provider_package", "--directory", str(directory)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return Package(*(Path(line) for line in done.stdout.splitlines()))


@pytest.fixture(scope="module")
def template(package: Package) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(package.template.read_text())
    return content


def test_the_template_needs_nothing_but_a_bucket(template: dict[str, Any]) -> None:
    assert set(template) == {"Description", "Parameters", "Resources", "Outputs"}
    assert [name for name, given in template["Parameters"].items() if "Default" not in given] == ["Bucket"]
    assert template["Outputs"]["ServiceToken"]["Export"] == {"Name": EXPORT_NAME}
    assert "cdk-" not in json.dumps(template)


def test_cfn_lint_finds_nothing_in_any_region_of_pinpoint(package: Package) -> None:
    # W3005: the CDK's functions depend on their role and refer to it.
    config = ManualArgs(regions=sorted(REGIONS), ignore_checks=["W3005"])

    assert cfnlint.api.lint(package.template.read_text(), config=config) == []


def test_the_same_version_makes_the_same_package(package: Package, tmp_path: Path) -> None:
    again = build(tmp_path)

    assert again.archive.name == package.archive.name
    assert again.archive.read_bytes() == package.archive.read_bytes()
    assert again.template.read_text() == package.template.read_text()


def test_the_zip_does_not_depend_on_times_modes_and_the_order_of_files(tmp_path: Path) -> None:
    for directory, names in ((tmp_path / "a", "xy"), (tmp_path / "b", "yx")):
        directory.mkdir()
        for name in names:
            (directory / name).write_text(name)
    os.utime(tmp_path / "a" / "x", (10**9, 10**9))
    (tmp_path / "a" / "x").chmod(0o600)

    assert archive(tmp_path / "a") == archive(tmp_path / "b")


def test_the_zip_is_named_after_its_contents_so_that_a_new_version_updates_the_function(
    package: Package, template: dict[str, Any]
) -> None:
    sha256 = hashlib.sha256(package.archive.read_bytes()).hexdigest()
    [function] = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function"]

    assert package.archive.name == f"pinpoint-voice-channel-provider-{sha256[:16]}.zip"
    assert package.archive.name in json.dumps(function["Properties"]["Code"]["S3Key"])


def test_the_licence_of_all_that_is_in_the_zip_comes_with_it(package: Package) -> None:
    folder = package.archive.parent

    assert (folder / "LICENSE").read_text().strip().startswith("Apache License")
    assert (folder / "NOTICE").read_text().startswith("Custom Resource Helper\nCopyright")


def test_lambda_may_read_every_file_of_the_zip(package: Package) -> None:
    with zipfile.ZipFile(package.archive) as file:
        assert {entry.external_attr >> 16 for entry in file.infolist()} == {0o644}


def test_an_earlier_zip_is_removed_and_other_files_are_kept(tmp_path: Path) -> None:
    earlier, other = tmp_path / "pinpoint-voice-channel-provider-0123.zip", tmp_path / "notes.txt"
    earlier.touch()
    other.touch()

    build(tmp_path)

    assert (earlier.exists(), other.exists()) == (False, True)


def test_the_instructions_name_the_files_the_parameters_and_the_export_that_there_are(
    package: Package, template: dict[str, Any]
) -> None:
    text = package.instructions.read_text()
    given = re.findall(r"ParameterKey=(\w+)", text) + re.findall(r"--parameter-overrides (\w+)=", text)

    assert text == INSTRUCTIONS.read_text()
    assert set(re.findall(r"--template-(?:file |body file://)(\S+)", text)) == {package.template.name}
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", text, re.MULTILINE)) == set(template["Parameters"])
    assert set(given) == set(template["Parameters"])
    assert set(re.findall(r"(?:!ImportValue|--export-name) (\w+)", text)) == {EXPORT_NAME}


# CloudFormation replaces a resource whose logical id changes. A function that is replaced has another ARN,
# which is the service token, and CloudFormation refuses to change the service token of a resource that
# exists. So another id here cuts the deployed channels off from their provider.
LOGICAL_IDS = {
    "AWS::IAM::Role": "Role1DE8EC3B",
    "AWS::Lambda::EventInvokeConfig": "FunctionEventInvokeConfig584963E8",
    "AWS::Lambda::Function": "Function30350776",
    "AWS::Logs::LogGroup": "LogGroupFD264F08",
}


def logical_ids(template: Mapping[str, Any]) -> dict[str, str]:
    return {r["Type"]: name for name, r in template["Resources"].items() if r["Type"].startswith("AWS::")}


def test_the_logical_ids_of_the_package_never_change(template: dict[str, Any]) -> None:
    assert logical_ids(template) == {kind: f"Provider{name}" for kind, name in LOGICAL_IDS.items()}


def test_the_function_has_no_name_of_its_own_that_could_change(template: dict[str, Any]) -> None:
    function = template["Resources"][f"Provider{LOGICAL_IDS['AWS::Lambda::Function']}"]

    assert "FunctionName" not in function["Properties"]


def test_the_logical_ids_of_a_stacks_own_provider_never_change() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    VoiceChannel(stack, "VoiceChannel", application_id="a" * 32)

    assert logical_ids(Template.from_stack(stack).to_json()) == {
        "AWS::IAM::Role": "PinpointVoiceChannelProviderRole32687B28",
        "AWS::Lambda::EventInvokeConfig": "PinpointVoiceChannelProviderFunctionEventInvokeConfig8CF477DB",
        "AWS::Lambda::Function": "PinpointVoiceChannelProviderFunction5CA0544D",
        "AWS::Logs::LogGroup": "PinpointVoiceChannelProviderLogGroupDFED940A",
    }
