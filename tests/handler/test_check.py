"""Checks: what differs from the template is reported and, if asked for, healed; nothing else happens."""

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from harness.context import Context
from harness.events import SESSION_TOKEN
from harness.fakes import APPLICATION, RESTED, ROOT_ID, STACK_ID, FakeStackClient, api_error, resource, row
from harness.in_memory import join_what_was_left_behind
from harness.with_moto import channel, make_channel, state
from pinpoint_voice_channel_handler import dispatcher, handler
from pinpoint_voice_channel_handler.attempts import UNDER_WAY_SECONDS
from pinpoint_voice_channel_handler.clients import Clients
from pinpoint_voice_channel_handler.drift import RESERVE_SECONDS
from pinpoint_voice_channel_handler.errors import IncompleteCheck, InvalidCheck
from pinpoint_voice_channel_handler.pinpoint import Pinpoint
from pinpoint_voice_channel_handler.response import UnusableResponseUrl
from pinpoint_voice_channel_handler.stack import Stacks
from pinpoint_voice_channel_handler.user_agent import USER_AGENT

MONITOR = "Voice/Monitor"
HEALING_STATUSES = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"]
OPERATIONS = [
    "CREATE_IN_PROGRESS",
    "DELETE_IN_PROGRESS",
    "IMPORT_IN_PROGRESS",
    "IMPORT_ROLLBACK_IN_PROGRESS",
    "REVIEW_IN_PROGRESS",
    "ROLLBACK_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
]
OTHER_STATUSES = [
    "CREATE_FAILED",
    "DELETE_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
    "IMPORT_ROLLBACK_FAILED",
    "ROLLBACK_FAILED",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_FAILED",
]


class World:
    """A stack at rest that manages channels, moto's Pinpoint, and what the function writes.

    Attributes:
        stack: CloudFormation.
        client: boto3's Pinpoint client, as the function has it.
    """

    def __init__(self, stack: FakeStackClient, output: pytest.CaptureFixture[str]) -> None:
        self.stack = stack
        self.client = boto3.client("pinpoint")
        self._output = output
        self._managed: list[dict[str, Any]] = []

    def application(self, *, managed: bool = True, deployed: datetime = RESTED) -> str:
        """Make an application, whose channel the stack manages as it was deployed then."""
        made = self.client.create_app(CreateApplicationRequest={"Name": "calls"})
        application_id = str(made["ApplicationResponse"]["Id"])
        if managed:
            physical_id = f"{application_id}/voice/absent/20250101T000000Z"
            self._managed.append({**resource(application_id, physical_id), "LastUpdatedTimestamp": deployed})
        self.become("UPDATE_COMPLETE")
        return application_id

    def become(self, status: str, *, moment: datetime = RESTED, **more: Any) -> None:  # noqa: ANN401, those of the fake
        """Let the stack have another status, which its log tells as well."""
        self.stack.become(
            **{"status": status, "log": [row(status, moment)], "resources": self._managed, **more}
        )

    def when(self, moment: str, operation: str, action: Callable[[], object], *, times: int = 1) -> None:
        """Do something "before" or "after" the function's next calls of an operation."""
        left = [action] * times

        def act(**_: object) -> None:
            if left:
                left.pop()()

        self.client.meta.events.register(f"{moment}-call.pinpoint.{operation}", act)

    def handle(self, event: object, seconds: float = 120) -> None:
        """Hand an event to the function."""
        handler.handle(event, Context(seconds))

    def check(
        self, wanted: dict[str, Any], *, heal: bool = False, stack_id: str = STACK_ID, seconds: float = 120
    ) -> dict[str, Any] | None:
        """Run a check, and return the line that tells what it has found."""
        check = {"StackId": stack_id, "Monitor": MONITOR, "Heal": heal, "Channels": wanted}
        self._output.readouterr()
        self.handle({"Check": check}, seconds)
        return self.told()

    def told(self) -> dict[str, Any] | None:
        """Return the last line of metrics."""
        lines = self._output.readouterr().out.splitlines()
        line: dict[str, Any] | None = json.loads(lines[-1]) if lines else None
        assert len(lines) <= 1
        return line


