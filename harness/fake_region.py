"""The applications, channels and stacks of a Region, as Pinpoint and CloudFormation tell them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from harness.fake_account import Call, Error, FakeAccount, account_that_answers

APPLICATION = "a" * 32
OURS = "Custom::PinpointVoiceChannel"
NATIVE = "AWS::Pinpoint::VoiceChannel"
OUR_ID = f"{APPLICATION}/voice/absent/20261125T034333Z"
DENIED = Error("AccessDenied", "User: jane is not authorized")

Resource = tuple[str, str, str, str]
"""Logical id, type, physical id, status."""


@dataclass
class Stack:
    """A stack, by default with a channel of ours that is to be enabled."""

    name: str = "Voice"
    resources: list[Resource] = field(default_factory=lambda: [("Channel", OURS, OUR_ID, "CREATE_COMPLETE")])
    status: str = "CREATE_COMPLETE"
    template: Any = field(default_factory=lambda: {"Resources": {"Channel": {"Type": OURS}}})
    parameters: list[dict[str, str]] = field(default_factory=list)
    parent: str = ""

    @property
    def id(self) -> str:
        """Its ARN."""
        return stack_id(self.name)


def stack_id(name: str) -> str:
    """Return the ARN of a stack."""
    return f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/1"


@dataclass
class Region:
    """What there is in a Region, and which operations, or those on a stack, answer an error."""

    applications: dict[str, str] = field(default_factory=lambda: {APPLICATION: "calls"})
    channels: dict[str, dict[str, Any]] = field(default_factory=lambda: {APPLICATION: {"Enabled": True}})
    stacks: list[Stack] = field(default_factory=list)
    errors: dict[str, Error] = field(default_factory=dict)
    page: int = 100
    """How many entries a page has."""

    def answer(self, call: Call) -> Mapping[str, Any] | Error:
        """Answer a call."""
        given = call.arguments
        subject = given.get("StackName", given.get("ApplicationId", ""))
        error = self.errors.get(call.operation) or self.errors.get(f"{call.operation} {subject}")
        return error or getattr(self, call.operation)(given)

    def ListStacks(self, given: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802, AWS's name
        """Answer as CloudFormation does."""
        live = [stack for stack in self.stacks if stack.status in given["StackStatusFilter"]]
        summaries = [
            {
                "StackId": stack.id,
                "StackName": stack.name,
                "StackStatus": stack.status,
                "CreationTime": datetime.now(UTC),
                **({"ParentId": stack_id(stack.parent)} if stack.parent else {}),
            }
            for stack in live
        ]
        return self._paged("StackSummaries", summaries, given.get("NextToken"))

    def ListStackResources(self, given: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802, AWS's name
        """Answer as CloudFormation does."""
        summaries = [
            {
                "LogicalResourceId": logical_id,
                "ResourceType": kind,
                "ResourceStatus": status,
                "LastUpdatedTimestamp": datetime.now(UTC),
                **({"PhysicalResourceId": physical_id} if physical_id else {}),
            }
            for logical_id, kind, physical_id, status in self._stack(given).resources
        ]
        return self._paged("StackResourceSummaries", summaries, given.get("NextToken"))

    def GetTemplate(self, given: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802, AWS's name
        """Answer as CloudFormation does."""
        assert given["TemplateStage"] == "Processed"
        return {"TemplateBody": self._stack(given).template}

    def DescribeStacks(self, given: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802, AWS's name
        """Answer as CloudFormation does."""
        return {"Stacks": [{"StackId": given["StackName"], "Parameters": self._stack(given).parameters}]}

    def GetApps(self, given: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802, AWS's name
        """Answer as Pinpoint does."""
        items = [{"Id": id_, "Name": name} for id_, name in self.applications.items()]
        return {"ApplicationsResponse": self._paged("Item", items, given.get("Token"))}

    def GetVoiceChannel(self, given: Mapping[str, Any]) -> Mapping[str, Any] | Error:  # noqa: N802, AWS's name
        """Answer as Pinpoint does."""
        channel = self.channels.get(given["ApplicationId"])
        return {"VoiceChannelResponse": channel} if channel else Error("NotFoundException")

    def _stack(self, given: Mapping[str, Any]) -> Stack:
        return next(stack for stack in self.stacks if stack.id == given["StackName"])

    def _paged(self, name: str, items: list[Any], token: str | None) -> Mapping[str, Any]:
        start = int(token or 0)
        more = {"NextToken": str(start + self.page)} if start + self.page < len(items) else {}
        return {name: items[start : start + self.page], **more}


def account(*stacks: Stack, **changes: Any) -> type[FakeAccount]:  # noqa: ANN401, Region's
    """Return an account that has a Region."""
    return account_with({"us-east-1": Region(stacks=list(stacks), **changes)})


def account_with(regions: Mapping[str, Region]) -> type[FakeAccount]:
    """Return an account that has these Regions, and nothing in the others."""
    empty = Region(applications={}, channels={})
    return account_that_answers(lambda call: regions.get(call.region, empty).answer(call))
