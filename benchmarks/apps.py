"""The same voice channels as CDK stacks: by this project, and by each other way to have them."""

import functools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import custom_resources

from benchmarks.peers import BARE, CRHELPER, HOME, PEERS, Candidate
from local_cloud.runtime import PROJECT
from pinpoint_voice_channel import VoiceChannel

BUCKET = "assets"
"""Where the templates look for their assets."""

_CHANNELS = 100
_QUICK_CHANNELS = 5

_FRAMEWORK = PROJECT / "benchmarks" / "peers" / "provider_framework"
_NOT_DEPLOYED = shutil.ignore_patterns("__pycache__", "*.dist-info", "*.pyi", "py.typed", "requirements.txt")

_OF_A_CHANNEL = re.compile(r"Channel(\d+)x")

Build = Callable[[cdk.Stack, Mapping[str, str]], None]
"""Declares, in a stack, enabled channels: by construct id, the applications."""


@dataclass(frozen=True)
class Way:
    """A way to have voice channels.

    Args:
        name: What it is called in the tables.
        stack: The name of its stack.
        build: Declares its channels.
    """

    name: str
    stack: str
    build: Build = field(repr=False)


@dataclass(frozen=True)
class Synthesized:
    """A template and its assets.

    Args:
        template: The template.
        assets: The folder of each asset, by its hash.
    """

    template: Mapping[str, Any]
    assets: Mapping[str, Path]

    def with_channels(self, count: int) -> dict[str, Any]:
        """Return the template with the first so many channels only."""
        resources = {
            logical_id: resource
            for logical_id, resource in self.template["Resources"].items()
            if not (match := _OF_A_CHANNEL.match(logical_id)) or int(match[1]) < count
        }
        return {**self.template, "Resources": resources}

    def template_for(self, application_ids: Sequence[str], *, enabled: bool = True) -> dict[str, Any]:
        """Return the template for the channels of real applications."""
        text = json.dumps(self.with_channels(len(application_ids)))
        for number, application_id in enumerate(application_ids):
            text = text.replace(_placeholder(number), application_id)
        if not enabled:
            # As a property, and in the text of AwsCustomResource's call.
            text = text.replace('"Enabled": true', '"Enabled": false')
            text = text.replace('\\"Enabled\\":true', '\\"Enabled\\":false')
        template: dict[str, Any] = json.loads(text)
        return template


@functools.cache
def synthesized(quick: bool) -> Mapping[Way, Synthesized]:
    """Synthesize a stack with all channels that are needed for each way there is; do it once.

    In a process of its own, where the CDK may end what it starts.

    Args:
        quick: Whether five channels are enough, in place of a hundred.

    Raises:
        subprocess.CalledProcessError: It failed; `stderr` says why.
    """
    channels = _QUICK_CHANNELS if quick else _CHANNELS
    outdir = HOME / "cdk.out"
    shutil.rmtree(outdir, ignore_errors=True)
    command = [sys.executable, "-m", "benchmarks.apps", str(outdir), str(channels)]
    # The CDK prints a warning for each native channel.
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)  # noqa: S603  # our own command
    return {way: _read(outdir, way.stack) for way in WAYS}


def _synthesize(outdir: str, channels: int) -> None:
    app = cdk.App(outdir=outdir, analytics_reporting=False)
    for way in WAYS:
        synthesizer = cdk.DefaultStackSynthesizer(
            file_assets_bucket_name=BUCKET, generate_bootstrap_version_rule=False
        )
        stack = cdk.Stack(app, way.stack, synthesizer=synthesizer)
        way.build(stack, {f"Channel{number}x": _placeholder(number) for number in range(channels)})
    app.synth()


def _read(outdir: Path, stack: str) -> Synthesized:
    manifest = json.loads((outdir / f"{stack}.assets.json").read_text())
    assets = {
        key: outdir / asset["source"]["path"]
        for key, asset in manifest["files"].items()
        if asset["source"]["packaging"] == "zip"
    }
    return Synthesized(json.loads((outdir / f"{stack}.template.json").read_text()), assets)


def _placeholder(number: int) -> str:
    return f"{number:032x}"


def _ours(stack: cdk.Stack, channels: Mapping[str, str]) -> None:
    for construct_id, application_id in channels.items():
        VoiceChannel(stack, construct_id, application_id=application_id, enabled=True)


def _native(stack: cdk.Stack, channels: Mapping[str, str]) -> None:
    for construct_id, application_id in channels.items():
        pinpoint.CfnVoiceChannel(stack, construct_id, application_id=application_id, enabled=True)


def _by_peer(peer: Candidate) -> Build:
    def build(stack: cdk.Stack, channels: Mapping[str, str]) -> None:
        function = _function(stack, _vendored(peer))
        _custom_resources(stack, function.function_arn, channels)

    return build


