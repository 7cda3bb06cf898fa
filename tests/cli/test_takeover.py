"""`pinpoint-voice takeover`: where a stack stands, what is written, and what is in the way."""

import json
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.command import Ended, run_command
from harness.documents import code_blocks
from local_cloud.runtime import PROJECT
from pinpoint_voice_channel_handler.aws_error import AwsError
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import Refused
from pinpoint_voice_cli.takeover.channels import NATIVE, OURS, resources_of, said
from pinpoint_voice_cli.takeover.data import mapping
from pinpoint_voice_cli.takeover.template import Template

APPLICATION = "0123456789abcdef0123456789abcdef"
STACK_ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Hotline/0a1b"
EXPORT = "PinpointVoiceChannelServiceToken"


def refused(action: str, code: str, message: str = "It is so.") -> Refused:
    """Return what AWS answers."""
    return Refused(action, "eu-west-1", AwsError(code, message, "0", 400))


@dataclass
class Cloud:
    """An account in memory, with one stack.

    Args:
        template: The stack's template; None where there is no stack.
        processed: It after its transforms.
        status: The stack's.
        statuses: Those of its resources, where they are not UPDATE_COMPLETE.
        missing: Resources of the template that the stack does not have.
        more: Rows of ListStackResources beside those of the template.
        enabled: Whether the channel is enabled; None where there is none.
        described: More of DescribeStacks.
        exports: The names that are exported.
    """

    template: str | None
    processed: str | None = None
    status: str = "UPDATE_COMPLETE"
    statuses: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    more: tuple[dict[str, Any], ...] = ()
    enabled: bool | None = True
    described: dict[str, Any] = field(default_factory=dict)
    exports: tuple[str, ...] = (EXPORT,)
    denied: tuple[str, ...] = ()

    def answer(self, operation: str, **arguments: object) -> Mapping[str, Any]:
        """Answer a call."""
        if operation in self.denied:
            raise refused(operation, "AccessDenied")
        match operation:
            case "DescribeStacks" if self.template is None:
                raise refused(operation, "ValidationError", "Stack with id Hotline does not exist")
            case "DescribeStacks":
                stack = {"StackName": "Hotline", "StackId": STACK_ID, "StackStatus": self.status}
                return {"Stacks": [{**stack, **self.described}]}
            case "GetTemplate":
                body = self.template or ""
                body = self.processed or body if arguments["TemplateStage"] == "Processed" else body
                # As botocore does.
                return {"TemplateBody": json.loads(body) if body.lstrip().startswith("{") else body}
            case "ListStackResources":
                return {"StackResourceSummaries": [*self._rows(), *self.more]}
            case "ListExports":
                return {"Exports": [{"Name": name} for name in self.exports]}
            case "GetVoiceChannel" if self.enabled is None:
                raise refused(operation, "NotFoundException")
            case "GetVoiceChannel":
                response = {"ApplicationId": arguments["ApplicationId"], "Enabled": self.enabled}
                return {"VoiceChannelResponse": {**response, "Platform": "VOICE"}}
        raise AssertionError(operation)

    def _rows(self) -> Iterator[dict[str, Any]]:
        document = said(Template.of("deployed", self.template or ""))
        physical_ids = {
            NATIVE: APPLICATION,
            "AWS::Pinpoint::App": APPLICATION,
            OURS: f"{APPLICATION}/voice/enabled/20261125T034333Z",
        }
        for name, resource in resources_of(document).items():
            resource_type = str(mapping(resource).get("Type"))
            if name not in self.missing:
                yield row(
                    name,
                    resource_type,
                    self.ids.get(name, physical_ids.get(resource_type, name)),
                    ResourceStatus=self.statuses.get(name, "UPDATE_COMPLETE"),
                )


def row(name: str, resource_type: str, physical_id: str = "", **more: object) -> dict[str, Any]:
    """Return a row of ListStackResources."""
    ids = {"LogicalResourceId": name, "PhysicalResourceId": physical_id}
    return {**ids, "ResourceType": resource_type, "ResourceStatus": "CREATE_COMPLETE", **more}


def account_of(cloud: Cloud) -> type[Account]:
    """Return an account that answers from memory."""

    class InMemory(Account):
        def __init__(self, *_: object) -> None:
            pass

        @property
        def region(self) -> str:
            return "eu-west-1"

        def call(
            self,
            service: str,  # noqa: ARG002, as the account has it
            operation: str,
            region: str | None = None,  # noqa: ARG002, as above
            **arguments: object,
        ) -> Any:  # noqa: ANN401, as above
            return cloud.answer(operation, **arguments)

        def pages(
            self, service: str, operation: str, region: str | None = None, **arguments: object
        ) -> Iterator[Mapping[str, Any]]:
            yield self.call(service, operation, region, **arguments)

    return InMemory


class Desk:
    """A folder with a template, at which a user sits.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "hotline.yaml"

    def put(self, text: str) -> None:
        """Put a template there."""
        self.file.write_bytes(text.encode())

    @property
    def text(self) -> str:
        """The template that is there."""
        return self.file.read_bytes().decode()

    def run(self, cloud: Cloud, *options: str) -> Ended:
        """Run the command on the template."""
        arguments = ("takeover", str(self.file), "--stack", "Hotline", *options)
        return run_command(*arguments, make_account=account_of(cloud))

    def write(self, cloud: Cloud, *options: str) -> Ended:
        """Run the command, and write over the template."""
        return self.run(cloud, "--write", str(self.file), *options)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.put(PLAIN)
    return desk


PLAIN = """\
Resources:
  App:
    Type: AWS::Pinpoint::App
    Properties:
      Name: calls

  VoiceChannel:
    Type: AWS::Pinpoint::VoiceChannel
    Properties:
      ApplicationId: !Ref App
      Enabled: true

Outputs:
  Application:
    Value: !Ref VoiceChannel