@pytest.fixture
def world(
    aws: None,  # noqa: ARG001, it is in force
    stack: FakeStackClient,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    world = World(stack, capsys)
    monkeypatch.setattr(dispatcher.clients, "pinpoint", lambda: Pinpoint(world.client, "us-east-1"))
    yield world
    # Or its calls would reach AWS, and its log another test, when moto is gone.
    join_what_was_left_behind()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Take what the root logger writes, as Lambda's handler there does."""
    stream = io.StringIO()
    lambda_handler = logging.StreamHandler(stream)
    logging.root.addHandler(lambda_handler)
    yield stream
    logging.root.removeHandler(lambda_handler)


def drift_of(line: dict[str, Any] | None, application_id: str) -> dict[str, Any]:
    assert line is not None
    drifts: dict[str, dict[str, Any]] = {drift["application_id"]: drift for drift in line["drift"]}
    return drifts[application_id]


# What is reported


@pytest.mark.parametrize("wanted", ["true", "false", True, False])
def test_a_channel_as_the_template_wants_it_is_no_drift(world: World, wanted: str | bool) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=wanted in ("true", True))

    line = world.check({application_id: wanted})

    assert line is not None
    assert (line["Drifted"], line["Healed"], line["checked"], line["drift"]) == (0, 0, 1, [])


@pytest.mark.parametrize(
    ("now", "wanted", "found"),
    [
        (True, "false", "enabled"),
        (False, "true", "disabled"),
        (None, "true", "absent"),
        (None, "false", "absent"),
    ],
)
def test_a_channel_that_differs_is_told_and_left_as_it_is(
    world: World, now: bool | None, wanted: str, found: str
) -> None:
    application_id, other = world.application(), world.application()
    make_channel(other, enabled=True)
    if now is not None:
        make_channel(application_id, enabled=now)
    before = state(application_id)

    line = world.check({application_id: wanted, other: "true"})

    assert line is not None
    assert (line["Drifted"], line["Healed"], line["checked"]) == (1, 0, 2)
    drift = drift_of(line, application_id)
    assert (drift["found"], drift["wanted"]) == (found, "enabled" if wanted == "true" else "disabled")
    assert not drift["healed"]
    assert state(application_id) == before


def test_who_changed_it_last_and_when_is_told(world: World) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=False)

    drift = drift_of(world.check({application_id: "true"}), application_id)

    now = channel(application_id)
    assert drift["last_modified_by"] == now["LastModifiedBy"] != ""
    assert drift["last_modified_date"] == now["LastModifiedDate"] != ""


def test_an_application_that_is_gone_is_told(world: World) -> None:
    application_id = world.application()
    world.client.delete_app(ApplicationId=application_id)

    drift = drift_of(world.check({application_id: "true"}, heal=True), application_id)

    assert (drift["found"], drift["healed"]) == ("absent", False)
    assert drift["note"] == "its application does not exist"


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
def test_the_line_is_of_the_embedded_metric_format(world: World) -> None:
    application_id = world.application()
    before = time.time() * 1000

    line = world.check({application_id: "true"})

    assert line is not None
    metadata = line["_aws"]
    assert set(metadata) == {"Timestamp", "CloudWatchMetrics"}
    assert type(metadata["Timestamp"]) is int
    assert before - 1 <= metadata["Timestamp"] <= time.time() * 1000 + 1
    [directive] = metadata["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "PinpointVoiceChannel",
        "Dimensions": [["Monitor"]],
        "Metrics": [{"Name": "Healed", "Unit": "Count"}, {"Name": "Drifted", "Unit": "Count"}],
    }
    # Each target is a member of the root: a dimension's is text, a metric's is a number.
    assert line["Monitor"] == MONITOR
    assert all(type(line[metric["Name"]]) is int for metric in directive["Metrics"])


def test_the_line_does_not_depend_on_the_level_of_the_log(world: World) -> None:
    application_id = world.application()
    before = logging.root.level
    logging.root.setLevel(logging.CRITICAL)
    try:
        assert world.check({application_id: "true"})
    finally:
        logging.root.setLevel(before)


def test_no_credential_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=False)
    told = {**channel(application_id), "LastModifiedBy": f'"{SESSION_TOKEN}"'}
    monkeypatch.setattr(world.client, "get_voice_channel", lambda **_: {"VoiceChannelResponse": told})

    drift = drift_of(world.check({application_id: "true"}), application_id)

    assert drift["last_modified_by"] == '"[redacted]"'


