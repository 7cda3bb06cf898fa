"""What `pinpoint-voice plan` says before a deployment is what the deployment then does, on the local cloud.

Each scenario is planned from its template and from its change set, which must agree. Then it is deployed, and
deployed again with a resource that fails.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.command import run_command
from harness.engine import NOBODY, Engine
from harness.local_account import local_account
from local_cloud.cloud import LocalCloud

RETAIN = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
RETAIN_EXCEPT_ON_CREATE = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}

Template = dict[str, Any]
"""Channels by logical id: what is no channel, as it has no ApplicationId, is a nested stack."""


def voice(application: str, *, policies: Mapping[str, str] | None = None, **properties: object) -> Template:
    """Return a channel of one of the scenario's applications."""
    return {"ApplicationId": application, **properties, "+": policies or {}}


@dataclass(frozen=True)
class Scenario:
    """A deployment, and what it must be planned to do.

    Args:
        name: What it is.
        next: What is deployed; None to delete the stack.
        expected: The planned actions, by resource and application.
        before: What the stack is before; None for a stack that is yet to be created.
        found: The channels before there is a stack, by application: disabled or enabled, else absent.
        by_hand: What somebody does to the channels before the deployment.
    """

    name: str
    next: Template | None
    expected: dict[str, str]
    before: Template | None = None
    found: Mapping[str, str] = field(default_factory=dict)
    by_hand: Mapping[str, str] = field(default_factory=dict)


CREATE = Scenario(
    "create and adopt",
    {
        "Absent": voice("a"),
        "Disabled": voice("b"),
        "Enabled": voice("c"),
        "AbsentOff": voice("d", Enabled=False),
        "DisabledOff": voice("e", Enabled=False),
        "EnabledOff": voice("f", Enabled=False),
        "Retained": voice("g", policies=RETAIN),
        "RetainedExceptOnCreate": voice("h", policies=RETAIN_EXCEPT_ON_CREATE),
    },
    {
        "Absent a": "create",
        "Disabled b": "enable",
        "Enabled c": "adopt",
        "AbsentOff d": "create",
        "DisabledOff e": "adopt",
        "EnabledOff f": "disable",
        "Retained g": "create",
        "RetainedExceptOnCreate h": "create",
    },
    found={"b": "disabled", "c": "enabled", "e": "disabled", "f": "enabled"},
)

UPDATE = Scenario(
    "update, rename, exchange, replace and take out",
    {
        "Same": voice("a"),
        "Off": voice("b", Enabled=False),
        "On": voice("c"),
        "Again": voice("d", Enabled=False),
        "New": voice("e"),
        "NewOff": voice("f", Enabled=False),
        "First": voice("h"),
        "Second": voice("g"),
        "Replaced": voice("j"),
        "ReplacedRetained": voice("l", policies=RETAIN),
        "Unprotected": voice("q", Enabled=False),
    },
    {
        "Same a": "unchanged",
        "Off b": "disable",
        "On c": "enable",
        "Again d": "create",
        "New e": "adopt",
        "Old e": "keep",
        "NewOff f": "disable",
        "OldOff f": "keep",
        "First h": "adopt",
        "First g": "keep",
        "Second g": "adopt",
        "Second h": "keep",
        "Replaced j": "create",
        "Replaced i": "replace",
        "ReplacedRetained l": "create",
        "ReplacedRetained k": "keep",
        "Out m": "delete",
        "OutAdopted n": "delete",
        "OutRetained o": "keep",
        "OutProtected p": "refused",
        "Unprotected q": "disable",
    },
    {
        "Same": voice("a"),
        "Off": voice("b"),
        "On": voice("c", Enabled=False),
        "Again": voice("d"),
        "Old": voice("e"),
        "OldOff": voice("f"),
        "First": voice("g"),
        "Second": voice("h"),
        "Replaced": voice("i"),
        "ReplacedRetained": voice("k", policies=RETAIN),
        "Out": voice("m"),
        "OutAdopted": voice("n"),
        "OutRetained": voice("o", policies=RETAIN_EXCEPT_ON_CREATE),
        "OutProtected": voice("p", Protected=True),
        "Unprotected": voice("q", Protected=True),
    },
    found={"n": "enabled"},
    by_hand={"a": "disabled", "d": "absent"},
)

