"""Deploys, changes and destroys a voice channel on a local cloud, with the real cdk CLI."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from local_cloud.cloud import LocalCloud
from local_cloud.errors import LocalCloudError
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES

_STACK = "PinpointVoiceChannel"

_console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)


class StepFailed(LocalCloudError):
    """When a step did not do what it should; its text is all there is to know."""


def run() -> int:
    """Run the demonstration and return the exit code; raises LocalCloudError."""
    started = time.monotonic()
    cloud = LocalCloud()
    try:
        with _step("Start Amazon Pinpoint, CloudFormation, Lambda, IAM and S3 on 127.0.0.1"):
            cloud.__enter__()
        _demonstrate(cloud)
    finally:
        if cloud.has_started:
            with _step("Stop all of it"):
                cloud.__exit__(None, None, None)
    _console.print(f"\nDone in {time.monotonic() - started:.0f} s; nothing is left running.")
    _console.print("To try things yourself: make cloud")
    return 0


def _demonstrate(cloud: LocalCloud) -> None:
    with _step("Prepare it for the CDK: cdk bootstrap"):
        cloud.bootstrap()
    with _step("Create a Pinpoint application"):
        response = cloud.client("pinpoint").create_app(CreateApplicationRequest={"Name": "calls"})
        application_id = response["ApplicationResponse"]["Id"]
    context = ["-c", f"application_id={application_id}"]
    with _step(f"Create its voice channel: cdk deploy {' '.join(context)}"):
        _cdk(cloud, "deploy", "--require-approval", "never", *context)
    _show(cloud, application_id, enabled="true")
    with _step(f"Disable it: cdk deploy {' '.join(context)} -c enabled=false"):
        _cdk(cloud, "deploy", "--require-approval", "never", *context, "-c", "enabled=false")
    _show(cloud, application_id, enabled="false")
    with _step(f"Delete it: cdk destroy {' '.join(context)}"):
        _cdk(cloud, "destroy", "--force", *context)
    with _step("Ask for it once more: GetVoiceChannel answers NotFoundException"):
        _require(_channel(cloud, application_id) is None, "The voice channel is still there.")


@contextmanager
def _step(title: str) -> Iterator[None]:
    started = time.monotonic()
    try:
        with _console.status(title):
            yield
    except Exception:
        _console.print(f"[red]✗[/] {title}\n", soft_wrap=True)
        raise
    _console.print(f"[green]✓[/] {title} [dim]{time.monotonic() - started:.1f} s[/]", soft_wrap=True)


def _cdk(cloud: LocalCloud, *arguments: str) -> None:
    done = cloud.cdk(*arguments)
    _require(done.returncode == 0, done.stdout)


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise StepFailed(problem)


def _show(cloud: LocalCloud, application_id: str, *, enabled: str) -> None:
    """Show the stack's outputs beside what Pinpoint says, and fail where they differ."""
    outputs = _outputs(cloud)
    channel = _channel(cloud, application_id) or {}
    table = Table("Output of the stack", box=None, padding=(0, 2))
    table.add_column("", overflow="fold")
    table.add_column("GetVoiceChannel", overflow="fold")
    for name in ATTRIBUTES:
        table.add_row(name, outputs.get(name), str(channel.get(name)))
    _console.print(table)
    shown = {name: str(channel.get(name)).lower() for name in ATTRIBUTES}
    _require(
        shown == {name: outputs[name].lower() for name in ATTRIBUTES}, "The outputs differ from Pinpoint's."
    )
    _require(outputs["Enabled"] == enabled, f"Enabled is {outputs['Enabled']}, not {enabled}.")


def _outputs(cloud: LocalCloud) -> dict[str, str]:
    stack = cloud.client("cloudformation").describe_stacks(StackName=_STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _channel(cloud: LocalCloud, application_id: str) -> Mapping[str, Any] | None:
    pinpoint = cloud.client("pinpoint")
    try:
        return pinpoint.get_voice_channel(ApplicationId=application_id)["VoiceChannelResponse"]
    except pinpoint.exceptions.NotFoundException:
        return None