# When a check keeps silent


@pytest.mark.parametrize("status", OPERATIONS)
@pytest.mark.parametrize("around", [False, True], ids=["its stack", "the root"])
def test_nothing_happens_while_the_stack_or_one_around_it_is_in_an_operation(
    world: World, status: str, around: bool
) -> None:
    application_id = world.application()
    root: dict[str, Any] = {"root_status": status, "root_log": [row(status, RESTED, stack_id=ROOT_ID)]}
    world.become("UPDATE_COMPLETE" if around else status, **(root if around else {}))
    world.when("before", "GetVoiceChannel", lambda: pytest.fail("Pinpoint was asked"))

    assert world.check({application_id: "true"}, heal=True) is None
    assert state(application_id) == "absent"


@pytest.mark.parametrize("status", ["DELETE_COMPLETE", "ROLLBACK_COMPLETE"])
@pytest.mark.parametrize("around", [False, True], ids=["its stack", "the root"])
def test_a_check_that_comes_when_the_stack_is_gone_tells_nothing(
    world: World, log: io.StringIO, status: str, around: bool
) -> None:
    application_id = world.application()
    root: dict[str, Any] = {"root_status": status, "root_log": [row(status, RESTED, stack_id=ROOT_ID)]}
    world.become("UPDATE_COMPLETE" if around else status, **(root if around else {}))
    world.when("before", "GetVoiceChannel", lambda: pytest.fail("Pinpoint was asked"))

    assert world.check({application_id: "true"}, heal=True) is None
    assert "tells nothing, as the stack is gone." in log.getvalue()


@pytest.mark.parametrize("heal", [False, True])
def test_a_check_tells_nothing_where_an_operation_begins_while_it_reads(world: World, heal: bool) -> None:
    application_id = world.application()
    world.when("after", "GetVoiceChannel", lambda: world.become("UPDATE_IN_PROGRESS"))

    assert world.check({application_id: "true"}, heal=heal) is None
    assert state(application_id) == "absent"


def test_a_check_tells_nothing_where_a_whole_operation_passes_while_it_reads(world: World) -> None:
    application_id = world.application()
    later = RESTED + timedelta(hours=1)
    world.when("after", "GetVoiceChannel", lambda: world.become("UPDATE_COMPLETE", moment=later))

    assert world.check({application_id: "true"}, heal=True) is None
    assert state(application_id) == "absent"


@pytest.mark.parametrize("status", OTHER_STATUSES)
def test_a_stack_that_rests_otherwise_is_checked_but_not_healed(world: World, status: str) -> None:
    application_id = world.application()
    world.become(status)

    line = world.check({application_id: "true"}, heal=True)

    assert line is not None
    assert (line["Drifted"], line["Healed"]) == (1, 0)
    assert drift_of(line, application_id)["note"] == "the stack, or one around it, has not come to rest well"
    assert state(application_id) == "absent"


# What is healed


@pytest.mark.parametrize("status", HEALING_STATUSES)
@pytest.mark.parametrize(
    ("now", "wanted", "after"),
    [
        (True, "false", "disabled"),
        (False, "true", "enabled"),
        (None, "true", "enabled"),
        (None, "false", "disabled"),
    ],
)
def test_what_differs_is_healed_where_the_template_says_so(
    world: World, status: str, now: bool | None, wanted: str, after: str
) -> None:
    application_id = world.application()
    if now is not None:
        make_channel(application_id, enabled=now)
    world.become(status, root_status=status, root_log=[row(status, RESTED, stack_id=ROOT_ID)])

    line = world.check({application_id: wanted}, heal=True)

    assert line is not None
    assert (line["Drifted"], line["Healed"]) == (0, 1)
    assert drift_of(line, application_id)["healed"]
    assert state(application_id) == after


def test_a_stack_whose_log_has_expired_heals(world: World) -> None:
    application_id = world.application()
    world.become("CREATE_COMPLETE", log=[])

    line = world.check({application_id: "true"}, heal=True)

    assert line is not None
    assert line["Healed"] == 1


