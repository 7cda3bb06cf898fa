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
from harness.engine import Engine
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
        found: The channels before there is a stack: absent, disabled or enabled.
        by_hand: What somebody does to the channels before the deployment.
    """

    name: str
    next: Template | None
    expected: dict[str, str]
    before: Template | None = None
    found: Mapping[str, str] = field(default_factory=lambda: {"mine": "absent", "other": "absent"})
    by_hand: Mapping[str, str] = field(default_factory=dict)


SCENARIOS = [
    *(
        Scenario(
            f"create {wanted} where it is {found}",
            {"Voice": voice("mine", Enabled=wanted)},
            {"Voice mine": action},
            found={"mine": found},
        )
        for found, wanted, action in (
            ("absent", True, "create"),
            ("disabled", True, "enable"),
            ("enabled", True, "adopt"),
            ("absent", False, "create"),
            ("disabled", False, "adopt"),
            ("enabled", False, "disable"),
        )
    ),
    Scenario(
        "OnExisting is fail",
        {"Voice": voice("mine", OnExisting="fail")},
        {"Voice mine": "refused"},
        found={"mine": "disabled"},
    ),
    Scenario("no such application", {"Voice": voice("nobody")}, {"Voice nobody": "refused"}),
    Scenario("a wrong property", {"Voice": voice("mine", Color="red")}, {"Voice mine": "refused"}),
    Scenario("unchanged", {"Voice": voice("mine")}, {"Voice mine": "unchanged"}, {"Voice": voice("mine")}),
    Scenario(
        "unchanged although it has drifted",
        {"Voice": voice("mine")},
        {"Voice mine": "unchanged"},
        {"Voice": voice("mine")},
        by_hand={"mine": "disabled"},
    ),
    Scenario(
        "disable",
        {"Voice": voice("mine", Enabled=False)},
        {"Voice mine": "disable"},
        {"Voice": voice("mine")},
    ),
    Scenario(
        "enable",
        {"Voice": voice("mine", Enabled=True)},
        {"Voice mine": "enable"},
        {"Voice": voice("mine", Enabled=False)},
    ),
    Scenario(
        "an update makes a channel again that is gone",
        {"Voice": voice("mine", Enabled=False)},
        {"Voice mine": "create"},
        {"Voice": voice("mine")},
        by_hand={"mine": "absent"},
    ),
    Scenario(
        "a protected channel is not disabled",
        {"Voice": voice("mine", Protected=True, Enabled=False)},
        {"Voice mine": "refused"},
        {"Voice": voice("mine", Protected=True)},
    ),
    Scenario(
        "a protected channel is not replaced",
        {"Voice": voice("other", Protected=True)},
        {"Voice other": "refused", "Voice mine": "keep"},
        {"Voice": voice("mine", Protected=True)},
    ),
    Scenario(
        "a protected resource is taken out",
        {},
        {"Voice mine": "refused"},
        {"Voice": voice("mine", Protected=True)},
    ),
    Scenario(
        "rename",
        {"New": voice("mine")},
        {"New mine": "adopt", "Old mine": "keep"},
        {"Old": voice("mine")},
    ),
    Scenario(
        "rename and disable",
        {"New": voice("mine", Enabled=False)},
        {"New mine": "disable", "Old mine": "keep"},
        {"Old": voice("mine")},
    ),
    Scenario(
        "exchange",
        {"First": voice("other"), "Second": voice("mine")},
        {"First other": "adopt", "First mine": "keep", "Second mine": "adopt", "Second other": "keep"},
        {"First": voice("mine"), "Second": voice("other")},
    ),
    Scenario(
        "replace",
        {"Voice": voice("other")},
        {"Voice other": "create", "Voice mine": "replace"},
        {"Voice": voice("mine")},
    ),
    Scenario(
        "replace a retained one",
        {"Voice": voice("other", policies=RETAIN)},
        {"Voice other": "create", "Voice mine": "keep"},
        {"Voice": voice("mine", policies=RETAIN)},
    ),
    Scenario("take out", {}, {"Voice mine": "delete"}, {"Voice": voice("mine")}),
    Scenario(
        "take out an adopted one",
        {},
        {"Voice mine": "delete"},
        {"Voice": voice("mine")},
        found={"mine": "enabled"},
    ),
    *(
        Scenario("take out a retained one", {}, {"Voice mine": "keep"}, {"Voice": voice("mine", policies=it)})
        for it in (RETAIN, RETAIN_EXCEPT_ON_CREATE)
    ),
    Scenario(
        "rename a nested stack",
        {"New": {"Voice": voice("mine")}},
        {"New/Voice mine": "adopt", "Old/Voice mine": "keep"},
        {"Old": {"Voice": voice("mine")}},
    ),
    Scenario(
        "move into a nested stack",
        {"Nested": {"Voice": voice("mine")}},
        {"Nested/Voice mine": "adopt", "Voice mine": "keep"},
        {"Voice": voice("mine")},
    ),
    Scenario(
        "move out of a nested stack",
        {"Voice": voice("mine")},
        {"Voice mine": "adopt", "Nested/Voice mine": "keep"},
        {"Nested": {"Voice": voice("mine")}},
    ),
    Scenario(
        "change in a nested stack",
        {"Nested": {"Voice": voice("mine", Enabled=False), "More": voice("other")}},
        {"Nested/Voice mine": "disable", "Nested/More other": "create"},
        {"Nested": {"Voice": voice("mine")}},
    ),
    Scenario(
        "take out a nested stack", {}, {"Nested/Voice mine": "delete"}, {"Nested": {"Voice": voice("mine")}}
    ),
    Scenario("delete", None, {"Voice mine": "delete"}, {"Voice": voice("mine")}),
    Scenario(
        "delete with what is nested",
        None,
        {"Nested/Voice mine": "delete", "Voice other": "keep"},
        {"Nested": {"Voice": voice("mine")}, "Voice": voice("other", policies=RETAIN)},
    ),
    Scenario(
        "delete what is gone",
        None,
        {"Voice mine": "keep"},
        {"Voice": voice("mine")},
        by_hand={"mine": "absent"},
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
        self.applications = {"nobody": "0" * 32} | {name: engine.application() for name in ("mine", "other")}
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


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda it: it.name)
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
    for one in planned["channels"]:
        if one["action"] in ("adopt", "unchanged", "refused"):
            assert [it for it in engine.happened(one["application_id"]) if it == "DELETE"] == []
        if one["action"] in ("adopt", "unchanged") and list(scenario.expected.values()).count("keep") == 0:
            assert engine.happened(one["application_id"]) == []


FAILING = [it for it in SCENARIOS if it.next is not None and "refused" not in it.expected.values()]


@pytest.mark.parametrize("scenario", FAILING, ids=lambda it: it.name)
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


def _sorted(planned: Any) -> list[Any]:  # noqa: ANN401, a document
    channels = json.loads(re.sub("RequestID [^)]+", "RequestID", json.dumps(planned["channels"])))
    return sorted(channels, key=lambda one: (one["resource"], one["application_id"]))
