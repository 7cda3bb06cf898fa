"""Checks of arguments at synth, in the user's terms; a token is left to the deployment.

A wrong type is a TypeError at once. A wrong value is an error annotation, which the cdk CLI refuses to
deploy: a value may come from a lookup, whose first pass gives dummies and has to end.
"""

import re
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from pinpoint_voice_channel_handler.application_id import APPLICATION_ID, APPLICATION_ID_RULE
from pinpoint_voice_channel_handler.request import BOOLEANS, OnExisting

REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "us-east-1",
        "us-east-2",
        "us-gov-west-1",
        "us-west-2",
    }
)
"""The Regions with an endpoint of Pinpoint: https://docs.aws.amazon.com/general/latest/gr/pinpoint.html"""

_HOUR = 3600
_DAY = 24 * _HOUR

_FUNCTION_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):function:[A-Za-z0-9_-]+"
    r"(:[A-Za-z0-9_$-]+)?"  # an alias or a version
)


def refuse(construct: Construct, message: str) -> None:
    """Let the app synthesize, and the cdk CLI refuse to deploy it."""
    cdk.Annotations.of(construct).add_error(message)


def check_type(name: str, value: object, types: type | tuple[type, ...], rule: str) -> None:
    """Refuse a value of another type.

    Raises:
        TypeError: It is of another type.
    """
    if not isinstance(value, types):
        raise TypeError(f"{name} is {value!r}, but must be {rule}.")


def check_interface(name: str, value: object, attribute: str, rule: str) -> None:
    """Refuse what does not have an attribute of an interface of the CDK, for which isinstance does not work.

    Raises:
        TypeError: It does not have it.
    """
    if not hasattr(value, attribute):
        raise TypeError(f"{name} is {value!r}, but must be {rule}.")


def check_application_id(construct: Construct, application_id: str, name: str = "application_id") -> None:
    """Refuse what cannot be the id of a Pinpoint application.

    Raises:
        TypeError: It is not a string.
    """
    check_type(name, application_id, str, APPLICATION_ID_RULE)
    if not cdk.Token.is_unresolved(application_id) and not APPLICATION_ID.fullmatch(application_id):
        refuse(construct, f"{name} is {application_id!r}, but must be {APPLICATION_ID_RULE}.")


def check_application_ids(construct: Construct, application_ids: Sequence[str]) -> None:
    """Refuse what cannot be a list of applications.

    Raises:
        TypeError: It is not a list of strings, or it is a token for a list.
    """
    rule = "a list of ids, of which each is a string or a token"
    if isinstance(application_ids, str):
        raise TypeError(f"application_ids is {application_ids!r}, but must be {rule}.")
    check_type("application_ids", application_ids, Sequence, rule)
    if cdk.Token.is_unresolved(list(application_ids)):
        raise TypeError(f"application_ids is a token for a list, but must be {rule}.")
    if not application_ids:
        refuse(
            construct,
            "application_ids is empty, but must name an application; leave it out for all of them.",
        )
    for index, application_id in enumerate(application_ids):
        check_application_id(construct, application_id, f"application_ids[{index}]")


def check_boolean(construct: Construct, name: str, value: bool | str | cdk.IResolvable) -> None:
    """Refuse what is neither a bool, nor the text of one, nor a token.

    Raises:
        TypeError: It is of another type.
    """
    rule = "True, False, 'true', 'false' or a token"
    if isinstance(value, bool) or hasattr(value, "resolve"):
        return
    check_type(name, value, str, rule)
    if not cdk.Token.is_unresolved(value) and value not in BOOLEANS:
        refuse(construct, f"{name} is {value!r}, but must be {rule}.")


def check_on_existing(construct: Construct, on_existing: str) -> None:
    """Refuse what is neither an OnExisting, nor its text, nor a token.

    Raises:
        TypeError: It is not a string.
    """
    rule = f"{' or '.join(OnExisting)}, or a token"
    check_type("on_existing", on_existing, str, rule)
    if not cdk.Token.is_unresolved(on_existing) and on_existing not in set(OnExisting):
        refuse(construct, f"on_existing is {on_existing!r}, but must be {rule}.")