"""


# What gives the native resource a condition.
CONDITION = ("    Properties:\n      ApplicationId", "    Condition: A\n    Properties:\n      ApplicationId")
NEVER = "Conditions: {A: !Equals [a, b]}\n"


@pytest.fixture
def first(desk: Desk) -> str:
    """Return the template of the first step."""
    desk.write(Cloud(PLAIN))
    text = desk.text
    desk.put(PLAIN)
    return text


@pytest.fixture
def second(desk: Desk, first: str) -> str:
    """Return the template of the second step."""
    desk.put(first)
    desk.write(Cloud(first))
    text = desk.text
    desk.put(PLAIN)
    return text


# Where the stack stands


def test_the_first_step_is_written_with_the_command_that_deploys_it(desk: Desk) -> None:
    ended = desk.write(Cloud(PLAIN))

    assert ended.code == 0, ended.errors
    assert "step 1 of 2" in ended.output
    assert f"VoiceChannel -> VoiceChannelCustom\n    application {APPLICATION}, enabled\n" in ended.output
    command = (
        f"aws cloudformation deploy --region eu-west-1 --stack-name Hotline --template-file {desk.file}\n"
    )
    assert f"  {command}" in ended.output
    assert f"\n  pinpoint-voice takeover {desk.file} --stack Hotline --write {desk.file}\n" in ended.output
    assert "DeletionPolicy: Retain" in desk.text
    assert "Type: Custom::PinpointVoiceChannel" in desk.text


def test_when_it_is_deployed_the_second_step_is_written(desk: Desk, first: str) -> None:
    desk.put(first)

    ended = desk.write(Cloud(first))

    assert ended.code == 0, ended.errors
    assert "step 2 of 2" in ended.output
    assert NATIVE not in desk.text
    assert desk.text.endswith("    Value: !GetAtt VoiceChannelCustom.ApplicationId\n")


def test_the_second_step_may_be_written_from_the_template_that_was_there_before_both(
    desk: Desk, first: str, second: str
) -> None:
    ended = desk.write(Cloud(first))

    assert "step 2 of 2" in ended.output
    assert desk.text == second


def test_when_that_is_deployed_it_says_that_it_is_done(desk: Desk, second: str) -> None:
    desk.put(second)

    ended = desk.write(Cloud(second))

    assert (ended.code, desk.text) == (0, second)
    assert ended.output == (
        "The stack Hotline in eu-west-1 no longer has a native voice channel: the \ntakeover is done.\n"
    )


def test_after_a_rollback_the_step_is_written_again(desk: Desk, first: str) -> None:
    ended = desk.write(Cloud(PLAIN, status="UPDATE_ROLLBACK_COMPLETE"))

    assert (ended.code, desk.text) == (0, first)


def test_the_deployed_template_may_be_json_where_the_file_is_yaml(desk: Desk) -> None:
    text = PLAIN.replace("Name: calls", "Name: calls\n      Tags: [{on: true, n: 1, Value: null}]")
    desk.put(text)
    deployed = json.dumps(said(Template.of("deployed", text))).replace('"true"', "true")

    ended = desk.write(Cloud(deployed))

    assert (ended.code, "Note" in ended.output) == (0, False)


def test_ours_gets_a_logical_id_that_neither_the_template_nor_the_stack_has(desk: Desk) -> None:
    text = PLAIN.replace(
        "Resources:", "Parameters: {VoiceChannelCustom: {Type: String, Default: a}}\nResources:"
    )
    deployed = text.replace("Outputs:", "  VoiceChannelCustom2: {Type: AWS::SNS::Topic}\nOutputs:")
    desk.put(text)

    assert "VoiceChannel -> VoiceChannelCustom3\n" in desk.write(Cloud(deployed)).output


def test_the_document_shows_what_the_command_writes(desk: Desk) -> None:
    blocks = code_blocks((PROJECT / "docs" / "takeover.md").read_text())
    [text] = [block.code for block in blocks if block.language == "yaml"]
    wanted = [block.code.splitlines() for block in blocks if block.language == "diff"]
    desk.put(text)

    shown = []
    for _ in range(2):
        diff = desk.write(Cloud(desk.text), "--output", "json").document["diff"]
        shown.append([line.rstrip() for line in diff.splitlines()[2:]])

    assert shown == wanted


# What is written, and where


def test_without_a_file_the_changes_are_shown_and_nothing_is_written(desk: Desk) -> None:
    ended = desk.run(Cloud(PLAIN))

    assert (ended.code, desk.text) == (0, PLAIN)
    assert "\n+    DeletionPolicy: Retain\n" in ended.output
    assert "Nothing was written" in ended.output
    assert ended.output.endswith(f"  pinpoint-voice takeover {desk.file} --stack Hotline --write FILE\n")


def test_another_file_is_written_and_the_template_stays(desk: Desk, first: str, tmp_path: Path) -> None:
    other = tmp_path / "next.yaml"

    ended = desk.run(Cloud(PLAIN), "--write", str(other))

    assert (desk.text, other.read_text()) == (PLAIN, first)
    assert f"--template-file {other}\n" in ended.output
    assert f"takeover {other} --stack Hotline --write {other}\n" in ended.output


def test_standard_output_has_the_template_alone(desk: Desk, first: str) -> None:
    ended = desk.run(Cloud(PLAIN), "--write", "-")

    assert ended.output == first
    assert "Written to standard output." in ended.errors
    assert (
        "  aws cloudformation deploy --region eu-west-1 --stack-name Hotline --template-file FILE\n"
        in ended.errors
    )


def test_standard_output_has_the_template_also_when_all_is_done(desk: Desk, second: str) -> None:
    desk.put(second)

    assert desk.run(Cloud(second), "--write", "-").output == second


def test_standard_output_cannot_have_both(desk: Desk) -> None:
    ended = desk.run(Cloud(PLAIN), "--write", "-", "--output", "json")

    assert (ended.code, ended.output) == (1, "")
    assert "--output json" in ended.errors


def test_programs_get_a_document(desk: Desk) -> None:
    ended = desk.run(Cloud(PLAIN), "--output", "json")

    document = ended.document
    assert "+    DeletionPolicy: Retain\n" in document.pop("diff")
    assert document == {
        "stack": "Hotline",
        "region": "eu-west-1",
        "step": "first",
        "channels": [
            {
                "native": "VoiceChannel",
                "ours": "VoiceChannelCustom",
                "application_id": APPLICATION,
                "state": "enabled",
            }
        ],
        "notes": [],
        "written": None,
        "deploy": "aws cloudformation deploy --region eu-west-1 --stack-name Hotline "
        f"--template-file {desk.file}",
    }


def test_the_document_of_what_is_done_has_no_deployment(desk: Desk, second: str) -> None:
    desk.put(second)

    document = desk.write(Cloud(second), "--output", "json").document

    assert [document[name] for name in ("step", "channels", "written", "diff", "deploy")] == [
        "done",
        [],
        None,
        "",
        None,
    ]


def test_a_file_keeps_its_byte_order_mark_and_its_mode(desk: Desk) -> None:
    desk.file.write_bytes(b"\xef\xbb\xbf" + PLAIN.encode())
    desk.file.chmod(0o640)

    desk.write(Cloud(PLAIN))

    assert desk.file.read_bytes().startswith(b"\xef\xbb\xbfResources:")
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o640


def test_a_link_stays_a_link(desk: Desk, first: str, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(desk.file)

    desk.run(Cloud(PLAIN), "--write", str(link))

    assert (link.is_symlink(), desk.text) == (True, first)


def test_a_file_that_cannot_be_written_is_as_it_was(desk: Desk, tmp_path: Path) -> None:
    ended = desk.run(Cloud(PLAIN), "--write", str(tmp_path / "nowhere" / "next.yaml"))

    assert ended.code == 1
    assert "next.yaml cannot be written: No such file or directory" in ended.errors


def test_a_write_that_fails_leaves_the_file_and_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)

    ended = desk.write(Cloud(PLAIN))

    assert (ended.code, desk.text) == (1, PLAIN)
    assert "No space left on device" in ended.errors
    assert list(desk.file.parent.iterdir()) == [desk.file]


# The command that deploys


@pytest.mark.parametrize(
    ("described", "options"),
    [
        ({"Capabilities": ["CAPABILITY_NAMED_IAM"]}, " --capabilities CAPABILITY_NAMED_IAM"),
        (
            {"Tags": [{"Key": "team", "Value": "the calls"}, {"Key": "aws:a", "Value": "b"}]},
            " --tags 'team=the calls'",
        ),
    ],
    ids=["capabilities", "tags"],
)
def test_the_command_deploys_as_the_stack_was_deployed(
    desk: Desk, described: dict[str, Any], options: str
) -> None:
    ended = desk.write(Cloud(PLAIN, described=described))

    assert f"--template-file {desk.file}{options}\n" in ended.output


# What a shell, or rich, would read otherwise.
ODD = ["a:x:b", "the 'calls'", 'say "hi"', "$(id) `id` $HOME", "[red]x[/red]", "a\\b", "größer 📞", "x" * 200]


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("target", ["file", "-"])
def test_what_is_printed_is_one_command_with_the_words_as_they_are(
    desk: Desk, value: str, target: str
) -> None:
    cloud = Cloud(PLAIN, described={"Tags": [{"Key": "path", "Value": value}]})
    options = ("--profile", value, "--service-token", "!Ref 'Token'")
    file = str(desk.file) if target == "file" else "-"

    ended = desk.run(cloud, "--write", file, *options)

    told = (ended.output if target == "file" else ended.errors).splitlines()
    deploy, again = (line for line in told if line.startswith(("  aws ", "  pinpoint-voice ")))
    assert shlex.split(deploy)[-2:] == ["--tags", f"path={value}"]
    assert shlex.split(deploy)[:5] == ["aws", "cloudformation", "deploy", "--profile", value]
    assert shlex.split(again)[5:9] == ["--service-token", "!Ref 'Token'", "--profile", value]


def test_the_changes_are_shown_as_they_are(desk: Desk) -> None:
    odd = "# arn:x:y :id: [red] " + "long " * 30 + "end"
    desk.put(PLAIN.replace("Enabled: true", f"Enabled: true  {odd}"))

    ended = desk.run(Cloud(PLAIN))

    assert f"+      Enabled: true  {odd}\n" in ended.output


def test_a_transform_needs_its_capability(desk: Desk) -> None:
    text = f"Transform: [AWS::Serverless-2016-10-31]\n{PLAIN}"
    desk.put(text)

    ended = desk.write(Cloud(text, described={"Capabilities": ["CAPABILITY_IAM"]}))

    assert " --capabilities CAPABILITY_AUTO_EXPAND CAPABILITY_IAM\n" in ended.output


def test_a_large_template_needs_a_bucket(desk: Desk) -> None:
    text = f"# {'x' * 51_200}\n{PLAIN}"
    desk.put(text)

    assert " --s3-bucket BUCKET\n" in desk.write(Cloud(text)).output


def test_all_options_are_in_the_next_command(desk: Desk) -> None:
    options = ("--profile", "calls", "--region", "eu-west-1", "--service-token", "!Ref Token")

    ended = desk.write(Cloud(PLAIN), *options)

    assert "aws cloudformation deploy --profile calls --region eu-west-1" in ended.output
    again = f"pinpoint-voice takeover {desk.file} --stack Hotline --service-token '!Ref Token'"
    assert f"  {again} --region eu-west-1 --profile calls --write {desk.file}\n" in ended.output
    assert "ServiceToken: !Ref Token\n" in desk.text


def test_it_fits_80_columns_but_for_what_is_copied(desk: Desk) -> None:
    desk.put(PLAIN + "  Other: {Value: a}\n")

    ended = desk.write(Cloud(PLAIN))

    prose = [line for line in ended.output.splitlines() if not line.startswith("  ")]
    assert max(len(line) for line in prose) <= 80


# Enabled


@pytest.mark.parametrize("enabled", [True, False])
def test_where_the_native_one_says_nothing_of_enabled_ours_says_what_the_channel_is(
    desk: Desk, enabled: bool
) -> None:
    text = PLAIN.replace("      Enabled: true\n", "")
    desk.put(text)

    ended = desk.write(Cloud(text, enabled=enabled))

    assert ended.code == 0, ended.errors
    assert desk.text.count(f"      Enabled: {str(enabled).lower()}\n") == 1


CONDITIONS = """\
Parameters:
  Stage: {Type: String, Default: test}
  Hidden: {Type: String, NoEcho: true}
  Default: {Type: String, NoEcho: true, Default: 'false'}
  Both: {Type: CommaDelimitedList, Default: 'true, false'}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  Test: {Fn::Not: [{Condition: Prod}]}
  Both: !And [!Condition Prod, !Condition Test]
  Some: !Or [!Condition Prod, !Condition Test]
  Odd: !Equals [!GetAtt Other.TopicName, a]
  Strange: {Fn::Contains: [[a], a]}
