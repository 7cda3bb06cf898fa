"""The example with many applications: the list is checked, and its channels are spread over stacks."""

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import hypothesis.strategies as st
import pytest
from hypothesis import given

from applications import Application, Applications, InvalidList, read
from many_applications import MOST_CHANNELS, VoiceChannels, placed, stack_name

EXAMPLE = Path(__file__).parents[2] / "examples" / "many_applications"

ONE = "\N{ARABIC-INDIC DIGIT ONE}"
ENTRY = f"{{id: {'a' * 32}, account: '111111111111', region: eu-west-1}}"


def a_list(path: Path, content: str) -> Path:
    file = path / "applications.yaml"
    file.write_text(content)
    return file


def some(number: int, account: str = "111111111111", region: str = "eu-west-1") -> list[Application]:
    return [Application(f"{index:032x}", account, region, enabled=True) for index in range(number)]


def test_the_list_of_the_example_is_valid() -> None:
    applications = read(EXAMPLE / "applications.yaml")

    assert applications.stacks == 4
    assert [entry.enabled for entry in applications.entries] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "enabled"),
    [("True", True), ("TRUE", True), ("'true'", True), ("False", False), ("FALSE", False)],
)
def test_enabled_may_be_as_yaml_writes_it(tmp_path: Path, text: str, enabled: bool) -> None:
    one = f"{{id: a, account: '111111111111', region: eu-west-1, enabled: {text}}}"

    [application] = read(a_list(tmp_path, f"stacks: 1\napplications: [{one}]")).entries

    assert application.enabled is enabled


def test_a_list_in_json_is_read_the_same(tmp_path: Path) -> None:
    entry = {"id": "a" * 32, "account": "111111111111", "region": "eu-west-1", "enabled": False}

    applications = read(a_list(tmp_path, json.dumps({"stacks": 2, "applications": [entry]})))

    assert applications == Applications(
        2, (Application("a" * 32, "111111111111", "eu-west-1", enabled=False),)
    )


