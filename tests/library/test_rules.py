"""The synthesized app against the rules of others: cdk-nag's AWS Solutions, and cfn-lint."""

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path

import aws_cdk as cdk
import cfnlint.api
import pytest
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks
from cfnlint.config import ManualArgs

from app import VoiceChannelStack
from pinpoint_voice_channel.checks import REGIONS

PROVIDER = "PinpointVoiceChannel/PinpointVoiceChannelProvider"
ANY = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:{}"

ACKNOWLEDGED = {
    (f"{PROVIDER}/Role", f"IAM5[Resource::{ANY.format('mobiletargeting', 'apps/*/channels/voice')}]"): (
        "Of every application only the voice channel. CloudFormation changes a policy before it deletes what "
        "was removed, so a policy that named the applications would deny the Delete of the removed one."
    ),
    (f"{PROVIDER}/Role", f"IAM5[Resource::{ANY.format('cloudformation', 'stack/*')}]"): (
        "An event of any stack is looked up by its id, which is not known at synth. Nothing is changed."
    ),
    (f"{PROVIDER}/Function", "L1"): (
        "Python 3.13 is supported by Lambda until June 2029, and is the newest version that the handler is "
        "tested with."
    ),
}
"""Why a finding of cdk-nag is right as it is, by construct and rule."""


def synthesized(outdir: Path, acknowledged: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Synthesize the app with cdk-nag, and return what it finds: construct and rule."""
    app = cdk.App(outdir=str(outdir))
    stack = VoiceChannelStack(app, "PinpointVoiceChannel", application_id="a" * 32, enabled=True)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    for path, rule in acknowledged:
        construct = stack.node.find_child("PinpointVoiceChannelProvider").node.find_child(path.split("/")[-1])
        cdk.Validations.of(construct).acknowledge(
            cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=ACKNOWLEDGED[path, rule])
        )
    with contextlib.suppress(RuntimeError):  # it fails where something is found, but writes its report
        app.synth()
    report = json.loads((outdir / "validation-report.json").read_text())
    return {
        (
            construct["constructPath"].removesuffix("/Resource"),
            found["ruleName"].removeprefix("AwsSolutions-"),
        )
        for plugin in report["pluginReports"]
        for found in plugin["violations"]
        for construct in found["violatingConstructs"]
    }


def test_cdk_nag_finds_what_is_acknowledged_with_a_reason_and_nothing_else(tmp_path: Path) -> None:
    assert synthesized(tmp_path, acknowledged=()) == set(ACKNOWLEDGED)


def test_cdk_nag_finds_nothing_beside_what_is_acknowledged(tmp_path: Path) -> None:
    assert synthesized(tmp_path, acknowledged=ACKNOWLEDGED) == set()


@pytest.fixture(scope="module")
def template() -> str:
    stack = VoiceChannelStack(cdk.App(), "Stack", application_id="a" * 32, enabled=True)
    return json.dumps(Template.from_stack(stack).to_json())


def test_cfn_lint_finds_nothing_in_any_region_of_pinpoint(template: str) -> None:
    # W3005: the CDK's functions depend on their role and refer to it. The dependency also stands for policies
    # that are put on the role later, so it stays.
    config = ManualArgs(regions=sorted(REGIONS), ignore_checks=["W3005"])

    assert cfnlint.api.lint(template, config=config) == []
