"""VoiceChannelMonitor: its resources, what its rule sends, and that line and alarm mean the same metrics."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
import cfnlint.api
import pytest
from aws_cdk import assertions
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template
from aws_cdk.aws_cloudwatch_actions import SnsAction

from pinpoint_voice_channel import VoiceChannel, VoiceChannelMonitor, VoiceChannelProvider
from pinpoint_voice_channel.checks import REGIONS
from pinpoint_voice_channel_handler import metrics
from pinpoint_voice_channel_handler.check_request import CheckRequest
from pinpoint_voice_channel_handler.state import State

LONGEST_STACK_ID = (
    f"arn:aws-us-gov:cloudformation:us-gov-west-1:123456789012:stack/{'s' * 128}/"
    "51af3dc0-da77-11e4-872e-1234567db123"
)
LONGEST_INPUT = 8192
KINDS_OF_ONE_PART = ["AWS::CloudWatch::Alarm", "AWS::Events::Rule", "AWS::IAM::Role"]


def new_stack(name: str = "Voice") -> cdk.Stack:
    # CloudFormation's limit of resources, which 500 channels and what they need exceed.
    return cdk.Stack(cdk.App(context={"@aws-cdk/core:stackResourceLimit": 0}), name)


@pytest.fixture
def stack() -> cdk.Stack:
    return new_stack()


def application_id(number: int) -> str:
    """Return an id of the greatest length."""
    return f"{number:064d}"


def channels(stack: cdk.Stack, count: int, **arguments: Any) -> list[VoiceChannel]:  # noqa: ANN401, of VoiceChannel
    return [
        VoiceChannel(stack, f"Channel{number}", application_id=application_id(number), **arguments)
        for number in range(count)
    ]


def monitor(stack: cdk.Stack, count: int = 1, **arguments: Any) -> VoiceChannelMonitor:  # noqa: ANN401, of the monitor
    return VoiceChannelMonitor(stack, "Monitor", **{"channels": channels(stack, count), **arguments})


def resources(stack: cdk.Stack, prefix: str = "Monitor") -> dict[str, Any]:
    """Return the resources of the monitor by their logical ids."""
    template = Template.from_stack(stack).to_json()
    return {key: one for key, one in template["Resources"].items() if key.startswith(prefix)}


def kinds(stack: cdk.Stack) -> list[str]:
    return sorted(resource["Type"] for resource in resources(stack).values())


def targets(stack: cdk.Stack) -> list[dict[str, Any]]:
    rules = Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
    return [target for rule in rules for target in rule["Properties"]["Targets"]]


def rendered(template: Mapping[str, Any], value: Any, parameters: dict[str, str]) -> str:  # noqa: ANN401, any intrinsic
    """Return what CloudFormation makes of a text, where everything has its greatest length."""
    match value:
        case str():
            return value
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(rendered(template, part, parameters) for part in parts)
        case {"Ref": "AWS::StackId"}:
            return LONGEST_STACK_ID
        case {"Ref": name}:
            return parameters[name]
        case {"Fn::GetAtt": [logical_id, "ApplicationId"]}:
            id_ = template["Resources"][logical_id]["Properties"]["ApplicationId"]
            return rendered(template, id_, parameters)
        case {"Fn::If": [_, yes, _]}:
            return rendered(template, yes, parameters)
    raise AssertionError(value)


def inputs(stack: cdk.Stack, **parameters: str) -> list[str]:
    """Return what the rules send."""
    template = Template.from_stack(stack).to_json()
    return [rendered(template, target["Input"], parameters) for target in targets(stack)]


def checks(stack: cdk.Stack, **parameters: str) -> list[CheckRequest]:
    """Return what the handler makes of what the rule sends."""
    sent = inputs(stack, **parameters)
    assert all(len(text) <= LONGEST_INPUT for text in sent)
    return [CheckRequest.parse(json.loads(text)) for text in sent]


@pytest.mark.parametrize("count", [1, 2, 100])
def test_up_to_a_hundred_channels_need_three_resources_and_one_event(count: int) -> None:
    stack = new_stack("s" * 128)
    VoiceChannelMonitor(stack, "Monitor" + "r" * 113, channels=channels(stack, count, enabled=False))

    [check] = checks(stack)

    assert kinds(stack) == KINDS_OF_ONE_PART
    assert check.stack_id == LONGEST_STACK_ID
    assert check.wanted == {application_id(number): State.DISABLED for number in range(count)}


@pytest.mark.parametrize(("count", "rules"), [(101, [2]), (500, [5]), (501, [5, 1])])
def test_more_channels_are_split_over_targets_and_rules_and_none_is_lost(
    stack: cdk.Stack, count: int, rules: list[int]
) -> None:
    token = cdk.Fn.import_value("PinpointVoiceChannelServiceToken")
    shared = VoiceChannelProvider.from_service_token(stack, "Shared", token)
    made = [
        VoiceChannel(
            stack, f"Channel{n}", application_id=application_id(n), enabled=n % 3 == 0, provider=shared
        )
        for n in range(count)
    ]
    VoiceChannelMonitor(stack, "Monitor", channels=made)

    found = checks(stack)

    resources = Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
    assert [len(rule["Properties"]["Targets"]) for rule in resources] == rules
    assert sum(len(check.wanted) for check in found) == count
    assert {key: state for check in found for key, state in check.wanted.items()} == {
        application_id(n): State.of(enabled=n % 3 == 0) for n in range(count)
    }
    assert errors(stack) == []


# A part that finds nothing must not end the alarm of another, so each has a metric and an alarm of its own.
def test_each_part_has_a_name_and_an_alarm_and_one_alarm_stands_for_all(stack: cdk.Stack) -> None:
    made = monitor(stack, 201)

    assert [check.monitor for check in checks(stack)] == [
        "Voice/Monitor",
        "Voice/Monitor/2",
        "Voice/Monitor/3",
    ]
    template = Template.from_stack(stack)
    alarms = template.find_resources("AWS::CloudWatch::Alarm")
    dimensions = [alarm["Properties"]["Dimensions"][0]["Value"] for alarm in alarms.values()]
    assert dimensions == ["Voice/Monitor", "Voice/Monitor/2", "Voice/Monitor/3"]
    [composite] = template.find_resources("AWS::CloudWatch::CompositeAlarm").values()
    rule = json.dumps(composite["Properties"]["AlarmRule"])
    assert all(logical_id in rule for logical_id in alarms)
    assert rule.count(" OR ") == 2
    assert isinstance(made.alarm, cloudwatch.CompositeAlarm)


def test_a_channel_that_is_given_twice_is_checked_once(stack: cdk.Stack) -> None:
    [channel] = channels(stack, 1)
    VoiceChannelMonitor(stack, "Monitor", channels=[channel, channel])

    assert [text.count(application_id(0)) for text in inputs(stack)] == [1]


@pytest.mark.parametrize(
    ("enabled", "wanted"),
    [
        (True, State.ENABLED),
        (False, State.DISABLED),
        ("true", State.ENABLED),
        ("false", State.DISABLED),
        (cdk.Fn.ref("Parameter"), State.DISABLED),
        (cdk.Token.as_any(cdk.Fn.ref("Parameter")), State.DISABLED),
        (cdk.Fn.condition_if("Condition", "false", "true"), State.DISABLED),
    ],
)
def test_what_is_wanted_is_what_the_template_gives_the_channel(
    stack: cdk.Stack,
    enabled: bool | str | cdk.IResolvable,
    wanted: State,
) -> None:
    cdk.CfnParameter(stack, "Parameter")
    cdk.CfnCondition(stack, "Condition", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "eu-west-1"))
    VoiceChannelMonitor(stack, "Monitor", channels=channels(stack, 1, enabled=enabled))

    [check] = checks(stack, Parameter="false")

    assert check.wanted == {application_id(0): wanted}


def test_the_application_may_be_a_token(stack: cdk.Stack) -> None:
    parameter = cdk.CfnParameter(stack, "Application")
    channel = VoiceChannel(stack, "Channel", application_id=parameter.value_as_string)
    VoiceChannelMonitor(stack, "Monitor", channels=[channel])

    [check] = checks(stack, Application="a" * 64)

    assert check.wanted == {"a" * 64: State.ENABLED}


def test_the_rule_is_changed_after_the_channels_and_goes_before_them(stack: cdk.Stack) -> None:
    monitor(stack, 2)

    refers_to = json.dumps([target["Input"] for target in targets(stack)])

    for logical_id in Template.from_stack(stack).find_resources("Custom::PinpointVoiceChannel"):
        assert f'{{"Fn::GetAtt": ["{logical_id}", "ApplicationId"]}}' in refers_to


@pytest.mark.parametrize("heal", [True, False])
def test_a_check_heals_where_it_is_told_to(stack: cdk.Stack, heal: bool) -> None:
    monitor(stack, heal=heal)

    assert [check.heal for check in checks(stack)] == [heal]


def test_by_default_a_check_only_tells(stack: cdk.Stack) -> None:
    monitor(stack)

    assert [check.heal for check in checks(stack)] == [False]


@pytest.mark.parametrize(
    ("interval", "rate"),
    [
        (None, "rate(1 hour)"),
        (cdk.Duration.minutes(1), "rate(1 minute)"),
        (cdk.Duration.seconds(120), "rate(2 minutes)"),
        (cdk.Duration.days(1), "rate(1 day)"),
    ],
)
def test_the_rule_has_a_schedule(stack: cdk.Stack, interval: cdk.Duration | None, rate: str) -> None:
    monitor(stack, interval=interval)

    Template.from_stack(stack).has_resource_properties("AWS::Events::Rule", {"ScheduleExpression": rate})


# That it matches what it should is shown in tests/deployed/test_monitor.py.
def test_the_rule_has_a_pattern_beside_its_schedule(stack: cdk.Stack) -> None:
    monitor(stack)

    Template.from_stack(stack).has_resource_properties(
        "AWS::Events::Rule",
        {
            "ScheduleExpression": Match.any_value(),
            "EventPattern": {
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "eventSource": ["pinpoint.amazonaws.com", "mobiletargeting.amazonaws.com"],
                    "eventName": ["UpdateVoiceChannel", "DeleteVoiceChannel", "DeleteApp"],
                    "userAgent": [{"anything-but": {"wildcard": "*pinpoint-voice-channel/provider*"}}],
                },
            },
        },
    )


def test_the_rule_may_invoke_the_function_and_nothing_else(stack: cdk.Stack) -> None:
    monitor(stack)

    [role] = [one for one in resources(stack).values() if one["Type"] == "AWS::IAM::Role"]
    [policy] = role["Properties"]["Policies"]
    [target] = targets(stack)
    assert policy["PolicyDocument"]["Statement"] == [
        {"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": target["Arn"]}
    ]
    assert role["Properties"]["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
        }
    ]
    [role_id] = [key for key, one in resources(stack).items() if one is role or one == role]
    assert target["RoleArn"] == {"Fn::GetAtt": [role_id, "Arn"]}
    Template.from_stack(stack).resource_count_is("AWS::Lambda::Permission", 0)


def test_a_monitor_changes_nothing_of_the_function_and_its_role(stack: cdk.Stack) -> None:
    without = new_stack()
    channels(without, 1)
    monitor(stack)

    provider = "PinpointVoiceChannelProvider"
    assert resources(stack, provider) == resources(without, provider)


def test_a_provider_of_another_stack_checks_what_it_manages(stack: cdk.Stack) -> None:
    token = cdk.Fn.import_value("PinpointVoiceChannelServiceToken")
    shared = VoiceChannelProvider.from_service_token(stack, "Shared", token)
    VoiceChannelMonitor(stack, "Monitor", channels=channels(stack, 2, provider=shared))

    imported = {"Fn::ImportValue": "PinpointVoiceChannelServiceToken"}
    assert [target["Arn"] for target in targets(stack)] == [imported]
    assert kinds(stack) == KINDS_OF_ONE_PART
    Template.from_stack(stack).resource_count_is("AWS::Lambda::Function", 0)


def test_channels_of_several_providers_are_checked_by_their_own(stack: cdk.Stack) -> None:
    tokens = [f"arn:aws:lambda:eu-west-1:123456789012:function:{name}" for name in ("One", "Two")]
    made = [
        VoiceChannel(
            stack,
            f"Channel{number}",
            application_id=application_id(number),
            provider=VoiceChannelProvider.from_service_token(stack, f"Provider{number}", tokens[number % 2]),
        )
        for number in range(3)
    ]
    VoiceChannelMonitor(stack, "Monitor", channels=made)

    served = {
        target["Arn"]: set(check.wanted) for target, check in zip(targets(stack), checks(stack), strict=True)
    }
    assert served == {tokens[0]: {application_id(0), application_id(2)}, tokens[1]: {application_id(1)}}
    [role] = [one for one in resources(stack).values() if one["Type"] == "AWS::IAM::Role"]
    [statement] = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == tokens


def test_the_alarm_and_the_line_of_the_function_agree(
    stack: cdk.Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    monitor(stack)
    [check] = checks(stack)

    metrics.tell(check.monitor, {metrics.HEALED: 0, metrics.DRIFTED: 1}, {}, str)

    line = json.loads(capsys.readouterr().out)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    [alarm] = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    properties = alarm["Properties"]
    assert properties["Namespace"] == directive["Namespace"]
    assert properties["MetricName"] in [metric["Name"] for metric in directive["Metrics"]]
    assert [dimension["Name"] for dimension in properties["Dimensions"]] in directive["Dimensions"]
    assert all(line[dimension["Name"]] == dimension["Value"] for dimension in properties["Dimensions"])
    assert line[properties["MetricName"]] > properties["Threshold"]
    assert {
        key: properties[key] for key in ("Statistic", "ComparisonOperator", "TreatMissingData", "Period")
    } == {
        "Statistic": "Maximum",
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        "Period": 60,
    }


def test_in_a_nested_stack_the_metrics_have_the_name_that_cloudformation_makes(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(stack, "Nested")
    monitor(nested)

    [target] = targets(nested)
    [alarm] = Template.from_stack(nested).find_resources("AWS::CloudWatch::Alarm").values()
    [dimension] = alarm["Properties"]["Dimensions"]
    name = dimension["Value"]["Fn::Join"][1]
    parts = target["Input"]["Fn::Join"][1]
    assert name[-1] == "/Monitor"
    assert name[0] in parts


@pytest.mark.parametrize("count", [1, 101])
def test_the_alarm_takes_actions(stack: cdk.Stack, count: int) -> None:
    made = monitor(stack, count)

    made.alarm.add_alarm_action(SnsAction(sns.Topic(stack, "Topic")))

    kind = "AWS::CloudWatch::Alarm" if count == 1 else "AWS::CloudWatch::CompositeAlarm"
    Template.from_stack(stack).has_resource_properties(
        kind, {"AlarmActions": [{"Ref": Match.string_like_regexp("Topic")}]}
    )


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (VoiceChannelMonitor.metric_drifted, "Drifted"),
        (VoiceChannelMonitor.metric_healed, "Healed"),
    ],
)
def test_the_metrics_of_one_part_are_those_of_the_line(
    stack: cdk.Stack,
    metric: Callable[[VoiceChannelMonitor], cloudwatch.Metric | cloudwatch.MathExpression],
    name: str,
) -> None:
    made = metric(monitor(stack))

    assert isinstance(made, cloudwatch.Metric)
    assert (made.namespace, made.metric_name, made.dimensions) == (
        "PinpointVoiceChannel",
        name,
        {"Monitor": "Voice/Monitor"},
    )


def test_the_metrics_of_several_parts_are_their_sums(stack: cdk.Stack) -> None:
    made = monitor(stack, 101)

    drifted, healed = made.metric_drifted(), made.metric_healed()

    assert isinstance(drifted, cloudwatch.MathExpression)
    assert isinstance(healed, cloudwatch.MathExpression)
    assert drifted.expression == "SUM([FILL(m1, REPEAT), FILL(m2, REPEAT)])"
    assert healed.expression == "SUM([FILL(m1, 0), FILL(m2, 0)])"
    assert sorted(drifted.using_metrics) == ["m1", "m2"]


def test_a_second_alarm_says_that_no_check_was_complete(stack: cdk.Stack) -> None:
    made = monitor(stack, interval=cdk.Duration.minutes(30), missed_checks=3)

    assert made.missed_checks_alarm is not None
    Template.from_stack(stack).has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {
            "MetricName": "Drifted",
            "Statistic": "SampleCount",
            "Period": 1800,
            "EvaluationPeriods": 3,
            "Threshold": 1,
            "ComparisonOperator": "LessThanThreshold",
            "TreatMissingData": "breaching",
        },
    )


def test_the_second_alarm_counts_the_part_that_was_checked_least(stack: cdk.Stack) -> None:
    monitor(stack, 101, missed_checks=2)

    alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    [queries] = [alarm["Properties"]["Metrics"] for alarm in alarms if "Metrics" in alarm["Properties"]]
    assert [query["Expression"] for query in queries if "Expression" in query] == [
        "MIN([FILL(m1, 0), FILL(m2, 0)])"
    ]
    stats = [query["MetricStat"] for query in queries if "MetricStat" in query]
    assert [(stat["Stat"], stat["Period"]) for stat in stats] == [("SampleCount", 3600)] * 2


def test_without_missed_checks_there_is_one_alarm(stack: cdk.Stack) -> None:
    made = monitor(stack)

    assert made.missed_checks_alarm is None
    Template.from_stack(stack).resource_count_is("AWS::CloudWatch::Alarm", 1)


def test_the_logical_ids_never_change(stack: cdk.Stack) -> None:
    monitor(stack, missed_checks=2)

    assert sorted(resources(stack)) == [
        "Monitor5337499C",
        "MonitorAlarm145FA72A",
        "MonitorMissedChecksD9A91E97",
        "MonitorRole6D26CBE9",
    ]


def test_the_logical_ids_of_further_parts_never_change(stack: cdk.Stack) -> None:
    monitor(stack, 101)

    assert sorted(resources(stack)) == [
        "Monitor5337499C",
        "MonitorAlarm145FA72A",
        "MonitorAlarm2B2D19AF9",
        "MonitorAnyAlarm4D513F70",
        "MonitorRole6D26CBE9",
    ]


def test_the_default_child_is_the_rule(stack: cdk.Stack) -> None:
    child = monitor(stack).node.default_child

    assert isinstance(child, cdk.CfnResource)
    assert child.cfn_resource_type == "AWS::Events::Rule"


@pytest.mark.parametrize("count", [1, 101])
def test_cfn_lint_finds_nothing(stack: cdk.Stack, count: int) -> None:
    token = cdk.Fn.import_value("PinpointVoiceChannelServiceToken")
    shared = VoiceChannelProvider.from_service_token(stack, "Shared", token)
    made = channels(stack, count, provider=shared)
    VoiceChannelMonitor(stack, "Monitor", channels=made, heal=True, missed_checks=2)

    template = json.dumps(Template.from_stack(stack).to_json())

    assert cfnlint.api.lint(template, regions=sorted(REGIONS)) == []


# What is refused


def errors(stack: cdk.Stack) -> list[str]:
    """Return what the cdk CLI refuses to deploy the stack for."""
    found = assertions.Annotations.from_stack(stack).find_error("*", Match.any_value())
    return [str(message.entry.data) for message in found]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"interval": cdk.Duration.seconds(59)}, "interval is 59 seconds, but must be a Duration of whole"),
        ({"interval": cdk.Duration.seconds(90)}, "interval is 90 seconds, but must be a Duration of whole"),
        ({"interval": cdk.Duration.millis(1)}, "interval is 0.001 seconds, but must be a Duration of whole"),
        (
            {"interval": cdk.Duration.minutes(cdk.Token.as_number(cdk.Fn.ref("Interval")))},
            "interval is a token, but must be a Duration of whole minutes, at least 1.",
        ),
        ({"missed_checks": 1}, "missed_checks is 1, but must be a whole number, at least 2."),
        ({"missed_checks": 0}, "missed_checks is 0, but must be a whole number, at least 2."),
        (
            {"missed_checks": 169},
            "missed_checks is 169, but must be a whole number, at least 2. An alarm looks",
        ),
        (
            {"missed_checks": 25, "interval": cdk.Duration.minutes(59)},
            "missed_checks is 25, but must be a whole number, at least 2. An alarm looks back a day at most, "
            "or a week where the interval is an hour or more: 24 intervals of 59 minutes.",
        ),
        ({"missed_checks": 2, "interval": cdk.Duration.days(2)}, "missed_checks is 2, but must be"),
        ({"channels": []}, "channels is empty, but must name a channel."),
    ],
)
def test_a_value_that_is_not_valid_is_an_error_of_the_cli(
    stack: cdk.Stack, arguments: dict[str, Any], message: str
) -> None:
    monitor(stack, **arguments)

    [error] = errors(stack)
    assert error.startswith(message)


@pytest.mark.parametrize(
    ("missed_checks", "interval"),
    [
        (168, cdk.Duration.hours(1)),
        (24, cdk.Duration.minutes(59)),
        (7, cdk.Duration.days(1)),
        (2, cdk.Duration.minutes(1)),
    ],
)
def test_the_second_alarm_looks_back_as_far_as_cloudwatch_does(
    stack: cdk.Stack, missed_checks: int, interval: cdk.Duration
) -> None:
    monitor(stack, missed_checks=missed_checks, interval=interval)

    assert errors(stack) == []


def test_a_channel_of_another_stack_is_refused() -> None:
    app = cdk.App()
    stack, other = cdk.Stack(app, "Voice"), cdk.Stack(app, "Other")
    monitor(stack, channels=channels(other, 1))

    [error] = errors(stack)
    assert error.startswith(
        "channels[0] is Other/Channel0, of another stack. Declare a monitor in the stack of"
    )


@pytest.mark.parametrize("construct_id", ["Wächter", "M" * 121, "a\tb"])
def test_an_id_that_cloudwatch_does_not_take_is_refused(stack: cdk.Stack, construct_id: str) -> None:
    VoiceChannelMonitor(stack, construct_id, channels=channels(stack, 1))

    [error] = errors(stack)
    assert error.startswith(
        f"The path of the monitor within its stack is {construct_id!r}, but must have at most"
    )


def test_the_longest_id_is_taken(stack: cdk.Stack) -> None:
    VoiceChannelMonitor(stack, "M" * 120, channels=channels(stack, 1))

    assert errors(stack) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"heal": "true"}, "heal is 'true', but must be True or False."),
        ({"heal": None}, "heal is None, but must be True or False."),
        ({"interval": 60}, "interval is 60, but must be a Duration of whole minutes, at least 1."),
        ({"missed_checks": "3"}, "missed_checks is '3', but must be a whole number, at least 2."),
        ({"missed_checks": True}, "missed_checks is True, but must be a whole number, at least 2."),
        ({"missed_checks": 2.5}, "missed_checks is 2.5, but must be a whole number, at least 2."),
        ({"channels": None}, "channels is None, but must be a list of VoiceChannels."),
        ({"channels": {}}, "channels is {}, but must be a list of VoiceChannels."),
        ({"channels": ["a"]}, "channels[0] is 'a', but must be a VoiceChannel of this stack."),
    ],
)
def test_a_wrong_type_is_a_type_error(stack: cdk.Stack, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        monitor(stack, **arguments)

    assert str(raised.value) == message


def test_a_channel_that_is_only_referred_to_is_refused(stack: cdk.Stack) -> None:
    referred: Sequence[Any] = [VoiceChannel.from_application_id(stack, "Referred", application_id(0))]

    with pytest.raises(TypeError, match="but must be a VoiceChannel of this stack"):
        monitor(stack, channels=referred)
