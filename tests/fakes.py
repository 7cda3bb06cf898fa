"""CloudFormation as the handler sees it, in any state that a test wants."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

STACK_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/Voice/51af3dc0-da77-11e4-872e-1234567db123"
ROOT_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/Root/0a6f1c80-da77-11e4-872e-1234567db123"


def resource(logical_id: str, physical_id: str, status: str = "UPDATE_COMPLETE") -> dict[str, Any]:
    """Return an entry of ListStackResources."""
    return {"LogicalResourceId": logical_id, "PhysicalResourceId": physical_id, "ResourceStatus": status}


class FakeStackClient:
    """Answers DescribeStacks and ListStackResources from what it is given, and keeps the calls.

    Args:
        status: The stack's status.
        root_status: The status of the root stack; None for a stack that is in no nest.
        started: When the running operation started. Default: an hour ago.
        resources: The entries of ListStackResources.
    """

    def __init__(
        self,
        status: str = "UPDATE_IN_PROGRESS",
        *,
        root_status: str | None = None,
        started: datetime | None = None,
        resources: tuple[dict[str, Any], ...] = (),
    ) -> None:
        self.status = status
        self.root_status = root_status
        self.started = started or datetime.now(UTC) - timedelta(hours=1)
        self.resources = resources
        self.calls: list[str] = []

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return one stack."""
        self.calls.append("DescribeStacks")
        if StackName == ROOT_ID:
            return {"Stacks": [{"StackStatus": self.root_status, "CreationTime": self.started}]}
        stack = {"StackStatus": self.status, "CreationTime": self.started}
        root = {} if self.root_status is None else {"RootId": ROOT_ID}
        return {"Stacks": [{**stack, **root}]}

    def list_stack_resources(self, *, StackName: str, NextToken: str = "") -> Mapping[str, Any]:  # noqa: N803, ARG002
        """Return one entry a page, as many pages as there are entries."""
        self.calls.append("ListStackResources")
        page = int(NextToken or 0)
        more = {"NextToken": str(page + 1)} if page + 1 < len(self.resources) else {}
        return {"StackResourceSummaries": list(self.resources[page : page + 1]), **more}
