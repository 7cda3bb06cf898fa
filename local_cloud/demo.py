"""Deploys, changes and destroys a voice channel on a local cloud, with the real cdk CLI."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from local_cloud.cloud import LocalCloud
from local_cloud.errors import LocalCloudError
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES

_console = Console(highlight=False)


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
    with _step("Create its voice channel", "deploy", *context):
        _cdk(cloud, "deploy", "--require-approval", "never", *context)
    _show(_outputs(cloud, application_id), _channel(cloud, application_id) or {}, enabled="true")
    with _step("Disable it", "deploy", *context, "-c", "enabled=false"):
        _cdk(cloud, "deploy", "--require-approval", "never", *context, "-c", "enabled=false")
    _show(_outputs(cloud, application_id), _channel(cloud, application_id) or {}, enabled="false")
    with _step("Delete it", "destroy", *context):
        _cdk(cloud, "destroy", "--force", *context)
    with _step("Ask for it once more: GetVoiceChannel answers NotFoundException"):
        _require(_channel(cloud, application_id) is None, "The voice channel is still there.")


@contextmanager
def _step(title: str, *cdk: str) -> Iterator[None]:
    """Print how a step went, and on a line of its own, so that it fits into 80 columns, its cdk command."""
    started = time.monotonic()
    try:
        with _console.status(title):
            yield
    except Exception:
        _console.print(f"[red]✗[/] {title}\n")
        raise
    _console.print(f"[green]✓[/] {title} [dim]{time.monotonic() - started:.1f} s[/]")
    if cdk:
        _console.print(f"  cdk {' '.join(cdk)}", style="dim", soft_wrap=True)


def _cdk(cloud: LocalCloud, *arguments: str) -> None:
    done = cloud.cdk(*arguments)
    _require(done.returncode == 0, done.stdout)


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise StepFailed(problem)


def _show(outputs: Mapping[str, str], channel: Mapping[str, Any], *, enabled: str) -> None:
    """Show the stack's outputs beside what Pinpoint says, and fail where they differ."""
    answer = {name: str(channel.get(name)) for name in ATTRIBUTES}
    differing = [name for name in ATTRIBUTES if outputs.get(name, "").lower() != answer[name].lower()]
    table = Table("Output of the stack", "", "GetVoiceChannel", box=None, padding=(0, 2))
    for name in ATTRIBUTES:
        table.add_row(name, outputs.get(name), answer[name] if name in differing else "the same")
    _console.print(table)
    _require(not differing, f"Not as Pinpoint says: {', '.join(differing)}.")
    _require(outputs["Enabled"] == enabled, f"Enabled is {outputs['Enabled']}, not {enabled}.")


def _outputs(cloud: LocalCloud, application_id: str) -> dict[str, str]:
    name = f"PinpointVoiceChannel-{application_id}"
    stack = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _channel(cloud: LocalCloud, application_id: str) -> Mapping[str, Any] | None:
    pinpoint = cloud.client("pinpoint")
    try:
        return pinpoint.get_voice_channel(ApplicationId=application_id)["VoiceChannelResponse"]
    except pinpoint.exceptions.NotFoundException:
        return None
