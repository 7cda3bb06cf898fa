"""The command `history`: what it makes of CloudTrail's records."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from harness.command import run_command
from harness.fake_account import Call, Error, FakeAccount, account_that_answers
from pinpoint_voice_channel_handler.user_agent import USER_AGENT

APPLICATION = "8b7d4e3fcf7d4e2098b803293fdf5f07"
ROLE = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::123456789012:assumed-role/Admin/jane@example.com",
    "accountId": "123456789012",
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "Admin"}},
}


def record(event: str = "UpdateVoiceChannel", **changes: object) -> dict[str, Any]:
    """Return a record as AWS's example has it; None leaves a member out."""
    members: dict[str, Any] = {
        "eventVersion": "1.05",
        "eventName": event,
        "eventSource": "pinpoint.amazonaws.com",
        "eventTime": "2026-11-20T10:00:00Z",
        "eventID": "event-1",
        "requestID": "request-1",
        "requestParameters": {"Enabled": True, "application-id": APPLICATION},
        "responseElements": None,
        "sourceIPAddress": "192.0.2.0",
        "userAgent": "aws-cli/2.31.0 md/awscrt#0.27.6",
        "userIdentity": ROLE,
    }
    return {name: value for name, value in {**members, **changes}.items() if value is not None}


def trail(*records: Mapping[str, Any], page: int = 50) -> type[FakeAccount]:
    """Return an account in whose event history these are."""

    def lookup(call: Call) -> Mapping[str, Any]:
        [attribute] = call.arguments["LookupAttributes"]
        assert attribute["AttributeKey"] == "EventName"
        events = [one for one in records if one["eventName"] == attribute["AttributeValue"]]
        start = int(call.arguments.get("NextToken", 0))
        more = {"NextToken": str(start + page)} if start + page < len(events) else {}
        return {
            "Events": [{"CloudTrailEvent": json.dumps(one)} for one in events[start : start + page]],
            **more,
        }

    return account_that_answers(lookup)


def changes_of(*records: Mapping[str, Any]) -> list[dict[str, Any]]:
    ended = run_command("history", APPLICATION, "--output", "json", make_account=trail(*records))
    assert ended.code == 0
    changes: list[dict[str, Any]] = ended.document["changes"]
    return changes