def test_a_channel_that_the_stack_does_not_manage_is_not_healed(world: World) -> None:
    application_id = world.application(managed=False)

    drift = drift_of(world.check({application_id: "true"}, heal=True), application_id)

    assert drift["note"] == "the stack does not manage it"
    assert state(application_id) == "absent"


@pytest.mark.parametrize(
    ("physical_id", "status"),
    [
        ("{}/voice/absent/20250101T000000Z", "DELETE_COMPLETE"),
        ("{}/voice/absent/20250101T000000Z", "DELETE_FAILED"),
        ("{}/voice/absent/20250101T000000Z", "CREATE_FAILED"),
        ("{}/voice/untouched", "CREATE_COMPLETE"),
        ("{}/voice/status", "CREATE_COMPLETE"),
        ("", "CREATE_COMPLETE"),
    ],
)
def test_what_is_not_live_or_only_reads_manages_nothing(world: World, physical_id: str, status: str) -> None:
    application_id = world.application(managed=False)
    world.become("UPDATE_COMPLETE", resources=[resource("V", physical_id.format(application_id), status)])

    drift = drift_of(world.check({application_id: "true"}, heal=True), application_id)

    assert drift["note"] == "the stack does not manage it"


def test_a_channel_of_a_nested_stack_is_not_healed_by_the_stack_around_it(world: World) -> None:
    application_id = world.application(managed=False)
    nested = {ROOT_ID: [resource("V", f"{application_id}/voice/absent")]}
    inner = resource("Inner", ROOT_ID, kind="AWS::CloudFormation::Stack")
    world.become("UPDATE_COMPLETE", resources=[inner], nested=nested)

    drift = drift_of(world.check({application_id: "true"}, heal=True), application_id)

    assert drift["note"] == "the stack does not manage it"


# A check that EventBridge or Lambda delivers late has the wanted states of the deployment before.
@pytest.mark.parametrize("seconds_ago", [-2, 5], ids=["", "by a clock that is behind"])
def test_what_the_stack_itself_has_deployed_since_is_not_healed(world: World, seconds_ago: int) -> None:
    application_id = world.application(deployed=datetime.now(UTC) - timedelta(seconds=seconds_ago))
    make_channel(application_id, enabled=False)

    drift = drift_of(world.check({application_id: "true"}, heal=True), application_id)

    assert drift["note"] == "it was not changed after the stack deployed it last"
    assert state(application_id) == "disabled"


def test_a_channel_without_a_date_that_can_be_is_not_healed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=False)
    told = {**channel(application_id), "LastModifiedDate": "yesterday"}
    monkeypatch.setattr(world.client, "get_voice_channel", lambda **_: {"VoiceChannelResponse": told})

    drift = drift_of(world.check({application_id: "true"}, heal=True), application_id)

    assert drift["note"] == "it was not changed after the stack deployed it last"


@pytest.mark.parametrize("row_of", ["a resource", "another status"])
def test_a_stack_whose_log_and_status_do_not_agree_is_not_healed(world: World, row_of: str) -> None:
    application_id = world.application()
    newest = row("UPDATE_IN_PROGRESS", RESTED, "V" if row_of == "a resource" else "")
    world.become("UPDATE_COMPLETE", log=[newest])

    line = world.check({application_id: "true"}, heal=True)

    assert line is not None
    assert line["Healed"] == 0


# Deployments that begin while a check heals


def begin_update(world: World) -> None:
    world.become("UPDATE_IN_PROGRESS")


def test_nothing_is_changed_where_an_operation_begins_just_before(world: World) -> None:
    first, second = world.application(), world.application()
    world.when("after", "UpdateVoiceChannel", lambda: begin_update(world))

    line = world.check({first: "false", second: "true"}, heal=True)

    assert state(second) == "absent"
    assert drift_of(line, second)["note"] == "the stack is no longer known to be at rest"


def test_a_channel_that_was_disabled_is_enabled_again_where_an_operation_begins_meanwhile(
    world: World,
) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=True)
    world.when("before", "UpdateVoiceChannel", lambda: begin_update(world))

    line = world.check({application_id: "false"}, heal=True)

    assert state(application_id) == "enabled"
    assert line is not None
    assert (line["Drifted"], line["Healed"]) == (1, 0)
    assert drift_of(line, application_id)["note"].startswith("the stack is no longer known to be at rest, so")


