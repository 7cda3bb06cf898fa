"""`pinpoint-voice takeover` on the local cloud: two deployments, in which no channel is touched."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_pinpoint as pinpoint

from harness.command import Ended, run_command
from harness.documents import code_blocks
from harness.engine import Engine
from harness.native_templates import NATIVE_TEMPLATES
from harness.provider import upload
from local_cloud.cloud import LocalCloud
from local_cloud.environment import client_variables
from local_cloud.runtime import PROJECT
from pinpoint_voice_channel import VoiceChannel

# Those that differ for CloudFormation, and not in their layout alone.
DEPLOYED = (
    "comments",
    "long forms and four spaces",
    "flow style",
    "several channels",
    "a logical id that is taken",
    "nothing of Enabled",
    "JSON",
)
DOCUMENT = PROJECT / "docs" / "takeover.md"

PROVIDER = "TakeoverProvider"


@pytest.fixture(scope="module")
def exported_token(bootstrapped_cloud: LocalCloud, service_token: str) -> Iterator[None]:
    """Export the service token as the package does."""
    exporting = Engine(bootstrapped_cloud, service_token)
    exporting.stack = PROVIDER
    exporting.create_from(
        {
            "Resources": {"Nothing": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {
                "Token": {"Value": service_token, "Export": {"Name": "PinpointVoiceChannelServiceToken"}}
            },
        }
    )
    yield
    exporting.delete()


@pytest.fixture
def engine(bootstrapped_cloud: LocalCloud, exported_token: None) -> Iterator[Engine]:  # noqa: ARG001, needed
    engine = Engine(bootstrapped_cloud, None)
    yield engine
    engine.delete()


@pytest.fixture(autouse=True)
def _use_the_local_cloud(bootstrapped_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in client_variables(bootstrapped_cloud.endpoints).items():
        monkeypatch.setenv(name, value)


def take_over(engine: Engine, file: Path) -> Ended:
    """Write the next template in the place of a file."""
    return run_command("takeover", str(file), "--stack", engine.stack, "--write", str(file))


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_takeover_is_two_deployments_that_touch_no_channel(
    engine: Engine, tmp_path: Path, name: str
) -> None:
    text = NATIVE_TEMPLATES[name]
    file = tmp_path / "template"
    file.write_bytes(text.encode())
    created = engine.create_from(text)
    channels = len(engine.calls())
    outputs = engine.outputs()

    first = take_over(engine, file)
    one = engine.update_to(file.read_bytes().decode())
    adopted = engine.calls()
    second = take_over(engine, file)
    two = engine.update_to(file.read_bytes().decode())
    done = take_over(engine, file)

    assert (created, one, two) == ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE"), engine.reasons()
    assert ["step 1 of 2" in first.output, "step 2 of 2" in second.output, "is done" in done.output] == [
        True
    ] * 3
    assert adopted == ["GET"] * channels
    assert engine.calls() == []
    assert engine.outputs() == outputs


REACHING = """\
Parameters:
  Stage: {{Type: String, Default: prod}}
Mappings:
  Stages: {{prod: {{Application: {application}}}}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Topic:
    Type: AWS::SNS::Topic
  Voice:
    Type: AWS::Pinpoint::VoiceChannel
    Condition: IsProd
    Properties:
      ApplicationId: !FindInMap [Stages, !Ref Stage, Application]
      Enabled: true
"""


@pytest.mark.parametrize("step", ["first", "second"])
@pytest.mark.parametrize("changed", ["condition", "mapping"])
def test_a_change_that_would_reach_the_channel_from_afar_is_refused(
    engine: Engine, tmp_path: Path, changed: str, step: str
) -> None:
    application_id, other = engine.application(), engine.application()
    change = {"condition": ("Stage, prod]", "Stage, live]"), "mapping": (application_id, other)}[changed]
    file = tmp_path / "template.yaml"
    file.write_text(REACHING.format(application=application_id))
    engine.create_from(file.read_text())
    if step == "second":
        take_over(engine, file)
        engine.update_to(file.read_text())
    text = file.read_text().replace(*change)
    file.write_text(text)

    refused = take_over(engine, file)
    deployed = engine.update_to(text)

    assert (refused.code, refused.output, file.read_text()) == (1, "", text)
    assert "on which Voice depends" in refused.errors
    # What the refusal is for: the deployment does touch the channel.
    assert deployed == "UPDATE_COMPLETE", engine.reasons()
    assert (engine.channel(application_id), engine.channel(other)) != ("enabled", "absent")


def stack_of_the_document(cloud: LocalCloud, outdir: Path, block: str, application_id: str) -> dict[str, Any]:
    """Synthesize a stack with a code block of docs/takeover.md, and return its template."""
    app = cdk.App(outdir=str(outdir))
    synthesizer = cdk.DefaultStackSynthesizer(
        file_assets_bucket_name="assets", generate_bootstrap_version_rule=False
    )
    stack = cdk.Stack(app, "Calls", synthesizer=synthesizer)
    names = {"cdk": cdk, "pinpoint": pinpoint, "VoiceChannel": VoiceChannel, "self": stack}
    exec(block, {**names, "application_id": application_id})  # noqa: S102  # our own document
    template: dict[str, Any] = app.synth().get_stack_by_name("Calls").template
    for asset in outdir.glob("asset.*"):
        upload(cloud, asset)
    return template


def test_the_edits_of_a_cdk_app_touch_no_channel(
    bootstrapped_cloud: LocalCloud, engine: Engine, tmp_path: Path
) -> None:
    blocks = [block.code for block in code_blocks(DOCUMENT.read_text()) if block.language == "python"]
    application_id = engine.application()
    before, first, second = (
        stack_of_the_document(bootstrapped_cloud, tmp_path / str(number), block, application_id)
        for number, block in enumerate(blocks)
    )
    engine.create_from(before)
    outputs, attributes = engine.outputs(), engine.attributes(application_id)

    one = engine.update_to(first, Capabilities=["CAPABILITY_IAM"])
    adopted = engine.calls()
    two = engine.update_to(second, Capabilities=["CAPABILITY_IAM"])

    assert (one, two) == ("UPDATE_COMPLETE", "UPDATE_COMPLETE"), engine.reasons()
    assert (adopted, engine.calls()) == (["GET"], [])
    assert (engine.outputs(), engine.attributes(application_id)) == (outputs, attributes)
