"""`pinpoint-voice takeover` on the local cloud: two deployments, in which no channel is touched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.command import Ended, run_command
from harness.engine import Engine
from harness.native_templates import NATIVE_TEMPLATES
from local_cloud.cloud import LocalCloud
from local_cloud.environment import client_variables

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


@pytest.mark.parametrize("text", NATIVE_TEMPLATES.values(), ids=NATIVE_TEMPLATES.keys())
def test_a_takeover_is_two_deployments_that_touch_no_channel(
    engine: Engine, tmp_path: Path, text: str
) -> None:
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