@pytest.mark.parametrize("was", ["absent", "disabled"])
def test_a_channel_that_was_enabled_is_disabled_again_where_an_operation_begins_meanwhile(
    world: World, was: str
) -> None:
    application_id = world.application()
    if was == "disabled":
        make_channel(application_id, enabled=False)
    world.when("before", "UpdateVoiceChannel", lambda: begin_update(world))

    world.check({application_id: "true"}, heal=True)

    # Also where it was absent: a check deletes nothing.
    assert state(application_id) == "disabled"


@pytest.mark.parametrize("was", ["absent", "disabled"])
def test_what_a_deployment_has_enabled_before_the_check_did_stays_enabled(world: World, was: str) -> None:
    application_id = world.application()
    if was == "disabled":
        make_channel(application_id, enabled=False)

    def deploy() -> None:
        begin_update(world)
        make_channel(application_id, enabled=True)

    world.when("before", "UpdateVoiceChannel", deploy)

    world.check({application_id: "true"}, heal=True)

    assert state(application_id) == "enabled"


def test_what_a_deployment_has_enabled_after_the_check_did_stays_enabled(world: World) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=False)

    def deploy() -> None:
        begin_update(world)
        make_channel(application_id, enabled=True)

    world.when("after", "UpdateVoiceChannel", deploy)

    world.check({application_id: "true"}, heal=True)

    assert state(application_id) == "enabled"


def test_what_a_deployment_has_enabled_and_the_check_disabled_is_enabled_again(world: World) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=True)

    def deploy() -> None:
        begin_update(world)
        make_channel(application_id, enabled=True)

    world.when("before", "UpdateVoiceChannel", deploy)

    world.check({application_id: "false"}, heal=True)

    assert state(application_id) == "enabled"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_the_deletion_of_a_stack_has_deleted_is_not_enabled_again(world: World, moment: str) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=True)

    def delete() -> None:
        world.become("DELETE_IN_PROGRESS")
        boto3.client("pinpoint").delete_voice_channel(ApplicationId=application_id)

    world.when(moment, "UpdateVoiceChannel", delete)

    world.check({application_id: "false"}, heal=True)

    assert state(application_id) == ("disabled" if moment == "before" else "absent")


@pytest.mark.parametrize("version", ["", "new"])
def test_a_version_that_is_no_number_proves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=False)
    get = world.client.get_voice_channel

    def without_version(**arguments: Any) -> dict[str, Any]:  # noqa: ANN401, those of boto3
        told = get(**arguments)["VoiceChannelResponse"]
        return {"VoiceChannelResponse": {**told, "Version": version}}

    monkeypatch.setattr(world.client, "get_voice_channel", without_version)
    world.when("before", "UpdateVoiceChannel", lambda: begin_update(world))

    world.check({application_id: "true"}, heal=True)

    assert state(application_id) == "enabled"


def test_a_deployment_that_is_not_seen_because_cloudformation_fails_counts_as_begun(world: World) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=True)
    world.when(
        "before",
        "UpdateVoiceChannel",
        lambda: world.become("UPDATE_COMPLETE", error=api_error("InternalFailure", 500)),
    )

    with pytest.raises(IncompleteCheck):
        world.check({application_id: "false"}, heal=True)

    assert state(application_id) == "enabled"


def test_a_channel_that_cannot_be_put_back_is_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=True)

    def deny() -> None:
        begin_update(world)

        def get(**_: object) -> None:
            raise api_error("ForbiddenException", 403)

        monkeypatch.setattr(world.client, "get_voice_channel", get)

    world.when("after", "UpdateVoiceChannel", deny)

    with pytest.raises(IncompleteCheck):
        world.check({application_id: "false"}, heal=True)

    assert "mobiletargeting:GetVoiceChannel was denied" in log.getvalue()


# A PUT of which nobody knows whether it was applied