def _by_limited_crhelper(stack: cdk.Stack, channels: Mapping[str, str]) -> None:
    function = _function(
        stack,
        _vendored(CRHELPER),
        log_group=logs.LogGroup(stack, "LogGroup", retention=logs.RetentionDays.ONE_MONTH),
        max_event_age=cdk.Duration.minutes(5),
    )
    _custom_resources(stack, function.function_arn, channels)


def _by_framework(stack: cdk.Stack, channels: Mapping[str, str]) -> None:
    provider = custom_resources.Provider(
        stack, "Provider", on_event_handler=_function(stack, _copied("provider_framework", _FRAMEWORK))
    )
    _custom_resources(stack, provider.service_token, channels)


def _by_aws_custom_resource(stack: cdk.Stack, channels: Mapping[str, str]) -> None:
    for construct_id, application_id in channels.items():
        put = _sdk_call("UpdateVoiceChannel", application_id, {"VoiceChannelRequest": {"Enabled": True}})
        custom_resources.AwsCustomResource(
            stack,
            construct_id,
            on_create=put,
            on_update=put,
            on_delete=_sdk_call("DeleteVoiceChannel", application_id, {}),
            install_latest_aws_sdk=False,
            policy=custom_resources.AwsCustomResourcePolicy.from_statements([_permission(stack)]),
        )


def _sdk_call(
    action: str, application_id: str, parameters: Mapping[str, object]
) -> custom_resources.AwsSdkCall:
    return custom_resources.AwsSdkCall(
        service="Pinpoint",
        action=action,
        parameters={"ApplicationId": application_id, **parameters},
        physical_resource_id=custom_resources.PhysicalResourceId.of(application_id),
    )


def _custom_resources(stack: cdk.Stack, service_token: str, channels: Mapping[str, str]) -> None:
    for construct_id, application_id in channels.items():
        cdk.CustomResource(
            stack,
            construct_id,
            resource_type="Custom::VoiceChannel",
            service_token=service_token,
            properties={"ApplicationId": application_id, "Enabled": True},
        )


def _function(
    stack: cdk.Stack,
    code: Path,
    log_group: logs.ILogGroup | None = None,
    max_event_age: cdk.Duration | None = None,
) -> lambda_.Function:
    return lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="handler.handler",
        code=lambda_.Code.from_asset(str(code)),
        memory_size=256,
        timeout=cdk.Duration.minutes(2),
        initial_policy=[_permission(stack)],
        log_group=log_group,
        max_event_age=max_event_age,
    )


def _permission(stack: cdk.Stack) -> iam.PolicyStatement:
    operations = ("Get", "Update", "Delete")
    return iam.PolicyStatement(
        actions=[f"mobiletargeting:{operation}VoiceChannel" for operation in operations],
        resources=[
            stack.format_arn(service="mobiletargeting", resource="apps", resource_name="*/channels/voice")
        ],
    )


def _vendored(peer: Candidate) -> Path:
    """Return a folder with a peer's handler and the packages that Lambda's runtime does not have."""
    directory = _copied(peer.environment, peer.handler.path)
    in_runtime = {entry.name for entry in _site_packages(BARE).iterdir()}
    for entry in _site_packages(peer).iterdir():
        if entry.name in in_runtime or entry.suffix in (".dist-info", ".pth"):
            continue
        if entry.is_dir():
            shutil.copytree(entry, directory / entry.name, ignore=_NOT_DEPLOYED)
        else:
            shutil.copy(entry, directory)
    return directory


def _copied(name: str, source: Path) -> Path:
    directory = HOME / "assets" / name
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(source, directory, ignore=_NOT_DEPLOYED)
    return directory


def _site_packages(candidate: Candidate) -> Path:
    [directory] = candidate.python().parent.parent.glob("lib/python3*/site-packages")
    return directory


OURS = Way("this project", "Ours", _ours)
NATIVE = Way("the native type", "Native", _native)
AWS_CUSTOM_RESOURCE = Way("AwsCustomResource", "AwsCustomResource", _by_aws_custom_resource)
FRAMEWORK = Way("Provider framework", "Framework", _by_framework)
PYTHON_PEERS = tuple(
    Way(peer.name, f"Peer{number}", _by_peer(peer)) for number, peer in enumerate(PEERS, start=1)
)
WITH_FUNCTION = (OURS, *PYTHON_PEERS, FRAMEWORK, AWS_CUSTOM_RESOURCE)
"""All that manage a channel through a function."""

LIMITED = Way("crhelper, logs and retries as here", "Limited", _by_limited_crhelper)
"""What a function by crhelper has to be deployed with to be bounded as this project's is."""

WAYS = (*WITH_FUNCTION, LIMITED, NATIVE)


if __name__ == "__main__":
    _synthesize(sys.argv[1], int(sys.argv[2]))
