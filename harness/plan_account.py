"""An account of AWS for the command `pinpoint-voice plan`: stacks and channels that are made up."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from harness.fakes import api_error
from pinpoint_voice_cli.account import Account

CHANNEL = "Custom::PinpointVoiceChannel"
CREATED = datetime(2026, 1, 1, 10, 0, 0, tzinfo=UTC)
RESTED = datetime(2026, 1, 1, 11, 0, 0, tzinfo=UTC)
TOKEN = "arn:aws:lambda:us-east-1:123456789012:function:Provider"  # noqa: S105, an ARN


def channel(application_id: object, **more: Any) -> dict[str, Any]:  # noqa: ANN401, any JSON
    """Return a resource of a channel; `more` has properties, and attributes such as DeletionPolicy."""
    attributes = ("DeletionPolicy", "UpdateReplacePolicy", "Condition")
    properties = {key: value for key, value in more.items() if key not in attributes}
    return {
        "Type": CHANNEL,
        "Properties": {"ServiceToken": TOKEN, "ApplicationId": application_id, **properties},
        **{key: value for key, value in more.items() if key in attributes},
    }


def arn(name: str) -> str:
    """Return the ARN of a stack."""
    return f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/1"


@dataclass
class MadeUpStack:
    """A stack.

    Args:
        template: Its template: the resources alone, or all of it.
        physical_ids: The ids of its resources; a channel's needs no entry if its application is a text.
        status: Its status.
        parameters: Entries of DescribeStacks' Parameters.
        statuses: The statuses of resources, where they are not CREATE_COMPLETE.
        more: More members of DescribeStacks.
        left: Resources that it has, but its template does not.
        change_set: What DescribeChangeSet gives, and as `Template` the template.
        log: The rows of its log, the newest first; by default it came to rest after its creation.
    """

    template: Mapping[str, Any]
    physical_ids: Mapping[str, str] = field(default_factory=dict)
    status: str = "CREATE_COMPLETE"
    parameters: Sequence[Mapping[str, str]] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    left: Mapping[str, Any] = field(default_factory=dict)
    change_set: Mapping[str, Any] | None = None
    log: Sequence[Mapping[str, Any]] | None = None

    @property
    def whole(self) -> Mapping[str, Any]:
        """All of its template."""
        return self.template if "Resources" in self.template else {"Resources": self.template}

    def resources(self) -> Iterator[dict[str, Any]]:
        """Yield the entries of ListStackResources."""
        for logical_id, resource in {**self.whole["Resources"], **self.left}.items():
            named = resource.get("Properties", {}).get("ApplicationId")
            ours = f"{named}/voice/absent/{CREATED:%Y%m%dT%H%M%SZ}"
            physical_id = self.physical_ids.get(logical_id, ours if resource["Type"] == CHANNEL else "x")
            yield {
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical_id,
                "ResourceType": resource["Type"],
                "ResourceStatus": self.statuses.get(logical_id, "CREATE_COMPLETE"),
                "LastUpdatedTimestamp": CREATED,
            }


class MadeUpAws:
    """The clients of an account.

    Args:
        stacks: Its stacks, by name.
        channels: Whether the channels of applications are enabled, by application.
        applications: Applications without a channel.
        denied: Operations that are denied.
        made: When channels were made, by application; others tell no dates.
        asked: Takes the operations that are called.
    """

    def __init__(
        self,
        stacks: Mapping[str, MadeUpStack],
        channels: Mapping[str, bool],
        applications: Sequence[str] = (),
        denied: Sequence[str] = (),
        made: Mapping[str, datetime] | None = None,
        asked: list[str] | None = None,
    ) -> None:
        self._stacks = stacks
        self._channels = channels
        self._applications = applications
        self._denied = denied
        self._made = made or {}
        self._asked = [] if asked is None else asked

    def account(self) -> type[Account]:
        """Return the class of the account."""
        aws = self

        class MadeUpAccount(Account):
            def __init__(self, profile: str | None = None, region: str | None = None) -> None:
                super().__init__(profile, region or "us-east-1")

            def _client(self, service: str, region: str) -> Any:  # noqa: ANN401, ARG002, as in Account
                return aws

        return MadeUpAccount

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401, a method of boto3's
        method: Callable[..., Any] = getattr(type(self), f"on_{operation}")

        def call(**arguments: str) -> Any:  # noqa: ANN401, an answer
            self._asked.append(operation)
            if operation in self._denied:
                raise api_error("AccessDenied", 403)
            return method(self, **arguments)

        return call

    def get_paginator(self, operation: str) -> "_OnePage":
        """Return what yields one page."""
        return _OnePage(getattr(self, operation))

    def on_describe_stacks(self, *, StackName: str) -> Any:  # noqa: ANN401, N803, boto3's
        """Call DescribeStacks."""
        name, stack = self._stack(StackName)
        told = {"StackName": name, "StackId": arn(name), "StackStatus": stack.status, **stack.more}
        return {"Stacks": [{**told, "Parameters": stack.parameters}]}

    def on_list_stack_resources(self, *, StackName: str) -> Any:  # noqa: ANN401, N803, boto3's
        """Call ListStackResources."""
        return {"StackResourceSummaries": list(self._stack(StackName)[1].resources())}

    def on_describe_stack_events(self, *, StackName: str) -> Any:  # noqa: ANN401, N803, boto3's
        """Call DescribeStackEvents."""
        name, stack = self._stack(StackName)
        rest = {
            "StackId": arn(name),
            "PhysicalResourceId": arn(name),
            "LogicalResourceId": name,
            "ResourceStatus": stack.status,
            "Timestamp": RESTED,
        }
        return {"StackEvents": [rest] if stack.log is None else list(stack.log)}

    def on_get_template(self, *, StackName: str, TemplateStage: str, ChangeSetName: str = "") -> Any:  # noqa: ANN401, N803, boto3's
        """Call GetTemplate."""
        assert TemplateStage == "Processed"
        _, stack = self._stack(StackName)
        assert not ChangeSetName or stack.change_set is not None
        return {"TemplateBody": (stack.change_set or {})["Template"] if ChangeSetName else stack.whole}

    def on_describe_change_set(
        self,
        *,
        StackName: str,  # noqa: N803, boto3's spelling
        ChangeSetName: str,  # noqa: N803, boto3's spelling
        IncludePropertyValues: bool,  # noqa: N803, boto3's spelling
    ) -> Any:  # noqa: ANN401, an answer
        """Call DescribeChangeSet."""
        assert IncludePropertyValues
        change_set = self._stack(StackName)[1].change_set
        if change_set is None or ChangeSetName != "next":
            raise api_error("ChangeSetNotFound", 404)
        return {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", **change_set}

    def on_get_voice_channel(self, *, ApplicationId: str) -> Any:  # noqa: ANN401, N803, boto3's
        """Call GetVoiceChannel."""
        if ApplicationId not in self._channels:
            raise api_error("NotFoundException", 404)
        told: dict[str, Any] = {"Platform": "VOICE", "Enabled": self._channels[ApplicationId]}
        if ApplicationId in self._made:
            moment = self._made[ApplicationId].isoformat()
            told |= {"CreationDate": moment, "LastModifiedDate": moment}
        return {"VoiceChannelResponse": told}

    def on_get_app(self, *, ApplicationId: str) -> Any:  # noqa: ANN401, N803, boto3's
        """Call GetApp."""
        if ApplicationId not in (*self._channels, *self._applications):
            raise api_error("NotFoundException", 404)
        return {"ApplicationResponse": {"Id": ApplicationId}}

    def _stack(self, name: str) -> tuple[str, MadeUpStack]:
        for known, stack in self._stacks.items():
            if name in (known, arn(known)):
                return known, stack
        error = api_error("ValidationError", 400)
        error.response["Error"]["Message"] = f"Stack with id {name} does not exist"
        raise error


@dataclass
class _OnePage:
    call: Callable[..., Any]

    def paginate(self, **arguments: object) -> Iterator[Any]:
        yield self.call(**arguments)