NESTED = Scenario(
    "rename, change, fill and take out nested stacks",
    {
        "New": {"Voice": voice("a")},
        "Changed": {"In": voice("b"), "Off": voice("c", Enabled=False), "More": voice("e")},
        "Out": voice("d"),
    },
    {
        "New/Voice a": "adopt",
        "Old/Voice a": "keep",
        "Changed/In b": "adopt",
        "In b": "keep",
        "Changed/Off c": "disable",
        "Changed/More e": "create",
        "Out d": "adopt",
        "Emptied/Out d": "keep",
        "Gone/Voice f": "delete",
    },
    {
        "Old": {"Voice": voice("a")},
        "In": voice("b"),
        "Changed": {"Off": voice("c")},
        # MiniStack cleans up a nested stack that stays before its root's update is through.
        "Emptied": {"Out": voice("d")},
        "Gone": {"Voice": voice("f")},
    },
)

REFUSED = [
    Scenario(
        "OnExisting is fail",
        {"Voice": voice("mine", OnExisting="fail")},
        {"Voice mine": "refused"},
        found={"mine": "disabled"},
    ),
    Scenario("no such application", {"Voice": voice(NOBODY)}, {f"Voice {NOBODY}": "refused"}),
    Scenario("a wrong property", {"Voice": voice("mine", Color="red")}, {"Voice mine": "refused"}),
    Scenario(
        "a protected channel is not disabled",
        {"Voice": voice("mine", Protected=True, Enabled=False)},
        {"Voice mine": "refused"},
        {"Voice": voice("mine", Protected=True)},
    ),
    Scenario(
        "a protected channel is not replaced",
        {"Voice": voice("other", Protected=True)},
        {"Voice other": "refused", "Voice mine": "keep", "Out gone": "keep"},
        {"Voice": voice("mine", Protected=True), "Out": voice("gone")},
    ),
]

DELETE = [
    Scenario(
        "delete",
        None,
        {"Voice a": "delete", "Nested/Voice b": "delete", "Retained c": "keep", "Gone d": "keep"},
        {
            "Voice": voice("a"),
            "Nested": {"Voice": voice("b")},
            "Retained": voice("c", policies=RETAIN),
            "Gone": voice("d"),
        },
        by_hand={"d": "absent"},
    ),
    Scenario(
        "delete what is protected", None, {"Voice mine": "refused"}, {"Voice": voice("mine", Protected=True)}
    ),
]


class Stage:
    """A scenario on the local cloud.

    Attributes:
        applications: The ids of its applications, by their names in the scenario.
    """

    def __init__(self, cloud: LocalCloud, engine: Engine, folder: Path, scenario: Scenario) -> None:
        self._account = local_account(cloud)
        self._engine = engine
        self._cloudformation = cloud.client("cloudformation")
        self._folder = folder
        self.applications = {NOBODY: NOBODY}
        for name in _applications(scenario.before or {}) | _applications(scenario.next or {}):
            self.applications.setdefault(name, engine.application())
        self._bring(scenario.found)
        if scenario.before is not None:
            engine.create_from(self.template(scenario.before))
        self._bring(scenario.by_hand)

    def _bring(self, channels: Mapping[str, str]) -> None:
        for name, state in channels.items():
            application_id = self.applications[name]
            if state != "absent":
                self._engine.put(application_id, enabled=state == "enabled")
            elif self._engine.channel(application_id) != "absent":
                self._engine.delete_channel(application_id)

    def template(self, channels: Template) -> dict[str, Any]:
        """Return a template; those of its nested stacks are also in files, where the CDK says so."""
        resources: dict[str, Any] = {"Nothing": {"Type": "AWS::SNS::Topic"}}
        for logical_id, one in channels.items():
            if "ApplicationId" in one:
                properties = {**one, "ApplicationId": self.applications[one["ApplicationId"]]}
                policies = properties.pop("+")
                [made] = self._engine.template({logical_id: properties})["Resources"].values()
                resources[logical_id] = {**made, **policies}
            else:
                inner = self.template(one)
                (self._folder / f"{logical_id}.json").write_text(json.dumps(inner))
                metadata = {"Metadata": {"aws:asset:path": f"{logical_id}.json"}}
                resources[logical_id] = {**self._engine.nested(inner), **metadata}
        return {"Resources": resources}

    def plan(self, *what: str) -> Any:  # noqa: ANN401, a document
        """Return a plan."""
        ended = run_command("plan", self._engine.stack, *what, "--output", "json", make_account=self._account)
        assert ended.code == 0, ended.errors
        return ended.document

    def plan_template(self, template: dict[str, Any]) -> Any:  # noqa: ANN401, a document
        """Return the plan of a template."""
        path = self._folder / "next.json"
        path.write_text(json.dumps(template))
        return self.plan("--template", str(path))

    def plan_change_set(self, template: dict[str, Any], *, is_new: bool) -> Any:  # noqa: ANN401, a document
        """Return the plan of a change set, which is deleted again, and so is a stack that is in review."""
        self._cloudformation.create_change_set(
            StackName=self._engine.stack,
            ChangeSetName="planned",
            ChangeSetType="CREATE" if is_new else "UPDATE",
            TemplateBody=json.dumps(template),
            IncludeNestedStacks=True,
        )
        planned = self.plan("--change-set", "planned")
        self._cloudformation.delete_change_set(StackName=self._engine.stack, ChangeSetName="planned")
        if is_new:
            self._engine.delete()
        return planned

    def actions(self, planned: Any) -> dict[str, str]:  # noqa: ANN401, a document
        """Return the planned actions, as a scenario has them."""
        names = {application_id: name for name, application_id in self.applications.items()}
        return {
            f"{one['resource']} {names[one['application_id']]}": one["action"] for one in planned["channels"]
        }

    def untouched(self, scenario: Scenario) -> set[str]:
        """Return the applications whose channels are not to be touched, by their names in the scenario."""
        actions: dict[str, set[str]] = {}
        for named, action in scenario.expected.items():
            actions.setdefault(named.partition(" ")[2], set()).add(action)
        return {
            name for name, all_ in actions.items() if all_ in ({"adopt", "keep"}, {"adopt"}, {"unchanged"})
        }

    def assert_done(self, planned: Any, end: str) -> None:  # noqa: ANN401, a document
        """Fail where what was done is not what was planned."""
        for one in planned["channels"]:
            if one["application_id"] in self.applications.values():
                assert self._engine.channel(one["application_id"]) == one[end], one


