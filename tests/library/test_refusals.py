"""What is refused at synth: wrong types at once, wrong values by the cdk CLI, after every lookup."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Match, Template

from pinpoint_voice_channel import VoiceChannel, VoiceChannelProvider, VoiceChannelStatus

APPLICATION_ID = "0123456789abcdef0123456789abcdef"
OTHER_ID = "f" * 32
ENVIRONMENT = cdk.Environment(account="123456789012", region="eu-west-1")
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:Provider-Function-8kHaRzHnVaPl"
AN_ID = "the id of an Amazon Pinpoint application: 1 to 64 letters, digits, '-' or '_'"


def new_stack(**context: str) -> cdk.Stack:
    return cdk.Stack(cdk.App(context=context), "Stack", env=ENVIRONMENT)


@pytest.fixture
def stack() -> cdk.Stack:
    return new_stack()


def errors(stack: cdk.Stack) -> list[str]:
    """Return what the cdk CLI refuses to deploy the stack for."""
    found = assertions.Annotations.from_stack(stack).find_error("*", Match.any_value())
    return [str(message.entry.data) for message in found]


def channel(stack: cdk.Stack, **arguments: Any) -> VoiceChannel:  # noqa: ANN401, any argument of VoiceChannel
    return VoiceChannel(stack, "VoiceChannel", **{"application_id": APPLICATION_ID, **arguments})


def provider(stack: cdk.Stack, application_ids: Any) -> VoiceChannelProvider:  # noqa: ANN401, wrong ones
    return VoiceChannelProvider(stack, "Provider", application_ids=application_ids)


def channel_of(stack: cdk.Stack, service_token: str) -> VoiceChannel:
    provider = VoiceChannelProvider.from_service_token(stack, "Provider", service_token)
    return channel(stack, provider=provider)


def two_channels(stack: cdk.Stack, application_id: str) -> None:
    """Declare two channels, of which the second is always the same."""
    VoiceChannel(stack, "One", application_id=application_id)
    VoiceChannel(stack, "Two", application_id=APPLICATION_ID)


Declare = Callable[[cdk.Stack, Any], object]

# What takes a text, a text that it refuses, one that it takes, and how the refusal begins.
TEXTS: dict[str, tuple[Declare, str, str, str]] = {
    "application_id of VoiceChannel": (
        lambda stack, text: channel(stack, application_id=text),
        "an application",
        APPLICATION_ID,
        f"application_id is 'an application', but must be {AN_ID}.",
    ),
    "application_id of from_application_id": (
        lambda stack, text: VoiceChannel.from_application_id(stack, "VoiceChannel", text),
        "arn:aws:mobiletargeting:::apps/a",
        APPLICATION_ID,
        f"application_id is 'arn:aws:mobiletargeting:::apps/a', but must be {AN_ID}.",
    ),
    "application_id of VoiceChannelStatus": (
        lambda stack, text: VoiceChannelStatus(stack, "Status", application_id=text),
        "a/b",
        APPLICATION_ID,
        f"application_id is 'a/b', but must be {AN_ID}.",
    ),
    "application_ids": (
        lambda stack, text: provider(stack, text.split(",")),
        f"{APPLICATION_ID}, {OTHER_ID}",
        f"{APPLICATION_ID},{OTHER_ID}",
        f"application_ids[1] is ' {OTHER_ID}', but must be {AN_ID}.",
    ),
    "application_ids, filtered": (
        lambda stack, text: provider(stack, [name for name in text.split(",") if name.isalnum()]),
        "-",
        APPLICATION_ID,
        "application_ids is empty, but must name an application; leave it out for all of them.",
    ),
    "enabled": (
        lambda stack, text: channel(stack, enabled=text),
        "yes",
        "true",
        "enabled is 'yes', but must be True, False, 'true', 'false' or a token.",
    ),
    "protected": (
        lambda stack, text: channel(stack, protected=text),
        "yes",
        "false",
        "protected is 'yes', but must be True, False, 'true', 'false' or a token.",
    ),
    "on_existing": (
        lambda stack, text: channel(stack, on_existing=text),
        "replace",
        "adopt",
        "on_existing is 'replace', but must be adopt or fail, or a token.",
    ),
    "service_token": (
        channel_of,
        "arn:aws:sns:eu-west-1:123456789012:topic",
        FUNCTION_ARN,
        "service_token is 'arn:aws:sns:eu-west-1:123456789012:topic', but must be the ARN of a Lambda "
        "function.",
    ),
    "service_token of the stack's Region": (
        channel_of,
        "arn:aws:lambda:us-east-1:123456789012:function:Provider",
        FUNCTION_ARN,
        "service_token is 'arn:aws:lambda:us-east-1:123456789012:function:Provider', but the region of the "
        "stack is eu-west-1. Pass a provider of the same account and Region.",
    ),
    "one application for each channel": (
        two_channels,
        APPLICATION_ID,
        OTHER_ID,
        "application_id is managed by Stack/One in the same stack already. Declare one VoiceChannel for each "
        "application.",
    ),
}

PARAMETER = "/calls/value"
CONTEXT_KEY = f"ssm:account=123456789012:parameterName={PARAMETER}:region=eu-west-1"


@pytest.mark.parametrize("declare", [declare for declare, *_ in TEXTS.values()], ids=TEXTS)
def test_the_first_pass_of_a_lookup_ends_and_asks_for_the_value(stack: cdk.Stack, declare: Declare) -> None:
    declare(stack, ssm.StringParameter.value_from_lookup(stack, PARAMETER))

    assembly = synthesized(stack)

    [missing] = json.loads((assembly / "manifest.json").read_text())["missing"]
    assert missing["key"] == CONTEXT_KEY


def synthesized(stack: cdk.Stack) -> Path:
    """Synthesize the stack's app, and return where it is written."""
    app = stack.node.root
    assert isinstance(app, cdk.App)
    return Path(app.synth().directory)


