"""The synthesized template against the rules of others: three packs of cdk-nag, and cfn-lint."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cfnlint.api
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks
from cfnlint.config import ManualArgs

from app import VoiceChannelStack
from harness.documents import code_blocks
from pinpoint_voice_channel import VoiceChannel, VoiceChannelProvider
from pinpoint_voice_channel.checks import REGIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "organizations.md"
[ACKNOWLEDGE] = [block.code for block in code_blocks(DOCUMENT.read_text()) if "FINDINGS" in block.code]
ENVIRONMENT = cdk.Environment(account="123456789012", region="eu-west-1")

Finding = tuple[str, str]
"""The id of a construct within the provider, and a rule."""


def by_default(_: cdk.Stack) -> dict[str, Any]:
    return {}


def in_vpc(stack: cdk.Stack) -> dict[str, Any]:
    return {
        "vpc": ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-0123456789abcdef0",
            availability_zones=["eu-west-1a"],
            private_subnet_ids=["subnet-0123456789abcdef0"],
            private_subnet_route_table_ids=["rtb-0123456789abcdef0"],
        )
    }


def with_role(stack: cdk.Stack) -> dict[str, Any]:
    return {"role": iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))}


def with_ready_made_role(stack: cdk.Stack) -> dict[str, Any]:
    arn = "arn:aws:iam::123456789012:role/Given"
    return {"role": iam.Role.from_role_arn(stack, "Given", arn, mutable=False)}


def with_encrypted_log(stack: cdk.Stack) -> dict[str, Any]:
    return {"log_group": logs.LogGroup(stack, "Log", encryption_key=kms.Key(stack, "Key"))}


def for_one_application(_: cdk.Stack) -> dict[str, Any]:
    return {"application_ids": ["a" * 32]}


Options = Callable[[cdk.Stack], dict[str, Any]]
OPTIONS = [by_default, in_vpc, with_role, with_ready_made_role, with_encrypted_log, for_one_application]


def listed(provider: VoiceChannelProvider) -> set[Finding]:
    """Run the document's code, which acknowledges findings, and return those that it lists."""
    names: dict[str, Any] = {"cdk": cdk, "provider": provider}
    exec(ACKNOWLEDGE, names)  # noqa: S102, our own document
    return {(child, rule) for child, rules in names["FINDINGS"].items() for rule in rules}


def found(
    outdir: Path,
    options: Options = by_default,
    act: Callable[[VoiceChannelProvider], object] = lambda _: None,
    environment: cdk.Environment | None = None,
) -> set[Finding]:
    """Synthesize a provider with cdk-nag, and return what it finds in it."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, "Stack", env=environment)
    provider = VoiceChannelProvider(stack, "Provider", **options(stack))
    VoiceChannel(stack, "VoiceChannel", application_id="a" * 32, provider=provider)
    cdk.Validations.of(app).add_plugins(
        AwsSolutionsChecks(app), HIPAASecurityChecks(app), NIST80053R5Checks(app)
    )
    act(provider)
    with contextlib.suppress(RuntimeError):  # it fails where something is found, but writes its report
        app.synth()
    return set(_findings(json.loads((outdir / "validation-report.json").read_text())))


def _findings(report: dict[str, Any]) -> Iterator[Finding]:
    packs = {plugin["pluginName"]: plugin["violations"] for plugin in report["pluginReports"]}
    for pack in ("AwsSolutions", "HIPAA.Security", "NIST.800.53.R5"):
        for violation in packs.get(pack, []):
            for construct in violation["violatingConstructs"]:
                path = construct["constructPath"].split("/")
                if path[1] == "Provider":
                    yield path[2], violation["ruleName"]


@pytest.mark.parametrize("environment", [None, ENVIRONMENT], ids=["any environment", "one environment"])
@pytest.mark.parametrize("options", OPTIONS)
def test_the_document_acknowledges_all_that_cdk_nag_finds(
    tmp_path: Path, options: Options, environment: cdk.Environment | None
) -> None:
    assert found(tmp_path, options, act=listed, environment=environment) == set()


def test_the_document_lists_what_cdk_nag_finds_and_nothing_else(tmp_path: Path) -> None:
    in_document: set[Finding] = set()
    in_app = set().union(*(found(tmp_path / options.__name__, options) for options in OPTIONS))

    found(tmp_path / "listed", act=lambda provider: in_document.update(listed(provider)))

    assert in_document == in_app


def limited(provider: VoiceChannelProvider) -> None:
    resource = provider.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.reserved_concurrent_executions = 10


def with_queue(provider: VoiceChannelProvider) -> None:
    resource = provider.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(
        target_arn="arn:aws:sqs:eu-west-1:123456789012:queue"
    )


def both_packs(child: str, rule: str) -> set[Finding]:
    return {(child, f"HIPAA.Security-{rule}"), (child, f"NIST.800.53.R5-{rule}")}


ANY = "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:{}]"
OF_CHANNELS = ("Role", ANY.format("mobiletargeting", "apps/*/channels/voice"))
OF_STACKS = ("Role", ANY.format("cloudformation", "stack/*"))


@pytest.mark.parametrize(
    ("options", "act", "gone"),
    [
        (in_vpc, lambda _: None, both_packs("Function", "LambdaInsideVPC")),
        (with_encrypted_log, lambda _: None, both_packs("LogGroup", "CloudWatchLogGroupEncrypted")),
        (by_default, limited, both_packs("Function", "LambdaConcurrency")),
        (by_default, with_queue, both_packs("Function", "LambdaDLQ")),
        (
            with_ready_made_role,
            lambda _: None,
            both_packs("Role", "IAMNoInlinePolicy") | {OF_CHANNELS, OF_STACKS},
        ),
        (for_one_application, lambda _: None, {OF_CHANNELS}),
    ],
    ids=["vpc", "log_group", "concurrency", "queue", "role", "application_ids"],
)
def test_a_finding_goes_with_what_the_document_says(
    tmp_path: Path, options: Options, act: Callable[[VoiceChannelProvider], None], gone: set[Finding]
) -> None:
    before, after = found(tmp_path / "before"), found(tmp_path / "after", options, act)

    assert before - after == gone


def of_the_app() -> cdk.Stack:
    return VoiceChannelStack(cdk.App(), "Stack", application_id="a" * 32, enabled=True)


def of_an_organization() -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Stack")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    provider = VoiceChannelProvider(
        stack,
        "Provider",
        vpc=vpc,
        security_groups=[ec2.SecurityGroup(stack, "Group", vpc=vpc)],
        **with_role(stack),
        **with_encrypted_log(stack),
    )
    VoiceChannel(stack, "VoiceChannel", application_id="a" * 32, provider=provider)
    return stack


@pytest.mark.parametrize("declare", [of_the_app, of_an_organization])
def test_cfn_lint_finds_nothing_in_any_region_of_pinpoint(declare: Callable[[], cdk.Stack]) -> None:
    template = json.dumps(Template.from_stack(declare()).to_json())
    # W3005: the CDK's functions depend on their role and refer to it. The dependency also stands for policies
    # that are put on the role later, so it stays.
    config = ManualArgs(regions=sorted(REGIONS), ignore_checks=["W3005"])

    assert cfnlint.api.lint(template, config=config) == []
