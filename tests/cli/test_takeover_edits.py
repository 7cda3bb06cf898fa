"""The edits of `takeover`: nothing of a template is lost, and nothing but what is wanted differs."""

import difflib
import json
from typing import Any

import pytest
import yaml
from cfnlint.decode import cfn_json, cfn_yaml

from harness.native_templates import NATIVE_TEMPLATES
from pinpoint_voice_cli.takeover.channels import (
    NATIVE,
    Takeover,
    check_shape,
    new_id,
    of_type,
    resources_of,
    said,
)
from pinpoint_voice_cli.takeover.check import checked_first_step, checked_second_step
from pinpoint_voice_cli.takeover.errors import CannotTakeOver, UnreadableTemplate
from pinpoint_voice_cli.takeover.service_token import DEFAULT, ServiceToken
from pinpoint_voice_cli.takeover.template import Template

TOKEN = ServiceToken(DEFAULT)
EVERY_TEMPLATE = pytest.mark.parametrize("text", NATIVE_TEMPLATES.values(), ids=NATIVE_TEMPLATES.keys())


def takeovers(template: Template) -> list[Takeover]:
    """Return a takeover of each native channel."""
    resources = resources_of(said(template))
    natives = of_type(resources, NATIVE)
    return [Takeover(native, new_id(native, set(resources)), "true") for native in natives]


def both_steps(text: str) -> tuple[str, str]:
    """Return the templates of both steps."""
    template = Template.of("template.yaml", text)
    wanted = takeovers(template)
    for each in wanted:
        check_shape(template, each.native)
    first = checked_first_step(template, wanted, TOKEN)
    return first.text, checked_second_step(first, wanted).text


def take_over(template: Template) -> str:
    """Return the template of the second step, made at once."""
    wanted = [Takeover("VoiceChannel", "VoiceChannelCustom", "true")]
    return checked_second_step(checked_first_step(template, wanted, TOKEN), wanted).text


def as_cfn_lint_reads(text: str) -> Any:  # noqa: ANN401, any JSON
    """Return a template as cfn-lint reads it: by parsers of its own."""
    read = cfn_json.loads if Template.of("template", text).is_json else cfn_yaml.loads
    return json.loads(json.dumps(read(text)))