Mappings:
  Stages: {prod: {Voice: true}, test: {Voice: false}}
"""


@pytest.mark.parametrize(
    ("expression", "stage", "wanted"),
    [
        ("!If [Prod, true, false]", "prod", True),
        ("!If [Prod, true, false]", None, False),
        ("!If [Test, true, false]", "prod", False),
        ("!If [Both, true, false]", "prod", False),
        ("!If [Some, true, false]", "prod", True),
        ("!If [Prod, !Ref AWS::NoValue, false]", "prod", True),
        ("!FindInMap [Stages, !Ref Stage, Voice]", "prod", True),
        ("!FindInMap [Stages, !Ref Stage, Voice]", "test", False),
        ("!Select [1, !Ref Both]", None, False),
        ("'TRUE'", None, True),
        ("no", None, False),
    ],
)
def test_what_enabled_gives_is_compared_with_the_channel(
    desk: Desk, expression: str, stage: str | None, wanted: bool
) -> None:
    text = CONDITIONS + PLAIN.replace("Enabled: true", f"Enabled: {expression}")
    desk.put(text)
    parameters = [{"ParameterKey": "Stage", "ParameterValue": stage}] if stage else []

    as_wanted, otherwise = (
        desk.run(Cloud(text, enabled=enabled, described={"Parameters": parameters}))
        for enabled in (wanted, not wanted)
    )

    assert (as_wanted.code, "Note" in as_wanted.output) == (0, False)
    assert otherwise.code == 1
    assert "Make them agree first" in otherwise.errors


@pytest.mark.parametrize(
    "expression",
    [
        "!GetAtt Other.Enabled",
        "!If [Odd, true, false]",
        "!If [Strange, true, false]",
        "!Ref Hidden",
        "!Ref Default",
        "'{{resolve:ssm:enabled}}'",
    ],
)
def test_what_only_cloudformation_can_tell_is_said(desk: Desk, expression: str) -> None:
    text = CONDITIONS + PLAIN.replace("Enabled: true", f"Enabled: {expression}")
    text = text.replace("Resources:", "Resources:\n  Other: {Type: AWS::SNS::Topic}")
    desk.put(text)
    parameters = [{"ParameterKey": name, "ParameterValue": "****"} for name in ("Hidden", "Default")]

    ended = desk.run(Cloud(text, described={"Parameters": parameters}))

    assert ended.code == 0
    assert "Only CloudFormation can tell the value of Enabled of VoiceChannelCustom" in ended.output


def test_a_condition_that_keeps_the_channel_out_of_the_stack_is_taken_over_with_it(desk: Desk) -> None:
    text = NEVER + PLAIN.replace(*CONDITION)
    desk.put(text)

    one = desk.write(Cloud(text, missing=("VoiceChannel",)))
    two = desk.write(Cloud(desk.text, missing=("VoiceChannel", "VoiceChannelCustom")))

    assert "    not in the stack, by its condition\n" in one.output
    assert "step 2 of 2" in two.output
    assert "    Condition: A\n" in desk.text


# What is to be known


def test_other_differences_are_named(desk: Desk) -> None:
    desk.put(PLAIN + "".join(f"  X{n}: {{Value: a}}\n" for n in range(7)))

    ended = desk.run(Cloud(PLAIN))

    told = " ".join(ended.output.split())
    assert (
        "also differs from what is deployed in Outputs.X0, Outputs.X1, Outputs.X2, Outputs.X3, Outputs.X4 "
        "and 2 more"
    ) in told


def test_a_nested_stack_is_deployed_with_its_root(desk: Desk) -> None:
    ended = desk.run(Cloud(PLAIN, described={"RootId": "arn:root"}))

    assert "Note: The stack is nested" in ended.output


def test_a_change_of_policies_alone_is_named(desk: Desk, first: str) -> None:
    text = first.replace("    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n", "")
    desk.put(text)

    ended = desk.write(Cloud(text))

    assert "Note: Only policies change" in ended.output
    assert desk.text == first


def test_what_a_transform_adds_is_named(desk: Desk, first: str) -> None:
    desk.put(first)
    added = "  Included: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref VoiceChannel}}\nOutputs:"

    ended = desk.write(Cloud(first, processed=first.replace("Outputs:", added)))

    assert "After its transforms, the template also refers to VoiceChannel in" in ended.output
    assert "Resources.Included" in ended.output


# What is in the way


def in_the_way(desk: Desk, cloud: Cloud, *, text: str | None = None) -> str:
    """Run the command, which fails and writes nothing, and return why."""
    if text is not None:
        desk.put(text)
    before = desk.text
    ended = desk.write(cloud)
    assert (ended.code, ended.output, desk.text) == (1, "", before)
    return ended.errors


def test_a_stack_that_is_not_there(desk: Desk) -> None:
    assert "There is no stack Hotline in eu-west-1" in in_the_way(desk, Cloud(None))


@pytest.mark.parametrize(
    "operation", ["DescribeStacks", "GetVoiceChannel", "ListStackResources", "ListExports"]
)
def test_a_call_that_is_denied_is_named(desk: Desk, operation: str) -> None:
    assert f"Allow {operation} to the identity" in in_the_way(desk, Cloud(PLAIN, denied=(operation,)))


@pytest.mark.parametrize(
    ("status", "what_to_do"),
    [
        ("UPDATE_IN_PROGRESS", "Wait"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "Wait"),
        ("REVIEW_IN_PROGRESS", "deploy it first"),
        ("ROLLBACK_COMPLETE", "deploy it first"),
        ("UPDATE_ROLLBACK_FAILED", "Repair"),
        ("UPDATE_FAILED", "Repair"),
    ],
)
def test_a_stack_that_is_not_at_rest(desk: Desk, status: str, what_to_do: str) -> None:
    errors = in_the_way(desk, Cloud(PLAIN, status=status))

    assert f"Hotline is {status}. " in errors
    assert what_to_do in errors


def test_a_first_step_that_is_not_deployed(desk: Desk, first: str) -> None:
    errors = in_the_way(desk, Cloud(PLAIN), text=first)

    assert "does not have it yet. Deploy it" in errors
    assert (
        f"\n\n  aws cloudformation deploy --region eu-west-1 --stack-name Hotline --template-file "
        f"{desk.file}\n" in errors
    )


def test_a_second_step_that_is_not_deployed(desk: Desk, first: str, second: str) -> None:
    errors = in_the_way(desk, Cloud(first), text=second)

    assert "second step is not deployed yet. Deploy it" in errors
    assert "\n\n  aws cloudformation deploy " in errors


@pytest.mark.parametrize("deployed", ["plain", "without ours"])
def test_a_native_one_that_was_taken_out_too_early(desk: Desk, second: str, deployed: str) -> None:
    cloud = Cloud(
        PLAIN if deployed == "plain" else PLAIN.replace("    Prop", "    DeletionPolicy: Retain\n    Prop")
    )

    assert "would delete the voice channel. Put VoiceChannel back" in in_the_way(desk, cloud, text=second)


def test_nothing_to_take_over(desk: Desk) -> None:
    text = "Resources:\n  App: {Type: AWS::Pinpoint::App}\n"

    assert "There is nothing to take over" in in_the_way(desk, Cloud(text), text=text)


def test_a_provider_that_is_not_there(desk: Desk) -> None:
    errors = in_the_way(desk, Cloud(PLAIN, exports=("Another",)))

    assert f"No stack in eu-west-1 exports {EXPORT}" in errors


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (row("Made", NATIVE, APPLICATION), "a transform creates it"),
        (
            row("Made", NATIVE, APPLICATION, ModuleInfo={"TypeHierarchy": "A"}),
            "comes from a CloudFormation module",
        ),
    ],
)
def test_a_native_one_that_no_template_has(desk: Desk, more: dict[str, Any], problem: str) -> None:
    errors = in_the_way(desk, Cloud(PLAIN, more=(more,)))

    assert problem in errors
    assert "docs/takeover.md" in errors


LOOP = """\
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Topics:
    - Name
    - [One, Two]
    - Topic${Name}:
        Type: AWS::SNS::Topic
        Properties: {DisplayName: !Ref VoiceChannel}
