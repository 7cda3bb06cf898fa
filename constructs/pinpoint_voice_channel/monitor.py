"""Watches voice channels between deployments: whether they are still what the template wants."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from pinpoint_voice_channel.checks import (
    check_interval,
    check_missed_checks,
    check_monitor_path,
    check_type,
    refuse,
)
from pinpoint_voice_channel.voice_channel import VoiceChannel
from pinpoint_voice_channel_handler import check_request, metrics
from pinpoint_voice_channel_handler.user_agent import USER_AGENT

_CHANNELS_PER_TARGET = 100
"""Of the longest ids, 64 characters, with the longest names around them, into 8,192 characters of input."""

_TARGETS = 5
"""What EventBridge lets a rule have: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"""

_CHANGES = ["UpdateVoiceChannel", "DeleteVoiceChannel", "DeleteApp"]

_LATE = cdk.Duration.minutes(5)


@dataclass(frozen=True)
class _Part:
    """What one target of the rule checks.

    Args:
        name: The value of the dimension of its metrics.
        service_token: The function that checks.
        channels: The channels.
    """

    name: str
    service_token: str
    channels: Sequence[VoiceChannel]


class VoiceChannelMonitor(Construct):
    """Watches voice channels between deployments, and tells when one is not what the template wants.

    A rule of EventBridge invokes the function that manages the channels: on a schedule and, where a trail of
    CloudTrail logs management events, within minutes of a change by somebody else. The function reads the
    channels and writes a line from which CloudWatch makes metrics. While the stack is in an operation nothing
    is checked. The function needs no additional permission. To pause, disable the rule.
    Source: docs/monitor.md

    Args:
        scope: The parent construct.
        construct_id: The id within the parent. It names the metrics, after the stack.
        channels: The channels: those that are declared in the same stack, as many as it has.
        interval: How often they are checked, in whole minutes. Default: every hour.
        heal: Whether a channel that differs is changed to what the template wants, or made again. Nothing is
            ever deleted. Default: False, which only tells.
        missed_checks: For a second alarm: how many intervals may pass without a complete check, at least 2.
            Default: None, no such alarm.

    Raises:
        TypeError: An argument has another type. A value that is not valid is an error annotation: the cdk CLI
            refuses to deploy it.

    Example:
        >>> channel = VoiceChannel(stack, "VoiceChannel", application_id=application_id)
        >>> monitor = VoiceChannelMonitor(stack, "Monitor", channels=[channel])
        >>> widget = cloudwatch.GraphWidget(left=[monitor.metric_drifted()], right=[monitor.metric_healed()])
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        channels: Sequence[VoiceChannel],
        interval: cdk.Duration | None = None,
        heal: bool = False,
        missed_checks: int | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        interval = cdk.Duration.hours(1) if interval is None else interval
        check_type("heal", heal, bool, "True or False")
        self._check_channels(channels)
        if not check_interval(self, interval):
            interval = cdk.Duration.hours(1)
        self._parts = list(self._split(channels))
        self._make_rules(interval, heal=heal)
        self._alarm = self._make_alarm()
        self._missed_checks_alarm: cloudwatch.Alarm | None = None
        if missed_checks is not None and check_missed_checks(self, missed_checks, interval):
            self._missed_checks_alarm = self._make_missed_checks_alarm(interval, missed_checks)

    @property
    def alarm(self) -> cloudwatch.AlarmBase:
        """The alarm of a channel that differs, from the check that finds it to the one that does not."""
        return self._alarm

    @property
    def missed_checks_alarm(self) -> cloudwatch.AlarmBase | None:
        """The alarm while no check is complete; None without `missed_checks`."""
        return self._missed_checks_alarm

    def metric_drifted(self) -> cloudwatch.Metric | cloudwatch.MathExpression:
        """How many channels are not as the template wants them, after healing."""
        return self._total(metrics.DRIFTED, "REPEAT")

    def metric_healed(self) -> cloudwatch.Metric | cloudwatch.MathExpression:
        """How many channels a check has changed to what the template wants."""
        return self._total(metrics.HEALED, "0")

    def _check_channels(self, channels: Sequence[VoiceChannel]) -> None:
        rule = "a list of VoiceChannels"
        check_type("channels", channels, Sequence, rule)
        for index, channel in enumerate(channels):
            # One of from_application_id has no state that a template wants.
            check_type(f"channels[{index}]", channel, VoiceChannel, "a VoiceChannel of this stack")
            if cdk.Stack.of(channel) is not cdk.Stack.of(self):
                refuse(
                    self,
                    f"channels[{index}] is {channel.node.path}, of another stack. Declare a monitor in the "
                    "stack of the channel, which is what the check asks CloudFormation about.",
                )
        if not channels:
            refuse(self, "channels is empty, but must name a channel.")

    def _split(self, channels: Sequence[VoiceChannel]) -> Iterator[_Part]:
        # Without a channel, which is an error, a part that nobody deploys.
        by_token: dict[str, dict[VoiceChannel, None]] = {} if channels else {"": {}}
        for channel in channels:
            by_token.setdefault(channel.service_token, {})[channel] = None
        number = itertools.count(1)
        for token, ours in by_token.items():
            for start in range(0, len(ours) or 1, _CHANNELS_PER_TARGET):
                chunk = list(ours)[start : start + _CHANNELS_PER_TARGET]
                yield _Part(self._name(next(number)), token, chunk)

    def _name(self, number: int) -> str:
        stack = cdk.Stack.of(self)
        path = self.node.path.removeprefix(f"{stack.node.path}/")
        path = path if number > 1 or check_monitor_path(self, path) else self.node.addr
        return f"{stack.stack_name}/{path}" + (f"/{number}" if number > 1 else "")

    def _make_rules(self, interval: cdk.Duration, *, heal: bool) -> None:
        tokens = list(dict.fromkeys(part.service_token for part in self._parts))
        # A role: a function's resource policy has room for some dozens of rules, and may be another team's.
        role = iam.Role(
            self,
            "Role",
            description="Lets EventBridge have the voice channels of a stack checked",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com"),
            inline_policies={
                "Check": iam.PolicyDocument(
                    statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=tokens)]
                )
            },
        )
        targets = [
            events.CfnRule.TargetProperty(
                id=f"Check{number}",
                arn=part.service_token,
                role_arn=role.role_arn,
                input=self._input(part, heal=heal),
                # After that the next check is due, or the template wants something else.
                retry_policy=events.CfnRule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_LATE.to_seconds()
                ),
            )
            for number, part in enumerate(self._parts, start=1)
        ]
        rules = [
            events.CfnRule(
                self,
                "Resource" if start == 0 else f"Resource{start // _TARGETS + 1}",
                description="Checks the voice channels of a stack; disable it to pause that",
                schedule_expression=events.Schedule.rate(interval).expression_string,
                event_pattern=_pattern(),
                targets=targets[start : start + _TARGETS],
            )
            for start in range(0, len(targets), _TARGETS)
        ]
        self.node.default_child = rules[0]

    def _input(self, part: _Part, *, heal: bool) -> str:
        # The ids by Fn::GetAtt, so that the rule is changed after the channels, and goes before them. None of
        # the values has a character that JSON escapes, or CloudFormation would have failed on the channel.
        wanted = ",".join(
            f'"{channel.voice_channel_application_id}":"{_text(channel.enabled)}"'
            for channel in part.channels
        )
        check = {"StackId": cdk.Stack.of(self).stack_id, "Monitor": part.name, "Heal": heal}
        head = json.dumps({check_request.KEY: check}, separators=(",", ":")).removesuffix("}}")
        return f'{head},"Channels":{{{wanted}}}}}}}'

    def _make_alarm(self) -> cloudwatch.AlarmBase:
        alarms = [
            _metric(part.name, metrics.DRIFTED).create_alarm(
                self,
                "Alarm" if number == 1 else f"Alarm{number}",
                alarm_description=(
                    "A voice channel is not as its template wants it. The log of the provider's function "
                    "says which, who changed it last and when. Change it back, or deploy what it is to be."
                ),
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                threshold=0,
                evaluation_periods=1,
                # Between two checks all stays as it was.
                treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
            )
            for number, part in enumerate(self._parts, start=1)
        ]
        if len(alarms) == 1:
            return alarms[0]
        # Each part has its own alarm: the line of one that finds nothing must not end the alarm of another.
        return cloudwatch.CompositeAlarm(self, "AnyAlarm", alarm_rule=cloudwatch.AlarmRule.any_of(*alarms))

    def _make_missed_checks_alarm(self, interval: cdk.Duration, missed_checks: int) -> cloudwatch.Alarm:
        counts = {
            f"m{number}": _metric(part.name, metrics.DRIFTED).with_(
                statistic=cloudwatch.Stats.SAMPLE_COUNT, period=interval
            )
            for number, part in enumerate(self._parts, start=1)
        }
        filled = ", ".join(f"FILL({name}, 0)" for name in counts)
        fewest = cloudwatch.MathExpression(
            expression=f"MIN([{filled}])", using_metrics=counts, period=interval, label="Complete checks"
        )
        return (counts["m1"] if len(counts) == 1 else fewest).create_alarm(
            self,
            "MissedChecks",
            alarm_description=(
                f"No check of the voice channels was complete in {missed_checks} intervals. See whether the "
                "rule is disabled, and what the log of the provider's function says."
            ),
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            threshold=1,
            evaluation_periods=missed_checks,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )

    def _total(self, name: str, gap: str) -> cloudwatch.Metric | cloudwatch.MathExpression:
        parts = {f"m{number}": _metric(part.name, name) for number, part in enumerate(self._parts, start=1)}
        if len(parts) == 1:
            return parts["m1"]
        filled = ", ".join(f"FILL({part}, {gap})" for part in parts)
        return cloudwatch.MathExpression(
            expression=f"SUM([{filled}])", using_metrics=parts, period=cdk.Duration.minutes(1), label=name
        )


def _metric(monitor: str, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=metrics.NAMESPACE,
        metric_name=name,
        dimensions_map={metrics.DIMENSION: monitor},
        # CloudWatch may take a line of a log twice.
        statistic=cloudwatch.Stats.MAXIMUM,
        period=cdk.Duration.minutes(1),
    )


def _pattern() -> dict[str, object]:
    """Return what CloudTrail tells of a change, but for those that a provider of voice channels makes.

    AWS's example has pinpoint.amazonaws.com, its IAM prefix is mobiletargeting. Without the last condition,
    two stacks that heal one channel differently would undo each other's work as fast as events come.
    Source: https://docs.aws.amazon.com/pinpoint/latest/developerguide/logging-using-cloudtrail.html
    """
    return {
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": ["pinpoint.amazonaws.com", "mobiletargeting.amazonaws.com"],
            "eventName": _CHANGES,
            "userAgent": [{"anything-but": {"wildcard": f"*{USER_AGENT}*"}}],
        },
    }


def _text(enabled: bool | str | cdk.IResolvable) -> str:
    if isinstance(enabled, bool):
        return str(enabled).lower()
    return enabled if isinstance(enabled, str) else cdk.Token.as_string(enabled)
