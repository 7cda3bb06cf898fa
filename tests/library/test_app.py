"""What app.py says about its context, as the person who runs it reads it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from hypothesis import given
from hypothesis import strategies as st

from app import USAGE, declare, stack_name
from harness.documents import code_blocks
from pinpoint_voice_channel_handler.application_id import APPLICATION_ID

PROJECT = Path(__file__).parents[2]
ID = "0123456789abcdef0123456789abcdef"
AN_ID = "the id of an Amazon Pinpoint application: 1 to 64 letters, digits, '-' or '_'"


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({}, USAGE),
        ({"application_id": ""}, USAGE),
        *(
            (
                {"application_id": application_id},
                f"application_id is {application_id!r}, but must be {AN_ID}.",
            )
            for application_id in ("my application", f" {ID}", 5)
        ),
        *(
            (
                {"application_id": ID, "enabled": enabled},
                f"enabled is {enabled!r}, but must be true or false.",
            )
            for enabled in ("no", 1, ["true"])
        ),
    ],
)
def test_a_context_that_is_missing_or_malformed_is_an_error_that_says_what_to_pass(
    context: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        declare(cdk.App(context=context))


def test_an_error_ends_the_app_with_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == USAGE
    assert "Traceback" not in done.stderr


def test_the_cdk_cli_refuses_an_application_id_that_cannot_be_one(tmp_path: Path) -> None:
    cdk = str(PROJECT / "node_modules" / ".bin" / "cdk")
    command = [cdk, "synth", "--app", f"{sys.executable} app.py", "--output", str(tmp_path)]
    context = ["-c", "application_id=my application"]

    done = subprocess.run([*command, *context], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert (
        "application_id is 'my application', but must be the id of an Amazon Pinpoint application: "
        "1 to 64 letters, digits, '-' or '_'."
    ) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("context", "enabled"),
    [
        ({}, True),
        ({"enabled": "True"}, True),
        ({"enabled": "false"}, False),
        ({"enabled": False}, False),
    ],
)
def test_enabled_reaches_the_template(context: dict[str, object], enabled: bool) -> None:
    stack = declare(cdk.App(context={"application_id": ID, **context}))

    assert stack.stack_name == f"PinpointVoiceChannel-{ID}"
    Template.from_stack(stack).has_resource_properties("Custom::PinpointVoiceChannel", {"Enabled": enabled})


# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
STACK_NAME = re.compile("[a-zA-Z][-a-zA-Z0-9]{0,127}")


@given(st.from_regex(APPLICATION_ID, fullmatch=True))
def test_each_application_has_a_stack_with_a_name_that_cloudformation_allows(application_id: str) -> None:
    assert STACK_NAME.fullmatch(stack_name(application_id))


@pytest.mark.parametrize(
    ("application_id", "name"),
    [
        (ID, f"PinpointVoiceChannel-{ID}"),
        ("a-b", "PinpointVoiceChannel-a-b"),
        ("a_b", "PinpointVoiceChannel-a-b-648fa9b31bc7ff7e"),
    ],
)
def test_the_name_of_an_applications_stack_is_a_promise(application_id: str, name: str) -> None:
    assert stack_name(application_id) == name


def test_no_two_applications_have_one_stack() -> None:
    application_ids = ["a_b_c", "a_b-c", "a-b_c", "a-b-c", "A_b_c", "a_b__c", "_", "-", "__", "--"]

    assert len({stack_name(application_id) for application_id in application_ids}) == len(application_ids)


def test_the_stack_of_the_readme_synthesizes(tmp_path: Path) -> None:
    [code] = [
        block.code for block in code_blocks((PROJECT / "README.md").read_text()) if block.language == "python"
    ]

    subprocess.run([sys.executable, "-c", code], env={**os.environ, "CDK_OUTDIR": str(tmp_path)}, check=True)

    template = json.loads((tmp_path / "Voice.template.json").read_text())
    assert "Custom::PinpointVoiceChannel" in {it["Type"] for it in template["Resources"].values()}
    assert list(template["Outputs"]) == ["VoiceVersion"]


def test_the_readme_knows_every_page() -> None:
    readme = (PROJECT / "README.md").read_text()
    pages = [str(page.relative_to(PROJECT)) for page in sorted((PROJECT / "docs").glob("*.md"))]

    assert [page for page in pages if f"]({page})" not in readme] == []