"""


def test_a_native_one_beside_a_loop_is_taken_over_and_the_loop_refers_to_ours(desk: Desk) -> None:
    text = PLAIN.replace("Resources:\n", LOOP)
    desk.put(text)

    one = desk.write(Cloud(text))
    two = desk.write(Cloud(desk.text))

    assert (one.code, two.code) == (0, 0), two.errors
    assert "Properties: {DisplayName: !GetAtt VoiceChannelCustom.ApplicationId}\n" in desk.text


NESTED = "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://a.test/b'}}"
EXPRESSIONS = f"""\
Parameters:
  Application: {{Type: String}}
  Stage: {{Type: String, Default: prod}}
  Looked: {{Type: AWS::SSM::Parameter::Value<String>}}
Mappings:
  Of: {{prod: {{Id: {APPLICATION}, Voice: true}}, test: {{Id: {APPLICATION}, Voice: true}}}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsTest: !Not [!Condition IsProd]
  On: !Equals [!Ref Stage, prod]
Resources:
  Other: {NESTED}
  Name: {{Type: AWS::SSM::Parameter, Properties: {{Value: !Sub '${{Stage}}-${{AWS::Region}}'}}}}
  Voice:
    Type: AWS::Pinpoint::VoiceChannel
    Properties:
      ApplicationId: {APPLICATION}
      Enabled: true
"""
PARAMETERS = {"Application": APPLICATION, "Stage": "prod", "Looked": "/calls/application"}


def stack_of(text: str, *, ids: Mapping[str, str] | None = None, missing: tuple[str, ...] = ()) -> Cloud:
    """Return a stack with the parameters of EXPRESSIONS."""
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()]
    parameters[-1]["ResolvedValue"] = APPLICATION
    return Cloud(text, described={"Parameters": parameters}, ids=dict(ids or {}), missing=missing)


@pytest.mark.parametrize(
    "application_id",
    [
        "!Ref Application",
        "!Ref Looked",
        "!GetAtt Other.Outputs.Application",
        "!FindInMap [Of, !Ref Stage, Id]",
        f"!If [IsProd, {APPLICATION}, x]",
        "!Sub '${Application}'",
        f"!Sub ['${{A}}', {{A: {APPLICATION}}}]",
        "!Join ['', [!Ref Application]]",
        "!If [IsProd, !Ref Application, !Ref AWS::NoValue]",
    ],
)
def test_an_application_that_an_expression_gives_is_that_of_the_native_one(
    desk: Desk, application_id: str
) -> None:
    text = EXPRESSIONS.replace(f"ApplicationId: {APPLICATION}", f"ApplicationId: {application_id}")
    desk.put(text)

    one = desk.write(stack_of(text))
    two = desk.write(stack_of(desk.text))

    assert f"    application {APPLICATION}, enabled\n" in one.output, one.errors
    assert "step 2 of 2" in two.output, two.errors


@pytest.mark.parametrize("application_id", ["f" * 32, "!Sub 'x${Application}'", "!Ref Stage"])
def test_an_application_that_is_not_that_of_the_native_one(desk: Desk, application_id: str) -> None:
    text = EXPRESSIONS.replace(f"ApplicationId: {APPLICATION}", f"ApplicationId: {application_id}")

    errors = in_the_way(desk, stack_of(text), text=text)

    assert f"manages the voice channel of the application {APPLICATION}, and the ApplicationId" in errors


def using(expression: str) -> str:
    """Return EXPRESSIONS with an ApplicationId, or an attribute, of the native resource."""
    if expression.startswith("Condition"):
        return EXPRESSIONS.replace("VoiceChannel\n", f"VoiceChannel\n    {expression}\n")
    return EXPRESSIONS.replace(f"ApplicationId: {APPLICATION}", f"ApplicationId: {expression}")


# What the native resource says, what the template changes, and what is named.
CHANGES = [
    ("Condition: On", "On: !Equals [!Ref Stage, prod]", "On: !Equals [a, b]", "Conditions.true.Fn::Equals"),
    ("!If [On, !Ref Application, x]", "Default: prod", "Default: test", "Parameters.Stage.Default"),
    (
        "Condition: IsProd",
        "IsProd: !Equals [!Ref Stage, prod]",
        "IsProd: !Equals [!Ref Stage, test]",
        "Conditions.IsProd.Fn::Equals",
    ),
    ("Condition: IsProd", "Default: prod", "Default: test", "Parameters.Stage.Default"),
    (
        "Condition: IsProd",
        "IsProd: !Equals [!Ref Stage",
        "IsProd: !Equals [!Ref Application",
        "Conditions.IsProd.Fn::Equals",
    ),
    ("Condition: IsProd", "Parameters:", "Transform: Macro\nParameters:", "Transform"),
    ("Condition: IsProd", "Parameters:", "Fn::Transform: {Name: AWS::Include}\nParameters:", "Fn::Transform"),
    (
        "Condition: IsTest",
        "IsProd: !Equals [!Ref Stage, prod]",
        "IsProd: !Equals [!Ref Stage, test]",
        "Conditions.IsProd.Fn::Equals",
    ),
    ("!FindInMap [Of, !Ref Stage, Id]", f"prod: {{Id: {APPLICATION}", "prod: {Id: x", "Mappings.Of.prod.Id"),
    ("!FindInMap [Of, !Ref Stage, Id]", "Default: prod", "Default: test", "Parameters.Stage.Default"),
    (
        "!If [IsProd, !Ref Application, x]",
        "IsProd: !Equals [!Ref Stage, prod]",
        "IsProd: !Equals [!Ref Stage, test]",
        "Conditions.IsProd.Fn::Equals",
    ),
    ("!If [IsProd, !Ref Application, x]", "Application: {", "Application: {NoEcho: true, ", "NoEcho"),
    ("!Ref Application", "Application: {Type: String", "Application: {Type: Number", "Application.Type"),
    ("!Sub '${Application}'", "Application: {", "Application: {Default: a, ", "Application.Default"),
    ("!Sub ['${A}', {A: !Ref Application}]", "Application: {", "Application: {Default: a, ", "Default"),
    ("!GetAtt Other.Outputs.Id", "a.test/b", "a.test/c", "Resources.Other.Properties.TemplateURL"),
    ("!Sub '${Other.Outputs.Id}'", "a.test/b", "a.test/c", "Resources.Other.Properties.TemplateURL"),
    ("!GetAtt Name.Value", "Default: prod", "Default: test", "Parameters.Stage.Default"),
    ("!GetAtt Name.Value", "${Stage}-", "${Stage}+", "Resources.Name.Properties.Value.Fn::Sub"),
    (
        "!GetAtt Name.Value",
        "SSM::Parameter,",
        "SSM::Parameter, Condition: IsProd,",
        "Resources.Name.Condition",
    ),
    ("!GetAtt Name.Value", "SSM::Parameter,", "SNS::Topic,", "Resources.Name.Type"),
    ("!GetAtt Name.Value", "Looked:", "Name: {Type: String, Default: a}\n  Looked:", None),
    ("!Sub '${Name}'", "Looked:", "Name: {Type: String, Default: a}\n  Looked:", "Parameters.Name"),
]


@pytest.mark.parametrize("step", ["first", "second"])
@pytest.mark.parametrize(("expression", "old", "new", "path"), CHANGES)
def test_a_change_of_what_the_channel_depends_on(
    desk: Desk, expression: str, old: str, new: str, path: str | None, step: str
) -> None:
    text = using(expression)
    ids = {"Name": APPLICATION}
    missing = ("Voice", "VoiceCustom") if "IsTest" in expression else ()
    desk.put(text)
    if step == "second":
        assert desk.write(stack_of(text, ids=ids, missing=missing)).code == 0
    deployed = stack_of(desk.text, ids=ids, missing=missing)
    changed = desk.text.replace(old, new)
    assert changed != desk.text
    desk.put(changed)

    if path is None:
        assert desk.write(deployed).code == 0
    else:
        told = in_the_way(desk, deployed)
        assert "differs from what is deployed in " in told
        assert f"{path}, on which Voice depends, so that the deployment could change or delete" in told


def test_a_change_of_what_ours_alone_depends_on(desk: Desk) -> None:
    desk.put(EXPRESSIONS)
    desk.write(stack_of(EXPRESSIONS))
    before, _, after = desk.text.rpartition("Enabled: true")
    first = f"{before}Enabled: !FindInMap [Of, !Ref Stage, Voice]{after}"
    changed = first.replace(
        f"test: {{Id: {APPLICATION}, Voice: true", f"test: {{Id: {APPLICATION}, Voice: false"
    )

    told = in_the_way(desk, stack_of(first), text=changed)

    assert "Mappings.Of.test.Voice, on which VoiceCustom depends" in told


def test_a_second_step_that_changes_ours_is_not_called_deployable(
    desk: Desk, first: str, second: str
) -> None:
    text = second.replace("Enabled: true", "Enabled: false")

    told = in_the_way(desk, Cloud(first), text=text)

    assert "Enabled, on which VoiceChannelCustom depends" in told
    assert "aws cloudformation" not in told


def test_a_first_step_that_would_change_the_channel_is_not_called_deployable(desk: Desk, first: str) -> None:
    told = in_the_way(desk, Cloud(PLAIN, enabled=False), text=first)

    assert "is disabled, but the template wants it enabled" in told
    assert "aws cloudformation" not in told


@pytest.mark.parametrize(
    "change",
    [
        ("DisplayName: a", "DisplayName: b"),
        ("Type: AWS::Pinpoint::App", "Type: AWS::Pinpoint::App\n    Metadata: {a: b}\n    DependsOn: Topic"),
        ("Type: AWS::Pinpoint::App", "Type: AWS::Pinpoint::App\n    DeletionPolicy: Retain"),
    ],
)
def test_a_change_of_what_the_channel_does_not_depend_on_is_named_alone(
    desk: Desk, change: tuple[str, str]
) -> None:
    topic = "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}\n"
    text = PLAIN.replace("Resources:\n", topic)
    desk.put(text.replace(*change))

    ended = desk.write(Cloud(text))

    assert ended.code == 0, ended.errors
    assert "also differs from what is deployed" in ended.output


def test_an_application_that_the_deployment_would_replace(desk: Desk) -> None:
    told = in_the_way(desk, Cloud(PLAIN), text=PLAIN.replace("Name: calls", "Name: other"))

    assert "Resources.App.Properties.Name, on which VoiceChannel depends" in told


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("!FindInMap [Included, a, b]", "Mappings.Included"),
        ("!FindInMap [!Ref Stage, a, b]", "a computed name in Mappings"),
        ("!GetAtt Made.Id", "Resources.Made"),
        ("!Ref Made", "Resources.Made"),
        ("Condition: Made", "Conditions.Made"),
        ("!If [IsProd, {Fn::Transform: {Name: AWS::Include}}, a]", "Resources.Voice"),
    ],
)
def test_what_the_channel_depends_on_and_a_transform_makes(desk: Desk, expression: str, what: str) -> None:
    text = using(expression)

    assert f"Voice depends on {what}, which " in in_the_way(desk, stack_of(text), text=text)


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("!Ref Looked", "Parameters.Looked"),
        ("'{{resolve:ssm:application}}'", "Resources.Voice"),
        ("!Select [0, ['{{resolve:ssm:application}}']]", "Resources.Voice"),
    ],
)
def test_what_cloudformation_looks_up_again_is_named_in_both_steps(
    desk: Desk, expression: str, part: str
) -> None:
    text = using(expression)
    desk.put(text)

    one = desk.write(stack_of(text))
    two = desk.write(stack_of(desk.text))

    assert f"Note: Voice depends on {part}, with a value" in " ".join(one.output.split()), one.errors
    ours = part.replace("Voice", "VoiceCustom")
    assert f"Note: VoiceCustom depends on {ours}, with a value" in " ".join(two.output.split()), two.errors


@pytest.mark.parametrize(
    ("transform", "named"),
    [
        ("[AWS::Serverless-2016-10-31, Mine]", "Mine"),
        ("{Name: AWS::Include, Parameters: {Location: 's3://a/b'}}", "AWS::Include"),
        ("AWS::LanguageExtensions", None),
    ],
)
def test_a_macro_of_the_whole_template_is_named(desk: Desk, transform: str, named: str | None) -> None:
    text = f"Transform: {transform}\n{PLAIN}"
    desk.put(text)

    told = " ".join(desk.write(Cloud(text)).output.split())

    assert (f"Note: {named} transforms the template again" in told) == bool(named)
    assert ("--no-execute-changeset" in told) == bool(named)


@pytest.mark.parametrize("missing", [True, False])
def test_a_stack_that_does_not_have_what_its_condition_says(desk: Desk, missing: bool) -> None:
    condition = "Condition: IsProd" if missing else "Condition: IsTest"
    text = EXPRESSIONS.replace("VoiceChannel\n", f"VoiceChannel\n    {condition}\n")

    told = in_the_way(desk, stack_of(text, missing=("Voice",) if missing else ()), text=text)

    assert ("has no Voice, although" if missing else "would delete the voice channel") in told


def test_what_is_gone_is_not_there(desk: Desk) -> None:
    gone = row("Old", NATIVE, APPLICATION, ResourceStatus="DELETE_SKIPPED")

    assert desk.run(Cloud(PLAIN, more=(gone,))).code == 0


def test_a_template_of_the_cdk(desk: Desk) -> None:
    text = PLAIN.replace(
        "VoiceChannel\n    Prop", "VoiceChannel\n    Metadata: {aws:cdk:path: A/B}\n    Prop"
    )

    assert "The CDK writes VoiceChannel" in in_the_way(desk, Cloud(text), text=text)


@pytest.mark.parametrize(
    "deployed", [PLAIN.replace("VoiceChannel:", "Voice:"), PLAIN.replace(NATIVE, "AWS::SNS::Topic")]
)
def test_a_native_one_that_is_not_deployed(desk: Desk, deployed: str) -> None:
    cloud = Cloud(deployed, missing=("Voice",))

    assert "VoiceChannel in" in in_the_way(desk, cloud)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("Enabled: true", "Enabled: false", "Properties.Enabled"),
        ("      Enabled: true\n", "", "Properties.Enabled"),
        ("!Ref App", "!Ref Other", "Properties.ApplicationId.Ref"),
        (*CONDITION, "Condition"),
    ],
)
def test_a_native_one_that_was_changed_and_not_deployed(desk: Desk, old: str, new: str, path: str) -> None:
    errors = in_the_way(desk, Cloud(PLAIN), text=PLAIN.replace(old, new))

    assert f"differs from what is deployed in Resources.VoiceChannel.{path}, on which" in errors


def test_a_native_one_that_the_stack_lost(desk: Desk) -> None:
    assert "has no VoiceChannel" in in_the_way(desk, Cloud(PLAIN, missing=("VoiceChannel",)))


def test_a_native_one_that_failed(desk: Desk) -> None:
    cloud = Cloud(PLAIN, statuses={"VoiceChannel": "UPDATE_FAILED"})

    assert "VoiceChannel in the stack Hotline is UPDATE_FAILED" in in_the_way(desk, cloud)


def test_two_native_ones_of_one_channel(desk: Desk) -> None:
    text = PLAIN.replace(
        "Outputs:",
        f"  Two: {{Type: {NATIVE}, Properties: {{ApplicationId: !Ref App, Enabled: true}}}}\nOutputs:",
    )

    assert "VoiceChannel and Two manage the same voice channel" in in_the_way(desk, Cloud(text), text=text)


def test_a_channel_that_was_deleted(desk: Desk) -> None:
    assert "There is no voice channel in the application" in in_the_way(desk, Cloud(PLAIN, enabled=None))


@pytest.mark.parametrize("step", ["first", "second"])
def test_a_channel_that_was_changed(desk: Desk, first: str, step: str) -> None:
    text = PLAIN if step == "first" else first

    errors = in_the_way(desk, Cloud(text, enabled=False), text=text)

    assert "is disabled, but the template wants it enabled" in errors


def test_nothing_of_enabled_and_no_channel_to_look_at(desk: Desk) -> None:
    text = NEVER + PLAIN.replace("      Enabled: true\n", "").replace(*CONDITION)

    errors = in_the_way(desk, Cloud(text, missing=("VoiceChannel",)), text=text)

    assert "Add Enabled to its Properties" in errors


@pytest.mark.parametrize(
    "change",
    [
        {"statuses": {"VoiceChannelCustom": "CREATE_FAILED"}},
        {"missing": ("VoiceChannelCustom",)},
        {"ids": {"VoiceChannelCustom": "f" * 32 + "/voice/enabled/20261125T034333Z"}},
        {"ids": {"VoiceChannelCustom": f"{APPLICATION}/voice/untouched"}},
        {"ids": {"VoiceChannelCustom": "invented"}},
    ],
    ids=str,
)
def test_ours_that_does_not_manage_the_channel(desk: Desk, first: str, change: dict[str, Any]) -> None:
    errors = in_the_way(desk, Cloud(first, **change), text=first)

    assert "VoiceChannelCustom in the stack Hotline does not manage the channel of VoiceChannel" in errors


def test_ours_that_differs_from_what_is_deployed(desk: Desk, first: str) -> None:
    text = first.replace("ServiceTimeout: 480", "ServiceTimeout: 60")

    assert "differs from" in in_the_way(desk, Cloud(first), text=text)


def test_another_of_ours_that_manages_the_channel(desk: Desk) -> None:
    other = row("Another", OURS, f"{APPLICATION}/voice/enabled/20261125T034333Z")

    assert "Another also manages the voice channel" in in_the_way(desk, Cloud(PLAIN, more=(other,)))


def test_a_deployed_template_that_is_too_deep(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    deep: Any = "a"
    for _ in range(900):
        deep = [deep]
    monkeypatch.setattr(json, "loads", lambda _: {"Resources": {"A": deep}})

    told = in_the_way(desk, Cloud('{"Resources": {}}'))

    assert "The template of Hotline cannot be read as a template: it is nested too deeply" in told


@pytest.mark.parametrize("name", ["scan", "compose"])
def test_a_text_is_read_once_however_many_channels_are_in_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    native = "{{Type: AWS::Pinpoint::VoiceChannel, Properties: {{ApplicationId: '{0}', Enabled: true}}}}"
    ids = {f"Voice{number}": f"{number:032}" for number in range(5)}
    text = f"Description: {name}\nResources:\n" + "".join(
        f"  {each}: {native.format(ids[each])}\n" for each in ids
    )
    desk.put(text)
    texts: list[str] = []
    read = getattr(yaml, name)
    monkeypatch.setattr(yaml, name, lambda text, Loader: texts.append(text) or read(text, Loader))  # type: ignore[func-returns-value]  # noqa: N803, as yaml has it

    ended = desk.write(Cloud(text, ids=ids))

    assert ended.code == 0, ended.errors
    written = [text for text in texts if "Resources" in text]
    assert sorted(written) == sorted({text, desk.text})


def test_a_file_that_is_not_utf_8(desk: Desk) -> None:
    desk.file.write_bytes("Description: größer\n".encode("latin-1"))

    assert "is not UTF-8" in desk.run(Cloud(PLAIN)).errors