def check_removal_policy(construct: Construct, policy: cdk.RemovalPolicy) -> None:
    """Refuse what no custom resource can have.

    Raises:
        TypeError: It is not a RemovalPolicy.
    """
    rule = "RemovalPolicy.DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE"
    check_type("removal_policy", policy, cdk.RemovalPolicy, rule)
    if policy is cdk.RemovalPolicy.SNAPSHOT:
        refuse(construct, f"removal_policy is {policy}, but must be {rule}; a channel has no snapshot.")


def check_service_token(construct: Construct, service_token: str) -> None:
    """Refuse what cannot be the ARN of a Lambda function.

    Raises:
        TypeError: It is not a string.
    """
    rule = "the ARN of a Lambda function"
    check_type("service_token", service_token, str, rule)
    if not cdk.Token.is_unresolved(service_token) and not _FUNCTION_ARN.fullmatch(service_token):
        refuse(construct, f"service_token is {service_token!r}, but must be {rule}.")


def check_served(construct: Construct, application_id: str, application_ids: Sequence[str] | None) -> None:
    """Refuse an application that a provider may not touch, where all are known."""
    if application_ids is None or application_id in application_ids:
        return
    if not any(cdk.Token.is_unresolved(known) for known in (application_id, *application_ids)):
        refuse(
            construct,
            f"application_id is {application_id!r}, but its provider may only change "
            f"{', '.join(map(repr, application_ids))}. Add it to the application_ids of the provider.",
        )


def check_place(construct: Construct, service_token: str) -> None:
    """Refuse a function of another account or Region than the stack's, where both are known."""
    function = _FUNCTION_ARN.fullmatch(service_token)
    stack = cdk.Stack.of(construct)
    for name, place in (("account", stack.account), ("region", stack.region)):
        if function and not cdk.Token.is_unresolved(place) and function[name] != place:
            refuse(
                construct,
                f"service_token is {service_token!r}, but the {name} of the stack is {place}. "
                "Pass a provider of the same account and Region.",
            )


def check_interval(construct: Construct, interval: cdk.Duration) -> bool:
    """Refuse what is not a rate of EventBridge's, and tell whether it is one.

    Raises:
        TypeError: It is not a Duration.
    """
    rule = "a Duration of whole minutes, at least 1"
    check_type("interval", interval, cdk.Duration, rule)
    is_known = not interval.is_unresolved()
    seconds = interval.to_seconds(integral=False) if is_known else 0
    if seconds >= 60 and seconds % 60 == 0:
        return True
    shown = f"{seconds:g} seconds" if is_known else "a token"
    refuse(construct, f"interval is {shown}, but must be {rule}.")
    return False


def check_missed_checks(construct: Construct, missed_checks: int, interval: cdk.Duration) -> bool:
    """Refuse what CloudWatch does not evaluate, and tell whether it does.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html,
    EvaluationPeriods

    Raises:
        TypeError: It is not a whole number.
    """
    rule = "a whole number, at least 2"
    if isinstance(missed_checks, bool):
        raise TypeError(f"missed_checks is {missed_checks!r}, but must be {rule}.")
    check_type("missed_checks", missed_checks, int, rule)
    seconds = interval.to_seconds()
    most = (7 * _DAY if seconds >= _HOUR else _DAY) // seconds if seconds <= _DAY else 0
    if 2 <= missed_checks <= most:
        return True
    # At least two: CloudWatch's intervals begin when the clock says, and one may fall between two checks.
    refuse(
        construct,
        f"missed_checks is {missed_checks}, but must be {rule}. An alarm looks back a day at most, "
        f"or a week where the interval is an hour or more: {most} intervals of {seconds // 60} minutes.",
    )
    return False