def test_ids_and_accounts_of_digits_only_are_no_numbers(tmp_path: Path) -> None:
    entry = "{id: 0017, account: 012345670123, region: eu-west-1}"

    [application] = read(a_list(tmp_path, f"stacks: 1\napplications: [{entry}]")).entries

    assert (application.id, application.account) == ("0017", "012345670123")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "must have the keys stacks and applications."),
        ("- a", "must have the keys stacks and applications."),
        (f"applications: [{ENTRY}]", "stacks is missing; it must be a number from 1 to 9999."),
        (f"stacks: 0\napplications: [{ENTRY}]", "stacks is '0', but must be a number from 1 to 9999."),
        (f"stacks: [1]\napplications: [{ENTRY}]", "stacks is ['1'], but must be a number from 1 to 9999."),
        (
            f"stacks: 1\napps: 1\napplications: [{ENTRY}]",
            "apps is unknown; the keys are stacks, applications.",
        ),
        ("stacks: 1", "applications must be a list of at least one application."),
        ("stacks: 1\napplications: []", "applications must be a list of at least one application."),
        ("stacks: 1\napplications: {}", "applications must be a list of at least one application."),
        ("stacks: 1\napplications: [a]", "application 1: must have the keys id, account, region, enabled."),
        (
            "stacks: 1\napplications: [{id: a b, account: '111111111111', region: eu-west-1}]",
            "application 1: id is 'a b', but must be the id of an Amazon Pinpoint application.",
        ),
        (
            "stacks: 1\napplications: [{id: a, account: 1111, region: eu-west-1}]",
            "application 1: account is '1111', but must be 12 digits.",
        ),
        (
            "stacks: 1\napplications: [{id: a, account: '111111111111', region: Ireland}]",
            "application 1: region is 'Ireland', but must be a Region, e.g. eu-west-1.",
        ),
        (
            "stacks: 1\napplications: [{id: a, account: '111111111111'}]",
            "application 1: region is missing; it must be a Region, e.g. eu-west-1.",
        ),
        (
            "stacks: 1\napplications: [{id: a, account: '111111111111', region: eu-west-1, enabled: yes}]",
            "application 1: enabled is 'yes', but must be true or false.",
        ),
        (
            "stacks: 1\napplications: [{id: a, account: '111111111111', region: eu-west-1, name: b}]",
            "application 1: name is unknown; the keys are id, account, region, enabled.",
        ),
        (
            f"stacks: 1\napplications: [{ENTRY}, {ENTRY}]",
            f"application {'a' * 32} of 111111111111, eu-west-1 is there 2 times.",
        ),
        (
            "stacks: 1\napplications: [{id: a, account: '111111111111', region: eu-west-1, enabled: [x]}]",
            "application 1: enabled is ['x'], but must be true or false.",
        ),
        (
            "stacks: 1\napplications: [{id: a, account: {a: [b]}, region: eu-west-1}]",
            "application 1: account is {'a': ['b']}, but must be 12 digits.",
        ),
        (
            f"stacks: 1\napplications: [{{id: a, account: {ONE}11111111111, region: eu-west-1}}]",
            f"application 1: account is '{ONE}11111111111', but must be 12 digits.",
        ),
        (
            f"stacks: 1\n{'x' * 999}: 1\napplications: [{ENTRY}]",
            f"{'x' * 100}… is unknown; the keys are stacks, applications.",
        ),
    ],
)
def test_a_list_that_is_not_valid_is_an_error_that_names_the_file_and_the_entry(
    tmp_path: Path, content: str, problem: str
) -> None:
    file = a_list(tmp_path, content)

    with pytest.raises(InvalidList) as raised:
        read(file)

    assert str(raised.value) == f"{file}: {problem}"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f"stacks: 1\nstacks: 2\napplications: [{ENTRY}]", "the key stacks is there 2 times"),
        (
            "stacks: 1\napplications: [{id: a, id: b, account: '111111111111', region: eu-west-1}]",
            "the key id is there 2 times",
        ),
        ("a: &a [1]\nb: *a", "an alias (*name) is not allowed; write out what it stands for"),
        (
            "a: &a [x, x]\n"
            + "\n".join(f"{new}: &{new} [*{old}, *{old}]" for old, new in itertools.pairwise("abcdefghij")),
            "an alias (*name) is not allowed",
        ),
        (f"stacks: {'[' * 20_000}", "is nested too deeply."),
        (f"stacks: {'{a: ' * 20_000}", "is nested too deeply."),
        ("? [a, b]\n: c", "found unhashable key"),
    ],
    ids=["repeated", "repeated in an entry", "alias", "aliases of aliases", "lists", "mappings", "no key"],
)
def test_a_list_that_would_be_read_otherwise_than_it_looks_is_an_error_of_one_line(
    tmp_path: Path, content: str, problem: str
) -> None:
    file = a_list(tmp_path, content)

    with pytest.raises(InvalidList) as raised:
        read(file)

    assert problem in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert len(str(raised.value)) < 500


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    file = a_list(tmp_path, "stacks: x\napplications: [{id: a}, b]")

    with pytest.raises(InvalidList) as raised:
        read(file)

    assert len(str(raised.value).splitlines()) == 4


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidList, match=r"nowhere\.yaml: cannot be read: No such file or directory\."):
        read(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("content", ["stacks: [", "\0", "a: b: c"])
def test_a_file_that_is_no_yaml_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(InvalidList, match="is neither YAML nor JSON: "):
        read(a_list(tmp_path, content))


applications = st.builds(
    Application,
    id=st.text("0123456789abcdef", min_size=32, max_size=32),
    account=st.sampled_from(["111111111111", "222222222222"]),
    region=st.sampled_from(["eu-west-1", "us-east-1"]),
    enabled=st.booleans(),
)


@given(entries=st.sets(applications, min_size=2, max_size=20), stacks=st.integers(1, 9))
def test_an_application_that_comes_or_goes_moves_no_other(entries: set[Application], stacks: int) -> None:
    changed, *rest = entries

    with_it = placed(Applications(stacks, (*rest, changed)))
    without_it = placed(Applications(stacks, tuple(rest)))

    name = stack_name(changed, stacks)
    assert with_it == {**without_it, name: [*without_it.get(name, []), changed]}


def test_a_stack_with_too_many_channels_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(
        ValueError, match=r"would have 491 voice channels, but a stack can have 490\. Raise stacks"
    ):
        placed(Applications(1, tuple(some(MOST_CHANNELS + 1))))


def test_the_fullest_stack_fits_into_the_limit_of_cloudformation(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    VoiceChannels(app, "Full", some(MOST_CHANNELS))

    [template] = synthesized(app).values()

    assert MOST_CHANNELS < len(template["Resources"]) <= 500


def synthesized(app: cdk.App) -> dict[str, Any]:
    """Return the templates of an app, by the name of the stack."""
    assembly = app.synth()
    return {
        stack.stack_name: json.loads(Path(stack.template_full_path).read_text()) for stack in assembly.stacks
    }


def over_accounts_and_regions(each: int) -> tuple[Application, ...]:
    places = itertools.product(("111111111111", "222222222222"), ("eu-west-1", "us-east-1"))
    return tuple(entry for account, region in places for entry in some(each, account, region))


def test_two_thousand_applications_of_two_accounts_and_regions_are_in_stacks_of_their_own() -> None:
    entries = over_accounts_and_regions(each=500)

    stacks = placed(Applications(4, entries))

    assert len(stacks) == 16
    assert all(len(members) <= MOST_CHANNELS for members in stacks.values())
    assert Counter(
        (name.rsplit("-", 3)[0], member) for name, members in stacks.items() for member in members
    ) == Counter((f"VoiceChannels-{entry.account}-{entry.region}", entry) for entry in entries)


def test_each_stack_has_the_channels_of_its_applications(tmp_path: Path) -> None:
    stacks = placed(Applications(2, over_accounts_and_regions(each=10)))
    app = cdk.App(outdir=str(tmp_path))
    for name, members in stacks.items():
        VoiceChannels(app, name, members)

    templates = synthesized(app)

    assert {
        name: [
            resource["Properties"]["ApplicationId"]
            for resource in template["Resources"].values()
            if resource["Type"] == "Custom::PinpointVoiceChannel"
        ]
        for name, template in templates.items()
    } == {name: [member.id for member in members] for name, members in stacks.items()}
