"""What the deployed role may do, as the local cloud's IAM simulates it, and who may use it."""

import json
from typing import Any

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.environment import ACCOUNT, REGION

OTHER_ACCOUNT = "999999999999"
CHANNEL = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/0123456789abcdef0123456789abcdef/channels/voice"
APPLICATION = CHANNEL.removesuffix("/channels/voice")
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Voice/51af3dc0-da77-11e4-872e-1234567db123"


@pytest.fixture(scope="module")
def provider(bootstrapped_cloud: LocalCloud, service_token: str) -> dict[str, str]:  # noqa: ARG001, deploys it
    """Return the physical ids of the deployed provider's resources, by type."""
    cloudformation = bootstrapped_cloud.client("cloudformation")
    resources = cloudformation.list_stack_resources(StackName="Provider")["StackResourceSummaries"]
    return {entry["ResourceType"]: entry["PhysicalResourceId"] for entry in resources}


@pytest.fixture(scope="module")
def role(bootstrapped_cloud: LocalCloud, provider: dict[str, str]) -> dict[str, Any]:
    """Return the role of the deployed provider."""
    iam = bootstrapped_cloud.client("iam")
    described: dict[str, Any] = iam.get_role(RoleName=provider["AWS::IAM::Role"])["Role"]
    return described


def decision(cloud: LocalCloud, role: dict[str, Any], action: str, resource: str) -> str:
    """Return what IAM decides where the role does this."""
    results = cloud.client("iam").simulate_principal_policy(
        PolicySourceArn=role["Arn"], ActionNames=[action], ResourceArns=[resource]
    )
    return str(results["EvaluationResults"][0]["EvalDecision"])


def log_stream(log_group: str, stream: str = "2026/11/23/[$LATEST]5f2c") -> str:
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{log_group}:log-stream:{stream}"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("mobiletargeting:GetVoiceChannel", CHANNEL),
        ("mobiletargeting:UpdateVoiceChannel", CHANNEL),
        ("mobiletargeting:DeleteVoiceChannel", CHANNEL),
        ("cloudformation:DescribeStackEvents", STACK),
        ("cloudformation:DescribeStacks", STACK),
        ("cloudformation:ListStackResources", STACK),
    ],
)
def test_what_the_handler_calls_is_allowed(
    bootstrapped_cloud: LocalCloud, role: dict[str, Any], action: str, resource: str
) -> None:
    assert decision(bootstrapped_cloud, role, action, resource) == "allowed"


@pytest.mark.parametrize("action", ["logs:CreateLogStream", "logs:PutLogEvents"])
def test_the_function_may_write_its_own_log(
    bootstrapped_cloud: LocalCloud, role: dict[str, Any], provider: dict[str, str], action: str
) -> None:
    own = log_stream(provider["AWS::Logs::LogGroup"])

    assert decision(bootstrapped_cloud, role, action, own) == "allowed"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        # The application, and its other channels
        ("mobiletargeting:GetApp", APPLICATION),
        ("mobiletargeting:DeleteApp", APPLICATION),
        ("mobiletargeting:GetSmsChannel", f"{APPLICATION}/channels/sms"),
        ("mobiletargeting:UpdateSmsChannel", f"{APPLICATION}/channels/sms"),
        ("mobiletargeting:DeleteEmailChannel", f"{APPLICATION}/channels/email"),
        ("mobiletargeting:UpdateVoiceChannel", f"{APPLICATION}/channels/sms"),
        ("mobiletargeting:UpdateVoiceChannel", APPLICATION),
        ("mobiletargeting:SendMessages", f"{APPLICATION}/messages"),
        ("mobiletargeting:TagResource", APPLICATION),
        ("sms-voice:SendVoiceMessage", "*"),
        # Another Region, another account
        ("mobiletargeting:GetVoiceChannel", CHANNEL.replace(REGION, "eu-west-1")),
        ("mobiletargeting:UpdateVoiceChannel", CHANNEL.replace(REGION, "eu-west-1")),
        ("mobiletargeting:DeleteVoiceChannel", CHANNEL.replace(REGION, "eu-west-1")),
        ("mobiletargeting:GetVoiceChannel", CHANNEL.replace(ACCOUNT, OTHER_ACCOUNT)),
        ("mobiletargeting:UpdateVoiceChannel", CHANNEL.replace(ACCOUNT, OTHER_ACCOUNT)),
        ("mobiletargeting:DeleteVoiceChannel", CHANNEL.replace(ACCOUNT, OTHER_ACCOUNT)),
        ("cloudformation:DescribeStacks", STACK.replace(REGION, "eu-west-1")),
        ("cloudformation:DescribeStacks", STACK.replace(ACCOUNT, OTHER_ACCOUNT)),
        # Stacks
        ("cloudformation:UpdateStack", STACK),
        ("cloudformation:DeleteStack", STACK),
        ("cloudformation:GetTemplate", STACK),
        # Logs
        ("logs:CreateLogGroup", log_stream("/aws/lambda/function")),
        ("logs:PutLogEvents", log_stream("/aws/lambda/function")),
        ("logs:GetLogEvents", log_stream("/aws/lambda/function")),
        # Whatever else an attacker would like
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other"),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
        ("s3:GetObject", "arn:aws:s3:::assets/key"),
        ("s3:PutObject", "arn:aws:s3:::assets/key"),
    ],
)
def test_nothing_else_is_allowed(
    bootstrapped_cloud: LocalCloud, role: dict[str, Any], action: str, resource: str
) -> None:
    assert decision(bootstrapped_cloud, role, action, resource) == "implicitDeny"


@pytest.mark.parametrize("action", ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:GetLogEvents"])
def test_the_function_may_neither_make_nor_delete_nor_read_its_own_log(
    bootstrapped_cloud: LocalCloud, role: dict[str, Any], provider: dict[str, str], action: str
) -> None:
    own = log_stream(provider["AWS::Logs::LogGroup"])

    assert decision(bootstrapped_cloud, role, action, own) == "implicitDeny"


def test_only_lambda_can_use_the_role(role: dict[str, Any]) -> None:
    policy = role["AssumeRolePolicyDocument"]
    document = policy if isinstance(policy, dict) else json.loads(policy)

    assert document["Statement"] == [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]


def test_the_provider_lets_nobody_in_by_itself(provider: dict[str, str]) -> None:
    # No AWS::Lambda::Permission, no AWS::Lambda::Url, no AWS::Lambda::EventSourceMapping.
    assert set(provider) == {
        "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
    }
