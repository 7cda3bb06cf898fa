"""SECURITY.md has the permissions that the commands need, and no others."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from harness.command import run_command
from harness.consumer import PROJECT
from harness.fake_account import Call, FakeAccount, account_that_answers
from harness.fake_region import APPLICATION, NATIVE, OURS, Region, Stack
from harness.plan_account import CHANNEL, MadeUpAws, MadeUpStack, channel
from pinpoint_voice_cli.account import Account

SERVICES = {"pinpoint": "mobiletargeting"}


def documented(command: str) -> set[str]:
    """Return the actions of a command's rows."""
    rows = re.findall(rf"^\| `{command}` \| (.*?) \|", (PROJECT / "SECURITY.md").read_text(), re.MULTILINE)
    actions = set()
    for row in rows:
        service = ""
        names = [name for name in re.findall(r"`([^`]+)`", row) if not name.startswith("--")]
        for name in names:
            service = name.partition(":")[0] if ":" in name else service
            actions.add(f"{service}:{name.rpartition(':')[2]}")
    return actions


def called(account: type[FakeAccount]) -> set[str]:
    return {f"{SERVICES.get(call.service, call.service)}:{call.operation}" for call in account.calls}


def everything() -> type[FakeAccount]:
    """Return an account in which a command has to call all that it ever calls."""
    template = {
        "Parameters": {"Up": {"Type": "String"}},
        "Resources": {"Channel": {"Type": OURS, "Properties": {"Enabled": {"Ref": "Up"}}}},
    }
    region = Region(stacks=[Stack(template=template)])
    record = json.dumps({"eventName": "DeleteApp", "eventTime": "2026-11-20T10:00:00Z"})

    def answers(call: Call) -> Mapping[str, Any] | Any:  # noqa: ANN401, either an answer or an error
        return (
            {"Events": [{"CloudTrailEvent": record}]} if call.service == "cloudtrail" else region.answer(call)
        )

    return account_that_answers(answers)


@pytest.mark.parametrize("arguments", [("list",), ("history", APPLICATION)], ids=lambda value: value[0])
def test_a_command_calls_what_security_md_allows_and_all_of_it(arguments: tuple[str, ...]) -> None:
    account = everything()

    ended = run_command(*arguments, make_account=account)

    assert ended.code == 0
    assert called(account) == documented(arguments[0])


def test_with_stacks_only_getapps_is_not_needed() -> None:
    account = everything()

    run_command("list", "--stacks-only", make_account=account)

    assert called(account) == documented("list") - {"mobiletargeting:GetApps"}


RESOURCES = {"Voice": channel("mine"), "New": channel("new")}
PLANNED = {
    "--delete": MadeUpStack({"Voice": channel("mine")}),
    "--template": MadeUpStack({"Voice": channel("mine")}),
    "--change-set": MadeUpStack(
        {"Voice": channel("mine")},
        change_set={
            "Template": {"Resources": RESOURCES},
            "Changes": [
                {
                    "ResourceChange": {
                        "Action": "Add",
                        "LogicalResourceId": "New",
                        "ResourceType": CHANNEL,
                        "AfterContext": json.dumps({"Properties": RESOURCES["New"]["Properties"]}),
                    }
                }
            ],
        },
    ),
}


def test_plan_calls_what_security_md_allows_and_all_of_it(tmp_path: Path) -> None:
    template = tmp_path / "next.template"
    template.write_text(json.dumps({"Resources": RESOURCES}))
    values = {"--delete": (), "--template": (str(template),), "--change-set": ("next",)}
    needed: dict[str, set[str]] = {}

    for option, stack in PLANNED.items():
        account = recording(MadeUpAws({"Calls": stack}, {"mine": False}, applications=["new"]).account())
        ended = run_command("plan", "Calls", option, *values[option], make_account=account)
        assert ended.code == 0, ended.errors
        needed[option] = account.actions

    only_with_change_set = {"cloudformation:DescribeChangeSet"}
    assert needed["--change-set"] == documented("plan")
    assert needed["--template"] == documented("plan") - only_with_change_set
    assert needed["--delete"] <= documented("plan") - only_with_change_set


def recording(base: type[Account]) -> Any:  # noqa: ANN401, a class that also has `actions`
    """Return an account class that remembers the actions that were called."""

    class Recording(base):  # type: ignore[misc, valid-type]  # made at run time
        actions: ClassVar[set[str]] = set()

        def _asked(self, service: str, operation: str, *more: object) -> Any:  # noqa: ANN401, as in Account
            self.actions.add(f"{SERVICES.get(service, service)}:{operation}")
            return super()._asked(service, operation, *more)

    return Recording


@dataclass
class Installed(Region):
    """A Region with the provider, and with a stack that takeover looks at."""

    def _stack(self, _: Mapping[str, Any]) -> Stack:
        return self.stacks[0]

    def DescribeStacks(self, given: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802, AWS's name
        """Answer as CloudFormation does."""
        told = {"StackId": self.stacks[0].id, "StackStatus": self.stacks[0].status}
        return {"Stacks": [{**told, "StackName": given["StackName"]}]}

    def GetTemplate(self, _: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802, AWS's name
        """Answer as CloudFormation does."""
        return {"TemplateBody": self.stacks[0].template}

    def ListExports(self, _: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802, AWS's name
        """Answer as CloudFormation does."""
        return {"Exports": [{"Name": "PinpointVoiceChannelServiceToken"}]}


def test_takeover_calls_what_security_md_allows_and_all_of_it(tmp_path: Path) -> None:
    template = tmp_path / "voice.yaml"
    properties = {"ApplicationId": APPLICATION, "Enabled": True}
    template.write_text(json.dumps({"Resources": {"Channel": {"Type": NATIVE, "Properties": properties}}}))
    resources = [("Channel", NATIVE, APPLICATION, "CREATE_COMPLETE")]
    region = Installed(stacks=[Stack(resources=resources, template=template.read_text())])
    account = account_that_answers(region.answer)

    ended = run_command("takeover", str(template), "--stack", "Voice", make_account=account)

    assert ended.code == 0, ended.errors
    assert called(account) == documented("takeover")
