"""`pinpoint-voice list` and `history` on the local cloud: ours, native, both and nobody, in two Regions."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from harness.command import run_command
from harness.monitor import wait_for
from local_cloud.cloud import LocalCloud
from local_cloud.environment import REGION, client_variables
from local_cloud.example import create_application

ELSEWHERE = "eu-west-1"

NATIVE = """
Parameters:
  ApplicationId: {Type: String}
  Up: {Type: String}
Resources:
  Channel:
    Type: AWS::Pinpoint::VoiceChannel
    Properties: {ApplicationId: !Ref ApplicationId, Enabled: !Ref Up}
"""


class Applications(NamedTuple):
    """An application for each way to manage a channel, all but the last of them in the default Region."""

    ours: str
    native: str
    both: str
    nobody: str
    elsewhere: str


@pytest.fixture(scope="module")
def applications(bootstrapped_cloud: LocalCloud, service_token: str) -> Iterator[Applications]:
    """Deploy the stacks, change a channel by hand, and remove them after the tests."""
    cloud = bootstrapped_cloud
    ids = [create_application(cloud, region) for region in (REGION, REGION, REGION, REGION, ELSEWHERE)]
    found = Applications(*ids)
    stacks = [
        (REGION, "ListOurs", ours(service_token), {"ApplicationId": found.ours}),
        (REGION, "ListNative", NATIVE, {"ApplicationId": found.native, "Up": "true"}),
        (REGION, "ListBothOurs", ours(service_token), {"ApplicationId": found.both}),
        (REGION, "ListBothNative", nested(), {}),
        (ELSEWHERE, "ListNative", NATIVE, {"ApplicationId": found.elsewhere, "Up": "false"}),
    ]
    templates = cloud.client("s3")
    templates.create_bucket(Bucket="list-templates")
    native = NATIVE.replace("!Ref ApplicationId", found.both).replace("!Ref Up", "true")
    templates.put_object(Bucket="list-templates", Key="native.yaml", Body=native.encode())
    for region, name, template, parameters in stacks:
        create(cloud, region, name, template, parameters)
    for region, name, *_ in stacks:
        created = cloud.client("cloudformation", region).get_waiter("stack_create_complete")
        created.wait(StackName=name, WaiterConfig={"Delay": 1})
    cloud.client("pinpoint").delete_voice_channel(ApplicationId=found.native)
    yield found
    for region, name, *_ in stacks:
        cloud.client("cloudformation", region).delete_stack(StackName=name)
    for region, name, *_ in stacks:
        deleted = cloud.client("cloudformation", region).get_waiter("stack_delete_complete")
        deleted.wait(StackName=name, WaiterConfig={"Delay": 1})


def ours(service_token: str) -> str:
    properties = {"ServiceToken": service_token, "ApplicationId": {"Ref": "ApplicationId"}}
    channel = {"Type": "Custom::PinpointVoiceChannel", "Properties": properties}
    parameters = {"ApplicationId": {"Type": "String"}}
    return json.dumps({"Parameters": parameters, "Resources": {"Channel": channel}})


def nested() -> str:
    """Return a template with the native type in a nested stack."""
    properties = {
        "TemplateURL": "https://s3.amazonaws.com/list-templates/native.yaml",
        "Parameters": {"ApplicationId": "-", "Up": "-"},
    }
    inner = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
    return json.dumps({"Resources": {"Inner": inner}})


def create(cloud: LocalCloud, region: str, name: str, template: str, parameters: dict[str, str]) -> None:
    cloud.client("cloudformation", region).create_stack(
        StackName=name,
        TemplateBody=template,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )


@pytest.fixture(autouse=True)
def on_the_local_cloud(bootstrapped_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in client_variables(bootstrapped_cloud.endpoints).items():
        monkeypatch.setenv(name, value)


def by_id(document: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401, JSON
    return {one["application_id"]: one for region in document["regions"] for one in region["applications"]}


def test_every_channel_of_all_regions_has_its_managers_its_state_and_its_drift(
    applications: Applications,
) -> None:
    ended = run_command("list", "--all-regions", "--output", "json")

    found = by_id(ended.document)
    told = {
        name: (found[id_]["managed_by"], found[id_]["channel"]["state"], found[id_]["drift"])
        for name, id_ in applications._asdict().items()
    }
    assert told == {
        "ours": ("library", "enabled", "none"),
        "native": ("native", "none", "drifted"),
        "both": ("contested", "enabled", "none"),
        "nobody": ("nobody", "none", None),
        "elsewhere": ("native", "disabled", "none"),
    }
    one, other = found[applications.both]["managers"]
    assert {one["stack"], other["stack"][: len("ListBothNative-Inner")]} == {
        "ListBothOurs",
        "ListBothNative-Inner",
    }
    assert ended.code == 0
    [elsewhere] = [one for one in ended.document["regions"] if one["region"] == ELSEWHERE]
    assert [one["application_id"] for one in elsewhere["applications"]] == [applications.elsewhere]


def test_what_the_stacks_manage_is_the_same_without_getapps(applications: Applications) -> None:
    arguments = ("list", "--region", REGION, "--region", ELSEWHERE, "--output", "json")

    complete, stacks_only = (
        by_id(run_command(*arguments, *more).document) for more in ((), ("--stacks-only",))
    )

    assert applications.nobody not in stacks_only
    managed = {id_: one["managers"] for id_, one in complete.items() if one["managers"]}
    assert {id_: one["managers"] for id_, one in stacks_only.items()} == managed


def test_the_history_has_what_the_provider_did_and_what_was_done_by_hand(applications: Applications) -> None:
    def changes(application_id: str) -> list[dict[str, Any]] | None:
        found = run_command("history", application_id, "--output", "json").document["changes"]
        return found or None

    by_provider = wait_for(lambda: changes(applications.ours), 5)
    by_hand = wait_for(lambda: changes(applications.native), 5)

    assert [(one["action"], one["by_provider"]) for one in by_provider] == [("enabled", True)]
    assert {(one["action"], one["by_provider"]) for one in by_hand} == {
        ("enabled", False),
        ("deleted", False),
    }
    assert changes(applications.nobody) is None


def test_the_local_liststacks_tells_what_a_stack_is_nested_in(
    bootstrapped_cloud: LocalCloud,
    applications: Applications,  # noqa: ARG001, whose stacks are listed
) -> None:
    stacks = bootstrapped_cloud.client("cloudformation").list_stacks()["StackSummaries"]

    ids = {stack["StackName"]: stack["StackId"] for stack in stacks}
    [inner] = [stack for stack in stacks if stack["StackName"].startswith("ListBothNative-Inner")]
    assert (inner["ParentId"], inner["RootId"]) == (ids["ListBothNative"], ids["ListBothNative"])