@pytest.mark.parametrize("applied", [False, True])
def test_a_change_that_may_have_been_made_is_put_back_where_an_operation_begins(
    world: World, monkeypatch: pytest.MonkeyPatch, applied: bool
) -> None:
    application_id = world.application()
    make_channel(application_id, enabled=True)
    put = world.client.update_voice_channel
    lost = [True]

    def lose_the_response(**arguments: Any) -> Any:  # noqa: ANN401, those of boto3
        if not lost:
            return put(**arguments)
        lost.clear()
        begin_update(world)
        if applied:
            put(**arguments)
        raise EndpointConnectionError(endpoint_url="https://pinpoint")

    monkeypatch.setattr(world.client, "update_voice_channel", lose_the_response)

    with pytest.raises(IncompleteCheck):
        world.check({application_id: "false"}, heal=True)

    assert state(application_id) == "enabled"


@pytest.mark.parametrize(
    ("code", "status", "note"),
    [
        ("ForbiddenException", 403, "Pinpoint refused it"),
        ("BadRequestException", 400, "Pinpoint refused it"),
        ("InternalServerErrorException", 500, "nobody knows whether Pinpoint has done it"),
    ],
)
def test_a_change_that_fails_is_told_and_the_next_channel_is_healed(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str, status: int, note: str
) -> None:
    first, second = world.application(), world.application()
    put = world.client.update_voice_channel

    def refuse(**arguments: Any) -> Any:  # noqa: ANN401, those of boto3
        if arguments["ApplicationId"] == first:
            raise api_error(code, status)
        return put(**arguments)

    monkeypatch.setattr(world.client, "update_voice_channel", refuse)

    with pytest.raises(IncompleteCheck):
        world.check({first: "true", second: "true"}, heal=True)

    line = world.told()
    assert line is not None
    assert (line["Drifted"], line["Healed"]) == (1, 1)
    assert drift_of(line, first)["note"] == note
    assert state(second) == "enabled"


# Failures and time


@pytest.mark.parametrize(
    ("others", "counts"), [("true", {"Healed": 0}), ("false", {"Healed": 0, "Drifted": 1})]
)
def test_a_channel_that_cannot_be_read_is_a_failure_and_the_rest_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, log: io.StringIO, others: str, counts: dict[str, int]
) -> None:
    first, second = world.application(), world.application()
    make_channel(second, enabled=True)
    get = world.client.get_voice_channel

    def refuse(**arguments: Any) -> Any:  # noqa: ANN401, those of boto3
        if arguments["ApplicationId"] == first:
            raise api_error("ForbiddenException", 403)
        return get(**arguments)

    monkeypatch.setattr(world.client, "get_voice_channel", refuse)

    with pytest.raises(IncompleteCheck) as raised:
        world.check({first: "true", second: others})

    # No `Drifted` of zero, which would end an alarm.
    line = world.told()
    assert line is not None
    assert {name: line[name] for name in ("Healed", "Drifted") if name in line} == counts
    assert [metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]] == list(counts)
    assert (line["failures"], line["unreached"]) == (1, [])
    assert "mobiletargeting:GetVoiceChannel was denied" in log.getvalue()
    # Lambda logs it, and returns it to whoever has invoked the function.
    assert str(raised.value) == (
        f"The check of {MONITOR} failed for 1 channels or stacks, and did not reach 0 channels in time. "
        "The log has the reasons. Lambda repeats the check, and so does its schedule."
    )


def test_a_stack_that_cannot_be_read_is_a_failure_and_no_channel_is_read(world: World) -> None:
    application_id = world.application()
    world.when("before", "GetVoiceChannel", lambda: pytest.fail("Pinpoint was asked"))
    world.become("UPDATE_COMPLETE", error=api_error("AccessDenied", 403))

    with pytest.raises(IncompleteCheck):
        world.check({application_id: "true"}, heal=True)

    line = world.told()
    assert line is not None
    assert "Drifted" not in line
    assert line["unreached"] == [application_id]


def test_what_there_was_no_time_for_is_told(world: World) -> None:
    application_ids = [world.application() for _ in range(3)]
    slow = iter([0, 3])
    world.when("after", "GetVoiceChannel", lambda: time.sleep(next(slow)), times=2)
    spare = UNDER_WAY_SECONDS + dispatcher.ANSWER_SECONDS + 2

    with pytest.raises(IncompleteCheck, match="did not reach 1 channels in time"):
        world.check(dict.fromkeys(application_ids, "true"), heal=True, seconds=spare)

    line = world.told()
    assert line is not None
    assert (line["Drifted"], line["Healed"], line["checked"]) == (2, 0, 2)
    assert line["unreached"] == application_ids[2:]