@pytest.fixture
def stage(
    bootstrapped_cloud: LocalCloud, service_token: str, tmp_path: Path
) -> Iterator[Callable[[Scenario], tuple[Stage, Engine]]]:
    engines: list[Engine] = []

    def made(scenario: Scenario) -> tuple[Stage, Engine]:
        engines.append(Engine(bootstrapped_cloud, service_token))
        return Stage(bootstrapped_cloud, engines[-1], tmp_path, scenario), engines[-1]

    yield made
    for engine in engines:
        engine.delete()


@pytest.mark.parametrize("scenario", [CREATE, UPDATE, NESTED, *REFUSED, *DELETE], ids=lambda it: it.name)
def test_what_is_planned_is_what_is_done(
    stage: Callable[[Scenario], tuple[Stage, Engine]], scenario: Scenario
) -> None:
    on, engine = stage(scenario)
    if scenario.next is None:
        planned = on.plan("--delete")
        status = engine.delete()
    else:
        template = on.template(scenario.next)
        planned = on.plan_template(template)
        of_change_set = on.plan_change_set(template, is_new=scenario.before is None)
        assert _sorted(of_change_set) == _sorted(planned)
        status = (engine.create_from if scenario.before is None else engine.update_to)(
            {**template, "Outputs": {"Changed": {"Value": "so that there is an update"}}}
        )

    assert on.actions(planned) == scenario.expected
    assert status.endswith(("ROLLBACK_COMPLETE", "DELETE_FAILED")) == planned["fails"]
    on.assert_done(planned, "then")
    if not planned["fails"]:
        assert [name for name in on.untouched(scenario) if engine.happened(on.applications[name])] == []


@pytest.fixture
def exported_token(bootstrapped_cloud: LocalCloud, service_token: str) -> Iterator[str]:
    """Export the service token, as the package does, and yield the export's name."""
    engine = Engine(bootstrapped_cloud, service_token)
    output = {"Value": service_token, "Export": {"Name": "TokenOfPlan"}}
    engine.create_from({**engine.template({}), "Outputs": {"Token": output}})
    yield "TokenOfPlan"
    engine.delete()


