"""The app on the local cloud, with the real cdk CLI."""

from collections.abc import Iterator

import pytest

from local_cloud.cloud import LocalCloud

STACK = "PinpointVoiceChannel"


@pytest.fixture(scope="module")
def cloud(bootstrapped_cloud: LocalCloud) -> Iterator[LocalCloud]:
    yield bootstrapped_cloud
    bootstrapped_cloud.cdk("destroy", "--force", "-c", f"application_id={'0' * 32}")


def create_application(cloud: LocalCloud) -> str:
    response = cloud.client("pinpoint").create_app(CreateApplicationRequest={"Name": "calls"})
    return response["ApplicationResponse"]["Id"]


def deploy(cloud: LocalCloud, application_id: str, *context: str) -> str:
    """Deploy and return what the CLI printed."""
    done = cloud.cdk(
        "deploy", "--require-approval", "never", "-c", f"application_id={application_id}", *context
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def outputs(cloud: LocalCloud) -> dict[str, str]:
    stack = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
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
        if STACK in group["logGroupName"]
    ]


def test_a_channel_from_deployment_to_destruction(cloud: LocalCloud) -> None:
    application_id, other_id = create_application(cloud), create_application(cloud)
    cloud.pinpoint.clear_requests()

    printed = deploy(cloud, application_id)
    assert f"{STACK}.Enabled = true" in printed
    assert outputs(cloud) == channel_as_outputs(cloud, application_id)
    assert changes(cloud) == [("PUT", application_id)]
    assert log_groups(cloud) == [(STACK, 30, True)]

    deploy(cloud, application_id)
    assert changes(cloud) == []

    deploy(cloud, application_id, "-c", "enabled=false")
    assert outputs(cloud)["Enabled"] == "false"
    assert outputs(cloud) == channel_as_outputs(cloud, application_id)
    assert changes(cloud) == [("PUT", application_id)]

    deploy(cloud, other_id, "-c", "enabled=false")
    assert outputs(cloud) == channel_as_outputs(cloud, other_id)
    assert changes(cloud) == [("PUT", other_id), ("DELETE", application_id)]

    destroyed = cloud.cdk("destroy", "--force", "-c", f"application_id={other_id}")
    assert destroyed.returncode == 0, destroyed.stdout
    assert changes(cloud) == [("DELETE", other_id)]
    assert log_groups(cloud) == []
    with pytest.raises(cloud.client("cloudformation").exceptions.ClientError, match="does not exist"):
        outputs(cloud)


def test_a_deployment_that_fails_says_why_and_is_rolled_back(cloud: LocalCloud) -> None:
    nobody = "0" * 32
    cloud.pinpoint.clear_requests()

    done = cloud.cdk("deploy", "--require-approval", "never", "-c", f"application_id={nobody}")

    assert done.returncode != 0
    assert f"Amazon Pinpoint has no application {nobody} in us-east-1" in done.stdout
    stack = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert changes(cloud) == [("PUT", nobody)]