@pytest.mark.parametrize(("declare", "wrong", "right", "message"), TEXTS.values(), ids=TEXTS)
def test_the_second_pass_refuses_a_wrong_value_and_takes_a_right_one(
    declare: Declare, wrong: str, right: str, message: str
) -> None:
    refusals = {}
    for value in (wrong, right):
        stack = new_stack(**{CONTEXT_KEY: value})
        declare(stack, ssm.StringParameter.value_from_lookup(stack, PARAMETER))
        refusals[value] = errors(stack)

    assert refusals == {wrong: [message], right: []}


@pytest.mark.parametrize("application_id", ["", " ", "an application", "a" * 65])
def test_what_cannot_be_an_application_id_is_shown_in_quotes(stack: cdk.Stack, application_id: str) -> None:
    channel(stack, application_id=application_id)

    assert errors(stack) == [f"application_id is {application_id!r}, but must be {AN_ID}."]


@pytest.mark.parametrize("service_token", ["", "Provider", FUNCTION_ARN + "!", FUNCTION_ARN + ":"])
def test_what_cannot_be_a_service_token_is_shown_in_quotes(stack: cdk.Stack, service_token: str) -> None:
    VoiceChannelProvider.from_service_token(stack, "Provider", service_token)

    assert errors(stack) == [f"service_token is {service_token!r}, but must be the ARN of a Lambda function."]


POLICIES = "RemovalPolicy.DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE"


@pytest.mark.parametrize(
    "declare",
    [
        lambda stack, policy: channel(stack, removal_policy=policy),
        lambda stack, policy: channel(stack).apply_removal_policy(policy),
    ],
    ids=["removal_policy", "apply_removal_policy"],
)
def test_a_channel_has_no_snapshot(stack: cdk.Stack, declare: Declare) -> None:
    declare(stack, cdk.RemovalPolicy.SNAPSHOT)

    assert errors(stack) == [
        f"removal_policy is RemovalPolicy.SNAPSHOT, but must be {POLICIES}; a channel has no snapshot."
    ]


