"""A stack with a monitor on a local cloud, and what its checks tell."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import aws_cdk as cdk

from local_cloud.cloud import LocalCloud
from pinpoint_voice_channel import VoiceChannel, VoiceChannelMonitor, VoiceChannelProvider

T = TypeVar("T")

_POLL_SECONDS = 0.25

EVENT_SECONDS = 15
"""In which a check that an event has begun ends, on a machine that does other things, too."""


class MonitoredStack:
    """A stack of channels that are monitored, deployed over boto3.

    Args:
        cloud: The local cloud.
        service_token: The provider that manages and checks the channels.
        name: The stack's name.
        heal: Whether what differs is healed.
        takes_events: Whether its rule takes events, and not just its schedule.
    """

    def __init__(
        self, cloud: LocalCloud, service_token: str, name: str, *, heal: bool, takes_events: bool = True
    ) -> None:
        self._cloud = cloud
        self._service_token = service_token
        self._cloudformation = cloud.client("cloudformation")
        self._name = name
        self._heal = heal
        self._takes_events = takes_events
        self.rule = ""

    def deploy(self, application_ids: Sequence[str], *, enabled: bool = True, wait: str = "") -> None:
        """Create or update the stack, with channels of all of these applications.

        Args:
            application_ids: The applications.
            enabled: What the channels are to be: a parameter of the template.
            wait: For which waiter of boto3, in place of that of a success.
        """
        is_there = bool(self.rule)
        change = self._cloudformation.update_stack if is_there else self._cloudformation.create_stack
        change(
            StackName=self._name,
            TemplateBody=json.dumps(self._template(application_ids)),
            Parameters=[{"ParameterKey": "Enabled", "ParameterValue": str(enabled).lower()}],
            Capabilities=["CAPABILITY_IAM"],
        )
        waiter: Any = wait or ("stack_update_complete" if is_there else "stack_create_complete")
        if wait != "none":
            self._cloudformation.get_waiter(waiter).wait(StackName=self._name, WaiterConfig={"Delay": 1})
        self.rule = self._rule()

    def delete(self) -> None:
        """Delete the stack."""
        self._cloudformation.delete_stack(StackName=self._name)
        waiter = self._cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=self._name, WaiterConfig={"Delay": 1})

    def status(self) -> str:
        """Return what the stack is doing."""
        return str(self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0]["StackStatus"])

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of metrics of the stack's checks, in order."""
        return lines(self._cloud, self._service_token, f"{self._name}/Monitor")

    def log(self) -> list[dict[str, Any]]:
        """Return what the provider's function has logged."""
        return log(self._cloud, self._service_token)

    def wait_for_line(self, seconds: float = EVENT_SECONDS) -> dict[str, Any]:
        """Return the first line that tells of a difference, as soon as there is one."""
        return wait_for_line(self._cloud, self._service_token, f"{self._name}/Monitor", seconds)

    def _rule(self) -> str:
        resources = self._cloudformation.list_stack_resources(StackName=self._name)["StackResourceSummaries"]
        rules = [one for one in resources if one["ResourceType"] == "AWS::Events::Rule"]
        return str(rules[0]["PhysicalResourceId"]) if rules else ""

    def _template(self, application_ids: Sequence[str]) -> dict[str, Any]:
        app = cdk.App()
        synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        stack = cdk.Stack(app, self._name, synthesizer=synthesizer)
        enabled = cdk.CfnParameter(stack, "Enabled").value_as_string
        provider = VoiceChannelProvider.from_service_token(stack, "Provider", self._service_token)
        channels = [
            VoiceChannel(stack, f"Channel{number}", application_id=id_, enabled=enabled, provider=provider)
            for number, id_ in enumerate(application_ids)
        ]
        monitor = VoiceChannelMonitor(
            stack, "Monitor", channels=channels, interval=cdk.Duration.minutes(1), heal=self._heal
        )
        rule = monitor.node.default_child
        if not self._takes_events and isinstance(rule, cdk.CfnResource):
            rule.add_property_deletion_override("EventPattern")
        template: dict[str, Any] = app.synth().get_stack_by_name(self._name).template
        return template


def log(cloud: LocalCloud, service_token: str) -> list[dict[str, Any]]:
    """Return what a provider's function has logged, in order."""
    function = cloud.client("lambda").get_function(FunctionName=service_token)
    group = function["Configuration"]["LoggingConfig"]["LogGroup"]
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    messages = [event["message"] for page in pages for event in page["events"]]
    return [json.loads(message) for message in messages if message.startswith("{")]


def lines(cloud: LocalCloud, service_token: str, monitor: str) -> list[dict[str, Any]]:
    """Return the lines of metrics of a monitor's checks, in order."""
    return [line for line in log(cloud, service_token) if "_aws" in line and line["Monitor"] == monitor]


def wait_for_line(
    cloud: LocalCloud, service_token: str, monitor: str, seconds: float = EVENT_SECONDS
) -> dict[str, Any]:
    """Return the first line of a monitor that tells of a difference, as soon as there is one."""

    def read() -> dict[str, Any] | None:
        return next((line for line in lines(cloud, service_token, monitor) if line["drift"]), None)

    return wait_for(read, seconds)


def wait_for(read: Callable[[], T | None], seconds: float) -> T:
    """Return what is read, as soon as there is something."""
    deadline = time.monotonic() + seconds
    while (found := read()) is None:
        assert time.monotonic() < deadline, "It did not come in time."
        time.sleep(_POLL_SECONDS)
    return found
