"""References, grants, status and provider options: what the library has beside VoiceChannel's template."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Match, Template
from constructs import Construct, IConstruct

from pinpoint_voice_channel import (
    IVoiceChannel,
    IVoiceChannelProvider,
    VoiceChannel,
    VoiceChannelProvider,
    VoiceChannelStatus,
)

APPLICATION_ID = "0123456789abcdef0123456789abcdef"
OTHER_ID = "f" * 32
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:Provider-Function-8kHaRzHnVaPl"


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Stack")


def statements(stack: cdk.Stack) -> list[dict[str, Any]]:
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    return [s for policy in policies for s in policy["Properties"]["PolicyDocument"]["Statement"]]


def test_a_channel_that_is_managed_elsewhere_makes_no_resource(stack: cdk.Stack) -> None:
    channel: IVoiceChannel = VoiceChannel.from_application_id(stack, "VoiceChannel", APPLICATION_ID)

    assert channel.voice_channel_application_id == APPLICATION_ID
    assert stack.resolve(channel.voice_channel_arn) == arn(APPLICATION_ID)
    assert Template.from_stack(stack).to_json().get("Resources", {}) == {}


def arn(application_id: object) -> dict[str, Any]:
    head = [
        "arn:",
        {"Ref": "AWS::Partition"},
        ":mobiletargeting:",
        {"Ref": "AWS::Region"},
        ":",
        {"Ref": "AWS::AccountId"},
    ]
    if isinstance(application_id, str):
        return {"Fn::Join": ["", [*head, f":apps/{application_id}/channels/voice"]]}
    return {"Fn::Join": ["", [*head, ":apps/", application_id, "/channels/voice"]]}


Grant = Callable[[IVoiceChannel, iam.IGrantable], iam.Grant]


@pytest.mark.parametrize(
    ("grant", "action"),
    [
        (lambda channel, role: channel.grant_read(role), "mobiletargeting:GetVoiceChannel"),
        (lambda channel, role: channel.grant_update(role), "mobiletargeting:UpdateVoiceChannel"),
        (lambda channel, role: channel.grant_delete(role), "mobiletargeting:DeleteVoiceChannel"),
    ],
)
def test_each_action_can_be_granted_on_a_channel_wherever_it_is_managed(
    stack: cdk.Stack, grant: Grant, action: str
) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    managed = VoiceChannel(stack, "Managed", application_id=APPLICATION_ID)

    grant(VoiceChannel.from_application_id(stack, "Referred", OTHER_ID), role).assert_success()
    grant(managed, role).assert_success()

    [logical_id] = Template.from_stack(stack).find_resources("Custom::PinpointVoiceChannel")
    assert statements(stack) == [
        {"Action": action, "Effect": "Allow", "Resource": arn(OTHER_ID)},
        {"Action": action, "Effect": "Allow", "Resource": arn({"Fn::GetAtt": [logical_id, "ApplicationId"]})},
    ]


@pytest.mark.parametrize(
    ("policy", "deletion", "replacement"),
    [
        (cdk.RemovalPolicy.DESTROY, "Delete", "Delete"),
        (cdk.RemovalPolicy.RETAIN, "Retain", "Retain"),
        (cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, "RetainExceptOnCreate", "Retain"),
    ],
)
@pytest.mark.parametrize(
    "apply",
    [
        lambda channel, policy: channel.apply_removal_policy(policy),
        lambda channel, policy: cdk.RemovalPolicies.of(channel).apply(policy),
    ],
    ids=["apply_removal_policy", "RemovalPolicies"],
)
def test_the_removal_policy_can_be_applied_as_to_every_resource(
    stack: cdk.Stack,
    apply: Callable[[VoiceChannel, cdk.RemovalPolicy], None],
    policy: cdk.RemovalPolicy,
    deletion: str,
    replacement: str,
) -> None:
    apply(VoiceChannel(stack, "VoiceChannel", application_id=APPLICATION_ID), policy)

    Template.from_stack(stack).has_resource(
        "Custom::PinpointVoiceChannel", {"DeletionPolicy": deletion, "UpdateReplacePolicy": replacement}
    )


def test_a_status_is_one_custom_resource_of_the_provider_that_the_channels_share(stack: cdk.Stack) -> None:
    VoiceChannel(stack, "VoiceChannel", application_id=OTHER_ID)
    VoiceChannelStatus(stack, "Status", application_id=APPLICATION_ID)

    template = Template.from_stack(stack)

    template.resource_count_is("AWS::Lambda::Function", 1)
    template.has_resource(
        "Custom::PinpointVoiceChannelStatus",
        {
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": [Match.string_like_regexp("Provider.*Function"), "Arn"]},
                "ServiceTimeout": "480",
                "ApplicationId": APPLICATION_ID,
                "Trigger": Match.absent(),
            }
        },
    )


def test_the_trigger_of_a_status_is_a_property(stack: cdk.Stack) -> None:
    VoiceChannelStatus(stack, "Status", application_id=APPLICATION_ID, trigger="2026-11-23")

    Template.from_stack(stack).has_resource_properties(
        "Custom::PinpointVoiceChannelStatus", {"Trigger": "2026-11-23"}
    )


def test_a_status_has_all_attributes_and_whether_the_channel_exists(stack: cdk.Stack) -> None:
    status = VoiceChannelStatus(stack, "Status", application_id=APPLICATION_ID)

    attributes = {
        "ApplicationId": status.voice_channel_application_id,
        "CreationDate": status.voice_channel_creation_date,
        "Enabled": status.voice_channel_enabled,
        "Exists": status.voice_channel_exists,
        "HasCredential": status.voice_channel_has_credential,
        "Id": status.voice_channel_id,
        "IsArchived": status.voice_channel_is_archived,
        "LastModifiedBy": status.voice_channel_last_modified_by,
        "LastModifiedDate": status.voice_channel_last_modified_date,
        "Platform": status.voice_channel_platform,
        "Version": status.voice_channel_version,
    }

    [logical_id] = Template.from_stack(stack).find_resources("Custom::PinpointVoiceChannelStatus")
    assert {name: stack.resolve(token) for name, token in attributes.items()} == {
        name: {"Fn::GetAtt": [logical_id, name]} for name in attributes
    }


def test_a_status_of_a_managed_channel_is_no_second_manager(stack: cdk.Stack) -> None:
    VoiceChannel(stack, "VoiceChannel", application_id=APPLICATION_ID)

    VoiceChannelStatus(stack, "Status", application_id=APPLICATION_ID)


@pytest.mark.parametrize("first", ["VoiceChannel", "Status"])
@pytest.mark.parametrize("application_id", [APPLICATION_ID, cdk.Fn.ref("Parameter")], ids=["text", "token"])
def test_a_status_is_read_after_the_channel_of_its_stack(
    stack: cdk.Stack, application_id: str, first: str
) -> None:
    cdk.CfnParameter(stack, "Parameter")
    VoiceChannel(stack, "Other", application_id=OTHER_ID)
    if first == "VoiceChannel":
        VoiceChannel(stack, "VoiceChannel", application_id=application_id)
    VoiceChannelStatus(stack, "Status", application_id=application_id)
    VoiceChannelStatus(stack, "Again", application_id=application_id)
    if first == "Status":
        VoiceChannel(stack, "VoiceChannel", application_id=application_id)

    template = Template.from_stack(stack)

    channels = template.find_resources("Custom::PinpointVoiceChannel")
    statuses = template.find_resources("Custom::PinpointVoiceChannelStatus")
    [limits] = template.find_resources("AWS::Lambda::EventInvokeConfig")
    [channel] = [name for name in channels if name.startswith("VoiceChannel")]
    assert [sorted(status["DependsOn"]) for status in statuses.values()] == [sorted([channel, limits])] * 2
    assert [resource["DependsOn"] for resource in channels.values()] == [[limits]] * 2


def test_a_channel_that_uses_what_a_status_has_read_comes_after_it(stack: cdk.Stack) -> None:
    status = VoiceChannelStatus(stack, "Status", application_id=APPLICATION_ID)

    VoiceChannel(stack, "New", application_id=APPLICATION_ID, enabled=status.voice_channel_exists)

    template = Template.from_stack(stack)  # which fails where resources depend on each other
    [limits] = template.find_resources("AWS::Lambda::EventInvokeConfig")
    template.has_resource("Custom::PinpointVoiceChannelStatus", {"DependsOn": [limits]})


def test_a_provider_is_referred_to_by_its_service_token(stack: cdk.Stack) -> None:
    provider: IVoiceChannelProvider = VoiceChannelProvider.from_service_token(stack, "Provider", FUNCTION_ARN)
    VoiceChannel(stack, "VoiceChannel", application_id=APPLICATION_ID, provider=provider)
    VoiceChannelStatus(stack, "Status", application_id=APPLICATION_ID, provider=provider)

    template = Template.from_stack(stack)

    template.resource_count_is("AWS::Lambda::Function", 0)
    template.has_resource_properties("Custom::PinpointVoiceChannel", {"ServiceToken": FUNCTION_ARN})
    template.has_resource_properties("Custom::PinpointVoiceChannelStatus", {"ServiceToken": FUNCTION_ARN})


def test_a_service_token_may_be_imported(stack: cdk.Stack) -> None:
    token = cdk.Fn.import_value("ServiceToken")
    provider = VoiceChannelProvider.from_service_token(stack, "Provider", token)
    VoiceChannel(stack, "VoiceChannel", application_id=APPLICATION_ID, provider=provider)

    Template.from_stack(stack).has_resource_properties(
        "Custom::PinpointVoiceChannel", {"ServiceToken": {"Fn::ImportValue": "ServiceToken"}}
    )


def test_a_provider_can_be_kept_to_some_applications(stack: cdk.Stack) -> None:
    VoiceChannelProvider(stack, "Provider", application_ids=[APPLICATION_ID, OTHER_ID])

    [role] = Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
    statement = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    assert statement["Resource"] == [arn(APPLICATION_ID), arn(OTHER_ID)]


def test_the_log_retention_and_the_memory_of_a_provider_can_be_set(stack: cdk.Stack) -> None:
    VoiceChannelProvider(stack, "Provider", log_retention=logs.RetentionDays.ONE_YEAR, memory_size=512)

    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::Logs::LogGroup", {"RetentionInDays": 365})
    template.has_resource_properties("AWS::Lambda::Function", {"MemorySize": 512})


def test_a_permissions_boundary_is_put_on_the_role_by_its_aspect(stack: cdk.Stack) -> None:
    VoiceChannel(stack, "VoiceChannel", application_id=APPLICATION_ID)
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "Boundary")

    iam.PermissionsBoundary.of(stack).apply(boundary)

    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Role", {"PermissionsBoundary": stack.resolve(boundary.managed_policy_arn)}
    )


@pytest.mark.parametrize(
    ("declare", "resource_type"),
    [
        (
            lambda stack: VoiceChannel(stack, "New", application_id=APPLICATION_ID),
            "Custom::PinpointVoiceChannel",
        ),
        (
            lambda stack: VoiceChannelStatus(stack, "New", application_id=APPLICATION_ID),
            "Custom::PinpointVoiceChannelStatus",
        ),
        (lambda stack: VoiceChannelProvider(stack, "New"), "AWS::Lambda::Function"),
    ],
    ids=["VoiceChannel", "VoiceChannelStatus", "VoiceChannelProvider"],
)
def test_the_default_child_is_the_resource_of_the_template(
    stack: cdk.Stack, declare: Callable[[cdk.Stack], Construct], resource_type: str
) -> None:
    resource = declare(stack).node.default_child
    assert isinstance(resource, cdk.CfnResource)

    resource.add_metadata("Owner", "calls")

    Template.from_stack(stack).has_resource(resource_type, {"Metadata": {"Owner": "calls"}})


def test_the_function_the_role_and_the_log_group_of_a_provider_can_be_reached(stack: cdk.Stack) -> None:
    provider = VoiceChannelProvider(stack, "Provider")

    provider.function.add_environment("NAME", "value")
    provider.role.add_to_principal_policy(iam.PolicyStatement(actions=["kms:Decrypt"], resources=["*"]))
    provider.log_group.apply_removal_policy(cdk.RemovalPolicy.RETAIN)

    template = Template.from_stack(stack)
    variables = {"Variables": Match.object_like({"NAME": "value"})}
    template.has_resource_properties("AWS::Lambda::Function", {"Environment": variables})
    template.has_resource("AWS::Logs::LogGroup", {"DeletionPolicy": "Retain"})
    assert [statement["Action"] for statement in statements(stack)] == ["kms:Decrypt"]


@jsii.implements(cdk.IAspect)
class _DecryptsForEveryRole:
    def visit(self, node: IConstruct) -> None:
        if isinstance(node, iam.Role):
            node.add_to_policy(iam.PolicyStatement(actions=["kms:Decrypt"], resources=["*"]))


def test_the_function_waits_for_a_policy_that_an_aspect_puts_on_its_role(stack: cdk.Stack) -> None:
    VoiceChannel(stack, "VoiceChannel", application_id=APPLICATION_ID)

    cdk.Aspects.of(stack).add(_DecryptsForEveryRole())

    template = Template.from_stack(stack)
    [policy] = template.find_resources("AWS::IAM::Policy")
    template.has_resource("AWS::Lambda::Function", {"DependsOn": Match.array_with([policy])})


def test_the_function_waits_for_what_a_user_lets_it_depend_on(stack: cdk.Stack) -> None:
    key = kms.CfnKey(stack, "Key")

    VoiceChannelProvider(stack, "Provider").node.add_dependency(key)

    Template.from_stack(stack).has_resource(
        "AWS::Lambda::Function", {"DependsOn": Match.array_with([stack.get_logical_id(key)])}
    )


def test_a_status_in_a_region_without_pinpoint_is_a_warning() -> None:
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(region="eu-north-1"))
    VoiceChannelStatus(stack, "Status", application_id=APPLICATION_ID)

    found = assertions.Annotations.from_stack(stack).find_warning(
        "/Stack/Status", Match.string_like_regexp("Amazon Pinpoint has no endpoint in eu-north-1")
    )

    assert len(found) == 1
