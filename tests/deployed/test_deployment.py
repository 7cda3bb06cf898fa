"""The app on the local cloud, with the real cdk CLI.

`released/app_0_1_0.py` is the app of version 0.1.0, as it was.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.documents import code_blocks
from local_cloud.cloud import LocalCloud

PROJECT = Path(__file__).parents[2]
OLD_APP = f"{sys.executable} {Path(__file__).parent / 'released' / 'app_0_1_0.py'}"
OLD_STACK = "PinpointVoiceChannel"

NOBODY = "0" * 32
"""An application that does not exist."""


@pytest.fixture(scope="module")
def cloud(bootstrapped_cloud: LocalCloud) -> Iterator[LocalCloud]:
    yield bootstrapped_cloud
    delete(bootstrapped_cloud, stack_of(NOBODY))


def create_application(cloud: LocalCloud) -> str:
    response = cloud.client("pinpoint").create_app(CreateApplicationRequest={"Name": "calls"})
    return response["ApplicationResponse"]["Id"]


def stack_of(application_id: str) -> str:
    return f"PinpointVoiceChannel-{application_id}"


def deploy(cloud: LocalCloud, application_id: str, *context: str) -> str:
    """Deploy and return what the CLI printed."""
    done = cloud.cdk(
        "deploy", "--require-approval", "never", "-c", f"application_id={application_id}", *context
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def destroy(cloud: LocalCloud, application_id: str) -> None:
    done = cloud.cdk("destroy", "--force", "-c", f"application_id={application_id}")
    assert done.returncode == 0, done.stdout


def delete(cloud: LocalCloud, stack: str) -> None:
    """Delete a stack over boto3, which takes a fraction of the CLI's time."""
    cloudformation = cloud.client("cloudformation")
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})


def outputs(cloud: LocalCloud, application_id: str) -> dict[str, str]:
    stack = cloud.client("cloudformation").describe_stacks(StackName=stack_of(application_id))["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def channel_as_outputs(cloud: LocalCloud, application_id: str) -> dict[str, str]:
    response = cloud.client("pinpoint").get_voice_channel(ApplicationId=application_id)
    texts = {name: str(value) for name, value in response["VoiceChannelResponse"].items()}
    return texts | {name: text.lower() for name, text in texts.items() if text in ("True", "False")}


def changes(cloud: LocalCloud) -> list[tuple[str, str]]:
    """Return what changed voice channels since this was asked last, and for which application."""
    requests = [
        request for request in cloud.pinpoint.requests() if request["path"].endswith("/channels/voice")
    ]
    cloud.pinpoint.clear_requests()
    return [(r["method"], r["path"].split("/")[3]) for r in requests if r["method"] in ("PUT", "DELETE")]


def log_groups(cloud: LocalCloud) -> list[tuple[str, int, bool]]:
    """Return the log groups of functions: the stack's name, the retention, and whether anything is logged."""
    logs = cloud.client("logs")
    return [
        (
            group["logGroupName"].split("/")[3],
            group.get("retentionInDays", 0),
            bool(logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]),
        )
        for group in logs.describe_log_groups()["logGroups"]
        if "PinpointVoiceChannel-" in group["logGroupName"]
    ]


def test_a_channel_from_deployment_to_destruction(cloud: LocalCloud) -> None:
    application_id = create_application(cloud)
    stack = stack_of(application_id)
    cloud.pinpoint.clear_requests()

    printed = deploy(cloud, application_id)
    assert f"{stack}.Enabled = true" in printed
    assert outputs(cloud, application_id) == channel_as_outputs(cloud, application_id)
    assert changes(cloud) == [("PUT", application_id)]
    assert log_groups(cloud) == [(stack, 30, True)]

    deploy(cloud, application_id)
    assert changes(cloud) == []

    deploy(cloud, application_id, "-c", "enabled=false")
    assert outputs(cloud, application_id)["Enabled"] == "false"
    assert outputs(cloud, application_id) == channel_as_outputs(cloud, application_id)
    assert changes(cloud) == [("PUT", application_id)]

    destroy(cloud, application_id)
    assert changes(cloud) == [("DELETE", application_id)]
    assert log_groups(cloud) == []
    with pytest.raises(cloud.client("cloudformation").exceptions.ClientError, match="does not exist"):
        outputs(cloud, application_id)


