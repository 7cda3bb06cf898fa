"""What `pinpoint-voice plan` says of deployments, of templates that it cannot resolve, and of wrong usage."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.command import Ended, run_command
from harness.plan_account import CREATED, TOKEN, MadeUpAws, MadeUpStack, arn, channel

APP = "AWS::Pinpoint::App"
STACK = "AWS::CloudFormation::Stack"
NOW = {"mine": True}


def plan(
    folder: Path,
    stack: MadeUpStack | None,
    template: Mapping[str, Any] | str,
    *options: str,
    channels: Mapping[str, bool] = NOW,
    **more: Any,  # noqa: ANN401, those of MadeUpAws
) -> Ended:
    """Plan the deployment of a template, or of its resources."""
    path = folder / "next.template"
    if not isinstance(template, str):
        template = json.dumps(template if "Resources" in template else {"Resources": template})
    path.write_text(template)
    stacks = {**more.pop("stacks", {}), **({"Calls": stack} if stack else {})}
    aws = MadeUpAws(stacks, channels, **more)
    arguments = ("plan", "Calls", "--template", str(path), "--output", "json", *options)
    return run_command(*arguments, make_account=aws.account())


def actions(ended: Ended) -> dict[str, str]:
    assert ended.code == 0, ended.errors
    return {one["resource"]: one["action"] for one in ended.document["channels"]}


def why(ended: Ended) -> str:
    return " ".join(one["why"] for one in ended.document["channels"])


DEPLOYED = MadeUpStack({"Voice": channel("mine")})

# What a template says


@pytest.mark.parametrize(
    "application_id",
    [
        {"Ref": "Application"},
        {"Fn::Sub": "${Application}"},
        {"Fn::Sub": ["m${Rest}", {"Rest": "ine"}]},
        {"Fn::Join": ["", ["mi", "ne"]]},
        {"Fn::Select": ["1", ["other", "mine"]]},
        {"Fn::Select": [0, {"Fn::Split": ["/", "mine/voice"]}]},
        {"Fn::FindInMap": ["Stages", {"Ref": "AWS::Region"}, "Application"]},
        {"Fn::If": ["IsTest", "other", "mine"]},
        {"Fn::Sub": ["${Name}", {"Name": {"Fn::Select": [0, {"Ref": "List"}]}}]},
    ],
    ids=str,
)
def test_an_expression_is_the_value_that_it_stands_for(tmp_path: Path, application_id: object) -> None:
    template = {
        "Parameters": {
            "Application": {"Type": "String", "Default": "mine"},
            "List": {"Type": "CommaDelimitedList", "Default": "mine, other"},
        },
        "Mappings": {"Stages": {"us-east-1": {"Application": "mine"}}},
        "Conditions": {
            "IsLive": {"Fn::Equals": [{"Ref": "Application"}, "mine"]},
            "IsTest": {"Fn::Not": [{"Condition": "IsLive"}]},
        },
        "Resources": {"Voice": channel(application_id, Enabled=False)},
    }

    ended = plan(tmp_path, DEPLOYED, template)

    assert actions(ended) == {"Voice": "disable"}


YAML = """\
# A comment, and the short tags
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Application:
    Type: String
Conditions:
  IsOff: !Not [!Equals [!Ref Application, "mine"]]
Resources:
  Voice:
    Type: Custom::PinpointVoiceChannel
    Properties:
      ServiceToken: !Sub arn:aws:lambda:${AWS::Region}:123456789012:function:Provider
      ApplicationId: !Ref Application
      Enabled: !If [IsOff, yes, no]
      OnExisting: !Select [0, !Split [",", "adopt,fail"]]
    Metadata:
      Sign: =
  Gone:
    Type: Custom::PinpointVoiceChannel
    Condition: IsOff
    Properties:
      ServiceToken: !GetAtt Provider.Arn
      ApplicationId: other
  Provider:
    Type: AWS::SNS::Topic
