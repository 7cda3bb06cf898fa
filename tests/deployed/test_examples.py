"""The examples on the local cloud, as `make example` runs them; and what the provider's export prevents."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cfnlint.api
import pytest
from botocore.exceptions import ClientError

from harness.documents import code_blocks
from harness.monitor import wait_for_line
from local_cloud import example
from local_cloud.cloud import LocalCloud
from local_cloud.example import EXAMPLES, create_application
from local_cloud.plain_stacks import PlainStacks
from pinpoint_voice_channel.checks import REGIONS
from pinpoint_voice_channel_handler.errors import UnknownProperties
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES
from pinpoint_voice_channel_handler.request import Properties, StatusProperties
from provider_package.stack import EXPORT_NAME

PROVIDER = "VoiceChannelProvider"
TEMPLATES = EXAMPLES / "cloudformation"
REFERENCE = EXAMPLES.parent / "docs" / "cloudformation.md"


@dataclass
class Shared:
    """The example of a shared provider, deployed with the cdk CLI for two applications."""

    cloud: LocalCloud
    stacks: PlainStacks
    application_ids: tuple[str, str]

    def has_channel(self, application_id: str) -> bool:
        """Tell whether an application has a voice channel."""
        pinpoint = self.cloud.client("pinpoint")
        try:
            pinpoint.get_voice_channel(ApplicationId=application_id)
        except pinpoint.exceptions.NotFoundException:
            return False
        return True


@pytest.fixture(scope="module")
def shared(bootstrapped_cloud: LocalCloud) -> Iterator[Shared]:
    cloud, stacks = bootstrapped_cloud, PlainStacks(bootstrapped_cloud)
    first, second = create_application(cloud), create_application(cloud)
    options = ("--all", "--require-approval", "never", "--concurrency", "2")
    context = f"application_ids={first},{second}"
    example.cdk(cloud, EXAMPLES / "shared_provider", "deploy", *options, "-c", context)
    yield Shared(cloud, stacks, (first, second))
    for stack in (f"VoiceChannel-{first}", f"VoiceChannel-{second}", PROVIDER):
        stacks.delete(stack)


def test_stacks_of_a_cdk_app_share_the_provider_that_another_stack_exports(shared: Shared) -> None:
    cloudformation = shared.cloud.client("cloudformation")

    for application_id in shared.application_ids:
        stack = f"VoiceChannel-{application_id}"
        resources = cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        assert [resource["ResourceType"] for resource in resources] == ["Custom::PinpointVoiceChannel"]
        assert shared.stacks.outputs(stack) == {"ApplicationId": application_id, "Enabled": "true"}
        assert shared.has_channel(application_id)


def test_plain_templates_read_a_channel_make_it_and_read_it_again_with_another_trigger(
    shared: Shared,
) -> None:
    application_id = create_application(shared.cloud)

    deployed = example.deploy_templates(shared.stacks, TEMPLATES, application_id)
    [before, channel, after] = [outputs for _, outputs in deployed]

    response = shared.cloud.client("pinpoint").get_voice_channel(ApplicationId=application_id)
    made = response["VoiceChannelResponse"]
    assert before == {"Exists": "false", "Enabled": "", "LastModifiedDate": ""}
    assert channel == {
        "ApplicationId": application_id,
        "CreationDate": made["CreationDate"],
        "Enabled": "true",
        "Platform": "VOICE",
        "Version": str(made["Version"]),
    }
    assert after == {"Exists": "true", "Enabled": "true", "LastModifiedDate": made["LastModifiedDate"]}

    example.delete_templates(shared.stacks)
    assert not shared.has_channel(application_id)


# The local cloud refuses it at once. AWS does, too, but in the words of docs/cloudformation.md.
def test_a_provider_is_not_deleted_while_another_stack_imports_its_service_token(shared: Shared) -> None:
    service_token = shared.stacks.outputs(PROVIDER)["ServiceToken"]

    with pytest.raises(ClientError, match=EXPORT_NAME):
        shared.stacks.delete(PROVIDER)

    assert shared.cloud.client("lambda").get_function(FunctionName=service_token)
    assert all(shared.has_channel(application_id) for application_id in shared.application_ids)


def test_the_example_of_a_monitor_has_channels_an_alarm_with_its_topic_and_a_dashboard(
    bootstrapped_cloud: LocalCloud,
) -> None:
    cloud = bootstrapped_cloud
    first, second = create_application(cloud), create_application(cloud)
    context = ("-c", f"application_ids={first},{second}")
    directory, stack = EXAMPLES / "monitored", "MonitoredVoiceChannels"

    example.cdk(cloud, directory, "deploy", "--all", "--require-approval", "never", *context)

    outputs = PlainStacks(cloud).outputs(stack)
    rules = cloud.client("events").list_rules(NamePrefix=stack)["Rules"]
    [target] = cloud.client("events").list_targets_by_rule(Rule=rules[0]["Name"])["Targets"]
    check = json.loads(target["Input"])["Check"]
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    [alarm] = [alarm for alarm in alarms if alarm["AlarmArn"] == outputs["AlarmArn"]]
    assert (check["Monitor"], check["Heal"]) == (f"{stack}/Monitor", False)
    assert check["Channels"] == {first: "true", second: "true"}
    assert alarm["AlarmActions"] == alarm["OKActions"] == [outputs["TopicArn"]]
    assert alarm["Dimensions"] == [{"Name": "Monitor", "Value": check["Monitor"]}]
    example.cdk(cloud, directory, "destroy", "--all", "--force", *context)
    assert cloud.client("events").list_rules(NamePrefix=stack)["Rules"] == []


def monitored_template() -> str:
    """Return the template of the page on monitors."""
    blocks = code_blocks((EXAMPLES.parent / "docs" / "monitor.md").read_text())
    [template] = [block.code for block in blocks if block.language == "yaml"]
    return template


@pytest.mark.parametrize(("heal", "after"), [("false", False), ("true", True)])
def test_the_template_of_the_page_on_monitors_tells_what_is_changed_by_hand(
    shared: Shared, tmp_path: Path, heal: str, after: bool
) -> None:
    application_id = create_application(shared.cloud)
    template = tmp_path / "monitored.yaml"
    template.write_text(monitored_template())
    stack = f"Monitored-{heal}"
    shared.stacks.deploy(stack, template, ApplicationId=application_id, Heal=heal)
    service_token = shared.stacks.outputs(PROVIDER)["ServiceToken"]

    shared.cloud.client("pinpoint").delete_voice_channel(ApplicationId=application_id)
    line = wait_for_line(shared.cloud, service_token, f"{stack}/Monitor")

    assert (line["Drifted"], line["Healed"]) == (int(not after), int(after))
    assert line["drift"][0]["application_id"] == application_id
    assert shared.has_channel(application_id) is after
    shared.stacks.delete(stack)


def test_cfn_lint_finds_nothing_in_the_template_of_the_page_on_monitors() -> None:
    assert cfnlint.api.lint(monitored_template(), regions=sorted(REGIONS)) == []


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.yaml")), ids=lambda path: path.name)
def test_cfn_lint_finds_nothing_in_a_plain_template(template: Path) -> None:
    assert cfnlint.api.lint(template.read_text(), regions=sorted(REGIONS)) == []


def test_every_example_says_how_to_run_it_with_one_command() -> None:
    directories = [path for path in EXAMPLES.iterdir() if path.is_dir()]

    assert {"cloudformation", "shared_provider"} <= {directory.name for directory in directories}
    for directory in directories:
        assert f"make example NAME={directory.name}\n" in (directory / "README.md").read_text()


@pytest.mark.parametrize(
    ("properties", "section", "attributes"),
    [(Properties, 1, ATTRIBUTES), (StatusProperties, 2, ("Exists",))],
    ids=["channel", "status"],
)
def test_the_reference_has_every_property_and_attribute(
    properties: type[Properties | StatusProperties], section: int, attributes: tuple[str, ...]
) -> None:
    text = re.split(r"^## ", REFERENCE.read_text(), flags=re.MULTILINE)[section]
    [syntax] = re.findall(r"```yaml\nType: .*?```", text, re.DOTALL)
    [syntax_in_json] = re.findall(r"```json\n.*?```", text, re.DOTALL)
    names = re.findall(r"^  (\w+): ", syntax, re.MULTILINE)
    headings = " ".join(re.findall(r"^`[\w`, ]+`$", text, re.MULTILINE))

    with pytest.raises(UnknownProperties) as unknown:
        properties.parse({"Unknown": ""})
    assert names[:2] == ["ServiceToken", "ServiceTimeout"]
    assert str(unknown.value).endswith(f" has the properties {', '.join(names[2:])}.")
    assert re.findall(r'^    "(\w+)": ', syntax_in_json, re.MULTILINE) == names
    assert sorted(re.findall(r"\w+", headings)) == sorted(names)
    assert tuple(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == attributes