def test_without_an_application_a_provider_may_change_no_channel(stack: cdk.Stack) -> None:
    provider(stack, [])

    [role] = Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
    statement = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    assert (
        statement["Resource"]["Fn::Join"][1][-1]
        == ":mobiletargeting:eu-west-1:123456789012:apps//channels/voice"
    )


IDS = "a list of ids, of which each is a string or a token"
A_PROVIDER = "a VoiceChannelProvider. For a service token, pass VoiceChannelProvider.from_service_token(…)."


@pytest.mark.parametrize(
    ("declare", "value", "message"),
    [
        (
            lambda stack, value: channel(stack, application_id=value),
            None,
            f"application_id is None, but must be {AN_ID}.",
        ),
        (
            lambda stack, value: channel(stack, application_id=value),
            5,
            f"application_id is 5, but must be {AN_ID}.",
        ),
        (
            lambda stack, value: VoiceChannel.from_application_id(stack, "VoiceChannel", value),
            None,
            f"application_id is None, but must be {AN_ID}.",
        ),
        (
            lambda stack, value: VoiceChannelStatus(stack, "Status", application_id=value),
            None,
            f"application_id is None, but must be {AN_ID}.",
        ),
        (
            lambda stack, value: VoiceChannelStatus(
                stack, "Status", application_id=APPLICATION_ID, trigger=value
            ),
            17,
            "trigger is 17, but must be a string.",
        ),
        (
            lambda stack, value: channel(stack, enabled=value),
            None,
            "enabled is None, but must be True, False, 'true', 'false' or a token.",
        ),
        (
            lambda stack, value: channel(stack, enabled=value),
            1,
            "enabled is 1, but must be True, False, 'true', 'false' or a token.",
        ),
        (
            lambda stack, value: channel(stack, protected=value),
            None,
            "protected is None, but must be True, False, 'true', 'false' or a token.",
        ),
        (
            lambda stack, value: channel(stack, on_existing=value),
            None,
            "on_existing is None, but must be adopt or fail, or a token.",
        ),
        (
            lambda stack, value: channel(stack, removal_policy=value),
            None,
            f"removal_policy is None, but must be {POLICIES}.",
        ),
        (
            lambda stack, value: channel(stack, removal_policy=value),
            "retain",
            f"removal_policy is 'retain', but must be {POLICIES}.",
        ),
        (
            lambda stack, value: channel(stack, provider=value),
            FUNCTION_ARN,
            f"provider is '{FUNCTION_ARN}', but must be {A_PROVIDER}",
        ),
        (
            lambda stack, value: channel(stack, provider=value),
            "",
            f"provider is '', but must be {A_PROVIDER}",
        ),
        (channel_of, None, "service_token is None, but must be the ARN of a Lambda function."),
        (provider, APPLICATION_ID, f"application_ids is '{APPLICATION_ID}', but must be {IDS}."),
        (provider, 5, f"application_ids is 5, but must be {IDS}."),
        (
            provider,
            cdk.Fn.split(",", cdk.Fn.ref("Parameter")),
            f"application_ids is a token for a list, but must be {IDS}.",
        ),
        (provider, [APPLICATION_ID, None], f"application_ids[1] is None, but must be {AN_ID}."),
        (
            lambda stack, value: VoiceChannelProvider(stack, "Provider", log_retention=value),
            30,
            "log_retention is 30, but must be one of RetentionDays.",
        ),
        (
            lambda stack, value: VoiceChannelProvider(stack, "Provider", log_group=value),
            "/team/voice",
            "log_group is '/team/voice', but must be an ILogGroup: a logs.LogGroup, or one by "
            "logs.LogGroup.from_log_group_name(…).",
        ),
        (
            lambda stack, value: VoiceChannelProvider(stack, "Provider", role=value),
            "arn:aws:iam::123456789012:role/Role",
            "role is 'arn:aws:iam::123456789012:role/Role', but must be an IRole: an iam.Role, or one by "
            "iam.Role.from_role_arn(…).",
        ),
        (
            lambda stack, value: VoiceChannelProvider(stack, "Provider", vpc=value),
            "vpc-0123456789abcdef0",
            "vpc is 'vpc-0123456789abcdef0', but must be an IVpc: an ec2.Vpc, or one by "
            "ec2.Vpc.from_lookup(…).",
        ),
        (
            lambda stack, value: VoiceChannelProvider(stack, "Provider", vpc_subnets=value),
            ["subnet-0123456789abcdef0"],
            "vpc_subnets is ['subnet-0123456789abcdef0'], but must be an ec2.SubnetSelection.",
        ),
        (
            lambda stack, value: VoiceChannelProvider(stack, "Provider", security_groups=value),
            "sg-0123456789abcdef0",
            "security_groups is 'sg-0123456789abcdef0', but must be a list of ISecurityGroup.",
        ),
        (
            lambda stack, value: VoiceChannelProvider(stack, "Provider", security_groups=value),
            5,
            "security_groups is 5, but must be a list of ISecurityGroup.",
        ),
        (
            lambda stack, value: VoiceChannelProvider(stack, "Provider", security_groups=value),
            [None],
            "security_groups[0] is None, but must be an ISecurityGroup: an ec2.SecurityGroup, or one by "
            "ec2.SecurityGroup.from_lookup_by_id(…).",
        ),
        (
            lambda stack, value: VoiceChannelProvider(stack, "Provider", memory_size=value),
            None,
            "memory_size is None, but must be a number of MiB.",
        ),
    ],
)
def test_a_value_of_another_type_is_an_error_at_once(
    stack: cdk.Stack, declare: Declare, value: object, message: str
) -> None:
    with pytest.raises(TypeError) as refused:
        declare(stack, value)

    assert str(refused.value) == message