@pytest.mark.parametrize(
    ("changed", "action"),
    [
        (record(), "enabled"),
        (record(requestParameters={"Enabled": False, "application-id": APPLICATION}), "disabled"),
        (record(requestParameters={"enabled": "false", "applicationId": APPLICATION}), "disabled"),
        (record(requestParameters={"application_id": APPLICATION}), "updated"),
        (
            record(
                requestParameters={"ApplicationId": APPLICATION, "VoiceChannelRequest": {"Enabled": True}}
            ),
            "enabled",
        ),
        (
            record(requestParameters={"application-id": APPLICATION}, responseElements={"Enabled": False}),
            "disabled",
        ),
        (record("DeleteVoiceChannel", requestParameters={"application-id": APPLICATION}), "deleted"),
        (record("DeleteApp", requestParameters={"application-id": APPLICATION}), "application deleted"),
        (record(eventSource="mobiletargeting.amazonaws.com"), "enabled"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_record_tells_what_was_done_in_each_spelling(changed: dict[str, Any], action: str) -> None:
    [change] = changes_of(changed)

    assert change["action"] == action


@pytest.mark.parametrize(
    "other",
    [
        record(requestParameters={"Enabled": True, "application-id": "a" * 32}),
        record(requestParameters=None),
        record(eventSource="chime.amazonaws.com"),
        record("DeleteApp", eventSource="amplify.amazonaws.com"),
    ],
    ids=["another application", "no parameters", "another service", "another service's DeleteApp"],
)
def test_the_records_of_others_are_left_out(other: dict[str, Any]) -> None:
    assert changes_of(other) == []


@pytest.mark.parametrize(
    ("identity", "name", "invoked_by"),
    [
        (ROLE, "role Admin, session jane@example.com", ""),
        ({**ROLE, "invokedBy": "x.amazonaws.com"}, "role Admin, session jane@example.com", "x.amazonaws.com"),
        ({"type": "IAMUser", "userName": "jane", "arn": "arn:aws:iam::1:user/team/jane"}, "user jane", ""),
        ({"type": "IAMUser", "arn": "arn:aws:iam::1:user/team/jane"}, "user jane", ""),
        ({"type": "Root", "arn": "arn:aws:iam::123456789012:root"}, "root user", ""),
        ({"type": "AWSService", "invokedBy": "a.b.com"}, "AWSService a.b.com", "a.b.com"),
        ({"type": "AWSAccount", "principalId": "AIDA:x", "accountId": "1"}, "AWSAccount AIDA:x", ""),
        ({"type": "AWSAccount", "accountId": "210987654321"}, "AWSAccount 210987654321", ""),
        ({"type": "AssumedRole", "principalId": "AROA:x"}, "AssumedRole AROA:x", ""),
        (
            {"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/jane"},
            "FederatedUser arn:aws:sts::1:federated-user/jane",
            "",
        ),
        (None, "Unknown (no name)", ""),
    ],
)  # fmt: skip
def test_a_record_tells_who_it_was(identity: object, name: str, invoked_by: str) -> None:
    [change] = changes_of(record(userIdentity=identity))

    assert (change["caller"]["name"], change["caller"]["invoked_by"]) == (name, invoked_by)


def test_the_provider_s_own_changes_are_marked() -> None:
    agent = f"[Boto3/1.44.5 md/Botocore#1.44.5 cfg/retry-mode#standard {USER_AGENT}]"
    by_provider, by_hand = changes_of(record(userAgent=agent), record())

    assert (by_provider["by_provider"], by_hand["by_provider"]) == (True, False)


def test_a_failed_call_is_told_as_failed() -> None:
    denied = record(errorCode="AccessDenied", errorMessage="User: jane is not authorized")

    [change] = changes_of(denied)
    table = run_command("history", APPLICATION, make_account=trail(denied)).output

    assert change["error"] == {"code": "AccessDenied", "message": "User: jane is not authorized"}
    assert "enable failed:" in table
    assert "AccessDenied" in table


def test_all_pages_of_all_events_are_read_and_the_newest_change_comes_first() -> None:
    hours = [f"2026-11-20T{hour:02}:00:00Z" for hour in range(20)]
    records = [
        record("DeleteVoiceChannel" if number % 3 else "UpdateVoiceChannel", eventTime=time)
        for number, time in enumerate(hours)
    ]
    account = trail(*records, page=2)

    ended = run_command("history", APPLICATION, "--output", "json", make_account=account)

    times = [change["time"] for change in ended.document["changes"]]
    assert times == [time.replace("Z", "+00:00") for time in reversed(hours)]
    assert {(call.service, call.operation) for call in account.calls} == {("cloudtrail", "LookupEvents")}


def test_the_table_fits_80_columns_and_says_what_cloudtrail_does_not_know() -> None:
    agent = f"[Boto3/1.44.5 md/Botocore#1.44.5 {USER_AGENT}]"
    identity = {**ROLE, "invokedBy": "cloudformation.amazonaws.com"}
    account = trail(
        record(userAgent=agent, userIdentity=identity),
        record("DeleteApp", errorCode="TooManyRequestsException"),
        record("DeleteVoiceChannel", errorCode="NotFoundException"),
        record("UpdateVoiceChannel", requestParameters={"application-id": APPLICATION}),
    )

    lines = run_command("history", APPLICATION, make_account=account).output.splitlines()

    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    for expected in (
        f"Voice channel of {APPLICATION} in us-east-1",
        "the provider:",
        "delete failed:",
        "delete application",
        "cloudformation.",
        "updated",
        "192.0.2.0",
        "aws-cli/2.31.0",
        "the last 90 days of this Region",
        "only some minutes after it was made",
    ):
        assert expected in text


def test_no_change_is_said_and_what_to_check() -> None:
    ended = run_command("history", APPLICATION, "--region", "eu-west-1", make_account=trail())

    assert ended.code == 0
    assert "CloudTrail has no change since" in ended.output
    assert "eu-west-1" in ended.output
    assert "pinpoint-voice list" in ended.output


@pytest.mark.parametrize(
    "wrong", ["calls of Jane", f"arn:aws:mobiletargeting:us-east-1:1:apps/{APPLICATION}", ""]
)
def test_what_cannot_be_an_id_is_wrong_usage_which_says_what_an_id_is(wrong: str) -> None:
    account = trail()
    ended = run_command("history", wrong, make_account=account)

    assert ended.code == 1
    assert "1 to 64 letters, digits" in ended.errors
    assert APPLICATION in ended.errors
    assert account.calls == []


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ("eu-north-1", "no endpoint in 'eu-north-1'. It has in ap-northeast-1"),
        ("moon", "no endpoint in 'moon'"),
    ],
)
def test_a_region_without_pinpoint_is_an_error_and_no_empty_history(region: str, says: str) -> None:
    ended = run_command("history", APPLICATION, "--region", region, make_account=trail())

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors


def test_a_refusal_says_which_permission_is_missing() -> None:
    answers: Callable[[Call], Error] = lambda _: Error("AccessDeniedException", "not authorized")  # noqa: E731

    ended = run_command("history", APPLICATION, make_account=account_that_answers(answers))

    assert ended.code == 1
    assert "Allow cloudtrail:LookupEvents" in ended.errors
