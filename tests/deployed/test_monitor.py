"""Monitors on the local cloud: changes by hand are reported, and healed, but not during a deployment."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.monitor import EVENT_SECONDS, MonitoredStack, wait_for
from local_cloud.cloud import LocalCloud
from local_cloud.example import create_application
from pinpoint_voice_channel_handler.rules import CLOCKS_DIFFER_BY
from pinpoint_voice_channel_handler.user_agent import USER_AGENT

SCHEDULE_SECONDS = 90

Deploy = Callable[..., MonitoredStack]


@pytest.fixture
def deploy(bootstrapped_cloud: LocalCloud, service_token: str) -> Iterator[Deploy]:
    """Return a function that deploys a monitored stack, which is deleted after the test."""
    deployed = []

    def deploy_stack(*application_ids: str, heal: bool = False) -> MonitoredStack:
        name = f"Monitored-{uuid.uuid4().hex[:8]}"
        stack = MonitoredStack(bootstrapped_cloud, service_token, name, heal=heal)
        deployed.append(stack)
        stack.deploy(application_ids)
        return stack

    yield deploy_stack
    for stack in deployed:
        stack.delete()


Differing = tuple[MonitoredStack, dict[str, str]]


@pytest.fixture(scope="module", autouse=True)
def differing(bootstrapped_cloud: LocalCloud, service_token: str) -> Iterator[Differing]:
    """Deploy a stack whose rule takes no events, and change its channels; return what is to be found.

    The schedule takes a minute, so this comes first, and the test that waits for it last.
    """
    cloud = bootstrapped_cloud
    changes = {create_application(cloud): change for change in (disable, delete, delete_application)}
    stack = MonitoredStack(cloud, service_token, "Scheduled", heal=False, takes_events=False)
    stack.deploy(list(changes))
    for application_id, change in changes.items():
        change(cloud, application_id)
    yield stack, dict(zip(changes, ("disabled", "absent", "absent"), strict=True))
    stack.delete()


def disable(cloud: LocalCloud, application_id: str) -> None:
    cloud.client("pinpoint").update_voice_channel(
        ApplicationId=application_id, VoiceChannelRequest={"Enabled": False}
    )


def delete(cloud: LocalCloud, application_id: str) -> None:
    cloud.client("pinpoint").delete_voice_channel(ApplicationId=application_id)


def delete_application(cloud: LocalCloud, application_id: str) -> None:
    cloud.client("pinpoint").delete_app(ApplicationId=application_id)


def state(cloud: LocalCloud, application_id: str) -> str:
    pinpoint = cloud.client("pinpoint")
    try:
        channel = pinpoint.get_voice_channel(ApplicationId=application_id)["VoiceChannelResponse"]
    except pinpoint.exceptions.NotFoundException:
        return "absent"
    return "enabled" if channel["Enabled"] else "disabled"


@pytest.mark.parametrize(
    ("change", "found"), [(disable, "disabled"), (delete, "absent"), (delete_application, "absent")]
)
def test_a_change_by_hand_is_told_within_seconds_of_the_event_and_left_as_it_is(
    bootstrapped_cloud: LocalCloud,
    deploy: Deploy,
    change: Callable[[LocalCloud, str], None],
    found: str,
) -> None:
    cloud = bootstrapped_cloud
    application_id, other = create_application(cloud), create_application(cloud)
    stack = deploy(application_id, other)

    change(cloud, application_id)
    line = stack.wait_for_line()

    assert (line["Drifted"], line["Healed"], line["checked"]) == (1, 0, 2)
    [drift] = line["drift"]
    assert (drift["application_id"], drift["found"], drift["wanted"]) == (application_id, found, "enabled")
    assert state(cloud, application_id) == found


@pytest.mark.parametrize(
    ("change", "counts", "after"),
    [
        (disable, (0, 1), "enabled"),
        (delete, (0, 1), "enabled"),
        (delete_application, (1, 0), "absent"),
    ],
)
def test_a_change_by_hand_is_healed_where_the_template_says_so(
    bootstrapped_cloud: LocalCloud,
    deploy: Deploy,
    change: Callable[[LocalCloud, str], None],
    counts: tuple[int, int],
    after: str,
) -> None:
    cloud = bootstrapped_cloud
    application_id = create_application(cloud)
    stack = deploy(application_id, heal=True)

    # What was changed sooner may be the deployment's own, by a clock that is behind.
    time.sleep(CLOCKS_DIFFER_BY.total_seconds() + 1 if change is disable else 0)
    change(cloud, application_id)
    line = stack.wait_for_line()

    assert (line["Drifted"], line["Healed"]) == counts
    assert state(cloud, application_id) == after


def test_a_check_tells_nothing_and_heals_nothing_while_the_stack_is_deployed(
    bootstrapped_cloud: LocalCloud, deploy: Deploy
) -> None:
    cloud = bootstrapped_cloud
    application_id, other = create_application(cloud), create_application(cloud)
    stack = deploy(application_id, other, heal=True)
    before = len(stack.lines())

    # The deployment goes on for as long as Pinpoint fails.
    cloud.pinpoint.fail("PUT", status=500, times=1000)
    stack.deploy([application_id, other], enabled=False, wait="none")
    delete(cloud, other)
    silent = wait_for(lambda: _silence(stack), EVENT_SECONDS)
    status = stack.status()
    told = len(stack.lines()) - before
    cloud.pinpoint.clear_failures()
    _wait_for_rest(stack)

    assert silent["message"].endswith("tells nothing, as an operation of the stack is running.")
    assert status.endswith("_IN_PROGRESS")
    assert told == 0
    assert state(cloud, application_id) == "disabled"


def test_two_stacks_that_heal_one_channel_differently_do_not_fight_at_the_speed_of_events(
    bootstrapped_cloud: LocalCloud, deploy: Deploy
) -> None:
    cloud = bootstrapped_cloud
    application_id = create_application(cloud)
    one, other = deploy(application_id, heal=True), deploy(application_id, heal=True)
    other.deploy([application_id], enabled=False)
    path = f"/v1/apps/{application_id}/channels/voice"

    cloud.client("pinpoint").delete_voice_channel(ApplicationId=application_id)
    one.wait_for_line()
    other.wait_for_line()
    cloud.pinpoint.clear_requests()
    time.sleep(8)

    changes = [one for one in cloud.pinpoint.requests() if (one["method"], one["path"]) == ("PUT", path)]
    # One each by what was under way, and one each by the schedule.
    assert len(changes) <= 4


def _silence(stack: MonitoredStack) -> dict[str, Any] | None:
    lines = (line for line in stack.log() if "tells nothing" in line.get("message", ""))
    return next(lines, None)


def _wait_for_rest(stack: MonitoredStack) -> None:
    wait_for(lambda: stack.status() == "UPDATE_COMPLETE" or None, 60)


def test_what_a_rollback_puts_back_is_what_is_wanted(bootstrapped_cloud: LocalCloud, deploy: Deploy) -> None:
    cloud = bootstrapped_cloud
    application_id = create_application(cloud)
    stack = deploy(application_id)
    events = cloud.client("events")
    deployed = events.list_targets_by_rule(Rule=stack.rule)["Targets"]

    stack.deploy([application_id], enabled=False)
    disabled = events.list_targets_by_rule(Rule=stack.rule)["Targets"]
    stack.deploy([application_id, "0" * 32], enabled=True, wait="stack_rollback_complete")

    wanted = [json.loads(target["Input"])["Check"]["Channels"] for target in deployed + disabled]
    assert wanted == [{application_id: "true"}, {application_id: "false"}]
    assert events.list_targets_by_rule(Rule=stack.rule)["Targets"] == disabled
    assert state(cloud, application_id) == "disabled"


RECORD: dict[str, Any] = {
    "eventSource": "pinpoint.amazonaws.com",
    "eventName": "UpdateVoiceChannel",
    "userAgent": "aws-cli/2.31.0 md/awscrt#0.27.6",
}
PROVIDER = f"[Boto3/1.44.5 md/Botocore#1.44.5 cfg/retry-mode#standard {USER_AGENT}]"


@pytest.fixture(scope="module")
def pattern(bootstrapped_cloud: LocalCloud, service_token: str) -> Iterator[str]:
    """Return the pattern of a deployed rule."""
    stack = MonitoredStack(bootstrapped_cloud, service_token, "Pattern", heal=False)
    stack.deploy([create_application(bootstrapped_cloud)])
    yield bootstrapped_cloud.client("events").describe_rule(Name=stack.rule)["EventPattern"]
    stack.delete()


@pytest.mark.parametrize(
    ("changes", "matches"),
    [
        ({}, True),
        ({"eventSource": "mobiletargeting.amazonaws.com"}, True),
        ({"eventName": "DeleteVoiceChannel"}, True),
        ({"eventName": "DeleteApp"}, True),
        ({"eventName": "UpdateSmsChannel"}, False),
        ({"eventSource": "s3.amazonaws.com"}, False),
        ({"userAgent": PROVIDER}, False),
        ({"userAgent": PROVIDER.strip("[]")}, False),
        ({"userAgent": "pinpoint-voice-channel/other"}, True),
    ],
)
def test_the_rule_matches_the_changes_of_others_and_not_the_provider_s(
    bootstrapped_cloud: LocalCloud, pattern: str, changes: dict[str, str], matches: bool
) -> None:
    event = {
        "id": "1",
        "account": "123456789012",
        "source": "aws.mobiletargeting",
        "time": "2026-11-25T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {**RECORD, **changes},
    }

    events = bootstrapped_cloud.client("events")
    answer = events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))

    assert answer["Result"] is matches


def test_a_client_may_still_not_send_the_events_of_aws(bootstrapped_cloud: LocalCloud) -> None:
    entry = {"Source": "aws.mobiletargeting", "DetailType": "AWS API Call via CloudTrail", "Detail": "{}"}

    answer = bootstrapped_cloud.client("events").put_events(Entries=[entry])

    assert [one["ErrorCode"] for one in answer["Entries"]] == ["NotAuthorizedForSourceException"]


# CloudTrail's delivery is best effort.
def test_changes_whose_events_do_not_come_are_told_by_the_schedule(
    bootstrapped_cloud: LocalCloud, differing: Differing
) -> None:
    stack, found = differing

    line = stack.wait_for_line(SCHEDULE_SECONDS)

    assert line["Drifted"] == len(found)
    assert {drift["application_id"]: drift["found"] for drift in line["drift"]} == found
    rule = bootstrapped_cloud.client("events").describe_rule(Name=stack.rule)
    assert (rule["ScheduleExpression"], rule.get("EventPattern", "")) == ("rate(1 minute)", "")