def test_two_channels_of_one_parameter_in_a_stack_are_refused(stack: cdk.Stack) -> None:
    application_id = cdk.CfnParameter(stack, "ApplicationId").value_as_string
    VoiceChannel(stack, "One", application_id=application_id)

    VoiceChannel(stack, "Two", application_id=application_id)

    [message] = assertions.Annotations.from_stack(stack).find_error("/Stack/Two", Match.any_value())
    assert str(message.entry.data).startswith("application_id is managed by Stack/One in the same stack")


def test_the_same_application_in_another_stack_or_app_is_no_error() -> None:
    app = cdk.App()
    for stack in (cdk.Stack(app, "One"), cdk.Stack(app, "Two"), cdk.Stack(cdk.App(), "One")):
        channel(stack)

        assert errors(stack) == []


@pytest.mark.parametrize("declare", [VoiceChannel, VoiceChannelStatus])
def test_an_application_that_the_provider_may_not_change_is_refused(
    stack: cdk.Stack, declare: type[VoiceChannel | VoiceChannelStatus]
) -> None:
    declare(stack, "New", application_id=OTHER_ID, provider=provider(stack, [APPLICATION_ID]))

    assert errors(stack) == [
        f"application_id is '{OTHER_ID}', but its provider may only change '{APPLICATION_ID}'. Add it to the "
        "application_ids of the provider."
    ]


@pytest.mark.parametrize(
    ("application_ids", "application_id"),
    [
        (None, OTHER_ID),
        ([APPLICATION_ID, OTHER_ID], OTHER_ID),
        ([APPLICATION_ID, cdk.Fn.ref("Parameter")], OTHER_ID),
        ([APPLICATION_ID], cdk.Fn.ref("Parameter")),
    ],
    ids=["all", "named", "perhaps", "any"],
)
def test_an_application_that_the_provider_may_change_is_not_refused(
    stack: cdk.Stack, application_ids: list[str] | None, application_id: str
) -> None:
    cdk.CfnParameter(stack, "Parameter")
    channel(stack, application_id=application_id, provider=provider(stack, application_ids))

    assert errors(stack) == []