def difference(before: str, after: str) -> list[str]:
    """Return the lines that are gone, and those that are new."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def test_the_first_step_adds_lines_alone_and_keeps_all_comments() -> None:
    first, _ = both_steps(NATIVE_TEMPLATES["comments"])

    assert difference(NATIVE_TEMPLATES["comments"], first) == [
        "+    DeletionPolicy: Retain",
        "+    UpdateReplacePolicy: Retain",
        "+      # where calls come from",
        "+      ApplicationId: !Ref App   # a new one: another channel",
        "+      Enabled: true  # see above",
        "+      # no more properties",
        "+",
        "+  VoiceChannelCustom:  # the native type",
        "+    Type: Custom::PinpointVoiceChannel   # sunset",
        "+    Properties:",
        "+      ServiceToken: !ImportValue PinpointVoiceChannelServiceToken",
        "+      ServiceTimeout: 480",
    ]


def test_after_the_second_step_ours_is_where_the_native_one_was() -> None:
    _, second = both_steps(NATIVE_TEMPLATES["comments"])

    value = "${VoiceChannelCustom.ApplicationId}, ${!VoiceChannel}, ${VoiceChannelCustom.Id}, ${Stage}"
    assert difference(NATIVE_TEMPLATES["comments"], second) == [
        "-  VoiceChannel:  # the native type",
        "-    Type: AWS::Pinpoint::VoiceChannel   # sunset",
        "+  VoiceChannelCustom:  # the native type",
        "+    Type: Custom::PinpointVoiceChannel   # sunset",
        "+      ServiceToken: !ImportValue PinpointVoiceChannelServiceToken",
        "+      ServiceTimeout: 480",
        "-    DependsOn: VoiceChannel",
        "+    DependsOn: VoiceChannelCustom",
        '-      Value: !Sub "${VoiceChannel}, ${!VoiceChannel}, ${VoiceChannel.Id}, ${Stage}"',
        f'+      Value: !Sub "{value}"',
        "-    Value: !Ref VoiceChannel # its id",
        "+    Value: !GetAtt VoiceChannelCustom.ApplicationId # its id",
        "-    Value: !GetAtt VoiceChannel.Id",
        "+    Value: !GetAtt VoiceChannelCustom.Id",
    ]


@EVERY_TEMPLATE
def test_line_ends_tabs_and_the_end_of_the_file_stay(text: str) -> None:
    for step in both_steps(text):
        assert ("\r\n" in step, "\t" in step) == ("\r\n" in text, "\t" in text)
        assert step.count("\n") == step.count("\r\n") or "\r\n" not in text
        assert step.endswith("\n") == text.endswith("\n")


@EVERY_TEMPLATE
def test_another_parser_reads_the_wanted_resources(text: str) -> None:
    before = as_cfn_lint_reads(text)["Resources"]

    first, second = (as_cfn_lint_reads(step)["Resources"] for step in both_steps(text))

    for each in takeovers(Template.of("template.yaml", text)):
        native = before[each.native]
        kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
        properties = {
            "ServiceToken": {"Fn::ImportValue": "PinpointVoiceChannelServiceToken"},
            "ServiceTimeout": 480,
            "Enabled": True,
            **native["Properties"],
        }
        assert first[each.native] == {**native, **kept}
        assert first[each.ours] == {
            **native,
            "Type": "Custom::PinpointVoiceChannel",
            "Properties": properties,
        }
        assert each.native not in second
    assert first.keys() - second.keys() == before.keys() - second.keys()


@EVERY_TEMPLATE
def test_after_the_second_step_nothing_refers_to_a_native_channel(text: str) -> None:
    ids = {each.native: each.ours for each in takeovers(Template.of("template.yaml", text))}

    _, second = both_steps(text)

    for native, ours in ids.items():
        leftover = second.replace(ours, "").replace(f"${{!{native}}}", "")
        assert not [line for line in leftover.splitlines() if line.endswith(f" {native}")]
        for reference in (
            f"Ref {native}",
            f'"Ref": "{native}"',
            f"Ref: {native}",
            f"${{{native}",
            f"{native}.Id",
        ):
            assert reference not in leftover


def test_the_steps_of_several_channels_keep_their_policies_and_metadata() -> None:
    first, second = both_steps(NATIVE_TEMPLATES["several channels"])

    resources = as_cfn_lint_reads(second)["Resources"]
    assert first.count("DeletionPolicy: Retain") == 4
    assert resources["SalesVoiceCustom"]["DeletionPolicy"] == "Delete"
    assert resources["SupportVoiceCustom"]["DependsOn"] == "SalesVoiceCustom"
    assert resources["SupportVoiceCustom"]["Metadata"] == {
        "cfn-lint": {"config": {"ignore_checks": ["W3696"]}}
    }
    assert resources["NightVoiceCustom"]["Condition"] == "Never"


def test_braces_stay_braces_with_the_spaces_that_they_have() -> None:
    flow, _ = both_steps(NATIVE_TEMPLATES["flow style"])
    narrow, _ = both_steps(NATIVE_TEMPLATES["JSON without spaces"])

    assert (
        "\n  VoiceChannelCustom: {Type: Custom::PinpointVoiceChannel, Properties: {ServiceToken: "
        "!ImportValue PinpointVoiceChannelServiceToken, ServiceTimeout: 480, ApplicationId: !Ref App, "
        "Enabled: true}}\n"
    ) in flow
    assert '"Type":"AWS::Pinpoint::VoiceChannel","DeletionPolicy":"Retain","UpdateReplacePolicy"' in narrow


# YAML's own writer, with what it can vary.
DUMPED = [
    (flow, indent, style, newline)
    for flow in (None, True, False)
    for indent in (2, 3, 8)
    for style in (None, '"', "'")
    for newline in ("\n", "\r\n")
]


@pytest.mark.parametrize(("flow", "indent", "style", "newline"), DUMPED, ids=str)
def test_a_template_in_any_layout_of_a_yaml_writer_is_edited(
    flow: bool | None, indent: int, style: str | None, newline: str
) -> None:
    content = json.loads(NATIVE_TEMPLATES["JSON"])
    text = yaml.safe_dump(content, default_flow_style=flow, indent=indent, default_style=style, width=60)

    _, second = both_steps(text.replace("\n", newline))

    resources, before = (
        as_cfn_lint_reads(second)["Resources"],
        content["Resources"]["VoiceChannel"]["Properties"],
    )
    assert resources["VoiceChannelCustom"]["Type"] == "Custom::PinpointVoiceChannel"
    assert resources["VoiceChannelCustom"]["Properties"].items() >= before.items()
    assert "VoiceChannel" not in resources
    assert second.count("\n") == second.count(newline)


@pytest.mark.parametrize(
    ("before", "after"),
    [("A: {Type: B}, VoiceChannel: %s", "A: {Type: B}, Ours: %s"), ("VoiceChannel: %s", "Ours: %s")],
    ids=["the last", "the only one"],
)
def test_a_native_one_in_braces_goes_with_its_comma(before: str, after: str) -> None:
    native = "{Type: AWS::Pinpoint::VoiceChannel, Properties: {ApplicationId: a}}"
    ours = (
        "{Type: Custom::PinpointVoiceChannel, "
        "Properties: {ServiceToken: !Ref T, ServiceTimeout: 480, ApplicationId: a}}"
    )
    template = Template.of("template.yaml", f"{{Resources: {{{before % native}}}}}\n")
    wanted = [Takeover("VoiceChannel", "Ours")]

    first = checked_first_step(template, wanted, ServiceToken("!Ref T"))

    assert checked_second_step(first, wanted).text == f"{{Resources: {{{after % ours}}}}}\n"


def test_native_ones_that_are_the_last_in_braces_go_with_their_commas() -> None:
    native = "{Type: AWS::Pinpoint::VoiceChannel, Properties: {ApplicationId: a}}"
    ours = "{Type: Custom::PinpointVoiceChannel, Properties: {ApplicationId: a}}"
    template = Template.of(
        "template.yaml", f"Resources: {{X: {ours}, Y: {ours}, A: {native}, B: {native}}}\n"
    )

    second = checked_second_step(template, [Takeover("A", "X"), Takeover("B", "Y")])

    assert second.text == f"Resources: {{X: {ours}, Y: {ours}}}\n"


COMMENT_OF_ITS_OWN = """\
Resources:
  App:
    Type: AWS::Pinpoint::App
  VoiceChannel:
    Type: AWS::Pinpoint::VoiceChannel  # since 2019
    DeletionPolicy: Retain
    # ask Ann first
    UpdateReplacePolicy: Retain
    Properties: {ApplicationId: !Ref App}
  Ours:
    Type: Custom::PinpointVoiceChannel
    Properties: {ServiceToken: 'arn:aws:lambda:a', ApplicationId: !Ref App}
