"""The command `list`: what it makes of the applications, channels and stacks of several Regions."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from harness.command import Ended, run_command
from harness.fake_account import Call, Error, FakeAccount, account_that_answers
from harness.fake_region import (
    APPLICATION,
    DENIED,
    NATIVE,
    OUR_ID,
    OURS,
    Region,
    Resource,
    Stack,
    account,
    account_with,
    stack_id,
)
from pinpoint_voice_cli.listing.stacks import STATUSES

OTHER = "b" * 32


def listed(make_account: type[FakeAccount], *arguments: str) -> list[dict[str, Any]]:
    """Return the applications of the only Region."""
    [region] = run_command("list", *arguments, "--output", "json", make_account=make_account).document[
        "regions"
    ]
    applications: list[dict[str, Any]] = region["applications"]
    return applications


def text_of(ended: Ended) -> str:
    return " ".join(ended.output.split())


@pytest.mark.parametrize(
    ("channel", "state"),
    [
        ({"Enabled": True}, "enabled"),
        ({"Enabled": False}, "disabled"),
        ({"Platform": "VOICE"}, "disabled"),
        ({"Enabled": True, "IsArchived": True}, "archived"),
        (None, "none"),
    ],
)
def test_a_channel_is_told_as_it_is(channel: dict[str, Any] | None, state: str) -> None:
    modified = {"LastModifiedBy": "jane", "LastModifiedDate": "2026-11-20T10:00:00Z"} if channel else {}
    channels = {APPLICATION: {**channel, **modified}} if channel else {}

    [application] = listed(account(channels=channels))

    assert application["channel"] == {
        "state": state,
        "last_modified_by": modified.get("LastModifiedBy", ""),
        "last_modified_date": modified.get("LastModifiedDate", ""),
    }
    assert (application["name"], application["gone"]) == ("calls", False)


@pytest.mark.parametrize(
    ("kind", "physical_id", "status", "managed_by"),
    [
        (OURS, OUR_ID, "CREATE_COMPLETE", "library"),
        (OURS, f"{APPLICATION}/voice/enabled", "UPDATE_FAILED", "library"),
        ("AWS::CloudFormation::CustomResource", OUR_ID, "CREATE_COMPLETE", "library"),
        (NATIVE, APPLICATION, "UPDATE_COMPLETE", "native"),
        (NATIVE, APPLICATION, "DELETE_SKIPPED", "nobody"),
        (OURS, OUR_ID, "DELETE_COMPLETE", "nobody"),
        (NATIVE, "", "CREATE_FAILED", "nobody"),
        (OURS, f"{APPLICATION}/voice/untouched", "CREATE_COMPLETE", "nobody"),
        (OURS, "an id that CloudFormation has invented", "CREATE_COMPLETE", "nobody"),
        ("Custom::PinpointVoiceChannelStatus", f"{APPLICATION}/voice/status", "CREATE_COMPLETE", "nobody"),
        ("Custom::Other", APPLICATION, "CREATE_COMPLETE", "nobody"),
        ("AWS::Pinpoint::App", APPLICATION, "CREATE_COMPLETE", "nobody"),
        ("AWS::Pinpoint::SMSChannel", APPLICATION, "CREATE_COMPLETE", "nobody"),
        ("AWS::S3::Bucket", OUR_ID, "CREATE_COMPLETE", "nobody"),
    ],
)
def test_a_resource_manages_a_channel_by_its_type_id_and_status(
    kind: str, physical_id: str, status: str, managed_by: str
) -> None:
    stack = Stack(resources=[("Channel", kind, physical_id, status)])

    [application] = listed(account(stack))

    assert application["managed_by"] == managed_by
    assert [manager["kind"] for manager in application["managers"]] == [managed_by] * (managed_by != "nobody")


@pytest.mark.parametrize(
    ("stack_status", "status", "is_sure"),
    [
        ("DELETE_FAILED", "DELETE_FAILED", True),
        ("ROLLBACK_FAILED", "DELETE_FAILED", True),
        ("ROLLBACK_IN_PROGRESS", "DELETE_FAILED", True),
        ("DELETE_IN_PROGRESS", "DELETE_FAILED", True),
        ("DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS", True),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_FAILED", True),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS", True),
        ("UPDATE_COMPLETE", "DELETE_FAILED", False),
        ("UPDATE_ROLLBACK_COMPLETE", "DELETE_FAILED", False),
        ("UPDATE_ROLLBACK_FAILED", "DELETE_IN_PROGRESS", False),
        ("CREATE_FAILED", "CREATE_FAILED", False),
        ("DELETE_FAILED", "CREATE_FAILED", False),
    ],
)
@pytest.mark.parametrize(
    ("kind", "physical_id", "managed_by"), [(OURS, OUR_ID, "library"), (NATIVE, APPLICATION, "native")]
)
def test_a_resource_that_the_next_operation_may_still_delete_is_not_nobody_s(
    kind: str, physical_id: str, managed_by: str, stack_status: str, status: str, *, is_sure: bool
) -> None:
    stack = Stack(resources=[("Channel", kind, physical_id, status)], status=stack_status)
    both = account(stack, applications={APPLICATION: "calls", OTHER: "other"})

    ended = run_command("list", "--output", "json", make_account=both)

    [region] = ended.document["regions"]
    found = {one["name"]: one["managed_by"] for one in region["applications"]}
    assert found == {"calls": managed_by if is_sure else "unknown", "other": "nobody"}
    assert len(region["notes"]) == (0 if is_sure else 1)
    for note in region["notes"]:
        assert f"Channel is {status} in the stack Voice, which is {stack_status}" in note
        assert APPLICATION in note
    assert ended.code == 0


def test_a_channel_in_doubt_is_listed_where_getapps_is_not_asked() -> None:
    stack = Stack(resources=[("Channel", OURS, OUR_ID, "DELETE_FAILED")], status="UPDATE_COMPLETE")

    [application] = listed(account(stack), "--stacks-only")

    assert (application["application_id"], application["managed_by"]) == (APPLICATION, "unknown")


def test_a_resource_that_is_deleted_before_it_had_an_id_leaves_nothing_in_doubt() -> None:
    stack = Stack(resources=[("Channel", NATIVE, "", "DELETE_IN_PROGRESS")], status="ROLLBACK_IN_PROGRESS")

    [application] = listed(account(stack))

    assert application["managed_by"] == "nobody"


@pytest.mark.parametrize("stacks", [("Voice", "Voice"), ("Old", "New")], ids=["in one stack", "in two"])
def test_a_channel_that_two_resources_manage_is_contested_and_both_are_named(stacks: tuple[str, str]) -> None:
    resources: list[Resource] = [
        ("Mine", OURS, OUR_ID, "CREATE_COMPLETE"),
        ("Theirs", NATIVE, APPLICATION, "CREATE_COMPLETE"),
    ]
    template = {
        "Resources": {"Mine": {"Type": OURS}, "Theirs": {"Type": NATIVE, "Properties": {"Enabled": False}}}
    }
    by_name: dict[str, Stack] = {name: Stack(name, resources=[], template=template) for name in stacks}
    for name, resource in zip(stacks, resources, strict=True):
        by_name[name].resources.append(resource)
    contested = account(*by_name.values())

    [application] = listed(contested)
    ended = run_command("list", make_account=contested)

    assert application["managed_by"] == "contested"
    named = [(manager["stack"], manager["logical_id"]) for manager in application["managers"]]
    assert named == list(zip(stacks, ("Mine", "Theirs"), strict=True))
    assert application["drift"] == "drifted"
    for name in (f"{stacks[0]}/Mine", f"{stacks[1]}/Theirs", "contested", "DeletionPolicy: Retain"):
        assert name in text_of(ended)


@pytest.mark.parametrize(
    ("status", "parent_status", "drift"),
    [
        ("CREATE_COMPLETE", "UPDATE_COMPLETE", "drifted"),
        ("CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "deploying"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", "deploying"),
        ("UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "drifted"),
    ],
)
def test_a_nested_stack_counts_once_and_is_deploying_with_those_around_it(
    status: str, parent_status: str, drift: str
) -> None:
    nested = ("Nested", "AWS::CloudFormation::Stack", stack_id("Middle"), "CREATE_COMPLETE")
    root = Stack("Root", resources=[nested], status=parent_status)
    middle = Stack("Middle", resources=[], parent="Root")
    stack = Stack("Inner", status=status, parent="Middle")

    [application] = listed(account(root, middle, stack, channels={}))

    assert [manager["stack"] for manager in application["managers"]] == ["Inner"]
    assert application["drift"] == drift


YAML = """
Parameters:
  Up: {Type: String, Default: true}