def test_the_channel_of_another_application_is_deployed_and_destroyed_beside_the_first(
    cloud: LocalCloud,
) -> None:
    application_id, other_id = create_application(cloud), create_application(cloud)
    deploy(cloud, application_id)
    before = channel_as_outputs(cloud, application_id)
    cloud.pinpoint.clear_requests()

    deploy(cloud, other_id)
    assert changes(cloud) == [("PUT", other_id)]
    destroy(cloud, other_id)
    assert changes(cloud) == [("DELETE", other_id)]

    assert channel_as_outputs(cloud, application_id) == before == outputs(cloud, application_id)
    delete(cloud, stack_of(application_id))


def test_a_deployment_that_fails_says_why_and_is_rolled_back(cloud: LocalCloud) -> None:
    cloud.pinpoint.clear_requests()

    done = cloud.cdk("deploy", "--require-approval", "never", "-c", f"application_id={NOBODY}")

    assert done.returncode != 0
    assert f"Amazon Pinpoint has no application {NOBODY} in us-east-1" in done.stdout
    stack = cloud.client("cloudformation").describe_stacks(StackName=stack_of(NOBODY))["Stacks"][0]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert changes(cloud) == [("PUT", NOBODY)]


def with_the_channel_kept(template: dict[str, Any]) -> str:
    """Return a template as the sed command of docs/lifecycle.md changes it."""
    blocks = [block.code for block in code_blocks((PROJECT / "docs" / "lifecycle.md").read_text())]
    [command] = [line for code in blocks for line in code.splitlines() if line.startswith("sed ")]
    sed, script, *_ = shlex.split(command)
    # As the AWS CLI prints it.
    printed = json.dumps(template, indent=4)
    return subprocess.run([sed, script], input=printed, check=True, capture_output=True, text=True).stdout


def test_the_channel_of_version_0_1_0s_stack_moves_to_its_own_without_being_touched(
    cloud: LocalCloud,
) -> None:
    application_id = create_application(cloud)
    cloudformation = cloud.client("cloudformation")
    deploy(cloud, application_id, "--app", OLD_APP)
    before = channel_as_outputs(cloud, application_id)
    cloud.pinpoint.clear_requests()

    deploy(cloud, application_id)
    old = cloudformation.get_template(StackName=OLD_STACK)["TemplateBody"]
    kept = with_the_channel_kept(dict(old))
    cloudformation.update_stack(StackName=OLD_STACK, TemplateBody=kept, Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_update_complete").wait(StackName=OLD_STACK, WaiterConfig={"Delay": 1})
    delete(cloud, OLD_STACK)

    assert changes(cloud) == []
    assert channel_as_outputs(cloud, application_id) == before == outputs(cloud, application_id)
    delete(cloud, stack_of(application_id))
    assert changes(cloud) == [("DELETE", application_id)]


def test_only_the_channel_is_kept_of_version_0_1_0s_stack() -> None:
    kept = {"Type": "Custom::PinpointVoiceChannel", "Properties": {"A": {}}, "DeletionPolicy": "Retain"}
    other = {"Type": "AWS::Logs::LogGroup", "UpdateReplacePolicy": "Delete", "DeletionPolicy": "Delete"}
    template = {"Resources": {"A": other, "B": {**kept, "DeletionPolicy": "Delete"}, "C": other}}

    assert json.loads(with_the_channel_kept(template)) == {"Resources": {"A": other, "B": kept, "C": other}}
