"""What the function's role may do, and how a role gets it."""

import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct


def provider_statements(
    stack: cdk.Stack, application_ids: Sequence[str] | None, log_group: logs.ILogGroup
) -> list[iam.PolicyStatement]:
    """Return what the handler needs.

    Args:
        stack: The stack of the function.
        application_ids: The applications whose voice channels the function may change. None for all.
        log_group: Where the function logs.
    """
    # Without an application, which is an error, the name is empty: nothing, and not all.
    applications = ["*"] if application_ids is None else application_ids or [""]
    return [_manage_voice_channels(stack, applications), _read_stacks(stack), _write_logs(log_group)]


def network_statement() -> iam.PolicyStatement:
    """Return what Lambda needs to connect a function to a VPC, with the role of the function.

    Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html,
    of which the function's log takes nothing: what it needs is among the `provider_statements`.
    """
    return iam.PolicyStatement(
        actions=[
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ],
        resources=["*"],
    )


def allow(
    scope: Construct, construct_id: str, role: iam.IRole, statements: Sequence[iam.PolicyStatement]
) -> iam.Policy:
    """Put a policy on a role; where the app cannot, warn, and say what the role must have.

    A resource of its own, for the function to depend on: it is there before the function gets an event, and
    until the function is gone, or no longer needs it.

    Args:
        scope: The parent construct.
        construct_id: The id of the policy within the parent.
        role: The role, of this app or another.
        statements: What the policy allows.
    """
    stack = cdk.Stack.of(scope)
    policy = iam.Policy(
        scope,
        construct_id,
        # Stacks of other names and Regions may use the same role, and a policy's name is unique in its role.
        policy_name=f"{cdk.Names.unique_resource_name(scope, max_length=80)}-{construct_id}-{stack.region}",
        statements=list(statements),
    )
    role.attach_inline_policy(policy)
    resource = policy.node.default_child
    if not (isinstance(resource, iam.CfnPolicy) and stack.resolve(resource.roles)):
        document = json.dumps(_readable(stack.resolve(policy.document)))
        cdk.Annotations.of(scope).add_warning_v2(
            f"pinpoint-voice-channel:role-{construct_id}",
            f"This app cannot change the role {_readable(stack.resolve(role.role_arn))}. Before the first "
            "voice channel is made, and until the function is deleted, it must have a policy like this one: "
            f"{document}",
        )
    return policy


def _readable(value: object) -> object:
    """Write what is known at deployment only as Fn::Sub does."""
    match value:
        case {"Fn::Join": [separator, [*parts]]}:
            return str(separator).join(str(_readable(part)) for part in parts)
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case dict():
            return {key: _readable(inner) for key, inner in value.items()}
        case list():
            return [_readable(inner) for inner in value]
    return value


def _manage_voice_channels(stack: cdk.Stack, application_ids: Sequence[str]) -> iam.PolicyStatement:
    # By default not just the applications in use: CloudFormation changes a policy before it deletes what
    # was removed, so the Delete of the removed channel would be denied.
    return iam.PolicyStatement(
        actions=[
            "mobiletargeting:GetVoiceChannel",
            "mobiletargeting:UpdateVoiceChannel",
            "mobiletargeting:DeleteVoiceChannel",
        ],
        resources=[
            _arn(stack, "mobiletargeting", "apps", f"{application_id}/channels/voice")
            for application_id in application_ids
        ],
    )


def _read_stacks(stack: cdk.Stack) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ListStackResources",
        ],
        resources=[_arn(stack, "cloudformation", "stack", "*")],
    )


def _write_logs(log_group: logs.ILogGroup) -> iam.PolicyStatement:
    # Not logs:CreateLogGroup: a function that may create its log group does so again after its deletion.
    return iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
    )


def _arn(stack: cdk.Stack, service: str, resource: str, name: str) -> str:
    return stack.format_arn(service=service, resource=resource, resource_name=name)
