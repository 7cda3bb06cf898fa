"""A deployed stack of version 0.1.0 gets this version: its channels stay as they are, also if that fails.

`released/handler-0.1.0.zip` is that version's `lambda_handler/pinpoint_voice_channel_handler`, as it was.
"""

import copy
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.engine import NOBODY, Engine
from harness.provider import provider_template, upload
from local_cloud.cloud import LocalCloud

RELEASED = Path(__file__).parent / "released" / "handler-0.1.0.zip"
OLD_KEY = "provider-0.1.0.zip"
CAPABILITIES = {"Capabilities": ["CAPABILITY_IAM"]}

Template = dict[str, Any]


class Upgrade:
    """A stack with a provider and channels, as both versions have it.

    Args:
        engine: The local cloud.
        new: The template of this version's provider.
    """

    def __init__(self, engine: Engine, new: Template) -> None:
        self.engine = engine
        self._new = new

    def version_0_1_0(self, channels: dict[str, dict[str, Any]]) -> Template:
        """Return the stack's template with the old version."""
        template = self.this_version(channels)
        [function] = [it for it in template["Resources"].values() if it["Type"] == "AWS::Lambda::Function"]
        function["Properties"]["Code"]["S3Key"] = OLD_KEY
        [role] = [it for it in template["Resources"].values() if it["Type"] == "AWS::IAM::Role"]
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                if "cloudformation:DescribeStackEvents" in statement["Action"]:
                    statement["Action"].remove("cloudformation:DescribeStackEvents")
        return template

    def this_version(self, channels: dict[str, dict[str, Any]], *, failing: bool = False) -> Template:
        """Return the stack's template with this version."""
        template = copy.deepcopy(self._new)
        template["Resources"] |= self.engine.template(channels, failing=failing)["Resources"]
        return template


@pytest.fixture(scope="module")
def new(bootstrapped_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Put both versions' code into a bucket, and return the template of this version's provider."""
    template, asset = provider_template(tmp_path_factory.mktemp("upgrade"))
    upload(bootstrapped_cloud, asset)
    s3: Any = bootstrapped_cloud.client("s3")
    s3.put_object(Bucket="assets", Key=OLD_KEY, Body=old_asset(asset))
    return template


def old_asset(asset: Path) -> bytes:
    """Return the old handler with the rest of this version's asset: crhelper."""
    content = io.BytesIO(RELEASED.read_bytes())
    with zipfile.ZipFile(content, "a") as archive:
        for file in sorted((asset / "crhelper").rglob("*.py")):
            archive.write(file, str(file.relative_to(asset)))
    return content.getvalue()


@pytest.fixture
def upgrade(bootstrapped_cloud: LocalCloud, new: Template) -> Iterator[Upgrade]:
    [function] = [key for key, it in new["Resources"].items() if it["Type"] == "AWS::Lambda::Function"]
    engine = Engine(bootstrapped_cloud, {"Fn::GetAtt": [function, "Arn"]})
    yield Upgrade(engine, new)
    engine.delete()


FOUND = [(None, "absent"), (False, "disabled"), (True, "enabled")]


@pytest.mark.parametrize(("enabled", "found"), FOUND)
def test_an_upgrade_keeps_the_channels_and_their_ids(
    upgrade: Upgrade, enabled: bool | None, found: str
) -> None:
    engine = upgrade.engine
    application_id = engine.application(enabled=enabled)
    channels = {"Voice": {"ApplicationId": application_id}}

    assert engine.create_from(upgrade.version_0_1_0(channels), **CAPABILITIES) == "CREATE_COMPLETE"
    assert engine.physical_id("Voice") == f"{application_id}/voice/{found}"
    assert engine.update_to(upgrade.this_version(channels), **CAPABILITIES) == "UPDATE_COMPLETE"

    assert engine.happened(application_id) == []
    assert engine.physical_id("Voice") == f"{application_id}/voice/{found}"
    assert engine.delete() == "DELETE_COMPLETE"
    assert engine.channel(application_id) == "absent"


@pytest.mark.parametrize(("enabled", "found"), FOUND)
def test_an_upgrade_that_fails_puts_everything_back(
    upgrade: Upgrade, enabled: bool | None, found: str
) -> None:
    engine = upgrade.engine
    old, added, replacing = engine.application(), engine.application(enabled=enabled), engine.application()
    channels = {"Voice": {"ApplicationId": old}, "Replaced": {"ApplicationId": engine.application()}}
    engine.create_from(upgrade.version_0_1_0(channels), **CAPABILITIES)
    replaced = channels["Replaced"]["ApplicationId"]

    changed: dict[str, dict[str, Any]] = {
        "Voice": {"ApplicationId": old, "Enabled": False},
        "Replaced": {"ApplicationId": replacing},
        "Added": {"ApplicationId": added},
    }
    status = engine.update_to(upgrade.this_version(changed, failing=True), **CAPABILITIES)

    assert f"Amazon Pinpoint has no application {NOBODY}" in engine.reasons()
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert engine.channel(added) == found
    assert (engine.channel(old), engine.channel(replaced)) == ("enabled", "enabled")
    assert engine.channel(replacing) == "absent"
    assert engine.delete() == "DELETE_COMPLETE"
    assert (engine.channel(old), engine.channel(added)) == ("absent", found)