def test_a_change_is_not_begun_without_time_to_put_it_back(world: World) -> None:
    application_id = world.application()
    seconds = UNDER_WAY_SECONDS + RESERVE_SECONDS + dispatcher.ANSWER_SECONDS - 1

    drift = drift_of(world.check({application_id: "true"}, heal=True, seconds=seconds), application_id)

    assert drift["note"] == "there is no time left"
    assert state(application_id) == "absent"


def test_the_attempts_of_a_change_leave_time_to_put_it_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    application_id = world.application()
    left: dict[str, float] = {}

    def put(**_: object) -> None:
        left["during"] = dispatcher.clients.seconds_left()
        raise api_error("ForbiddenException", 403)

    monkeypatch.setattr(world.client, "update_voice_channel", put)

    with pytest.raises(IncompleteCheck):
        world.check({application_id: "true"}, heal=True)

    assert left["during"] == pytest.approx(120 - dispatcher.ANSWER_SECONDS - RESERVE_SECONDS, abs=2)
    assert dispatcher.clients.seconds_left() > left["during"] + RESERVE_SECONDS - 2


def test_a_call_that_blocks_is_left_behind_and_what_was_found_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.application(), world.application()
    monkeypatch.setattr(dispatcher, "ANSWER_SECONDS", -UNDER_WAY_SECONDS + 0.5)
    # Beyond any time that is left, as a slow name server does.
    monkeypatch.setattr("pinpoint_voice_channel_handler.check.bounded", _bounded_by(0.5))
    monkeypatch.setattr(dispatcher, "clients", _clients(world))
    used = dispatcher.clients
    calls = iter([0, 2])
    world.when("after", "GetVoiceChannel", lambda: time.sleep(next(calls)), times=2)

    with pytest.raises(IncompleteCheck):
        world.check({first: "true", second: "true"}, heal=True)

    line = world.told()
    assert line is not None
    assert (line["Drifted"], line["unreached"]) == (1, [second])
    assert dispatcher.clients is not used
    assert used.seconds_left() == 0


