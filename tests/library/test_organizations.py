"""What organizations demand of the function: role, VPC, log group, and what else they set on it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import assertions
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Match, Template
from constructs import Construct, IConstruct, IDependable

from harness.documents import code_blocks
from pinpoint_voice_channel import VoiceChannel, VoiceChannelProvider

APPLICATION_ID = "0123456789abcdef0123456789abcdef"
ENVIRONMENT = cdk.Environment(account="123456789012", region="eu-west-1")
LAMBDA = iam.ServicePrincipal("lambda.amazonaws.com")
PROVIDER_ACTIONS = [
    "mobiletargeting:GetVoiceChannel",
    "mobiletargeting:UpdateVoiceChannel",
    "mobiletargeting:DeleteVoiceChannel",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStackResources",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
]
NETWORK_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
DOCUMENT = Path(__file__).parents[2] / "docs" / "organizations.md"


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Stack", env=ENVIRONMENT)


def provider_with_channel(stack: cdk.Stack, **options: Any) -> VoiceChannelProvider:  # noqa: ANN401, any option
    provider = VoiceChannelProvider(stack, "Provider", **options)
    VoiceChannel(stack, "VoiceChannel", application_id=APPLICATION_ID, provider=provider)
    return provider


def known_vpc(scope: Construct) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        scope,
        "Known",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-west-1a"],
        private_subnet_ids=["subnet-0123456789abcdef0"],
        private_subnet_route_table_ids=["rtb-0123456789abcdef0"],
    )


def the(template: Template, resource_type: str, prefix: str = "") -> tuple[str, dict[str, Any]]:
    """Return the logical id of the one resource of a type, and the resource."""
    found = template.find_resources(resource_type)
    [[logical_id, resource]] = [entry for entry in found.items() if entry[0].startswith(prefix)]
    return logical_id, dict(resource)


def actions(policy: dict[str, Any]) -> list[str]:
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    return [action for statement in statements for action in statement["Action"]]


def warnings(stack: cdk.Stack) -> list[str]:
    """Return what the provider warns of."""
    found = assertions.Annotations.from_stack(stack).find_warning("/Stack/Provider", Match.any_value())
    return [str(message.entry.data) for message in found]


# Roles


def own_role(stack: cdk.Stack) -> iam.IRole:
    return iam.Role(stack, "Given", assumed_by=LAMBDA)


def role_of_another_stack(stack: cdk.Stack) -> iam.IRole:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    return iam.Role(cdk.Stack(app, "Roles", env=ENVIRONMENT), "Given", assumed_by=LAMBDA)


def imported_role(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "Given", "arn:aws:iam::123456789012:role/Given")


def named_role(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_name(stack, "Given", "Given")


GIVEN_ROLES = [own_role, role_of_another_stack, imported_role, named_role]
GiveRole = Callable[[cdk.Stack], iam.IRole]


@pytest.mark.parametrize("give", GIVEN_ROLES)
def test_a_given_role_runs_the_function_and_gets_what_it_needs(stack: cdk.Stack, give: GiveRole) -> None:
    role = give(stack)
    provider = provider_with_channel(stack, role=role)

    template = Template.from_stack(stack)

    assert provider.role is role
    _, function = the(template, "AWS::Lambda::Function")
    assert function["Properties"]["Role"] == stack.resolve(role.role_arn)
    _, policy = the(template, "AWS::IAM::Policy")
    assert policy["Properties"]["Roles"] == [stack.resolve(role.role_name)]
    assert actions(policy) == PROVIDER_ACTIONS
    assert warnings(stack) == []
    assert [name for name in template.find_resources("AWS::IAM::Role") if name.startswith("Provider")] == []


@pytest.mark.parametrize("give", GIVEN_ROLES)
def test_the_policy_of_a_given_role_is_there_before_the_function_and_after_it(
    stack: cdk.Stack, give: GiveRole
) -> None:
    provider_with_channel(stack, role=give(stack))

    template = Template.from_stack(stack)

    policy, _ = the(template, "AWS::IAM::Policy")
    function_id, function = the(template, "AWS::Lambda::Function")
    _, channel = the(template, "Custom::PinpointVoiceChannel")
    assert policy in function["DependsOn"]
    assert channel["Properties"]["ServiceToken"] == {"Fn::GetAtt": [function_id, "Arn"]}


def test_a_given_role_is_kept_to_the_applications_of_the_provider(stack: cdk.Stack) -> None:
    VoiceChannelProvider(stack, "Provider", role=own_role(stack), application_ids=[APPLICATION_ID])

    _, policy = the(Template.from_stack(stack), "AWS::IAM::Policy")

    resource = policy["Properties"]["PolicyDocument"]["Statement"][0]["Resource"]
    assert resource["Fn::Join"][1][-1].endswith(f":apps/{APPLICATION_ID}/channels/voice")


def policy_name(**arguments: Any) -> object:  # noqa: ANN401, any argument of Stack
    stack = cdk.Stack(cdk.App(), "Stack", **arguments)
    provider_with_channel(stack, role=imported_role(stack))
    return the(Template.from_stack(stack), "AWS::IAM::Policy")[1]["Properties"]["PolicyName"]


def test_stacks_that_share_a_role_do_not_share_the_name_of_a_policy() -> None:
    # With the same name the one would overwrite the other's policy, and delete it with itself.
    names = [
        policy_name(env=ENVIRONMENT),
        policy_name(env=ENVIRONMENT, stack_name="Other"),
        policy_name(env=cdk.Environment(account="123456789012", region="us-east-1")),
    ]

    assert len(set(map(str, names))) == 3
    assert {"Ref": "AWS::Region"} in policy_name()["Fn::Join"][1]  # type: ignore[index]  # a join


def test_the_name_of_a_policy_is_not_too_long_for_iam() -> None:
    region = cdk.Environment(account="123456789012", region="ap-southeast-1")
    stack = cdk.Stack(cdk.App(), "Stack", stack_name="S" * 128, env=region)
    VoiceChannelProvider(stack, "Provider" * 10, role=imported_role(stack), vpc=known_vpc(stack))

    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()

    names = [policy["Properties"]["PolicyName"] for policy in policies]
    assert len(set(names)) == 2
    assert all(len(name) <= 128 for name in names)


def immutable_role(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "Given", "arn:aws:iam::123456789012:role/team/Given", mutable=False)


def customized_role(stack: cdk.Stack) -> iam.IRole:
    iam.Role.customize_roles(
        stack, use_precreated_roles={"Stack/Given": "team/Given"}, prevent_synthesis=True
    )
    return own_role(stack)


@pytest.mark.parametrize("give", [immutable_role, customized_role])
def test_a_role_that_cannot_be_changed_is_a_warning_with_the_policy_that_it_must_have(
    stack: cdk.Stack, give: GiveRole
) -> None:
    role = give(stack)
    provider_with_channel(
        stack,
        role=role,
        log_group=logs.LogGroup.from_log_group_name(stack, "Log", "/team/voice"),
        application_ids=[APPLICATION_ID, cdk.Fn.ref("Parameter")],
    )
    cdk.CfnParameter(stack, "Parameter")

    [warning] = warnings(stack)

    assert "role/team/Given" in warning
    assert "Before the first voice channel is made, and until the function is deleted" in warning
    place = "eu-west-1:123456789012"
    assert (
        '{"Statement": [{"Action": ["mobiletargeting:GetVoiceChannel", "mobiletargeting:UpdateVoiceChannel", '
        '"mobiletargeting:DeleteVoiceChannel"], "Effect": "Allow", "Resource": ['
        f'"arn:${{AWS::Partition}}:mobiletargeting:{place}:apps/{APPLICATION_ID}/channels/voice", '
        f'"arn:${{AWS::Partition}}:mobiletargeting:{place}:apps/${{Parameter}}/channels/voice"]}}, '
        '{"Action": ["cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks", '
        '"cloudformation:ListStackResources"], "Effect": "Allow", '
        f'"Resource": "arn:${{AWS::Partition}}:cloudformation:{place}:stack/*"}}, '
        '{"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Effect": "Allow", '
        f'"Resource": "arn:${{AWS::Partition}}:logs:{place}:log-group:/team/voice:*"}}], '
        '"Version": "2012-10-17"}' in warning
    )
    Template.from_stack(stack).resource_count_is("AWS::IAM::Policy", 0)


def test_the_log_group_of_the_provider_is_named_in_the_policy_that_a_role_must_have(stack: cdk.Stack) -> None:
    provider = provider_with_channel(stack, role=immutable_role(stack))

    [warning] = warnings(stack)

    resource = provider.log_group.node.default_child
    assert isinstance(resource, cdk.CfnElement)
    assert f'"${{{stack.resolve(resource.logical_id)}.Arn}}"' in warning


def test_in_a_vpc_such_a_role_must_also_have_what_lambda_needs_there(stack: cdk.Stack) -> None:
    provider_with_channel(stack, role=immutable_role(stack), vpc=known_vpc(stack))

    assert [NETWORK_ACTIONS[0] in warning for warning in warnings(stack)] == [False, True]


# The VPC


@pytest.mark.parametrize("give", [None, *GIVEN_ROLES])
def test_in_a_vpc_the_role_gets_what_lambda_needs_there(stack: cdk.Stack, give: GiveRole | None) -> None:
    provider = provider_with_channel(stack, role=give and give(stack), vpc=known_vpc(stack))

    template = Template.from_stack(stack)

    policy_id, policy = the(template, "AWS::IAM::Policy", "ProviderNetworkPolicy")
    _, function = the(template, "AWS::Lambda::Function")
    assert actions(policy) == NETWORK_ACTIONS
    assert policy["Properties"]["Roles"] == [stack.resolve(provider.role.role_name)]
    assert policy_id in function["DependsOn"]
    template.resource_count_is("AWS::IAM::Policy", 2 if give else 1)


def test_the_function_is_in_the_subnets_and_security_groups_that_are_given(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        nat_gateways=0,
        subnet_configuration=[
            ec2.SubnetConfiguration(name=name, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            for name in ("Calls", "Other")
        ],
    )
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    subnets = ec2.SubnetSelection(subnet_group_name="Calls")
    provider_with_channel(stack, vpc=vpc, vpc_subnets=subnets, security_groups=[group])

    template = Template.from_stack(stack)

    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "VpcConfig": {
                "SubnetIds": stack.resolve(vpc.select_subnets(subnet_group_name="Calls").subnet_ids),
                "SecurityGroupIds": [stack.resolve(group.security_group_id)],
            }
        },
    )


def resources_of(construct: IDependable) -> set[str]:
    """Return the logical ids of what a construct has made."""
    assert isinstance(construct, Construct)
    return {
        str(cdk.Stack.of(child).resolve(child.logical_id))
        for child in construct.node.find_all()
        if isinstance(child, cdk.CfnResource)
    }


def test_the_way_out_of_a_vpc_is_there_before_the_function_and_after_it(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    peers = ec2.SecurityGroup(stack, "Peers", vpc=vpc)
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc, allow_all_outbound=False)
    group.connections.allow_to(peers, ec2.Port.tcp(443))
    provider_with_channel(stack, vpc=vpc, security_groups=[group])
    vpc.add_interface_endpoint("Pinpoint", service=ec2.InterfaceVpcEndpointAwsService.PINPOINT_V1)
    vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)

    template = Template.from_stack(stack)

    _, function = the(template, "AWS::Lambda::Function")
    template.resource_count_is("AWS::EC2::SecurityGroupEgress", 1)
    for needed in ("AWS::EC2::NatGateway", "AWS::EC2::Route", "AWS::EC2::VPCEndpoint"):
        assert set(template.find_resources(needed)) <= set(function["DependsOn"])
    assert resources_of(group) | set(template.find_resources("AWS::EC2::SecurityGroupEgress")) <= set(
        function["DependsOn"]
    )


def test_an_endpoint_that_lets_in_the_function_alone_makes_no_circle(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    endpoint = vpc.add_interface_endpoint(
        "Pinpoint", service=ec2.InterfaceVpcEndpointAwsService.PINPOINT_V1, open=False
    )
    provider = provider_with_channel(stack, vpc=vpc)

    provider.function.connections.allow_to(endpoint, ec2.Port.tcp(443))

    template = Template.from_stack(stack)  # which fails where resources depend on each other
    template.resource_count_is("AWS::EC2::SecurityGroupIngress", 1)


def test_a_vpc_may_be_looked_up(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_name="calls")
    isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    provider_with_channel(stack, vpc=vpc, vpc_subnets=isolated)

    app = stack.node.root
    assert isinstance(app, cdk.App)
    [missing] = json.loads((Path(app.synth().directory) / "manifest.json").read_text())["missing"]
    assert missing["provider"] == "vpc-provider"


# The log group


def test_a_given_log_group_is_the_functions(stack: cdk.Stack) -> None:
    log_group = logs.LogGroup(stack, "Log", retention=logs.RetentionDays.TEN_YEARS)
    provider = provider_with_channel(stack, log_group=log_group)

    template = Template.from_stack(stack)

    assert provider.log_group is log_group
    template.resource_count_is("AWS::Logs::LogGroup", 1)
    template.has_resource_properties(
        "AWS::Lambda::Function", {"LoggingConfig": {"LogGroup": stack.resolve(log_group.log_group_name)}}
    )
    _, role = the(template, "AWS::IAM::Role")
    statement = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][2]
    assert statement["Resource"] == stack.resolve(log_group.log_group_arn)


@pytest.mark.parametrize("retention", [None, logs.RetentionDays.ONE_MONTH])
def test_without_a_retention_the_log_is_kept_for_a_month(
    stack: cdk.Stack, retention: logs.RetentionDays | None
) -> None:
    provider_with_channel(stack, log_retention=retention)

    Template.from_stack(stack).has_resource_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30})


# What is set on the function and its role


EXAMPLES = [block.code for block in code_blocks(DOCUMENT.read_text()) if block.language == "python"]


@pytest.mark.parametrize("code", EXAMPLES, ids=[code.split("\n")[0] for code in EXAMPLES])
def test_the_code_of_the_document_runs(stack: cdk.Stack, code: str) -> None:
    names: dict[str, Any] = {
        "cdk": cdk,
        "cloudwatch": cloudwatch,
        "ec2": ec2,
        "iam": iam,
        "kms": kms,
        "lambda_": lambda_,
        "logs": logs,
        "sqs": sqs,
        "stack": stack,
        "VoiceChannel": VoiceChannel,
        "VoiceChannelProvider": VoiceChannelProvider,
        "provider": provider_with_channel(stack),
        "vpc": ec2.Vpc(stack, "Vpc"),
    }

    exec(code, names)  # noqa: S102, our own document

    Template.from_stack(stack)
    assert assertions.Annotations.from_stack(stack).find_error("*", Match.any_value()) == []


def set_concurrency(_: cdk.Stack, function: lambda_.CfnFunction) -> dict[str, Any]:
    function.reserved_concurrent_executions = 5
    return {"ReservedConcurrentExecutions": 5}


def set_tracing(_: cdk.Stack, function: lambda_.CfnFunction) -> dict[str, Any]:
    function.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
    return {"TracingConfig": {"Mode": "Active"}}


def set_code_signing(_: cdk.Stack, function: lambda_.CfnFunction) -> dict[str, Any]:
    function.code_signing_config_arn = "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-1"
    return {"CodeSigningConfigArn": function.code_signing_config_arn}


def set_dead_letter_queue(stack: cdk.Stack, function: lambda_.CfnFunction) -> dict[str, Any]:
    queue = sqs.Queue(stack, "Queue")
    function.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=queue.queue_arn)
    return {"DeadLetterConfig": {"TargetArn": stack.resolve(queue.queue_arn)}}


def set_keys(stack: cdk.Stack, function: lambda_.CfnFunction) -> dict[str, Any]:
    key = kms.Key(stack, "Key")
    function.kms_key_arn = key.key_arn
    function.add_property_override("Code.SourceKMSKeyArn", key.key_arn)
    arn = stack.resolve(key.key_arn)
    return {"KmsKeyArn": arn, "Code": Match.object_like({"SourceKMSKeyArn": arn})}


@pytest.mark.parametrize(
    "apply", [set_concurrency, set_tracing, set_code_signing, set_dead_letter_queue, set_keys]
)
def test_what_the_provider_has_no_argument_for_is_set_on_its_function(
    stack: cdk.Stack, apply: Callable[[cdk.Stack, lambda_.CfnFunction], dict[str, Any]]
) -> None:
    function = provider_with_channel(stack).node.default_child
    assert isinstance(function, lambda_.CfnFunction)

    properties = apply(stack, function)

    Template.from_stack(stack).has_resource_properties("AWS::Lambda::Function", properties)


@pytest.mark.parametrize("give", [None, own_role, imported_role, named_role])
def test_what_is_granted_to_the_function_is_there_before_it(stack: cdk.Stack, give: GiveRole | None) -> None:
    queue = sqs.Queue(stack, "Queue")
    provider = provider_with_channel(stack, role=give and give(stack))

    queue.grant_send_messages(provider.function)

    template = Template.from_stack(stack)
    _, function = the(template, "AWS::Lambda::Function")
    policies = template.find_resources("AWS::IAM::Policy")
    [granted] = [name for name, policy in policies.items() if "sqs:SendMessage" in actions(dict(policy))]
    assert granted in function["DependsOn"]


@jsii.implements(cdk.IAspect)
class _OnFunctions:
    def __init__(self, change: Callable[[lambda_.CfnFunction], None]) -> None:
        self._change = change

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, lambda_.CfnFunction):
            self._change(node)


def with_older_runtime(function: lambda_.CfnFunction) -> None:
    function.runtime = "python3.12"


def with_network(function: lambda_.CfnFunction) -> None:
    function.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        subnet_ids=["subnet-0123456789abcdef0"], security_group_ids=["sg-0123456789abcdef0"]
    )


@pytest.mark.parametrize(
    ("change", "properties"),
    [
        (with_older_runtime, {"Runtime": "python3.12"}),
        (
            with_network,
            {
                "VpcConfig": {
                    "SubnetIds": ["subnet-0123456789abcdef0"],
                    "SecurityGroupIds": ["sg-0123456789abcdef0"],
                }
            },
        ),
    ],
)
def test_an_aspect_changes_the_function(
    stack: cdk.Stack, change: Callable[[lambda_.CfnFunction], None], properties: dict[str, Any]
) -> None:
    provider_with_channel(stack)

    cdk.Aspects.of(stack).add(_OnFunctions(change))

    Template.from_stack(stack).has_resource_properties("AWS::Lambda::Function", properties)


def test_tags_and_a_boundary_reach_all_that_can_have_them(stack: cdk.Stack) -> None:
    provider_with_channel(stack)
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "Boundary")

    cdk.Tags.of(stack).add("CostCenter", "calls")
    iam.PermissionsBoundary.of(stack).apply(boundary)

    template = Template.from_stack(stack)
    tags = {"Tags": [{"Key": "CostCenter", "Value": "calls"}]}
    for resource_type in ("AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::IAM::Role"):
        template.has_resource_properties(resource_type, tags)
    template.has_resource_properties(
        "AWS::IAM::Role", {"PermissionsBoundary": stack.resolve(boundary.managed_policy_arn)}
    )


# Metrics


@pytest.mark.parametrize(
    ("measure", "name", "statistic"),
    [
        (lambda provider: provider.metric_invocations, "Invocations", "Sum"),
        (lambda provider: provider.metric_errors, "Errors", "Sum"),
        (lambda provider: provider.metric_throttles, "Throttles", "Sum"),
        (lambda provider: provider.metric_duration, "Duration", "Average"),
    ],
)
def test_a_provider_has_the_metrics_of_its_function(
    stack: cdk.Stack,
    measure: Callable[[VoiceChannelProvider], Callable[..., cloudwatch.Metric]],
    name: str,
    statistic: str,
) -> None:
    provider = provider_with_channel(stack)

    plain, chosen = measure(provider)(), measure(provider)(period=cdk.Duration.hours(1), statistic="Maximum")

    assert [(m.namespace, m.metric_name) for m in (plain, chosen)] == [("AWS/Lambda", name)] * 2
    assert (plain.statistic, chosen.statistic) == (statistic, "Maximum")
    assert (plain.period.to_minutes(), chosen.period.to_minutes()) == (5, 60)
    assert plain.dimensions is not None
    assert stack.resolve(plain.dimensions["FunctionName"]) == stack.resolve(provider.function.function_name)
