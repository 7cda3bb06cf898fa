"""The example with many applications, deployed: sixty channels over several stacks."""

import json
import sys
from pathlib import Path

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.environment import ACCOUNT, REGION

EXAMPLE = Path(__file__).parents[2] / "examples" / "many_applications"


class Fleet:
    """Applications of a local cloud, and the example that deploys their channels.

    Args:
        cloud: The local cloud.
        file: Where the list is written.
    """

    def __init__(self, cloud: LocalCloud, file: Path) -> None:
        self._cloud = cloud
        self._pinpoint = cloud.client("pinpoint")
        self._file = file
        self._application_ids: list[str] = []

    def application(self) -> str:
        """Create an application."""
        created = self._pinpoint.create_app(CreateApplicationRequest={"Name": "calls"})
        self._application_ids.append(created["ApplicationResponse"]["Id"])
        return self._application_ids[-1]

    def cdk(self, command: str, applications: dict[str, bool], *arguments: str) -> None:
        """Run the cdk CLI on the example with a list of applications, and whether each is enabled."""
        entries = [
            {"id": application_id, "account": ACCOUNT, "region": REGION, "enabled": enabled}
            for application_id, enabled in applications.items()
        ]
        self._file.write_text(json.dumps({"stacks": 3, "applications": entries}))
        self._cloud.pinpoint.clear_requests()
        app = f"{sys.executable} {EXAMPLE / 'many_applications.py'}"
        context = f"applications={self._file}"
        done = self._cloud.cdk(
            command, "--all", "--app", app, "-c", context, "--concurrency", "3", *arguments
        )
        assert done.returncode == 0, done.stdout

    def enabled(self) -> dict[str, bool]:
        """Return whether the channel of each application is enabled; those without one are missing."""
        found = {}
        for application_id in self._application_ids:
            try:
                channel = self._pinpoint.get_voice_channel(ApplicationId=application_id)
            except self._pinpoint.exceptions.NotFoundException:
                continue
            found[application_id] = channel["VoiceChannelResponse"]["Enabled"]
        return found

    def changes(self) -> list[str]:
        """Return which applications' channels were changed, in the order of the changes."""
        return [
            request["path"].split("/")[3]
            for request in self._cloud.pinpoint.requests()
            if request["path"].endswith("/channels/voice") and request["method"] != "GET"
        ]


@pytest.fixture
def fleet(bootstrapped_cloud: LocalCloud, tmp_path: Path) -> Fleet:
    return Fleet(bootstrapped_cloud, tmp_path / "applications.json")


def test_sixty_channels_are_deployed_changed_and_destroyed(fleet: Fleet) -> None:
    wanted = {fleet.application(): bool(number % 2) for number in range(60)}
    changed = next(iter(wanted))

    fleet.cdk("deploy", wanted, "--require-approval", "never")
    assert fleet.enabled() == wanted
    assert sorted(fleet.changes()) == sorted(wanted)

    wanted[changed] = True
    fleet.cdk("deploy", wanted, "--require-approval", "never")
    assert fleet.enabled() == wanted
    assert fleet.changes() == [changed]

    fleet.cdk("destroy", wanted, "--force")
    assert fleet.enabled() == {}