def test_a_change_that_blocks_is_left_behind_and_the_check_is_not_complete(
    world: World, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    application_id = world.application()
    monkeypatch.setattr("pinpoint_voice_channel_handler.check.bounded", _bounded_by(0.5))
    monkeypatch.setattr(dispatcher, "clients", _clients(world))
    world.when("before", "UpdateVoiceChannel", lambda: time.sleep(2))

    with pytest.raises(IncompleteCheck):
        world.check({application_id: "true"}, heal=True)

    line = world.told()
    assert line is not None
    assert (line["Drifted"], line["Healed"], line["failures"]) == (1, 0, 1)
    assert "The function's time ran out" in log.getvalue()


def _bounded_by(seconds: float) -> Callable[[Callable[[], None], float], None]:
    from pinpoint_voice_channel_handler.bounded import bounded

    return lambda call, _: bounded(call, seconds)


def _clients(world: World) -> Clients:
    clients = Clients()
    clients.pinpoint = lambda: Pinpoint(world.client, "us-east-1")  # type: ignore[method-assign]  # those of the world
    clients.stacks = lambda: Stacks(world.stack)  # type: ignore[method-assign]  # as above
    return clients


def test_a_defect_is_logged_and_what_was_found_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    first, second = world.application(), world.application()
    get = world.client.get_voice_channel

    def break_down(**arguments: Any) -> Any:  # noqa: ANN401, those of boto3
        if arguments["ApplicationId"] == second:
            raise KeyError(SESSION_TOKEN)
        return get(**arguments)

    monkeypatch.setattr(world.client, "get_voice_channel", break_down)

    with pytest.raises(IncompleteCheck) as raised:
        world.check({first: "true", second: "true"})

    line = world.told()
    assert line is not None
    assert (line["Drifted"], line["unreached"]) == (1, [second])
    assert "Traceback" in log.getvalue()
    assert SESSION_TOKEN[:14] not in log.getvalue() + str(raised.value)
    assert raised.value.__cause__ is None


# What is no check


FLAGS: list[object] = [None, 0, 1, "", "tRUE", "yes", [], ["true"], {}, {"Enabled": True}]
CHANNELS: list[object] = [None, [], {}, [[APPLICATION, "true"]], {f"a{n}": "true" for n in range(501)}]

CHECK: dict[str, Any] = {
    "StackId": STACK_ID,
    "Monitor": MONITOR,
    "Heal": True,
    "Channels": {APPLICATION: "true"},
}


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({"Check": None}, "Check of the check event is None"),
        ({"Check": []}, "Check of the check event"),
        ({"Check": {}}, "Check of the check event"),
        ({"Check": {**CHECK, "Delete": True}}, "Check of the check event"),
        ({"Check": {name: CHECK[name] for name in CHECK if name != "Heal"}}, "Check of the check event"),
        ({"Check": CHECK, "RequestType": "Delete"}, "The content of the check event is Check, RequestType"),
        ({"Check": CHECK, 5: ""}, "The content of the check event"),
        *(
            ({"Check": {**CHECK, "StackId": value}}, "StackId of the check event")
            for value in (None, 5, "", "Voice", STACK_ID + "\n", STACK_ID.replace("stack/", "changeSet/"))
        ),
        *(
            ({"Check": {**CHECK, "Monitor": value}}, "Monitor of the check event")
            for value in (None, "", ":Voice", "V\n", "Ü", "x" * 256)
        ),
        *(({"Check": {**CHECK, "Heal": value}}, "Heal of the check event") for value in FLAGS),
        *(({"Check": {**CHECK, "Channels": value}}, "Channels of the check event") for value in CHANNELS),
        *(
            ({"Check": {**CHECK, "Channels": {value: "true"}}}, "A name in Channels of the check event")
            for value in ("", 5, "a/../b", "*", "a" * 65, f"{APPLICATION}\n")
        ),
        *(
            (
                {"Check": {**CHECK, "Channels": {APPLICATION: value}}},
                f"Channels.{APPLICATION} of the check event",
            )
            for value in FLAGS
        ),
    ],
)
def test_a_check_that_is_not_as_a_rule_sends_it_does_nothing_and_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    event: object,
    named: str,
) -> None:
    def fail() -> None:
        pytest.fail("A client was used")

    monkeypatch.setattr(dispatcher.clients, "pinpoint", fail)
    monkeypatch.setattr(dispatcher.clients, "stacks", fail)

    with pytest.raises(InvalidCheck) as raised:
        handler.handle(event, Context())

    assert str(raised.value).startswith(named)
    assert str(raised.value).endswith("Nothing was checked. Correct the input of the rule's target.")
    assert json.loads(log.getvalue())["message"] == str(raised.value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("event", [{"check": CHECK}, {"Checks": CHECK}, CHECK, {"detail": {"Check": CHECK}}])
def test_what_has_no_check_at_the_top_is_treated_as_an_event_of_cloudformation(event: object) -> None:
    with pytest.raises(UnusableResponseUrl):
        handler.handle(event, Context())


def test_a_check_is_not_answered_even_where_it_names_a_url(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("http.client.HTTPSConnection", lambda *_, **__: pytest.fail("A host was reached"))

    with pytest.raises(InvalidCheck):
        world.handle({"Check": CHECK, "ResponseURL": "https://s3.amazonaws.com/a"})
    world.handle({"Check": {**CHECK, "Heal": False}})


def test_the_calls_of_the_function_carry_a_user_agent_of_its_own(
    aws: None,  # noqa: ARG001, it is in force
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[str] = []
    make = boto3.client

    def watched(*arguments: Any, **more: Any) -> Any:  # noqa: ANN401, those of boto3
        client = make(*arguments, **more)
        client.meta.events.register(
            "before-send", lambda request, **_: sent.append(request.headers["User-Agent"].decode())
        )
        return client

    monkeypatch.setattr(boto3, "client", watched)
    clients = Clients()
    clients.seconds_left = lambda: 120

    clients.pinpoint().get(APPLICATION)

    assert sent
    assert all(agent.endswith(f" {USER_AGENT}") for agent in sent)
