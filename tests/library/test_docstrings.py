"""Every public name is explained where it is defined: its defaults, its source, an example that runs."""

import doctest
import inspect
import re

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

import pinpoint_voice_channel

NAMES = pinpoint_voice_channel.__all__


def documentation(name: str) -> str:
    return inspect.getdoc(getattr(pinpoint_voice_channel, name)) or ""


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_public_name_runs(name: str) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    names = {public: getattr(pinpoint_voice_channel, public) for public in NAMES}
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    modules = {"cdk": cdk, "cloudwatch": cloudwatch, "iam": iam, "logs": logs}
    given = {**modules, "stack": stack, "role": role, "application_id": "a" * 32}

    test = doctest.DocTestParser().get_doctest(documentation(name), {**names, **given}, name, None, None)

    assert len(test.examples) > 0
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_its_source(name: str) -> None:
    assert "Source: " in documentation(name)


@pytest.mark.parametrize(
    "name", ["VoiceChannel", "VoiceChannelMonitor", "VoiceChannelProvider", "VoiceChannelStatus"]
)
def test_every_argument_that_may_be_left_out_has_its_default(name: str) -> None:
    signature = inspect.signature(getattr(pinpoint_voice_channel, name).__init__)
    optional = [p.name for p in signature.parameters.values() if p.default is not p.empty]
    for argument in optional:
        explanation = re.search(rf"^ *{argument}: .*(?:\n {{8}}.*)*", documentation(name), re.MULTILINE)
        assert explanation
        assert "Default: " in explanation[0]


def is_own(member: object) -> bool:
    function = member.fget if isinstance(member, property) else member
    return str(getattr(function, "__module__", "")).startswith("pinpoint_voice_channel")


@pytest.mark.parametrize("name", NAMES)
def test_every_public_member_has_a_docstring(name: str) -> None:
    members = inspect.getmembers(getattr(pinpoint_voice_channel, name), is_own)

    assert [key for key, member in members if not key.startswith("_") and not inspect.getdoc(member)] == []