Conditions:
  IsUp: !Equals [!Ref Up, "true"]
Resources:
  Channel:
    Type: Custom::PinpointVoiceChannel
    Properties:
      ServiceToken: !ImportValue Token
      Names: !Join [",", [!Sub "${AWS::Region}", {Fn::If: [Up, !Select {}, c]}]]
      Enabled: %s
"""


def parameter(**members: str) -> list[dict[str, str]]:
    return [{"ParameterKey": "Up", **members}]


@pytest.mark.parametrize(
    ("enabled", "parameters", "wanted"),
    [
        (True, [], "enabled"),
        (False, [], "disabled"),
        ("true", [], "enabled"),
        ("FALSE", [], "disabled"),
        ({"Ref": "Up"}, parameter(ParameterValue="false"), "disabled"),
        ({"Ref": "Up"}, parameter(ParameterValue="/voice/up", ResolvedValue="true"), "enabled"),
        ({"Ref": "Up"}, parameter(ParameterValue="****"), "unknown"),
        ({"Ref": "Up"}, [], "unknown"),
        ({"Fn::If": ["IsUp", False, True]}, parameter(ParameterValue="true"), "disabled"),
        ({"Fn::If": ["IsUp", False, True]}, parameter(ParameterValue="****"), "unknown"),
        ({"Fn::FindInMap": ["Stages", {"Ref": "AWS::Region"}, "Up"]}, [], "disabled"),
        ({"Fn::Sub": "${Up}"}, parameter(ParameterValue="false"), "disabled"),
        ({"Fn::GetAtt": ["Other", "Up"]}, [], "unknown"),
        ({"Fn::ImportValue": "Up"}, [], "unknown"),
        ("{{resolve:ssm:/voice/up}}", [], "unknown"),
        ([True], [], "unknown"),
        ("maybe", [], "unknown"),
        (None, [], "unknown"),
    ],
)
@pytest.mark.parametrize(("kind", "physical_id"), [(OURS, OUR_ID), (NATIVE, APPLICATION)])
def test_what_is_wanted_is_what_the_template_says_with_the_stack_s_parameters(
    kind: str, physical_id: str, enabled: object, parameters: list[dict[str, str]], wanted: str
) -> None:
    stack = Stack(
        resources=[("Channel", kind, physical_id, "CREATE_COMPLETE")],
        template={
            "Parameters": {"Up": {"Type": "String"}},
            "Mappings": {"Stages": {"us-east-1": {"Up": False}}},
            "Conditions": {"IsUp": {"Fn::Equals": [{"Ref": "Up"}, "true"]}},
            "Resources": {
                "Channel": {"Type": kind, "Properties": {"Enabled": enabled}},
                "Other": {"Type": "AWS::SNS::Topic"},
            },
        },
        parameters=parameters,
    )

    [manager] = listed(account(stack))[0]["managers"]

    assert manager["wanted"] == wanted
    assert bool(manager["why_unknown"]) == (wanted == "unknown")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("no", "disabled"),
        ("!Ref Up", "enabled"),
        ("!If [IsUp, false, true]", "disabled"),
        ("!If [IsUp, !Ref AWS::NoValue, no]", "enabled"),
        ("&x [", "unknown"),
    ],
)
def test_what_is_wanted_is_read_from_yaml_too(text: str, wanted: str) -> None:
    stack = Stack(template=YAML % text, parameters=parameter(ParameterValue="true"))

    [manager] = listed(account(stack))[0]["managers"]

    assert manager["wanted"] == wanted


@pytest.mark.parametrize(
    ("kind", "physical_id", "wanted"), [(OURS, OUR_ID, "enabled"), (NATIVE, APPLICATION, "unknown")]
)
@pytest.mark.parametrize(
    "resource",
    [
        {},
        {"Properties": {"ApplicationId": APPLICATION}},
        {"Properties": {"Enabled": {"Ref": "AWS::NoValue"}}},
    ],
    ids=["bare", "properties", "no value"],
)
def test_left_out_our_default_is_enabled_and_the_native_type_has_none_that_is_documented(
    kind: str, physical_id: str, wanted: str, resource: dict[str, Any]
) -> None:
    stack = Stack(
        resources=[("Channel", kind, physical_id, "CREATE_COMPLETE")],
        template={"Resources": {"Channel": {"Type": kind, **resource}}},
    )

    [manager] = listed(account(stack))[0]["managers"]

    assert manager["wanted"] == wanted


PLAIN = f"Resources:\n  Channel: {{Type: {OURS}}}\n"


@pytest.mark.parametrize(
    "template",
    [
        PLAIN + "Parameters:\n  Day: {Type: String, Default: 2024-02-30}\n",
        PLAIN + "  Other: {Type: X, Properties: {Mask: 0b_}}\n",
        PLAIN + "  Other: {Type: X, Properties: {Op: =}}\n",
        {"Resources": {"Channel": {"Type": OURS, "Properties": [1]}}},
        {"Resources": {"Channel": {"Type": OURS, "Properties": "x"}}},
        {"Resources": {"Channel": [1]}},
        {"Resources": {"Channel": {}}},
        {"Resources": []},
        {},
        "- a list",
        "text",
        "",
        '{"Resources": ',
        "Resources: {Channel: {<<: 1}}",
        "Resources: !!python/object:os.system {}",
    ],
    ids=str,
)
def test_an_odd_template_does_not_keep_the_others_from_being_listed(template: Any) -> None:  # noqa: ANN401, any
    other = Stack(resources=[("Channel", OURS, OUR_ID.replace(APPLICATION, OTHER), "CREATE_COMPLETE")])
    two = account(Stack("Odd", template=template), other, applications={APPLICATION: "odd", OTHER: "other"})

    ended = run_command("list", "--output", "json", make_account=two)

    odd, plain = ended.document["regions"][0]["applications"]
    assert (odd["managed_by"], plain["managed_by"]) == ("library", "library")
    [manager] = odd["managers"]
    assert (manager["wanted"] == "unknown") == bool(manager["why_unknown"])
    assert plain["managers"][0]["wanted"] == "enabled"
    assert ended.code == 0


def test_what_a_template_does_not_have_any_more_is_wanted_unknown() -> None:
    [application] = listed(account(Stack(template={"Resources": {}})))

    assert application["managers"][0]["why_unknown"] == "its template, as it is now, does not have it"
    assert application["drift"] == "unknown"


@pytest.mark.parametrize(
    ("enabled", "channel", "drift"),
    [
        (True, {"Enabled": True}, "none"),
        (False, {"Enabled": False}, "none"),
        (True, {"Enabled": False}, "drifted"),
        (False, {"Enabled": True}, "drifted"),
        (True, None, "drifted"),
        (False, None, "drifted"),
        (True, {"Enabled": True, "IsArchived": True}, "drifted"),
        ("maybe", {"Enabled": True}, "unknown"),
    ],
)
def test_drift_is_a_state_that_differs_from_what_is_wanted(
    enabled: object, channel: dict[str, Any] | None, drift: str
) -> None:
    properties = {"Enabled": enabled}
    stack = Stack(template={"Resources": {"Channel": {"Type": OURS, "Properties": properties}}})
    drifting = account(stack, channels={APPLICATION: channel} if channel else {})

    [application] = listed(drifting)
    output = run_command("list", make_account=drifting).output

    assert application["drift"] == drift
    assert ("pinpoint-voice history APPLICATION" in output) == (drift == "drifted")


def test_an_application_that_is_gone_is_told_where_a_stack_still_manages_its_channel() -> None:
    gone = account(Stack(), applications={}, channels={})

    [application] = listed(gone)

    assert (application["gone"], application["name"], application["drift"]) == (True, None, "drifted")
    assert "(the application is gone)" in run_command("list", make_account=gone).output


@pytest.mark.parametrize(
    "errors",
    [{"ListStacks": DENIED}, {f"ListStackResources {stack_id('Secret')}": DENIED}],
    ids=["the stacks", "one stack"],
)
def test_nobody_is_said_only_where_every_stack_was_read(errors: dict[str, Error]) -> None:
    applications = {APPLICATION: "calls", OTHER: "other"}
    denied = account(Stack(), Stack("Secret"), applications=applications, channels={}, errors=errors)

    ended = run_command("list", "--output", "json", make_account=denied)
    table = run_command("list", make_account=denied)

    managed_by = {one["name"]: one["managed_by"] for one in ended.document["regions"][0]["applications"]}
    assert managed_by["other"] == "unknown"
    assert managed_by["calls"] == ("unknown" if "ListStacks" in errors else "library")
    assert "nobody" not in table.output
    assert (ended.code, table.code) == (1, 1)
    [error] = ended.document["regions"][0]["errors"]
    assert "Allow cloudformation:ListStack" in error
    assert ("Stack Secret: " in error) == ("ListStacks" not in errors)
    assert error in text_of(table)
    assert "Some of it could not be read; see above." in table.errors


def test_a_channel_whose_application_is_not_told_yet_lets_nobody_be_unknown_and_is_no_error() -> None:
    stack = Stack(resources=[("Channel", NATIVE, "", "CREATE_IN_PROGRESS")], status="CREATE_IN_PROGRESS")
    creating = account(stack)

    ended = run_command("list", "--output", "json", make_account=creating)

    [region] = ended.document["regions"]
    assert ended.code == 0
    assert region["applications"][0]["managed_by"] == "unknown"
    assert region["notes"] == [
        "Stack Voice is creating Channel, and does not tell yet whose channel that manages."
    ]
    assert region["notes"][0] in text_of(run_command("list", make_account=creating))


def test_a_template_that_cannot_be_read_is_an_error_and_its_channel_is_still_listed() -> None:
    ended = run_command(
        "list", "--output", "json", make_account=account(Stack(), errors={"GetTemplate": DENIED})
    )

    [region] = ended.document["regions"]
    [application] = region["applications"]
    assert (application["managed_by"], application["drift"]) == ("library", "unknown")
    assert "Allow cloudformation:GetTemplate" in region["errors"][0]
    assert ended.code == 1


def test_without_getapps_what_the_stacks_manage_is_still_listed() -> None:
    refused = account(Stack(), errors={"GetApps": Error("ForbiddenException", "Pinpoint has ended")})

    ended = run_command("list", "--output", "json", make_account=refused)

    [region] = ended.document["regions"]
    [application] = region["applications"]
    assert (application["application_id"], application["gone"], application["name"]) == (
        APPLICATION,
        False,
        None,
    )
    assert "Pinpoint has ended" in region["errors"][0]
    assert ended.code == 1


def test_stacks_only_does_not_call_getapps() -> None:
    both = account(Stack(), applications={APPLICATION: "calls", OTHER: "other"})

    applications = listed(both, "--stacks-only")

    assert [(one["application_id"], one["name"], one["gone"]) for one in applications] == [
        (APPLICATION, None, False)
    ]
    assert "GetApps" not in {call.operation for call in both.calls}
    empty = run_command("list", "--stacks-only", make_account=account(Stack(resources=[])))
    assert "There are no channels managed by stacks in us-east-1." in empty.output


def test_errors_of_one_kind_are_told_once() -> None:
    applications = {letter * 32: letter for letter in "abc"}
    denied = account(applications=applications, errors={"GetVoiceChannel": DENIED})

    ended = run_command("list", "--output", "json", make_account=denied)

    [region] = ended.document["regions"]
    assert {one["channel"]["state"] for one in region["applications"]} == {"unknown"}
    [error] = region["errors"]
    assert error.endswith("2 more calls failed the same way.")
    two = account(applications={"a": "", "b": ""}, errors={"GetVoiceChannel": DENIED})
    assert "1 more call failed" in text_of(run_command("list", make_account=two))


def test_a_region_that_cannot_be_read_fails_the_command_and_the_others_are_shown() -> None:
    refusing = Region(errors={"ListStacks": DENIED, "GetApps": DENIED})
    two = account_with({"us-east-1": Region(stacks=[Stack()]), "eu-west-1": refusing})
    arguments = ("list", "--region", "eu-west-1", "--region", "us-east-1", "--region", "eu-west-1")

    ended = run_command(*arguments, "--output", "json", make_account=two)
    table = run_command(*arguments, make_account=two)

    failed, shown = ended.document["regions"]
    assert (failed["region"], failed["applications"], len(failed["errors"])) == ("eu-west-1", [], 2)
    assert (shown["region"], len(shown["applications"]), shown["errors"]) == ("us-east-1", 1, [])
    assert (ended.code, table.code) == (1, 1)
    assert "There are no applications in" not in table.output
    assert "cloudformation:ListStacks in eu-west-1 was refused" in text_of(table)


def test_an_unreachable_endpoint_is_an_error_of_its_region() -> None:
    def answers(call: Call) -> Mapping[str, Any]:
        raise EndpointConnectionError(endpoint_url=call.region)

    ended = run_command("list", "--stacks-only", make_account=account_that_answers(answers))

    assert ended.code == 1
    assert "got no answer" in ended.output


def test_an_unreachable_endpoint_does_not_hide_what_other_services_tell() -> None:
    region = Region(stacks=[Stack()])

    def answers(call: Call) -> Mapping[str, Any] | Error:
        if call.operation in ("GetVoiceChannel", "GetTemplate"):
            raise EndpointConnectionError(endpoint_url=call.region)
        return region.answer(call)

    ended = run_command("list", "--output", "json", make_account=account_that_answers(answers))

    [application] = ended.document["regions"][0]["applications"]
    assert (application["channel"]["state"], application["managed_by"]) == ("unknown", "library")
    assert application["drift"] == "unknown"


def test_without_credentials_the_command_says_so_once() -> None:
    def answers(_: Call) -> Mapping[str, Any]:
        raise NoCredentialsError

    ended = run_command("list", "--all-regions", make_account=account_that_answers(answers))

    assert (ended.code, ended.output) == (1, "")
    assert ended.errors.count("No usable AWS credentials") == 1


def test_ctrl_c_ends_it() -> None:
    def answers(_: Call) -> Mapping[str, Any]:
        raise KeyboardInterrupt

    ended = run_command("list", make_account=account_that_answers(answers))

    assert (ended.code, ended.output) == (130, "")
    assert "Interrupted" in ended.errors


def test_all_pages_are_read() -> None:
    stacks = [Stack(f"Empty{number}", resources=[]) for number in range(5)]
    last = Stack(
        resources=[(f"Bucket{n}", "AWS::S3::Bucket", f"bucket-{n}", "CREATE_COMPLETE") for n in range(5)]
        + Stack().resources
    )
    applications = {letter * 32: letter for letter in "abcdefg"}

    found = listed(account(*stacks, last, applications=applications, page=2))

    assert [one["name"] for one in found] == list("abcdefg")
    assert [one["managed_by"] for one in found] == ["library"] + ["nobody"] * 6


def test_all_regions_are_those_of_the_partition_and_the_others_are_said() -> None:
    ended = run_command("list", "--all-regions", "--output", "json", make_account=account())
    table = run_command("list", "--all-regions", make_account=account())

    regions = [region["region"] for region in ended.document["regions"]]
    assert len(regions) == 12
    assert "us-gov-west-1" not in regions
    assert ended.document["not_asked"] == ["us-gov-west-1"]
    assert "Not read: us-gov-west-1, of another partition." in table.output
    assert "There are no applications in ap-northeast-1, ap-northeast-2" in table.output


def test_all_regions_of_govcloud_are_those_of_govcloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-gov-west-1")

    ended = run_command("list", "--all-regions", "--output", "json", make_account=account())

    assert [region["region"] for region in ended.document["regions"]] == ["us-gov-west-1"]
    assert "us-east-1" in ended.document["not_asked"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--region", "us-east-1", "--all-regions"), "either --region or --all-regions"),
        (("--region", "us-east-1", "--region", "eu-north-1"), "no endpoint in 'eu-north-1'"),
    ],
)
def test_wrong_regions_are_refused_before_anything_is_read(arguments: tuple[str, ...], says: str) -> None:
    nothing = account()

    ended = run_command("list", *arguments, make_account=nothing)

    assert ended.code == 1
    assert says in ended.errors
    assert nothing.calls == []


def test_without_a_region_it_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    ended = run_command("list", make_account=account())
    everywhere = run_command("list", "--all-regions", make_account=account())
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    by_default = run_command("list", "--output", "json", make_account=account())

    assert ended.code == 1
    assert "Pass --region" in ended.errors
    assert everywhere.code == 0
    assert [region["region"] for region in by_default.document["regions"]] == ["eu-west-1"]


def test_a_hundred_stacks_of_all_regions_are_read_in_parallel_and_each_only_once() -> None:
    regions = {
        region: Region(stacks=[Stack(f"Voice{number}", resources=[]) for number in range(9)] + [Stack()])
        for region in boto3.Session().get_available_regions("pinpoint")
    }
    lock, at_once, most, everywhere = threading.Lock(), Counter[str](), Counter[str](), set[int]()

    def answers(call: Call) -> Mapping[str, Any] | Error:
        if call.operation != "ListStackResources":
            return regions[call.region].answer(call)
        with lock:
            at_once[call.region] += 1
            most[call.region] = max(most[call.region], at_once[call.region])
            everywhere.add(at_once.total())
        time.sleep(0.01)
        with lock:
            at_once[call.region] -= 1
        return regions[call.region].answer(call)

    hundred = account_that_answers(answers)
    ended = run_command("list", "--all-regions", "--output", "json", make_account=hundred)

    managed = [one["managed_by"] for region in ended.document["regions"] for one in region["applications"]]
    assert managed == ["library"] * 12
    read = Counter(
        (call.region, call.arguments["StackName"])
        for call in hundred.calls
        if call.operation == "ListStackResources"
    )
    assert (len(read), max(read.values())) == (120, 1)
    assert max(most.values()) <= 4
    assert max(everywhere) > 4
    # One template is read for each stack with a channel, and no stack is described without a parameter.
    operations = Counter(call.operation for call in hundred.calls)
    assert (operations["GetTemplate"], operations["DescribeStacks"]) == (12, 0)


def test_the_statuses_are_all_of_cloudformation_s_but_those_without_resources() -> None:
    model = boto3.client("cloudformation", "us-east-1").meta.service_model

    all_statuses: Any = model.shape_for("StackStatus")

    assert set(STATUSES) == set(all_statuses.enum) - {"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}


def test_the_table_fits_80_columns() -> None:
    name = "Production-EuropeanCallCentre-VoiceChannels-1TQ2FZKXV9XYZ"
    long = Stack(
        name,
        resources=[("Channel", NATIVE, APPLICATION, "CREATE_COMPLETE")],
        template={"Resources": {"Channel": {"Type": NATIVE, "Properties": {"Enabled": False}}}},
    )
    applications = {APPLICATION: "the calls of the European call centre, and of all others", "c" * 32: ""}
    modified = {
        "Enabled": True,
        "LastModifiedBy": "arn:aws:sts::123456789012:assumed-role/Admin/jane@example.com",
        "LastModifiedDate": "2026-11-20T10:00:00.123Z",
    }

    ended = run_command(
        "list", make_account=account(long, applications=applications, channels={APPLICATION: modified})
    )

    assert max(map(len, ended.output.splitlines())) <= 80
    for expected in (
        f"{APPLICATION} enabled native type drifted",
        "the calls of the European call centre, and of all others",
        f"{name}/Channel wants disabled",
        "2026-11-20 10:00 by jane@example.com",
        f"{'c' * 32} none nobody",
        "2 applications. Managed by: the native type 1, nobody 1. Drifted: 1.",
        "pinpoint-voice takeover --help",
    ):
        assert expected in text_of(ended)


@pytest.mark.parametrize(("channels", "colour"), [({}, 31), ({APPLICATION: {"Enabled": True}}, 32)])
def test_colours_are_for_a_terminal(
    monkeypatch: pytest.MonkeyPatch, channels: dict[str, dict[str, Any]], colour: int
) -> None:
    coloured = account(channels=channels)

    plain = run_command("list", make_account=coloured).output
    monkeypatch.setenv("FORCE_COLOR", "1")
    on_a_terminal = run_command("list", make_account=coloured).output

    assert "\x1b" not in plain
    state = "enabled" if channels else "none"
    assert f"\x1b[{colour}m{state}" in on_a_terminal
