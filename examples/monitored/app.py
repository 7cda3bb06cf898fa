"""Voice channels that are monitored: an alarm that tells a topic, and a dashboard."""

import sys
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from aws_cdk.aws_cloudwatch_actions import SnsAction

from pinpoint_voice_channel import VoiceChannel, VoiceChannelMonitor

USAGE = "Pass the applications' ids, e.g.: npx cdk deploy -c application_ids=<id>,<id>"


class MonitoredStack(cdk.Stack):
    """The voice channels of some applications, and who hears of it when somebody else changes one."""

    def __init__(self, scope: cdk.App, construct_id: str, *, application_ids: list[str]) -> None:
        super().__init__(scope, construct_id)
        channels = [
            VoiceChannel(self, f"VoiceChannel-{application_id}", application_id=application_id)
            for application_id in application_ids
        ]
        monitor = VoiceChannelMonitor(self, "Monitor", channels=channels, missed_checks=3)

        # Subscribe who is on duty: topic.add_subscription(subscriptions.EmailSubscription(…)).
        topic = sns.Topic(self, "Drift", enforce_ssl=True)
        # The casts are for pyright: the CDK's classes name parameters otherwise than their interfaces do.
        tell = cast("cloudwatch.IAlarmAction", SnsAction(cast("sns.ITopic", topic)))
        monitor.alarm.add_alarm_action(tell)
        monitor.alarm.add_ok_action(tell)
        if monitor.missed_checks_alarm:
            monitor.missed_checks_alarm.add_alarm_action(tell)

        dashboard = cloudwatch.Dashboard(self, "Dashboard")
        dashboard.add_widgets(
            cloudwatch.GraphWidget(
                title="Voice channels that are not as the template wants them",
                left=[monitor.metric_drifted()],
                right=[monitor.metric_healed()],
            ),
            cloudwatch.AlarmStatusWidget(alarms=[monitor.alarm]),
        )
        cdk.CfnOutput(self, "TopicArn", value=topic.topic_arn)
        cdk.CfnOutput(self, "AlarmArn", value=monitor.alarm.alarm_arn)


def main() -> None:
    """Synthesize a stack with the applications of the command line."""
    app = cdk.App()
    application_ids = str(app.node.try_get_context("application_ids") or sys.exit(USAGE)).split(",")
    MonitoredStack(app, "MonitoredVoiceChannels", application_ids=application_ids)
    app.synth()


if __name__ == "__main__":
    main()