"""


def test_comments_that_ours_lacks_are_kept_where_the_native_one_was() -> None:
    template = Template.of("template.yaml", COMMENT_OF_ITS_OWN)

    second = checked_second_step(template, [Takeover("VoiceChannel", "Ours")]).text

    start = second.index("  # since 2019")
    assert second[start:] == (
        "  # since 2019\n  # ask Ann first\n" + COMMENT_OF_ITS_OWN[COMMENT_OF_ITS_OWN.index("  Ours") :]
    )


def test_they_are_kept_where_the_native_one_is_the_last() -> None:
    head, native, ours = (
        COMMENT_OF_ITS_OWN[: COMMENT_OF_ITS_OWN.index("  VoiceChannel")],
        COMMENT_OF_ITS_OWN[COMMENT_OF_ITS_OWN.index("  VoiceChannel") : COMMENT_OF_ITS_OWN.index("  Ours")],
        COMMENT_OF_ITS_OWN[COMMENT_OF_ITS_OWN.index("  Ours") :],
    )
    template = Template.of("template.yaml", f"{head}{ours}\n{native}")

    second = checked_second_step(template, [Takeover("VoiceChannel", "Ours")]).text

    assert second == f"{head}{ours}  # since 2019\n  # ask Ann first\n"


def resources(voice_channel: str, more: str = "") -> str:
    """Return a template with a native channel, whose text is given."""
    return f"Resources:\n  App:\n    Type: AWS::Pinpoint::App\n  VoiceChannel:{voice_channel}\n{more}"


TYPE = "\n    Type: AWS::Pinpoint::VoiceChannel"
APPLICATION = "\n    Properties:\n      ApplicationId: !Ref App"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (resources(f" &voice{TYPE}{APPLICATION}"), "anchor"),
        (resources(f"{TYPE}\n    Properties: &same\n      ApplicationId: !Ref App"), "anchor"),
        (resources(f"{TYPE}\n    Properties:\n      <<: {{ApplicationId: a}}"), "merge key"),
        (
            "Metadata: &voice\n  Type: AWS::Pinpoint::VoiceChannel\n  Properties: {ApplicationId: a}\n"
            "Resources:\n  VoiceChannel: *voice\n",
            "alias",
        ),
        (resources(f"{TYPE}{APPLICATION}\n    CreationPolicy: {{}}"), "CreationPolicy"),
        (resources(f"{TYPE}{APPLICATION}\n    UpdatePolicy: {{}}"), "UpdatePolicy"),
        (resources(f"{TYPE}{APPLICATION}\n    Fn::Transform: {{Name: AWS::Include}}"), "Fn::Transform"),
        (resources(f"{TYPE}{APPLICATION}\n      Fn::Transform: {{Name: AWS::Include}}"), "Fn::Transform"),
        (resources(TYPE), "ApplicationId"),
        (resources(f"{TYPE}\n    Properties: !Ref Voice"), "ApplicationId"),
        (resources(f"{TYPE}\n    Properties: {{Enabled: true}}"), "ApplicationId"),
        (resources(f"{TYPE}{APPLICATION}\n  VoiceChannel:{TYPE}{APPLICATION}"), "twice"),
    ],
)
def test_a_native_channel_of_another_shape_is_not_edited(text: str, problem: str) -> None:
    with pytest.raises(CannotTakeOver, match=problem) as raised:
        check_shape(Template.of("template.yaml", text), "VoiceChannel")

    assert "VoiceChannel in template.yaml" in str(raised.value)


def test_anchors_elsewhere_stay() -> None:
    text = resources(
        f"{TYPE}{APPLICATION}",
        "  One: &one\n    Type: AWS::SSM::Parameter\n"
        "    Properties: {Type: String, Value: !Ref VoiceChannel}\n"
        "  Two: *one\n  Three: {<<: *one, DependsOn: VoiceChannel}\n",
    )

    _, second = both_steps(text)

    assert "One: &one" in second
    assert "Value: !GetAtt VoiceChannelCustom.ApplicationId}\n  Two: *one\n  Three: {<<: *one" in second


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{Ref: VoiceChannel}", "{Fn::GetAtt: [VoiceChannelCustom, ApplicationId]}"),
        ("{'Ref': 'VoiceChannel'}", "{'Fn::GetAtt': ['VoiceChannelCustom', 'ApplicationId']}"),
        ("!Ref 'VoiceChannel'", "!GetAtt VoiceChannelCustom.ApplicationId"),
        ("!GetAtt [VoiceChannel, Id]", "!GetAtt [VoiceChannelCustom, Id]"),
        ("!GetAtt ['VoiceChannel', Id]", "!GetAtt ['VoiceChannelCustom', Id]"),
        ("{Fn::GetAtt: 'VoiceChannel.Id'}", "{Fn::GetAtt: 'VoiceChannelCustom.Id'}"),
        ("!Sub '${ VoiceChannel }'", "!Sub '${VoiceChannelCustom.ApplicationId}'"),
        ("!Sub ['${VoiceChannel}', {VoiceChannel: x}]", "!Sub ['${VoiceChannel}', {VoiceChannel: x}]"),
        (
            "!Sub ['${VoiceChannel}${A}', {A: !Ref VoiceChannel}]",
            "!Sub ['${VoiceChannelCustom.ApplicationId}${A}', {A: !GetAtt VoiceChannelCustom.ApplicationId}]",
        ),
        (
            "!Sub |\n      ${VoiceChannel}\n      #x",
            "!Sub |\n      ${VoiceChannelCustom.ApplicationId}\n      #x",
        ),
        ("!Sub ['a', !Ref VoiceChannel]", "!Sub ['a', !GetAtt VoiceChannelCustom.ApplicationId]"),
        ("!If [A, !Ref VoiceChannel, b]", "!If [A, !GetAtt VoiceChannelCustom.ApplicationId, b]"),
        (
            "{Fn::If: [A, {Ref: B}, {Ref: VoiceChannel}]}",
            "{Fn::If: [A, {Ref: B}, {Fn::GetAtt: [VoiceChannelCustom, ApplicationId]}]}",
        ),
        ("{Ref: VoiceChannel, Other: 1}", "{Ref: VoiceChannel, Other: 1}"),
        ("'Ref VoiceChannel ${VoiceChannel}'", "'Ref VoiceChannel ${VoiceChannel}'"),
        ("!Ref Other", "!Ref Other"),
        ("!GetAtt VoiceChannelOther.Id", "!GetAtt VoiceChannelOther.Id"),
        ("!Sub '${VoiceChannelOther}'", "!Sub '${VoiceChannelOther}'"),
    ],
)
def test_a_reference_is_followed(before: str, after: str) -> None:
    text = resources(f"{TYPE}{APPLICATION}", f"Outputs:\n  Out:\n    Value: {before}\n    X: 1\n")

    _, second = both_steps(text)

    assert second.endswith(f"Outputs:\n  Out:\n    Value: {after}\n    X: 1\n")


@pytest.mark.parametrize(
    ("ours", "problem"),
    [
        ("Ours: {Type: Custom::PinpointVoiceChannel, DependsOn: VoiceChannel}", "refer to itself"),
        (
            "Other: {DependsOn: [VoiceChannel, Ours]}\n  Ours: {Type: Custom::PinpointVoiceChannel}",
            "would be there twice",
        ),
    ],
)
def test_a_reference_that_cannot_be_followed_is_named(ours: str, problem: str) -> None:
    template = Template.of("template.yaml", resources(f"{TYPE}{APPLICATION}", f"  {ours}\n"))

    with pytest.raises(CannotTakeOver, match=problem):
        checked_second_step(template, [Takeover("VoiceChannel", "Ours")])


@pytest.mark.parametrize(
    "text",
    [
        # A variable that only its parser can read.
        resources(f"{TYPE}{APPLICATION}", 'Outputs:\n  Out: !Sub "\\x24{VoiceChannel}"\n'),
        # A reference with an anchor, which the edit would remove.
        resources(f"{TYPE}{APPLICATION}", "Outputs:\n  Out: &out !Ref VoiceChannel\n  Two: *out\n"),
        # A comment between a tag and what it is of.
        resources(f"{TYPE}{APPLICATION}", "Outputs:\n  Out: !Ref # why\n    VoiceChannel\n"),
        "Resources:\n  ? VoiceChannel\n  : Type: AWS::Pinpoint::VoiceChannel\n"
        "    Properties: {ApplicationId: a}\n",
        "Resources: {VoiceChannel: {Type: AWS::Pinpoint::VoiceChannel, # since 2019\n"
        "  DeletionPolicy: Retain, UpdateReplacePolicy: Retain, Properties: {ApplicationId: a}},\n"
        "  VoiceChannelCustom: {Type: Custom::PinpointVoiceChannel, Properties: {ApplicationId: a}}}\n",
    ],
    ids=["an escape", "an anchor", "a comment", "an explicit key", "a comment in braces"],
)
def test_a_layout_that_cannot_be_edited_is_refused_rather_than_spoilt(text: str) -> None:
    template = Template.of("template.yaml", text)

    with pytest.raises(CannotTakeOver, match=r"template\.yaml"):
        take_over(template)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            "arn:aws:lambda:eu-west-1:111122223333:function:f",
            "arn:aws:lambda:eu-west-1:111122223333:function:f",
        ),
        ("!Ref Token", "!Ref Token"),
        ('{"Fn::ImportValue": {"Fn::Sub": "${A}-Token"}}', '{"Fn::ImportValue": {"Fn::Sub": "${A}-Token"}}'),
        ("{{resolve:ssm:token}}", None),
        ("'{{resolve:ssm:token}}'", "'{{resolve:ssm:token}}'"),
    ],
)
def test_a_service_token_is_an_arn_or_an_expression(text: str, written: str | None) -> None:
    template = Template.of("template.yaml", resources(f"{TYPE}{APPLICATION}"))
    if written is None:
        with pytest.raises(CannotTakeOver):
            ServiceToken(text)
        return

    first = checked_first_step(template, takeovers(template), ServiceToken(text))

    assert f"      ServiceToken: {written}\n" in first.text


def test_an_expression_is_in_its_long_form_in_json() -> None:
    template = Template.of("template.json", NATIVE_TEMPLATES["JSON"])

    first = checked_first_step(template, takeovers(template), ServiceToken("!GetAtt Provider.Outputs.Token"))

    assert '"ServiceToken": {"Fn::GetAtt": ["Provider", "Outputs.Token"]},' in first.text


@pytest.mark.parametrize("text", ["", "Token", "{a: b}", "!Ref A\nB: c", "{", "[a]", "1"])
def test_any_other_service_token_is_refused(text: str) -> None:
    with pytest.raises(CannotTakeOver, match="--service-token"):
        ServiceToken(text)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "Resources"),
        ("[]", "Resources"),
        ("{}", "Resources"),
        ("Resources: []", "Resources"),
        ("Resources: {a: b", "expected"),
        ("Resources:\n  ? [a]\n  : b\n", "key"),
        ("Resources: &a {b: *a}", "alias"),
        ("Resources:\n\tA: b\n", "cannot start"),
        ('{"Resources": {"A": }', "expected"),
        ("Resources: {A: {}}\nResources: {B: {}}\n", "twice"),
    ],
)
def test_what_is_no_template_is_named_with_its_cause(text: str, cause: str) -> None:
    with pytest.raises(UnreadableTemplate, match=cause):
        Template.of("template.yaml", text)


DEEP = ['{"a": ' * levels + "1" + "}" * levels for levels in (600, 3_000)]
DEEP += ["[" * levels + "]" * levels for levels in (600, 3_000)]
TOO_DEEP = pytest.mark.parametrize("deep", DEEP, ids=lambda deep: f"{len(deep)} of {deep[0]}")


@TOO_DEEP
@pytest.mark.parametrize("comment", ["", "# YAML\n"])
def test_a_template_that_is_too_deep_is_named(deep: str, comment: str) -> None:
    with pytest.raises(UnreadableTemplate, match="nested too deeply"):
        Template.of("template", f'{comment}{{"Resources": {{"A": {deep}}}}}')


@TOO_DEEP
def test_a_service_token_that_is_too_deep_is_named(deep: str) -> None:
    with pytest.raises(CannotTakeOver, match="nested too deeply"):
        ServiceToken(deep)