@pytest.mark.parametrize(
    ("service_token", "message"),
    [
        (
            FUNCTION_ARN.replace("123456789012", "210987654321"),
            "but the account of the stack is 123456789012.",
        ),
        (FUNCTION_ARN.replace("eu-west-1", "us-east-1"), "but the region of the stack is eu-west-1."),
    ],
)
def test_a_service_token_of_another_account_or_region_is_refused(
    stack: cdk.Stack, service_token: str, message: str
) -> None:
    channel_of(stack, service_token)

    assert errors(stack) == [
        f"service_token is '{service_token}', {message} Pass a provider of the same account and Region."
    ]


@pytest.mark.parametrize("service_token", [FUNCTION_ARN, f"{FUNCTION_ARN}:live", f"{FUNCTION_ARN}:7"])
@pytest.mark.parametrize("environment", [ENVIRONMENT, None], ids=["known", "unknown"])
def test_a_function_its_aliases_and_versions_are_service_tokens(
    environment: cdk.Environment | None, service_token: str
) -> None:
    stack = cdk.Stack(cdk.App(), "Stack", env=environment)
    channel_of(stack, service_token)

    assert errors(stack) == []


def a_vpc(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc(stack, "Vpc", nat_gateways=1)


SUBNETS = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            lambda stack: {
                "log_group": logs.LogGroup(stack, "Log"),
                "log_retention": logs.RetentionDays.ONE_YEAR,
            },
            "log_retention is RetentionDays.ONE_YEAR, but log_group is given, which has a retention of its "
            "own. Leave log_retention out, and set the retention where the log group is declared.",
        ),
        (
            lambda _: {"vpc_subnets": SUBNETS},
            "vpc_subnets is given, but vpc is not. Pass the vpc, or leave vpc_subnets out.",
        ),
        (
            lambda stack: {"security_groups": [ec2.SecurityGroup(stack, "Group", vpc=a_vpc(stack))]},
            "security_groups is given, but vpc is not. Pass the vpc, or leave security_groups out.",
        ),
        (
            lambda stack: {"vpc": a_vpc(stack), "security_groups": []},
            "security_groups is empty, but must have one; leave it out for a group of the function's own.",
        ),
        (
            lambda stack: {
                "role": iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::210987654321:role/Role")
            },
            "role is of the account 210987654321, but the account of the stack is 123456789012. Lambda runs "
            "a function with roles of its own account only: pass one of those.",
        ),
    ],
    ids=["log_retention", "vpc_subnets", "security_groups", "no security group", "role"],
)
def test_options_that_cannot_go_together_are_refused(
    stack: cdk.Stack, options: Callable[[cdk.Stack], dict[str, Any]], message: str
) -> None:
    VoiceChannelProvider(stack, "Provider", **options(stack))

    assert errors(stack) == [message]


@pytest.mark.parametrize(
    "arn", ["arn:aws:iam::210987654321:role/Role", cdk.Fn.ref("Parameter")], ids=["known", "token"]
)
def test_a_role_whose_account_may_be_the_stacks_is_not_refused(arn: str) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    cdk.CfnParameter(stack, "Parameter")

    VoiceChannelProvider(stack, "Provider", role=iam.Role.from_role_arn(stack, "Role", arn))

    assert errors(stack) == []


def test_a_role_by_a_token_is_not_refused_where_the_account_is_known(stack: cdk.Stack) -> None:
    cdk.CfnParameter(stack, "Parameter")

    role = iam.Role.from_role_arn(stack, "Role", cdk.Fn.ref("Parameter"))
    VoiceChannelProvider(stack, "Provider", role=role)

    assert errors(stack) == []
