"""The synthesized template, resource by resource."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk.assertions import Match, Template

from app import VoiceChannelStack
from pinpoint_voice_channel import OnExisting, VoiceChannel, VoiceChannelProvider
from pinpoint_voice_channel_handler import attempts, dispatcher
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES

APPLICATION_ID = "0123456789abcdef0123456789abcdef"


def stack_with_channel(**arguments: Any) -> cdk.Stack:  # noqa: ANN401, any argument of VoiceChannel
    stack = cdk.Stack(cdk.App(), "Stack")
    VoiceChannel(stack, "VoiceChannel", **{"application_id": APPLICATION_ID, **arguments})
    return stack


@pytest.fixture(scope="module")
def template() -> Template:
    return Template.from_stack(stack_with_channel())


def test_a_channel_is_one_custom_resource(template: Template) -> None:
    template.resource_count_is("Custom::PinpointVoiceChannel", 1)
    template.has_resource(
        "Custom::PinpointVoiceChannel",
        {
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": [Match.string_like_regexp("Provider.*Function"), "Arn"]},
                "ServiceTimeout": "480",
                "ApplicationId": APPLICATION_ID,
                "Enabled": True,
                "OnExisting": "adopt",
            },
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
        },
    )


@pytest.mark.parametrize(
    ("arguments", "properties"),
    [
        ({"enabled": False}, {"Enabled": False}),
        ({"enabled": "true"}, {"Enabled": True}),
        ({"enabled": "false"}, {"Enabled": False}),
        ({"enabled": "True"}, {"Enabled": True}),
        ({"enabled": "FALSE"}, {"Enabled": False}),
        ({"enabled": cdk.Fn.ref("Parameter")}, {"Enabled": {"Ref": "Parameter"}}),
        (
            {"enabled": cdk.Fn.condition_if("Condition", "true", "false")},
            {"Enabled": {"Fn::If": ["Condition", "true", "false"]}},
        ),
        ({"on_existing": OnExisting.FAIL}, {"OnExisting": "fail"}),
        ({"on_existing": "fail"}, {"OnExisting": "fail"}),
        ({"on_existing": cdk.Fn.ref("Parameter")}, {"OnExisting": {"Ref": "Parameter"}}),
        ({"protected": True}, {"Protected": True}),
        ({"protected": "true"}, {"Protected": True}),
        ({"protected": False}, {"Protected": Match.absent()}),
        ({"protected": "false"}, {"Protected": Match.absent()}),
        ({"protected": cdk.Fn.ref("Parameter")}, {"Protected": {"Ref": "Parameter"}}),
        ({"application_id": cdk.Fn.ref("Parameter")}, {"ApplicationId": {"Ref": "Parameter"}}),
    ],
)
def test_an_argument_becomes_a_property(arguments: dict[str, Any], properties: dict[str, Any]) -> None:
    stack = stack_with_channel(**arguments)
    cdk.CfnParameter(stack, "Parameter")
    cdk.CfnCondition(stack, "Condition", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "eu-west-1"))

    Template.from_stack(stack).has_resource_properties("Custom::PinpointVoiceChannel", properties)


@pytest.mark.parametrize(
    ("policy", "deletion", "replacement"),
    [
        (cdk.RemovalPolicy.DESTROY, "Delete", "Delete"),
        (cdk.RemovalPolicy.RETAIN, "Retain", "Retain"),
        (cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, "RetainExceptOnCreate", "Retain"),
    ],
)
def test_the_removal_policy_is_that_of_the_custom_resource(
    policy: cdk.RemovalPolicy, deletion: str, replacement: str
) -> None:
    stack = stack_with_channel(removal_policy=policy)

    Template.from_stack(stack).has_resource(
        "Custom::PinpointVoiceChannel", {"DeletionPolicy": deletion, "UpdateReplacePolicy": replacement}
    )


def test_the_channels_of_a_stack_share_one_provider() -> None:
    stack = stack_with_channel()
    VoiceChannel(stack, "Other", application_id="f" * 32)

    template = Template.from_stack(stack)

    template.resource_count_is("Custom::PinpointVoiceChannel", 2)
    template.resource_count_is("AWS::Lambda::Function", 1)
    template.resource_count_is("AWS::IAM::Role", 1)
    template.resource_count_is("AWS::Logs::LogGroup", 1)


def test_a_channel_uses_the_provider_that_it_is_given() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    provider = VoiceChannelProvider(stack, "Shared")
    VoiceChannel(stack, "VoiceChannel", application_id=APPLICATION_ID, provider=provider)

    template = Template.from_stack(stack)

    template.resource_count_is("AWS::Lambda::Function", 1)
    template.has_resource_properties(
        "Custom::PinpointVoiceChannel",
        {"ServiceToken": {"Fn::GetAtt": [Match.string_like_regexp("^Shared"), "Arn"]}},
    )


def test_the_function_runs_as_designed(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "Handler": "pinpoint_voice_channel_handler.handler.handle",
            "Timeout": 120,
            "MemorySize": 256,
            "Environment": Match.absent(),
            "FunctionName": Match.absent(),
            "LoggingConfig": {"LogGroup": {"Ref": Match.string_like_regexp("LogGroup")}},
        },
    )


def test_the_retries_of_lambda_end_before_the_service_timeout(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Lambda::EventInvokeConfig", {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300}
    )
    function = next(iter(template.find_resources("AWS::Lambda::Function").values()))
    channel = next(iter(template.find_resources("Custom::PinpointVoiceChannel").values()))

    assert 300 + function["Properties"]["Timeout"] < int(channel["Properties"]["ServiceTimeout"])


def test_the_retries_of_lambda_are_limited_from_before_the_channel_is_made_until_it_is_deleted(
    template: Template,
) -> None:
    [limits] = template.find_resources("AWS::Lambda::EventInvokeConfig")

    template.has_resource("Custom::PinpointVoiceChannel", {"DependsOn": [limits]})


def test_the_log_group_has_a_retention_and_goes_with_the_stack(template: Template) -> None:
    template.has_resource(
        "AWS::Logs::LogGroup", {"Properties": {"RetentionInDays": 30}, "DeletionPolicy": "Delete"}
    )


def test_the_role_allows_exactly_what_is_needed(template: Template) -> None:
    role = next(iter(template.find_resources("AWS::IAM::Role").values()))["Properties"]
    template.resource_count_is("AWS::IAM::Policy", 0)
    assert "ManagedPolicyArns" not in role
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements] == [
        [
            "mobiletargeting:GetVoiceChannel",
            "mobiletargeting:UpdateVoiceChannel",
            "mobiletargeting:DeleteVoiceChannel",
        ],
        [
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ListStackResources",
        ],
        ["logs:CreateLogStream", "logs:PutLogEvents"],
    ]
    assert [resource_arn(statement) for statement in statements] == [
        "arn:AWS::Partition:mobiletargeting:AWS::Region:AWS::AccountId:apps/*/channels/voice",
        "arn:AWS::Partition:cloudformation:AWS::Region:AWS::AccountId:stack/*",
        "the log group",
    ]


def resource_arn(statement: dict[str, Any]) -> str:
    resource = statement["Resource"]
    if "Fn::GetAtt" in resource:
        return "the log group"
    return "".join(part if isinstance(part, str) else part["Ref"] for part in resource["Fn::Join"][1])


def test_the_app_gives_all_ten_attributes_as_outputs() -> None:
    stack = VoiceChannelStack(cdk.App(), "Stack", application_id=APPLICATION_ID, enabled=True)

    outputs = Template.from_stack(stack).find_outputs("*")

    assert {name: output["Value"]["Fn::GetAtt"][1] for name, output in outputs.items()} == {
        name: name for name in ATTRIBUTES
    }


@pytest.mark.parametrize(("region", "warnings"), [("eu-north-1", 1), ("eu-west-1", 0), (None, 0)])
def test_a_region_without_pinpoint_is_a_warning(region: str | None, warnings: int) -> None:
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(region=region))
    VoiceChannel(stack, "VoiceChannel", application_id=APPLICATION_ID)

    found = assertions.Annotations.from_stack(stack).find_warning(
        "/Stack/VoiceChannel", Match.string_like_regexp("Amazon Pinpoint has no endpoint in eu-north-1")
    )

    assert len(found) == warnings


def test_the_function_has_time_for_ten_attempts_that_each_time_out() -> None:
    [function] = Template.from_stack(stack_with_channel()).find_resources("AWS::Lambda::Function").values()
    config: Any = attempts.CONFIG
    reserved = attempts.UNDER_WAY_SECONDS + dispatcher.ANSWER_SECONDS

    assert config.retries == {"mode": "standard", "total_max_attempts": 10}
    timeout = function["Properties"]["Timeout"]
    assert timeout - reserved >= 10 * (config.connect_timeout + config.read_timeout)
