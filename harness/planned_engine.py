"""An engine that asks `pinpoint-voice plan` before each operation, and compares that with what is done."""

import json
import tempfile
from collections import defaultdict
from typing import Any

from harness.command import run_command
from harness.engine import Engine
from harness.local_account import local_account
from local_cloud.cloud import LocalCloud


class PlannedEngine(Engine):
    """Fails where an operation leaves a channel otherwise than it was planned.

    Args:
        cloud: The local cloud, in which a provider is deployed.
        service_token: The provider's.
    """

    def __init__(self, cloud: LocalCloud, service_token: Any) -> None:  # noqa: ANN401, any JSON
        super().__init__(cloud, service_token)
        self._account = local_account(cloud)

    def create_from(self, template: dict[str, Any] | str, **options: Any) -> str:  # noqa: ANN401, boto3's
        """Create the stack from a template as planned."""
        planned = self._plan_of(template)
        return self._compared(planned, super().create_from(template, **options))

    def update_to(self, template: dict[str, Any] | str, **options: Any) -> str:  # noqa: ANN401, boto3's
        """Update the stack to a template as planned."""
        planned = self._plan_of(template)
        return self._compared(planned, super().update_to(template, **options))

    def delete(self) -> str:
        """Delete the stack as planned, if it is there."""
        if self._status() == "DELETE_COMPLETE":
            return super().delete()
        planned = self._plan("--delete")
        return self._compared(planned, super().delete())

    def _plan_of(self, template: dict[str, Any] | str) -> Any:  # noqa: ANN401, the command's JSON
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(template if isinstance(template, str) else json.dumps(template))
            file.flush()
            return self._plan("--template", file.name)

    def _plan(self, *what: str) -> Any:  # noqa: ANN401, the command's JSON
        ended = run_command("plan", self.stack, *what, "--output", "json", make_account=self._account)
        assert ended.code == 0, ended.errors
        return ended.document

    def _compared(self, planned: Any, status: str) -> str:  # noqa: ANN401, the command's JSON
        # A plan is about a deployment that is rolled back where it fails.
        if status in ("CREATE_FAILED", "UPDATE_FAILED"):
            return status
        failed = "ROLLBACK" in status or status == "DELETE_FAILED"
        expected = defaultdict(set)
        for channel in planned["channels"]:
            expected[channel["application_id"]].add(channel["after_failure" if failed else "then"])
        for application_id, states in expected.items():
            if application_id is not None and None not in states:
                assert self.channel(application_id) in states, (planned, status)
        return status