"""


def test_a_template_may_be_yaml_with_short_tags(tmp_path: Path) -> None:
    ended = plan(tmp_path, DEPLOYED, YAML, "--parameter", "Application=mine")

    assert actions(ended) == {"Voice": "disable"}


def test_a_parameter_is_what_is_given_else_what_is_deployed_else_its_default(tmp_path: Path) -> None:
    deployed = MadeUpStack(
        {"Voice": channel("mine")}, parameters=[{"ParameterKey": "Kept", "ParameterValue": "mine"}]
    )
    template = {
        "Parameters": {
            "Kept": {"Default": "no"},
            "Given": {"Default": "no"},
            "Default": {"Default": "three"},
        },
        "Resources": {it: channel({"Ref": it}) for it in ("Kept", "Given", "Default")},
    }

    ended = plan(tmp_path, deployed, template, "--parameter", "Given=two", applications=["two", "three"])

    applications = [one["application_id"] for one in ended.document["channels"]]
    assert applications == ["mine", "two", "three", "mine"]


def test_it_says_which_parameter_the_template_does_not_have(tmp_path: Path) -> None:
    ended = plan(tmp_path, DEPLOYED, {"Voice": channel("mine")}, "--parameter", "Enabled=true")

    assert (ended.code, ended.errors) == (
        1,
        "Error: The template has no parameter Enabled. It has no parameters.\n",
    )


# What nobody can resolve


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ({"Fn::ImportValue": "Enabled"}, "imported from the export Enabled of another stack"),
        ({"Fn::Sub": "${Nothing}"}, "nothing tells what Nothing is"),
        ({"Fn::GetAtt": ["Voice2", "Enabled"]}, "the template has no resource Voice2"),
        ({"Fn::GetAtt": "Topic.Name"}, "Topic.Name is known only when Topic is deployed, which is new"),
        ("{{resolve:ssm:/voice/enabled}}", "is looked up by CloudFormation"),
        ({"Fn::Base64": "true"}, "Fn::Base64 is left to CloudFormation"),
        ({"Fn::FindInMap": ["No", "such", "map"]}, "is not as CloudFormation has it"),
        ({"Ref": "Secret"}, "the parameter Secret has no value. Give it with --parameter Secret=VALUE"),
        ({"Fn::Join": ["", {"Ref": "Secret"}]}, "the parameter Secret has no value"),
        ({"Fn::Join": ["", [["nested"]]]}, "is not as CloudFormation has it"),
        ({"Fn::Join": "true"}, "is not as CloudFormation has it"),
        ({"Fn::If": "true"}, "is not as CloudFormation has it"),
        ({"Fn::FindInMap": ["Map"]}, "is not as CloudFormation has it"),
        ({"Fn::GetAtt": {"no": "list"}}, "is not as CloudFormation has it"),
        ({"Fn::Select": [0, {"Fn::Split": [",", ["a", "b"]]}]}, "is not as CloudFormation has it"),
        ({"Fn::Select": [0, {"Fn::Split": [["a"], "b"]}]}, "is not as CloudFormation has it"),
        ({"Fn::Sub": ["x", ["a"]]}, "is not as CloudFormation has it"),
        ({"Fn::Sub": [["x"], {}]}, "is not as CloudFormation has it"),
        ({"Fn::Equals": ["a", "a"]}, "Fn::Equals is left to CloudFormation"),
        ({"Fn::Select": [{"Ref": "Secret"}, ["a", "b"]]}, "the parameter Secret has no value"),
        ({"Ref": "Looked"}, "the parameter Looked is looked up in Systems Manager"),
        ({"Fn::If": ["Unknown", True, False]}, "the parameter Secret has no value"),
        ({"Fn::Join": ["", ["tr", {"Ref": "Secret"}]]}, "the parameter Secret has no value"),
        ({"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Secret"}]}]}, "Secret has no value"),
        ({"Fn::FindInMap": ["Map", {"Ref": "Secret"}, "Enabled"]}, "Secret has no value"),
    ],
    ids=str,
)
def test_what_only_cloudformation_can_resolve_it_cannot_tell_and_says_why(
    tmp_path: Path, expression: object, reason: str
) -> None:
    template = {
        "Parameters": {
            "Secret": {"Type": "String"},
            "Looked": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/voice/enabled"},
        },
        "Conditions": {"Unknown": {"Fn::Equals": [{"Ref": "Secret"}, "1"]}},
        "Resources": {"Voice": channel("mine", Enabled=expression), "Topic": {"Type": "AWS::SNS::Topic"}},
    }

    ended = plan(tmp_path, DEPLOYED, template)

    assert actions(ended) == {"Voice": "cannot-tell"}
    assert reason in why(ended)


@pytest.mark.parametrize(
    ("conditions", "action"),
    [
        ({"Fn::Or": [{"Fn::Equals": [1, 1]}, {"Condition": "Unknown"}]}, "unchanged"),
        ({"Fn::And": [{"Fn::Equals": [1, 2]}, {"Condition": "Unknown"}]}, "delete"),
        ({"Fn::And": [{"Fn::Equals": [1, 1]}, {"Condition": "Unknown"}]}, "cannot-tell"),
        ({"Condition": "Missing"}, "cannot-tell"),
        ({"Condition": "It"}, "cannot-tell"),
        ({"Fn::Not": [{"Condition": "It"}]}, "cannot-tell"),
        ({"Fn::Not": [{"Condition": "Unknown"}, {"Condition": "Unknown"}]}, "cannot-tell"),
        ({"Fn::Equals": ["a"]}, "cannot-tell"),
        ({"Fn::Equals": "abc"}, "cannot-tell"),
        ({"Fn::And": None}, "cannot-tell"),
        ({"Fn::Xor": [{"Fn::Equals": [1, 1]}, {"Fn::Equals": [1, 1]}]}, "cannot-tell"),
        ("yes", "cannot-tell"),
    ],
    ids=str,
)
def test_a_resource_is_there_as_far_as_its_condition_is_known(
    tmp_path: Path, conditions: object, action: str
) -> None:
    template = {
        "Conditions": {"Unknown": {"Fn::Equals": [{"Ref": "Nothing"}, "1"]}, "It": conditions},
        "Resources": {"Voice": channel("mine", Condition="It")},
    }

    assert actions(plan(tmp_path, DEPLOYED, template)) == {"Voice": action}


VOICE_LOOP = {"Fn::ForEach::Voice": ["Id", ["mine"], {"Voice${Id}": channel({"Ref": "Id"})}]}


@pytest.mark.parametrize(
    "template",
    [
        {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Voice": channel("mine")}},
        {"Transform": "My::Macro", "Resources": {"Made": {"Type": "My::Macro"}}},
        {"Transform": "AWS::LanguageExtensions", "Resources": VOICE_LOOP},
        {"Transform": ["My::Macro"], "Resources": {"Nested": {"Type": STACK, "Properties": {}}}},
        {
            "Resources": {
                "Voice": channel("mine"),
                "More": {"Type": "X::Y::Z", "Fn::Transform": {"Name": "M"}},
            }
        },
        {"Resources": {"Fn::Transform": {"Name": "AWS::Include"}}},
        {"Transform": "My::Macro", "Resources": {"Voice": channel({"Ref": "Made"}), "Made": {"By": "it"}}},
    ],
    ids=["SAM", "macro", "ForEach", "nested", "Fn::Transform", "Include", "no type"],
)
@pytest.mark.parametrize("deployed", [None, DEPLOYED], ids=["new", "deployed"])
def test_of_a_template_with_transforms_it_cannot_tell(
    tmp_path: Path, deployed: MadeUpStack | None, template: Mapping[str, Any]
) -> None:
    ended = plan(tmp_path, deployed, template)

    told = actions(ended)
    assert (told["*"], set(told.values())) == ("cannot-tell", {"cannot-tell"})
    assert ("Voice" in told) == (deployed is not None or "Voice" in template["Resources"])
    assert "Plan a change set instead" in why(ended)
    assert plan(tmp_path, deployed, template, "--fail-on", "cannot-tell").code == 3


def test_a_new_nested_stack_that_may_be_left_out_is_one_of_which_it_cannot_tell(tmp_path: Path) -> None:
    template = {
        "Conditions": {"Unknown": {"Fn::Equals": [{"Ref": "Nothing"}, "1"]}},
        "Resources": {"Nested": {**nested("https://bucket/inner.json"), "Condition": "Unknown"}},
    }

    assert actions(plan(tmp_path, None, template)) == {"Nested/*": "cannot-tell"}


def test_what_is_the_same_unknown_as_before_does_not_change(tmp_path: Path) -> None:
    resources = {
        "Voice": channel(
            {"Fn::ImportValue": "Application"}, ServiceToken={"Fn::GetAtt": ["Provider", "Arn"]}
        ),
        "Provider": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "one"}},
    }
    deployed = MadeUpStack(resources, {"Voice": "mine/voice/absent/20260101T100000Z"})
    upgraded = {**resources, "Provider": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "two"}}}

    assert actions(plan(tmp_path, deployed, resources)) == {"Voice": "unchanged"}
    assert actions(plan(tmp_path, deployed, upgraded)) == {"Voice": "unchanged"}


def test_what_is_looked_up_anew_may_change(tmp_path: Path) -> None:
    enabled = {"Enabled": "{{resolve:ssm:/voice/enabled}}"}

    ended = plan(
        tmp_path, MadeUpStack({"Voice": channel("mine", **enabled)}), {"Voice": channel("mine", **enabled)}
    )

    assert actions(ended) == {"Voice": "cannot-tell"}


def test_a_renamed_resource_with_the_same_unknown_application_keeps_the_channel(tmp_path: Path) -> None:
    imported = {"Fn::ImportValue": "Application"}
    deployed = MadeUpStack({"Old": channel(imported)}, {"Old": "mine/voice/absent/20260101T100000Z"})

    ended = plan(tmp_path, deployed, {"New": channel(imported)})

    assert actions(ended) == {"New": "adopt", "Old": "keep"}


def test_what_a_resource_with_an_unknown_application_may_manage_is_not_called_deleted(tmp_path: Path) -> None:
    ended = plan(tmp_path, DEPLOYED, {"New": channel({"Fn::ImportValue": "Application"})})

    assert actions(ended) == {"New": "cannot-tell", "Voice": "cannot-tell"}
    assert "New may manage the channel by then" in why(ended)


def test_a_provider_that_may_be_replaced_may_change_the_service_token(tmp_path: Path) -> None:
    token = {"ServiceToken": {"Fn::GetAtt": "Provider.Arn"}}
    function = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "one"}}
    renamed = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "two"}}
    deployed = MadeUpStack({"Voice": channel("mine", **token), "Provider": function})

    ended = plan(tmp_path, deployed, {"Voice": channel("mine", **token), "Provider": renamed})

    assert actions(ended) == {"Voice": "cannot-tell"}
    assert "ServiceToken may change" in why(ended)


# An application of the same template


def test_a_new_application_has_no_channel_yet(tmp_path: Path) -> None:
    template = {"App": {"Type": APP, "Properties": {"Name": "calls"}}, "Voice": channel({"Ref": "App"})}

    ended = plan(tmp_path, None, template, channels={})

    [one] = ended.document["channels"]
    assert (one["action"], one["application_id"], one["now"], one["then"], one["after_failure"]) == (
        *("create", None, "absent", "enabled", "absent"),
    )


@pytest.mark.parametrize(
    "properties", [{}, {"OnExisting": "fail"}, {"Enabled": False}, {"Protected": True}], ids=str
)
def test_two_new_applications_are_two(tmp_path: Path, properties: Mapping[str, object]) -> None:
    template = {
        "One": {"Type": APP, "Properties": {"Name": "one"}},
        "Two": {"Type": APP, "Properties": {"Name": "two"}},
        "First": channel({"Ref": "One"}),
        "Second": channel({"Ref": "Two"}, **properties),
        "Same": channel({"Fn::Sub": "${One}"}),
    }

    ended = plan(tmp_path, None, template, channels={})

    assert actions(ended) == {"First": "create", "Second": "create", "Same": "adopt"}
    assert {one["application_id"] for one in ended.document["channels"]} == {None}


@pytest.mark.parametrize(
    ("name", "expected"), [("calls", ["unchanged"]), ("voice", ["create", "replace"])], ids=str
)
def test_an_application_that_is_replaced_takes_its_channel_with_it(
    tmp_path: Path, name: str, expected: list[str]
) -> None:
    voice = channel({"Ref": "App"})
    deployed = MadeUpStack(
        {"App": {"Type": APP, "Properties": {"Name": "calls"}}, "Voice": voice},
        {"App": "mine", "Voice": "mine/voice/absent/20260101T100000Z"},
    )
    tagged = {"Type": APP, "Properties": {"Name": name, "Tags": {"a": "b"}}}

    ended = plan(tmp_path, deployed, {"App": tagged, "Voice": voice})

    assert [one["action"] for one in ended.document["channels"]] == expected


# What CloudFormation refuses


def test_another_service_token_is_refused(tmp_path: Path) -> None:
    ended = plan(tmp_path, DEPLOYED, {"Voice": channel("mine", ServiceToken=TOKEN + "2")})

    assert actions(ended) == {"Voice": "refused"}
    assert "does not change the ServiceToken" in why(ended)
    assert ended.document["fails"]


def test_another_type_is_refused(tmp_path: Path) -> None:
    template = {"Voice": {**channel("mine"), "Type": "AWS::Pinpoint::VoiceChannel"}}

    ended = plan(tmp_path, DEPLOYED, template)

    assert actions(ended) == {"Voice": "refused"}
    assert "does not change a resource's type" in why(ended)


def test_a_status_changes_no_channel(tmp_path: Path) -> None:
    status = {**channel("mine"), "Type": "Custom::PinpointVoiceChannelStatus"}
    deployed = MadeUpStack({"Voice": channel("mine"), "Status": status}, {"Status": "mine/voice/status"})

    assert actions(plan(tmp_path, deployed, {"Voice": channel("mine")})) == {"Voice": "unchanged"}


def test_a_refused_update_of_an_application_that_is_gone_puts_nothing_back(tmp_path: Path) -> None:
    ended = plan(tmp_path, DEPLOYED, {"Voice": channel("mine", Color="red")}, channels={})

    [one] = ended.document["channels"]
    assert (one["action"], one["then"], one["after_failure"]) == ("refused", "absent", "absent")


# What cannot be read


def test_a_channel_that_may_not_be_read_is_one_of_which_it_cannot_tell(tmp_path: Path) -> None:
    template = {"Voice": channel("mine", Enabled=False), "Same": channel("other")}
    deployed = MadeUpStack({"Voice": channel("mine"), "Same": channel("other")})

    ended = plan(tmp_path, deployed, template, denied=["get_voice_channel"])

    assert actions(ended) == {"Voice": "cannot-tell", "Same": "unchanged"}
    assert "Allow mobiletargeting:GetVoiceChannel to the identity that runs this command" in why(ended)


def test_a_channel_is_planned_where_nobody_may_ask_for_its_application(tmp_path: Path) -> None:
    ended = plan(tmp_path, None, {"Voice": channel("new")}, channels={}, denied=["get_app"])

    assert actions(ended) == {"Voice": "create"}


@pytest.mark.parametrize("operation", ["describe_stacks", "list_stack_resources", "get_template"])
def test_a_stack_that_may_not_be_read_is_an_error(tmp_path: Path, operation: str) -> None:
    ended = plan(tmp_path, DEPLOYED, {"Voice": channel("mine")}, denied=[operation])

    assert ended.code == 1
    assert "was refused: AccessDenied" in ended.errors


def test_a_log_that_may_not_be_read_is_why_it_cannot_tell(tmp_path: Path) -> None:
    deployed = MadeUpStack({"Voice": channel("mine")}, {"Voice": "mine/voice/enabled/20260101T100000Z"})

    ended = plan(tmp_path, deployed, {}, denied=["describe_stack_events"])

    assert actions(ended) == {"Voice": "cannot-tell"}
    assert "cloudformation:DescribeStackEvents" in why(ended)


def test_a_log_that_may_not_be_read_leaves_open_only_what_a_failure_leaves(tmp_path: Path) -> None:
    deployed = MadeUpStack({"Voice": channel("mine", Enabled="false")})
    template = {"Voice": channel("mine"), "New": channel("new")}

    ended = plan(tmp_path, deployed, template, applications=["new"], denied=["describe_stack_events"])

    assert {
        one["resource"]: (one["action"], one["then"], one["after_failure"])
        for one in ended.document["channels"]
    } == {"Voice": ("keep", "enabled", "disabled"), "New": ("create", "enabled", None)}


@pytest.mark.parametrize(
    ("found", "after_failure"), [(True, "enabled"), (False, None)], ids=["as deployed", "drifted"]
)
def test_nobody_knows_what_a_failure_leaves_of_a_replaced_channel_that_has_drifted(
    tmp_path: Path, found: bool, after_failure: str | None
) -> None:
    ended = plan(
        tmp_path, DEPLOYED, {"Voice": channel("new")}, channels={"mine": found}, applications=["new"]
    )

    assert [(one["action"], one["after_failure"]) for one in ended.document["channels"]] == [
        ("create", "absent"),
        ("replace", after_failure),
    ]


# Which stacks can be planned


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("UPDATE_IN_PROGRESS", "Plan again when it has come to rest."),
        ("ROLLBACK_COMPLETE", "Delete it first"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("IMPORT_ROLLBACK_FAILED", "ask AWS Support"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_an_error(tmp_path: Path, status: str, reason: str) -> None:
    ended = plan(tmp_path, MadeUpStack({"Voice": channel("mine")}, status=status), {})

    assert ended.code == 1
    assert reason in ended.errors


def test_a_nested_stack_is_planned_with_its_root(tmp_path: Path) -> None:
    nested = MadeUpStack({"Voice": channel("mine")}, more={"RootId": arn("Root")})

    ended = plan(tmp_path, nested, {})

    assert ended.code == 1
    assert "Plan Root instead." in ended.errors


def test_a_create_that_failed_is_sent_anew(tmp_path: Path) -> None:
    failed = MadeUpStack(
        {"Voice": channel("mine")},
        {"Voice": "mine/voice/enabled/20260101T100000Z"},
        status="CREATE_FAILED",
        statuses={"Voice": "CREATE_FAILED"},
    )

    ended = plan(tmp_path, failed, {"Voice": channel("mine")})

    assert [one["action"] for one in ended.document["channels"]] == ["adopt", "keep"]


# Nested stacks


def nested(url: object, **more: object) -> dict[str, Any]:
    return {"Type": STACK, "Properties": {"TemplateURL": url, **more}}


def test_the_template_of_a_nested_stack_is_read_from_its_file(tmp_path: Path) -> None:
    inner = {
        "Parameters": {"Application": {"Type": "String"}},
        "Resources": {"Voice": channel({"Ref": "Application"}, Enabled=False)},
    }
    (tmp_path / "inner.json").write_text(json.dumps(inner))

    ended = plan(tmp_path, None, {"Nested": nested("inner.json", Parameters={"Application": "mine"})})

    assert actions(ended) == {"Nested/Voice": "disable"}


def test_of_a_nested_stack_whose_template_is_elsewhere_it_cannot_tell(tmp_path: Path) -> None:
    ended = plan(tmp_path, DEPLOYED, {"Nested": nested("https://bucket/inner.json")})

    assert actions(ended) == {"Nested/*": "cannot-tell", "Voice": "cannot-tell"}
    assert "https://bucket/inner.json" in why(ended)


@pytest.mark.parametrize(
    ("name", "action"), [("0123456789abcdef" * 4, "unchanged"), ("inner", "cannot-tell")], ids=str
)
def test_a_nested_stack_is_unchanged_where_its_template_is_named_by_its_content(
    tmp_path: Path, name: str, action: str
) -> None:
    resources = {"Nested": nested(f"https://bucket/{name}.json")}
    deployed = MadeUpStack(resources, {"Nested": arn("Inner")})

    ended = plan(tmp_path, deployed, resources, stacks={"Inner": MadeUpStack({"Voice": channel("mine")})})

    assert actions(ended)["Nested/Voice"] == action


def test_a_parameter_of_a_nested_stack_that_only_cloudformation_knows_stays_as_it_is(tmp_path: Path) -> None:
    parameters = {"Application": {"Fn::ImportValue": "Application"}}
    inner = {
        "Parameters": {"Application": {"Type": "String"}},
        "Resources": {"Voice": channel({"Ref": "Application"})},
    }
    (tmp_path / "inner.json").write_text(json.dumps(inner))
    resources = {"Nested": nested("inner.json", Parameters=parameters)}
    child = MadeUpStack(
        inner,
        {"Voice": "mine/voice/absent/20260101T100000Z"},
        parameters=[{"ParameterKey": "Application", "ParameterValue": "mine"}],
    )

    ended = plan(
        tmp_path, MadeUpStack(resources, {"Nested": arn("Inner")}), resources, stacks={"Inner": child}
    )

    assert actions(ended) == {"Nested/Voice": "unchanged"}


@pytest.mark.parametrize(
    ("given", "action"),
    [
        ({}, "disable"),
        ({"Enabled": "true"}, "unchanged"),
        ({"Enabled": {"Ref": "AWS::NoValue"}}, "disable"),
        ({"Fn::If": ["Unknown", {"Enabled": "true"}, {}]}, "cannot-tell"),
    ],
    ids=str,
)
def test_a_parameter_of_a_nested_stack_that_is_no_longer_given_is_its_default(
    tmp_path: Path, given: Mapping[str, object], action: str
) -> None:
    def inner(default: str) -> dict[str, Any]:
        return {
            "Parameters": {"Enabled": {"Type": "String", "Default": default}},
            "Resources": {"Voice": channel("mine", Enabled={"Ref": "Enabled"})},
        }

    (tmp_path / "inner.json").write_text(json.dumps(inner("false")))
    child = MadeUpStack(inner("true"), parameters=[{"ParameterKey": "Enabled", "ParameterValue": "true"}])
    deployed = MadeUpStack(
        {"Nested": nested("inner.json", Parameters={"Enabled": "true"})}, {"Nested": arn("Inner")}
    )
    template = {
        "Conditions": {"Unknown": {"Fn::Equals": [{"Ref": "Nothing"}, "1"]}},
        "Resources": {"Nested": nested("inner.json", Parameters=given)},
    }

    ended = plan(tmp_path, deployed, template, stacks={"Inner": child})

    assert actions(ended) == {"Nested/Voice": action}


def test_a_parameter_that_the_parent_of_a_nested_stack_leaves_out_is_not_to_be_given(tmp_path: Path) -> None:
    inner = {
        "Parameters": {"Application": {"Type": "String"}},
        "Resources": {"Voice": channel({"Ref": "Application"})},
    }
    (tmp_path / "inner.json").write_text(json.dumps(inner))

    ended = plan(tmp_path, None, {"Nested": nested("inner.json")})

    assert actions(ended) == {"Nested/Voice": "cannot-tell"}
    assert "Its parent stack gives none" in why(ended)


@pytest.mark.parametrize(
    ("before", "wanted", "action"),
    [
        ({"Enabled": "on"}, "mine", "enable"),
        ({"Protected": {"Fn::ImportValue": "P"}}, "other", "cannot-tell"),
        ({"Protected": {"Fn::ImportValue": "P"}}, None, "cannot-tell"),
    ],
    ids=str,
)
def test_what_is_deployed_may_be_unknown_or_of_an_older_version(
    tmp_path: Path, before: Mapping[str, object], wanted: str | None, action: str
) -> None:
    deployed = MadeUpStack({"Voice": channel("mine", **before)})
    template = {"Voice": channel(wanted)} if wanted else {}

    ended = plan(tmp_path, deployed, template, channels={"mine": False, "other": False})

    assert actions(ended) == {"Voice": action}


def test_a_foreign_id_is_taken_over_and_a_retained_failure_stays(tmp_path: Path) -> None:
    deployed = MadeUpStack({"Voice": channel("mine", Enabled="true")}, {"Voice": "another-provider"})

    taken = plan(tmp_path, deployed, {"Voice": channel("mine", Enabled="false", DeletionPolicy="Retain")})
    refused = plan(tmp_path, deployed, {"Voice": channel("mine", Color="red")})

    assert [(one["action"], one["after_failure"]) for one in taken.document["channels"]] == [
        ("disable", "disabled"),
        ("keep", "disabled"),
    ]
    assert actions(refused) == {"Voice": "refused"}


def test_a_hidden_parameter_is_the_same_as_before(tmp_path: Path) -> None:
    whole = {
        "Parameters": {"Off": {"Type": "String", "NoEcho": True}},
        "Resources": {"Voice": channel("mine", Enabled={"Ref": "Off"})},
    }
    deployed = MadeUpStack(whole, parameters=[{"ParameterKey": "Off", "ParameterValue": "****"}])

    assert actions(plan(tmp_path, deployed, whole)) == {"Voice": "unchanged"}


@pytest.mark.parametrize(
    "kind", ["CommaDelimitedList", "List<String>", "AWS::SSM::Parameter::Value<List<String>>"]
)
def test_a_list_that_is_deployed_is_a_list(kind: str) -> None:
    flags = {"Fn::Select": ["0", {"Ref": "Flags"}]}
    template = {
        "Parameters": {"Flags": {"Type": kind}},
        "Resources": {"Voice": channel("mine", Protected=flags)},
    }
    given = {"ParameterKey": "Flags", "ParameterValue": "true, false", "ResolvedValue": "true, false"}

    ended = plan_deletion(MadeUpStack(template, OURS, parameters=[given]))

    assert actions(ended) == {"Voice": "refused"}


def test_a_list_that_stays_as_it_is_changes_nothing(tmp_path: Path) -> None:
    template = {
        "Parameters": {"Flags": {"Type": "CommaDelimitedList"}},
        "Resources": {"Voice": channel("mine", Enabled={"Fn::Select": ["0", {"Ref": "Flags"}]})},
    }
    parameters = [{"ParameterKey": "Flags", "ParameterValue": "true, false"}]

    ended = plan(tmp_path, MadeUpStack(template, parameters=parameters), template)

    assert actions(ended) == {"Voice": "unchanged"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("UPDATE_COMPLETE", {}),
        ("UPDATE_ROLLBACK_COMPLETE", {}),
        ("DELETE_FAILED", {"Voice": "delete"}),
        ("ROLLBACK_FAILED", {"Voice": "delete"}),
    ],
)
def test_what_could_not_be_deleted_is_left_over_once_its_stack_went_on(
    status: str, expected: Mapping[str, str]
) -> None:
    stack = MadeUpStack(
        {"Topic": {"Type": "AWS::SNS::Topic"}},
        status=status,
        statuses={"Voice": "DELETE_FAILED"},
        left={"Voice": channel("mine")},
    )

    assert actions(plan_deletion(stack)) == expected


# A stack's deletion


def test_a_stack_with_termination_protection_is_not_deleted() -> None:
    ended = plan_deletion(MadeUpStack({"Voice": channel("mine")}, more={"EnableTerminationProtection": True}))

    assert ended.code == 1
    assert "--no-enable-termination-protection --stack-name Calls --region us-east-1" in ended.errors


def plan_deletion(stack: MadeUpStack, **more: Any) -> Ended:  # noqa: ANN401, those of MadeUpAws
    stacks = {**more.pop("stacks", {}), "Calls": stack}
    account = MadeUpAws(stacks, NOW, **more).account()
    return run_command("plan", "Calls", "--delete", "--output", "json", make_account=account)


@pytest.mark.parametrize(
    ("found", "action", "then"),
    [("absent", "delete", "absent"), ("disabled", "put-back", "disabled"), ("enabled", "keep", "enabled")],
)
def test_the_deletion_of_a_stack_that_never_completed_puts_back_what_was_there(
    found: str, action: str, then: str
) -> None:
    ended = plan_deletion(
        MadeUpStack(
            {"Voice": channel("mine")},
            {"Voice": f"mine/voice/{found}/20260101T100000Z"},
            status="ROLLBACK_FAILED",
            log=[],
        )
    )

    [one] = ended.document["channels"]
    assert (one["action"], one["then"]) == (action, then)


@pytest.mark.parametrize(
    ("physical_id", "action"),
    [("mine/voice/untouched", "keep"), ("Calls-Voice-1QHOCAW3FKL5D", "keep")],
)
def test_the_deletion_of_what_changed_nothing_changes_nothing(physical_id: str, action: str) -> None:
    stack = MadeUpStack({"Voice": channel("mine")}, {"Voice": physical_id}, log=[])

    assert actions(plan_deletion(stack)) == {"Voice": action}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (CREATED + timedelta(seconds=2), ("delete", "absent")),
        (CREATED - timedelta(days=1), ("keep", "enabled")),
        (None, ("keep", "enabled")),
    ],
    ids=["after", "before", "unknown"],
)
def test_the_deletion_undoes_a_create_that_was_cancelled(
    made: datetime | None, expected: tuple[str, str]
) -> None:
    row = {"StackId": arn("Calls"), "LogicalResourceId": "Voice", "Timestamp": CREATED}
    log = [
        {**row, "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "Resource creation cancelled"},
        {**row, "ResourceStatus": "CREATE_IN_PROGRESS"},
    ]
    stack = MadeUpStack(
        {"Voice": channel("mine")}, {"Voice": "Calls-Voice-1QHO"}, status="CREATE_FAILED", log=log
    )

    ended = plan_deletion(stack, made={"mine": made} if made else {})

    assert ends(ended) == {"Voice": expected}


def test_a_log_is_read_once_for_all_channels() -> None:
    asked: list[str] = []
    many = {f"Voice{number}": channel("mine", Protected="true") for number in range(20)}

    ended = plan_deletion(MadeUpStack(many), asked=asked)

    assert set(actions(ended).values()) == {"refused"}
    assert asked.count("describe_stack_events") == 1


def test_the_deletion_of_a_whole_stack_takes_a_channel_that_two_resources_manage() -> None:
    stack = MadeUpStack({"One": channel("mine"), "Two": channel("mine")})

    assert actions(plan_deletion(stack)) == {"One": "delete", "Two": "keep"}


# A change set


def plan_change_set(stack: MadeUpStack | None, name: str = "next", **more: Any) -> Ended:  # noqa: ANN401, those of MadeUpAws
    stacks = {**more.pop("stacks", {}), **({"Calls": stack} if stack else {})}
    account = MadeUpAws(stacks, more.pop("channels", NOW), **more).account()
    arguments = ("plan", "Calls", "--change-set", name, "--output", "json")
    return run_command(*arguments, make_account=account)


def changing(resources: Mapping[str, Any], *changes: Mapping[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401, any
    """Return a change set."""
    return {
        "Template": {"Resources": resources},
        "Changes": [{"ResourceChange": it} for it in changes],
        **more,
    }


def change(action: str, resource: Mapping[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401, any
    """Return a change of the channel Voice."""
    context = json.dumps({"Properties": resource["Properties"]})
    return {
        "Action": action,
        "LogicalResourceId": "Voice",
        "ResourceType": resource["Type"],
        "AfterContext": context,
        **more,
    }


LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"


def test_a_change_set_without_changes_leaves_the_channels_alone() -> None:
    reason = "The submitted information didn't contain changes. Submit different information"
    failed = changing({}, Status="FAILED", ExecutionStatus="UNAVAILABLE", StatusReason=reason)

    ended = plan_change_set(MadeUpStack({"Voice": channel("mine")}, change_set=failed))

    assert actions(ended) == {"Voice": "unchanged"}


@pytest.mark.parametrize(
    ("status", "execution", "said"),
    [
        ("FAILED", "UNAVAILABLE", "is FAILED: No such template."),
        ("CREATE_IN_PROGRESS", "UNAVAILABLE", "is CREATE_IN_PROGRESS: No such template."),
        ("CREATE_COMPLETE", "OBSOLETE", "is OBSOLETE: No such template."),
    ],
)
def test_a_change_set_that_cannot_be_executed_is_an_error(status: str, execution: str, said: str) -> None:
    given = changing({}, Status=status, ExecutionStatus=execution, StatusReason="No such template.")

    ended = plan_change_set(MadeUpStack({"Voice": channel("mine")}, change_set=given))

    assert ended.code == 1
    assert said in ended.errors


def test_a_change_set_that_is_not_there_is_an_error() -> None:
    ended = plan_change_set(DEPLOYED, "other")

    assert ended.code == 1
    assert "The stack Calls in us-east-1 has no change set other." in ended.errors


def test_a_change_set_of_a_new_stack_creates_all() -> None:
    voice = channel("mine", Enabled="false")
    review = MadeUpStack(
        {}, status="REVIEW_IN_PROGRESS", change_set=changing({"Voice": voice}, change("Add", voice))
    )

    assert actions(plan_change_set(review)) == {"Voice": "disable"}


@pytest.mark.parametrize(
    ("name", "replacement", "action"),
    [
        ("ServiceToken", "False", "unchanged"),
        ("ServiceToken", "True", "cannot-tell"),
        ("Enabled", "True", "cannot-tell"),
    ],
)
def test_a_value_that_is_known_later_stays_while_what_it_comes_from_stays(
    name: str, replacement: str, action: str
) -> None:
    before = channel("mine", Enabled="true")
    after = channel("mine", **{"Enabled": "true", name: LATER})
    detail = {"Target": {"Attribute": "Properties", "Name": name}, "CausingEntity": "Provider.Arn"}
    provider = {"Action": "Modify", "LogicalResourceId": "Provider", "ResourceType": "AWS::Lambda::Function"}
    given = changing(
        {"Voice": channel("mine", **{name: {"Fn::GetAtt": ["Provider", "Arn"]}})},
        change(
            "Modify", after, Details=[detail], BeforeContext=json.dumps({"Properties": before["Properties"]})
        ),
        {**provider, "Replacement": replacement},
    )

    ended = plan_change_set(MadeUpStack({"Voice": before}, change_set=given))

    assert actions(ended) == {"Voice": action}


@pytest.mark.parametrize(
    "token",
    [{"Fn::GetAtt": ["Provider", "Arn"]}, {"Fn::ImportValue": "Token"}, {"Ref": "Token"}],
    ids=str,
)
def test_what_a_change_set_has_resolved_of_the_deployed_template_is_what_is_there(
    token: Mapping[str, Any],
) -> None:
    deployed = channel("mine", ServiceToken=token)
    resolved = json.dumps({"Properties": {**channel("mine")["Properties"], "Protected": True}})
    after = channel("mine", Enabled="false", Protected="false")
    given = changing(
        {"Voice": channel("mine", ServiceToken=token, Enabled=False)},
        change("Modify", after, BeforeContext=resolved),
    )
    provider = {"Type": "AWS::Lambda::Function", "Properties": {}}
    parameters = [{"ParameterKey": "Token", "ParameterValue": "****"}]
    stack = MadeUpStack(
        {"Voice": deployed, "Provider": provider}, OURS, parameters=parameters, change_set=given
    )

    assert actions(plan_change_set(stack)) == {"Voice": "disable"}


def test_what_a_change_set_has_resolved_of_a_removed_resource_is_what_goes() -> None:
    deployed = channel("mine", Protected={"Fn::ImportValue": "Protected"})
    resolved = json.dumps({"Properties": channel("mine", Protected="true")["Properties"]})
    removed = {**change("Remove", deployed), "BeforeContext": resolved}

    ended = plan_change_set(MadeUpStack({"Voice": deployed}, OURS, change_set=changing({}, removed)))

    assert actions(ended) == {"Voice": "refused"}


@pytest.mark.parametrize("hidden", ["****", "{{resolve:ssm:/voice/enabled}}"])
def test_what_a_change_set_does_not_show_need_not_be_the_same_as_before(hidden: str) -> None:
    voice = channel("mine", Enabled=hidden)
    shown = json.dumps({"Properties": voice["Properties"]})
    given = changing({"Voice": voice}, change("Modify", voice, BeforeContext=shown))

    assert actions(plan_change_set(MadeUpStack({"Voice": voice}, change_set=given))) == {
        "Voice": "cannot-tell"
    }


def test_a_change_set_that_makes_the_application_creates_its_channel() -> None:
    app = {"Action": "Add", "LogicalResourceId": "App", "ResourceType": APP}
    given = changing({"Voice": channel({"Ref": "App"})}, change("Add", channel(LATER)), app)

    ended = plan_change_set(MadeUpStack({}, status="REVIEW_IN_PROGRESS", change_set=given))

    assert actions(ended) == {"Voice": "create"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (change("Dynamic", channel("mine")), "The change set says Dynamic"),
        (change("Modify", channel("mine", Enabled="****")), "the change set does not show Enabled"),
        (
            {"Action": "Modify", "LogicalResourceId": "Voice", "ResourceType": channel("x")["Type"]},
            "The change set tells no values",
        ),
    ],
    ids=["Dynamic", "NoEcho", "no values"],
)
def test_what_a_change_set_does_not_show_it_cannot_tell(given: Mapping[str, Any], reason: str) -> None:
    stack = MadeUpStack({"Voice": channel("mine")}, change_set=changing({"Voice": channel("mine")}, given))

    ended = plan_change_set(stack)

    assert actions(ended) == {"Voice": "cannot-tell"}
    assert reason in why(ended)


def test_a_change_set_retains_what_it_says_is_retained() -> None:
    removed = {**change("Remove", channel("mine")), "PolicyAction": "Retain"}

    ended = plan_change_set(MadeUpStack({"Voice": channel("mine")}, change_set=changing({}, removed)))

    assert actions(ended) == {"Voice": "keep"}


def test_a_change_set_without_its_nested_stacks_says_how_to_include_them() -> None:
    resources = {"Voice": nested("https://bucket/inner.json")}
    given = changing(resources, {**change("Modify", resources["Voice"])})
    stack = MadeUpStack(resources, {"Voice": arn("Inner")}, change_set=given)

    ended = plan_change_set(stack, stacks={"Inner": MadeUpStack({"Voice": channel("mine")})})

    assert actions(ended) == {"Voice/Voice": "cannot-tell", "Voice/*": "cannot-tell"}
    assert "--include-nested-stacks" in why(ended)


# What takes a channel with it

NATIVE = "AWS::Pinpoint::VoiceChannel"
CALLS = {"Type": APP, "Properties": {"Name": "calls"}}
RENAMED = {"Type": APP, "Properties": {"Name": "voice"}}
LOOKED_UP = {"Type": APP, "Properties": {"Name": {"Fn::ImportValue": "Name"}}}
ALONE = {"Type": NATIVE, "Properties": {"ApplicationId": "mine"}}
OURS = {"Voice": "mine/voice/absent/20260101T100000Z"}


def retained(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {**resource, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def ends(ended: Ended) -> dict[str, tuple[str, str | None]]:
    return {one["resource"]: (one["action"], one["then"]) for one in ended.document["channels"]}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"App": CALLS}, {}, {"Voice": ("unchanged", "absent"), "App": ("delete", "absent")}),
        ({"App": retained(CALLS)}, {}, {"Voice": ("unchanged", "enabled")}),
        ({"Old": ALONE}, {}, {"Voice": ("unchanged", "absent"), "Old": ("delete", "absent")}),
        ({"Old": retained(ALONE)}, {}, {"Voice": ("unchanged", "enabled")}),
        ({"App": CALLS}, {"App": RENAMED}, {"Voice": ("unchanged", "absent"), "App": ("delete", "absent")}),
        ({"App": CALLS}, {"App": retained(RENAMED)}, {"Voice": ("unchanged", "enabled")}),
        ({"App": CALLS}, {"App": CALLS}, {"Voice": ("unchanged", "enabled")}),
        ({"App": CALLS}, {"App": LOOKED_UP}, {"Voice": ("unchanged", None), "App": ("cannot-tell", None)}),
        (
            {"App": CALLS},
            {"App": {**CALLS, "Condition": "Unknown"}},
            {"Voice": ("unchanged", None), "App": ("cannot-tell", None)},
        ),
        ({}, {"New": ALONE}, {"Voice": ("unchanged", None), "New": ("cannot-tell", None)}),
        (
            {"Old": ALONE},
            {"Old": {**ALONE, "Properties": {"ApplicationId": "mine", "Enabled": "false"}}},
            {"Voice": ("unchanged", None), "Old": ("cannot-tell", None)},
        ),
        ({"Old": ALONE}, {"Old": ALONE}, {"Voice": ("unchanged", "enabled")}),
        (
            {},
            {"New": {"Type": NATIVE, "Properties": {"ApplicationId": "other"}}},
            {"Voice": ("unchanged", "enabled")},
        ),
    ],
)
def test_a_channel_goes_with_its_application_and_with_its_native_resource(
    tmp_path: Path,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    expected: Mapping[str, tuple[str, str | None]],
) -> None:
    ids = dict.fromkeys(before, "mine")
    deployed = MadeUpStack({"Voice": channel("mine"), **before}, ids)
    conditions = {"Unknown": {"Fn::Equals": [{"Ref": "Nothing"}, "1"]}}
    template = {"Conditions": conditions, "Resources": {"Voice": channel("mine"), **after}}

    ended = plan(tmp_path, deployed, template)

    assert ends(ended) == expected
    is_safe = all(then == "enabled" for _, then in expected.values())
    failing = plan(tmp_path, deployed, template, "--fail-on", "delete,cannot-tell")
    assert failing.code == (0 if is_safe else 3)


@pytest.mark.parametrize(
    ("application_id", "policy", "expected"),
    [
        ({"Ref": "App"}, {}, {"Voice": ("delete", "absent")}),
        (
            {"Ref": "App"},
            {"DeletionPolicy": "Retain"},
            {"Voice": ("keep", "absent"), "App": ("delete", "absent")},
        ),
        ({"Ref": "App"}, {"Protected": "true"}, {"Voice": ("refused", "enabled")}),
        ({"Fn::Sub": "${App}"}, {"Protected": "true"}, {"Voice": ("refused", "enabled")}),
        ("mine", {"Protected": "true"}, {"Voice": ("refused", "absent"), "App": ("delete", "absent")}),
    ],
    ids=str,
)
def test_the_deletion_of_a_stack_takes_the_channel_of_its_application(
    application_id: object, policy: Mapping[str, Any], expected: Mapping[str, tuple[str, str]]
) -> None:
    resources = {"App": CALLS, "Voice": channel(application_id, **policy)}

    ended = plan_deletion(MadeUpStack(resources, {"App": "mine", **OURS}))

    assert ends(ended) == expected


def test_an_application_that_a_nested_stack_needs_stays_while_its_channel_is_protected() -> None:
    inner = {
        "Parameters": {"Application": {"Type": "String"}},
        "Resources": {"Voice": channel({"Ref": "Application"}, Protected="true")},
    }
    needs = {"Parameters": {"Application": {"Ref": "App"}}}
    resources = {"App": CALLS, "Nested": nested("https://bucket/inner.json", **needs)}
    stack = MadeUpStack(resources, {"App": "mine", "Nested": arn("Inner")})

    ended = plan_deletion(stack, stacks={"Inner": MadeUpStack(inner, OURS)})

    assert ends(ended) == {"Nested/Voice": ("refused", "enabled")}


def test_it_cannot_tell_of_an_application_whose_protected_channel_goes_in_the_same_update(
    tmp_path: Path,
) -> None:
    resources = {"App": CALLS, "Voice": channel({"Ref": "App"}, Protected="true")}

    ended = plan(
        tmp_path, MadeUpStack(resources, {"App": "mine", **OURS}), {"T": {"Type": "AWS::SNS::Topic"}}
    )

    assert ends(ended) == {"Voice": ("refused", None), "App": ("cannot-tell", None)}


def test_a_channel_of_an_application_that_goes_must_be_readable_to_be_planned(tmp_path: Path) -> None:
    deployed = MadeUpStack({"App": CALLS}, {"App": "mine"})

    ended = plan(tmp_path, deployed, {"T": {"Type": "AWS::SNS::Topic"}}, denied=["get_voice_channel"])

    assert actions(ended) == {"App": "cannot-tell"}


def test_a_nested_stack_that_is_retained_keeps_its_applications() -> None:
    resources = {"Inner": nested("https://bucket/inner.json"), "Voice": channel("mine")}
    removed = {"Action": "Remove", "LogicalResourceId": "Inner", "ResourceType": STACK}
    inner = MadeUpStack({"App": CALLS}, {"App": "mine"})

    def planned(**more: str) -> Ended:
        stack = MadeUpStack(resources, {"Inner": arn("Inner")}, change_set=changing({}, {**removed, **more}))
        return plan_change_set(stack, stacks={"Inner": inner})

    assert ends(planned(PolicyAction="Retain")) == {"Voice": ("unchanged", "enabled")}
    assert ends(planned()) == {"Voice": ("unchanged", "absent"), "Inner/App": ("delete", "absent")}


def test_a_native_resource_that_becomes_ours_under_its_name_is_refused(tmp_path: Path) -> None:
    ended = plan(tmp_path, MadeUpStack({"Voice": ALONE}, {"Voice": "mine"}), {"Voice": channel("mine")})

    assert actions(ended) == {"Voice": "refused"}
    assert ended.document["fails"]


@pytest.mark.parametrize(
    ("kind", "taking", "expected"),
    [
        (APP, {"Action": "Remove"}, ("delete", "absent")),
        (APP, {"Action": "Remove", "PolicyAction": "Retain"}, ("unchanged", "enabled")),
        (APP, {"Action": "Modify", "Replacement": "True"}, ("delete", "absent")),
        (
            APP,
            {"Action": "Modify", "Replacement": "True", "PolicyAction": "ReplaceAndRetain"},
            ("unchanged", "enabled"),
        ),
        (APP, {"Action": "Modify", "Replacement": "Conditional"}, ("cannot-tell", None)),
        (APP, {"Action": "Modify", "Replacement": "False"}, ("unchanged", "enabled")),
        (NATIVE, {"Action": "Remove"}, ("delete", "absent")),
        (
            NATIVE,
            {
                "Action": "Modify",
                "Replacement": "False",
                "AfterContext": json.dumps({"Properties": {"ApplicationId": "mine", "Enabled": "false"}}),
            },
            ("cannot-tell", None),
        ),
    ],
    ids=str,
)
def test_a_change_set_says_what_takes_a_channel_with_it(
    kind: str, taking: Mapping[str, Any], expected: tuple[str, str | None]
) -> None:
    other = {"Type": kind, "Properties": {}}
    given = changing(
        {"Voice": channel("mine"), "Other": other},
        {"LogicalResourceId": "Other", "ResourceType": kind, **taking},
    )
    stack = MadeUpStack({"Voice": channel("mine"), "Other": other}, {"Other": "mine"}, change_set=given)

    ended = ends(plan_change_set(stack))

    assert ended["Voice"] == ("unchanged", expected[1])
    assert ended.get("Other", ended["Voice"]) == expected


# How it ends, and what it prints


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 0),
        (("--fail-on", "disable"), 3),
        (("--fail-on", "delete, disable"), 3),
        (("--fail-on", "delete,create"), 0),
        (("--fail-on", "destroy"), 1),
        (("--fail-on", ""), 1),
        (("--parameter", "Enabled"), 1),
        (("--delete",), 1),
    ],
    ids=str,
)
def test_its_exit_code(tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    assert plan(tmp_path, DEPLOYED, {"Voice": channel("mine", Enabled=False)}, *options).code == code


@pytest.mark.parametrize(("found", "wanted"), [("disabled", "disable"), ("absent", "delete")], ids=str)
def test_fail_on_finds_what_has_the_same_effect(found: str, wanted: str) -> None:
    physical_id = f"mine/voice/{found}/20260101T100000Z"
    stack = MadeUpStack({"Voice": channel("mine")}, {"Voice": physical_id}, status="CREATE_FAILED", log=[])
    account = MadeUpAws({"Calls": stack}, NOW).account()

    ended = run_command("plan", "Calls", "--delete", "--fail-on", wanted, make_account=account)

    assert ended.code == 3


def test_fail_on_delete_finds_a_replacement(tmp_path: Path) -> None:
    ended = plan(tmp_path, DEPLOYED, {"Voice": channel("new")}, "--fail-on", "delete", applications=["new"])

    assert [one["action"] for one in ended.document["channels"]] == ["create", "replace"]
    assert ended.code == 3


@pytest.mark.parametrize(
    ("options", "code"),
    [("disable", 3), ("delete", 3), ("cannot-tell", 3), ("create,enable", 0), ("keep", 0)],
)
def test_fail_on_delete_and_disable_find_what_nobody_can_tell(
    tmp_path: Path, options: str, code: int
) -> None:
    template = {"Voice": channel("mine", Enabled={"Fn::ImportValue": "Enabled"})}

    assert plan(tmp_path, DEPLOYED, template, "--fail-on", options).code == code


@pytest.mark.parametrize(("options", "code"), [("disable", 3), ("delete", 0), ("create", 0)])
def test_fail_on_finds_what_the_rollback_of_a_deployment_that_fails_takes_down(
    tmp_path: Path, options: str, code: int
) -> None:
    # Somebody has enabled Other by hand, and the rollback disables it as the deployed template says.
    deployed = MadeUpStack(
        {"Other": channel("other", Enabled="false"), "Voice": channel("mine", Protected="true")}
    )
    template = {
        "Other": channel("other", Enabled="true"),
        "Voice": channel("mine", Protected="true", Enabled="false"),
    }

    ended = plan(tmp_path, deployed, template, "--fail-on", options, channels={"mine": True, "other": True})

    assert ended.document["channels"][0]["after_failure"] == "disabled"
    assert ended.code == code


def test_fail_on_does_not_find_what_only_a_failure_that_nobody_expects_takes_down(tmp_path: Path) -> None:
    deployed = MadeUpStack({"Voice": channel("mine", Enabled="false")})

    ended = plan(tmp_path, deployed, {"Voice": channel("mine", Enabled="true")}, "--fail-on", "disable")

    assert ended.document["channels"][0]["after_failure"] == "disabled"
    assert ended.code == 0


def test_a_parameter_needs_a_template() -> None:
    account = MadeUpAws({"Calls": DEPLOYED}, NOW).account()

    ended = run_command("plan", "Calls", "--delete", "--parameter", "A=b", make_account=account)

    assert (ended.code, "--parameter is for --template." in ended.errors) == (1, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resources: [", "line 1, column 13: expected the node content"),
        ("{", "Expecting property name"),
        ("Resources: 1", "it has no mapping Resources"),
        ("Resources: {Voice: {}}", "the resource Voice has no Type"),
        ("\x00", "special characters are not allowed"),
        ("Parameters: {A: String}\nResources: {}", "the parameter A has no Type"),
        ("Parameters: [A]\nResources: {}", "its Parameters are no mapping"),
        ('{"Resources": {"V": {"Type": "X", "M": ' + "[" * 3000 + "]" * 3000 + "}}}", "more than 100 levels"),
        ('{"Resources": {"V": {"Type": "X", "M": ' + "[" * 300 + "]" * 300 + "}}}", "more than 100 levels"),
        ("Resources: {V: {Type: X, Metadata: &a [*a]}}", "more than 100 levels"),
    ],
    ids=[
        *("YAML", "JSON", "no mapping", "no type", "not text", "parameter", "parameters"),
        *("deepest", "deep", "in itself"),
    ],
)
def test_a_file_that_is_no_template_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    ended = plan(tmp_path, DEPLOYED, text)

    assert ended.code == 1
    assert said in ended.errors


@pytest.mark.parametrize(
    "more",
    [
        "Parameters:",
        "Conditions:",
        "Mappings:",
        "Metadata: x",
    ],
)
def test_a_section_may_be_empty(tmp_path: Path, more: str) -> None:
    voice = json.dumps(channel("mine"))

    ended = plan(tmp_path, DEPLOYED, f"{more}\nResources:\n  Voice: {voice}\n")

    assert actions(ended) == {"Voice": "unchanged"}


def test_the_metadata_of_a_nested_stack_may_be_anything(tmp_path: Path) -> None:
    ended = plan(tmp_path, None, {"Nested": {**nested("https://bucket/inner.json"), "Metadata": "x"}})

    assert actions(ended) == {"Nested/*": "cannot-tell"}


def test_it_is_printed_for_people_in_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long = "0123456789abcdef" * 2
    stack = MadeUpStack({"Voice": channel(long, Protected="true"), "Same": channel("mine")})

    ended = plan(
        tmp_path,
        stack,
        {"VoiceChannelOfTheMainApplication9A3F": channel(long, Enabled="false"), "Same": channel("mine")},
        "--output",
        "table",
        channels={long: True, "mine": False},
    )

    assert (ended.code, max(map(len, ended.output.splitlines())) <= 80) == (0, True)
    for told in ("Calls in us-east-1, with next.template", long, "unchanged", "disable", "If it fails"):
        assert told in ended.output
    assert "1 channel: disable; 1 channel: keep; 1 channel: unchanged." in ended.output
    assert "If that is what you want, deploy it soon" in ended.output


def test_a_deletion_that_fails_says_so() -> None:
    stack = MadeUpStack({"Voice": channel("mine", Protected="true")})
    account = MadeUpAws({"Calls": stack}, NOW).account()

    ended = run_command("plan", "Calls", "--delete", make_account=account)

    assert "The deletion fails because of the refused channels" in ended.output
    assert "DELETE_FAILED." in ended.output
    assert "If it fails" not in ended.output


def test_a_deployment_that_fails_says_so_and_not_to_deploy_it(tmp_path: Path) -> None:
    ended = plan(tmp_path, DEPLOYED, {"Voice": channel("mine", Color="red")}, "--output", "table")

    assert "The deployment fails because of the refused channels, and is rolled back." in ended.output
    assert ended.output.endswith("Change what is refused, as the reasons say, and plan again.\n")


@pytest.mark.parametrize(
    ("after", "profile", "said"),
    [
        (channel("mine", Enabled="false"), "", "--change-set-name next --region us-east-1"),
        (
            channel("mine", Enabled="false"),
            "operations",
            "--change-set-name next --region us-east-1 --profile operations",
        ),
        (channel("mine", Enabled="****"), "", "Before you execute it, find out what it cannot tell"),
        (channel("mine", Color="red"), "", "Change what is refused"),
        (None, "", "so there is nothing to execute"),
    ],
    ids=["execute", "profile", "cannot tell", "refused", "no changes"],
)
def test_the_next_step_of_a_change_set_is_one_that_can_work(
    after: Mapping[str, Any] | None, profile: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[profile operations]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    given = changing({"Voice": channel("mine")}, *([change("Modify", after)] if after else []))
    if after is None:
        reason = "The submitted information didn't contain changes."
        given |= {"Status": "FAILED", "ExecutionStatus": "UNAVAILABLE", "StatusReason": reason}
    account = MadeUpAws({"Calls": MadeUpStack({"Voice": channel("mine")}, change_set=given)}, NOW).account()
    options = ["--profile", profile] if profile else []

    ended = run_command(
        "plan", "Calls", "--change-set", "next", "--output", "json", *options, make_account=account
    )

    assert said in ended.document["next_step"]
    assert ("execute-change-set" in ended.document["next_step"]) == ("--region" in said)
    assert ended.document["next_step"].endswith(said) or "--region" not in said


def test_the_next_step_of_what_it_cannot_tell_is_a_change_set(tmp_path: Path) -> None:
    ended = plan(tmp_path, DEPLOYED, {"Voice": channel("mine", Enabled={"Fn::ImportValue": "x"})})

    assert ended.document["next_step"].startswith("Before you deploy it, plan a change set")


def test_a_stack_without_channels_says_so() -> None:
    stack = MadeUpStack({"Topic": {"Type": "AWS::SNS::Topic"}})
    account = MadeUpAws({"Calls": stack}, NOW).account()

    ended = run_command("plan", "Calls", "--delete", make_account=account)

    assert "It has no voice channels of this library." in ended.output