@pytest.mark.parametrize("function", ["Fn::ImportValue", "Fn::GetAtt"])
def test_a_change_set_is_planned_where_the_service_token_is_looked_up(
    function: str,
    bootstrapped_cloud: LocalCloud,
    service_token: str,
    exported_token: str,
    tmp_path: Path,
) -> None:
    provider = {**Engine(bootstrapped_cloud, service_token).template({}), "Outputs": {}}
    provider["Outputs"] = {"Token": {"Value": service_token}}
    looked_up = exported_token if function == "Fn::ImportValue" else ["Provider", "Outputs.Token"]
    engine = Engine(bootstrapped_cloud, {function: looked_up})
    scenario = Scenario("", None, {}, {})
    on = Stage(bootstrapped_cloud, engine, tmp_path, scenario)
    application_id = engine.application()
    nested = engine.nested(provider)

    def template(*, enabled: bool) -> dict[str, Any]:
        channels = engine.template({"Voice": {"ApplicationId": application_id, "Enabled": enabled}})
        return {"Resources": {"Provider": nested, **channels["Resources"]}}

    assert engine.update_to(template(enabled=True)) == "UPDATE_COMPLETE"
    planned = on.plan_change_set(template(enabled=False), is_new=False)
    assert [one for one in planned["channels"] if one["resource"] == "Voice"] == [
        {
            "resource": "Voice",
            "application_id": application_id,
            "now": "enabled",
            "action": "disable",
            "then": "disabled",
            "why": "The template wants that.",
            "after_failure": "enabled",
        }
    ]
    assert engine.update_to(template(enabled=False)) == "UPDATE_COMPLETE"
    assert engine.channel(application_id) == "disabled"
    engine.delete()


APP = {"App": {"Type": "AWS::Pinpoint::App", "Properties": {"Name": "calls"}}}


@pytest.mark.parametrize("taking", ["deleted stack", "removed application", "removed native resource"])
def test_a_channel_that_another_resource_takes_with_it_is_planned_to_go(
    taking: str, bootstrapped_cloud: LocalCloud, service_token: str, tmp_path: Path
) -> None:
    engine = Engine(bootstrapped_cloud, service_token)
    on = Stage(bootstrapped_cloud, engine, tmp_path, Scenario("", None, {}, {}))
    engine.update_to({"Resources": APP})
    application_id = engine.physical_id("App")
    is_deleted = taking == "deleted stack"
    named = {"Ref": "App"} if is_deleted else application_id
    [voice_resource] = engine.template({"Voice": {"ApplicationId": named}})["Resources"].values()
    ours = {"Voice": {**voice_resource, "DeletionPolicy": "Retain"} if is_deleted else voice_resource}
    native = {"Type": "AWS::Pinpoint::VoiceChannel", "Properties": {"ApplicationId": application_id}}
    others = {"Old": native} if taking == "removed native resource" else {}
    if others:
        assert engine.update_to({"Resources": {**APP, **others}}) == "UPDATE_COMPLETE"
    assert engine.update_to({"Resources": {**APP, **others, **ours}}) == "UPDATE_COMPLETE"
    next_ = {"Resources": {**(APP if others else {}), **ours}}

    if is_deleted:
        planned = on.plan("--delete")
        engine.delete()
    else:
        planned = on.plan_template(next_)
        assert _sorted(on.plan_change_set(next_, is_new=False)) == _sorted(planned)
        assert engine.update_to(next_) == "UPDATE_COMPLETE"

    told = {one["resource"]: (one["action"], one["then"]) for one in planned["channels"]}
    assert told == {
        "Voice": ("keep" if is_deleted else "unchanged", "absent"),
        "Old" if others else "App": ("delete", "absent"),
    }
    assert engine.channel(application_id) == "absent"
    engine.delete()


@pytest.mark.parametrize("scenario", [CREATE, UPDATE, NESTED], ids=lambda it: it.name)
def test_what_a_failure_puts_back_is_planned(
    stage: Callable[[Scenario], tuple[Stage, Engine]], scenario: Scenario
) -> None:
    on, engine = stage(scenario)
    assert scenario.next is not None
    template = on.template(scenario.next)
    planned = on.plan_template(template)
    failing = engine.template({}, failing=True)["Resources"]["Failing"]
    failing["DependsOn"] = list(template["Resources"])

    status = (engine.create_from if scenario.before is None else engine.update_to)(
        {"Resources": {**template["Resources"], "Failing": failing}}
    )

    assert status.endswith("ROLLBACK_COMPLETE")
    on.assert_done(planned, "after_failure")


def _applications(template: Template) -> set[str]:
    """Return the applications that a template, or what is nested in it, names."""
    named = [
        {it["ApplicationId"]} if "ApplicationId" in it else _applications(it) for it in template.values()
    ]
    return set().union(*named)


def _sorted(planned: Any) -> list[Any]:  # noqa: ANN401, a document
    channels = json.loads(re.sub("RequestID [^)]+", "RequestID", json.dumps(planned["channels"])))
    return sorted(channels, key=lambda one: (one["resource"], one["application_id"]))
