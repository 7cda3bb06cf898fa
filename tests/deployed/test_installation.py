"""The package that `make package` writes is installed on a local cloud with boto3 alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.provider import newer_package
from local_cloud.cloud import LocalCloud
from local_cloud.example import EXAMPLES, create_application
from local_cloud.plain_stacks import PlainStacks
from provider_package.build import Package, build

STACK = "PackagedProvider"
BUCKET = "packages"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Write the package."""
    return build(tmp_path_factory.mktemp("package"))


@dataclass
class Installed:
    """The package, installed on a local cloud."""

    cloud: LocalCloud
    stacks: PlainStacks
    service_token: str

    def code(self) -> str:
        """Return the hash of the function's code."""
        function = self.cloud.client("lambda").get_function(FunctionName=self.service_token)
        return function["Configuration"]["CodeSha256"]


@pytest.fixture
def installed(bootstrapped_cloud: LocalCloud, package: Package) -> Iterator[Installed]:
    stacks = PlainStacks(bootstrapped_cloud)
    outputs = stacks.install(package, STACK, bucket=BUCKET, key_prefix="tools/voice/")
    yield Installed(bootstrapped_cloud, stacks, outputs["ServiceToken"])
    stacks.delete(STACK)


def test_the_package_serves_plain_templates_also_after_an_update(
    installed: Installed, package: Package, tmp_path: Path
) -> None:
    application_id = create_application(installed.cloud)
    channel = EXAMPLES / "cloudformation" / "channel.yaml"
    stacks, code = installed.stacks, installed.code()

    outputs = stacks.deploy("PackagedChannel", channel, ApplicationId=application_id)
    assert (outputs["ApplicationId"], outputs["Enabled"]) == (application_id, "true")

    installed.cloud.pinpoint.clear_requests()
    outputs = stacks.install(
        newer_package(package, tmp_path), STACK, bucket=BUCKET, key_prefix="tools/voice/"
    )
    assert outputs == {"ServiceToken": installed.service_token}
    assert installed.code() != code
    assert installed.cloud.pinpoint.requests() == []

    outputs = stacks.deploy("PackagedChannel", channel, ApplicationId=application_id, Enabled="false")
    assert outputs["Enabled"] == "false"

    stacks.delete("PackagedChannel")
    pinpoint = installed.cloud.client("pinpoint")
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_voice_channel(ApplicationId=application_id)


def test_a_channel_moves_to_another_provider_with_another_logical_id(
    installed: Installed, service_token: str, tmp_path: Path
) -> None:
    application_id = create_application(installed.cloud)
    template = tmp_path / "moving.json"
    template.write_text(one_channel("Old", application_id, service_token))
    installed.stacks.deploy("Moving", template)
    installed.cloud.pinpoint.clear_requests()

    template.write_text(one_channel("New", application_id, installed.service_token))
    installed.stacks.deploy("Moving", template)

    assert {request["method"] for request in installed.cloud.pinpoint.requests()} == {"GET"}
    installed.stacks.delete("Moving")


def one_channel(logical_id: str, application_id: str, service_token: str) -> str:
    properties = {"ServiceToken": service_token, "ServiceTimeout": 60, "ApplicationId": application_id}
    resource = {"Type": "Custom::PinpointVoiceChannel", "Properties": properties}
    return json.dumps({"Resources": {logical_id: resource}})
