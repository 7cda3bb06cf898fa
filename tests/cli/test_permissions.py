"""SECURITY.md has the permissions that the commands need, and no others."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from harness.command import run_command
from harness.consumer import PROJECT
from harness.fake_account import Call, FakeAccount, account_that_answers
from harness.fake_region import APPLICATION, OURS, Region, Stack

SERVICES = {"pinpoint": "mobiletargeting"}


def documented(command: str) -> set[str]:
    """Return the actions of a command's rows."""
    rows = re.findall(rf"^\| `{command}` \| (.*?) \|", (PROJECT / "SECURITY.md").read_text(), re.MULTILINE)
    actions = set()
    for row in rows:
        service = ""
        for name in re.findall(r"`([^`]+)`", row):
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