def check_monitor_path(construct: Construct, path: str) -> bool:
    """Refuse a path within the stack that CloudWatch does not take in a dimension, and tell whether it does.

    A dimension has 255 characters, of which the stack's name has up to 128.
    """
    if len(path) <= 120 and path.isascii() and path.isprintable():
        return True
    refuse(
        construct,
        f"The path of the monitor within its stack is {path!r}, but must have at most 120 printable ASCII "
        "characters, as it names the monitor's metrics. Give it, or a construct around it, another id.",
    )
    return False


def warn_without_endpoint(construct: Construct) -> None:
    """Warn where the stack's Region has no Pinpoint."""
    region = cdk.Stack.of(construct).region
    if not cdk.Token.is_unresolved(region) and region not in REGIONS:
        cdk.Annotations.of(construct).add_warning_v2(
            "pinpoint-voice-channel:no-endpoint",
            f"Amazon Pinpoint has no endpoint in {region}, so the deployment will fail there. Deploy the "
            "stack to the Region of the application.",
        )


def check_log(
    construct: Construct, log_group: logs.ILogGroup | None, log_retention: logs.RetentionDays | None
) -> None:
    """Refuse what is no log group or retention, and the one beside the other.

    Raises:
        TypeError: An argument is of another type.
    """
    if log_group is not None:
        rule = "an ILogGroup: a logs.LogGroup, or one by logs.LogGroup.from_log_group_name(…)"
        check_interface("log_group", log_group, "log_group_arn", rule)
    if log_retention is not None:
        check_type("log_retention", log_retention, logs.RetentionDays, "one of RetentionDays")
    if log_group is not None and log_retention is not None:
        refuse(
            construct,
            f"log_retention is {log_retention}, but log_group is given, which has a retention of its own. "
            "Leave log_retention out, and set the retention where the log group is declared.",
        )


def check_role(construct: Construct, role: iam.IRole) -> None:
    """Refuse what is no role, and a role of another account than the stack's, where both are known.

    Raises:
        TypeError: It is not a role.
    """
    rule = "an IRole: an iam.Role, or one by iam.Role.from_role_arn(…)"
    check_interface("role", role, "role_arn", rule)
    own, account = cdk.Stack.of(construct).account, role.principal_account or ""
    if not cdk.Token.is_unresolved(own) and not cdk.Token.is_unresolved(account) and account != own:
        refuse(
            construct,
            f"role is of the account {account}, but the account of the stack is {own}. Lambda runs a "
            "function with roles of its own account only: pass one of those.",
        )


def check_network(
    construct: Construct,
    vpc: ec2.IVpc | None,
    vpc_subnets: ec2.SubnetSelection | None,
    security_groups: Sequence[ec2.ISecurityGroup] | None,
) -> None:
    """Refuse what is no VPC, no selection of subnets or no security groups, and the latter without the first.

    Raises:
        TypeError: An argument is of another type.
    """
    if vpc is not None:
        check_interface("vpc", vpc, "vpc_id", "an IVpc: an ec2.Vpc, or one by ec2.Vpc.from_lookup(…)")
    if vpc_subnets is not None:
        check_type("vpc_subnets", vpc_subnets, ec2.SubnetSelection, "an ec2.SubnetSelection")
    if security_groups is not None:
        _check_security_groups(construct, security_groups)
    for name, value in (("vpc_subnets", vpc_subnets), ("security_groups", security_groups)):
        if value is not None and vpc is None:
            refuse(construct, f"{name} is given, but vpc is not. Pass the vpc, or leave {name} out.")


def _check_security_groups(construct: Construct, security_groups: Sequence[ec2.ISecurityGroup]) -> None:
    rule = "a list of ISecurityGroup"
    if isinstance(security_groups, str):
        raise TypeError(f"security_groups is {security_groups!r}, but must be {rule}.")
    check_type("security_groups", security_groups, Sequence, rule)
    if not security_groups:
        refuse(
            construct,
            "security_groups is empty, but must have one; leave it out for a group of the function's own.",
        )
    for index, group in enumerate(security_groups):
        rule = "an ISecurityGroup: an ec2.SecurityGroup, or one by ec2.SecurityGroup.from_lookup_by_id(…)"
        check_interface(f"security_groups[{index}]", group, "security_group_id", rule)
