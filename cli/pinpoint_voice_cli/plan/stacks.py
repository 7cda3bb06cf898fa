"""Reads what is deployed: a stack, and those that are nested in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pinpoint_voice_channel_handler import rules
from pinpoint_voice_channel_handler.stack import Row, Stacks
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import Refused
from pinpoint_voice_cli.plan.errors import NestedStack, StackBusy
from pinpoint_voice_cli.plan.template import STACK, Template, checked, parse
from pinpoint_voice_cli.plan.values import Resolver, Unknown, Value, of_type

_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
_STILL_TO_DELETE = ("DELETE_FAILED", "DELETE_IN_PROGRESS", "ROLLBACK_FAILED")
_EMPTY: Template = {"Resources": {}}


@dataclass(frozen=True)
class Resource:
    """A resource that is there.

    Args:
        type: Its type.
        physical_id: Its id; empty while it has none.
        status: Its status.
        updated: When it was created or updated last.
    """

    type: str
    physical_id: str
    status: str
    updated: datetime


@dataclass(frozen=True)
class Deployed:
    """A stack as it is deployed.

    Args:
        name: Its name.
        stack_id: Its ARN; empty where it is yet to be created.
        status: Its status.
        is_kept: Whether termination protection forbids to delete it.
        parameters: What its parameters are.
        template: Its template, after transforms.
        resources: Its resources, by logical id.
        nested: The stacks nested in it, by logical id.
    """

    name: str
    stack_id: str = ""
    status: str = "REVIEW_IN_PROGRESS"
    is_kept: bool = False
    parameters: Mapping[str, Value] = field(default_factory=dict)
    template: Template = field(default_factory=lambda: _EMPTY)
    resources: Mapping[str, Resource] = field(default_factory=dict)
    nested: Mapping[str, "Deployed"] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether it was ever created; a change set for a new stack leaves one that was not."""
        return self.status != "REVIEW_IN_PROGRESS"

    def resolver(self) -> Resolver:
        """Return what resolves its template."""
        return Resolver(self.template, self.parameters, self.reference, "deployed")

    def reference(self, logical_id: str, attribute: str | None) -> Value:
        """Return what a resource of it gives."""
        resource = self.resources.get(logical_id)
        if resource is None:
            return Unknown(f"no {logical_id}", f"{logical_id} is not deployed")
        if attribute is None and resource.physical_id:
            return resource.physical_id
        what = f"{logical_id}.{attribute}" if attribute else logical_id
        return Unknown(f"{self.stack_id} {what}", f"{what} is known to CloudFormation alone")


class StackReader:
    """boto3's CloudFormation client for the handler's `Stacks`, over an account.

    Its methods raise CommandError.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call DescribeStacks."""
        return self._call("DescribeStacks", StackName=StackName)

    def describe_stack_events(self, *, StackName: str, **more: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call DescribeStackEvents."""
        return self._call("DescribeStackEvents", StackName=StackName, **more)

    def list_stack_resources(self, *, StackName: str, **more: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call ListStackResources."""
        return self._call("ListStackResources", StackName=StackName, **more)

    def _call(self, operation: str, **arguments: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._account.call("cloudformation", operation, **arguments)
        return answer


def read_deployed(account: Account, name: str) -> Deployed:
    """Read the outermost stack of a name, which may be yet to be created.

    Raises:
        NestedStack: It is nested in another.
        StackBusy: It is in an operation.
        CommandError: It cannot be read.
    """
    try:
        [told] = account.call("cloudformation", "DescribeStacks", StackName=name)["Stacks"]
    except Refused as error:
        if error.code == "ValidationError" and "does not exist" in str(error):
            return Deployed(name)
        raise
    if told["StackStatus"] in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
        is_new = told["StackStatus"] == "REVIEW_IN_PROGRESS"
        return Deployed(told["StackName"], stack_id=told["StackId"] if is_new else "")
    if told.get("RootId", told["StackId"]) != told["StackId"]:
        raise NestedStack(name, told["RootId"])
    if told["StackStatus"].endswith("_IN_PROGRESS"):
        raise StackBusy(name, told["StackStatus"])
    return _read(account, told)


class Logs:
    """Reads the logs of stacks, each row once, and only as far as it is asked for.

    Args:
        account: The account.
    """

    def __init__(self, account: Account) -> None:
        self._stacks = Stacks(StackReader(account))
        self._logs: dict[str, tuple[list[Row], Iterator[Row]]] = {}

    def of(self, stack_id: str) -> Iterator[Row]:
        """Yield what has happened to a stack, the newest first; raises HistoryTooLong, CommandError."""
        rows, more = self._logs.setdefault(stack_id, ([], self._stacks.log(stack_id)))
        number = 0
        while True:
            if number == len(rows):
                try:
                    rows.append(next(more))
                except StopIteration:
                    return
                except Exception:
                    self._logs.pop(stack_id, None)  # what has failed would pass for a log that ends there
                    raise
            yield rows[number]
            number += 1

    def last_rest(self, root: Deployed) -> datetime | None:
        """Return when a stack last came to rest well; raises as `of`."""
        return rules.last_rest(self.of(root.stack_id)) if root.exists else None


def _read(account: Account, told: Mapping[str, Any]) -> Deployed:
    stack_id = told["StackId"]
    entries = [
        entry
        for page in account.pages("cloudformation", "ListStackResources", StackName=stack_id)
        for entry in page["StackResourceSummaries"]
        if entry["ResourceStatus"] not in _GONE and not _is_left_over(entry, told)
    ]
    body = account.call("cloudformation", "GetTemplate", StackName=stack_id, TemplateStage="Processed")
    source = f"The template of {told['StackName']}"
    text = body["TemplateBody"]
    template = parse(text, source) if isinstance(text, str) else checked(text, source)
    declared = template.get("Parameters", {})
    return Deployed(
        name=told["StackName"],
        stack_id=stack_id,
        status=told["StackStatus"],
        is_kept=told.get("EnableTerminationProtection", False),
        parameters=pseudo_parameters(told["StackName"], stack_id)
        | {
            one["ParameterKey"]: of_type(_parameter(stack_id, one), declared.get(one["ParameterKey"], {}))
            for one in told.get("Parameters", [])
        },
        template=template,
        resources={entry["LogicalResourceId"]: _resource(entry) for entry in entries},
        nested={
            entry["LogicalResourceId"]: _nested(account, entry["PhysicalResourceId"])
            for entry in entries
            if entry["ResourceType"] == STACK and entry.get("PhysicalResourceId")
        },
    )


def _nested(account: Account, stack_id: str) -> Deployed:
    [told] = account.call("cloudformation", "DescribeStacks", StackName=stack_id)["Stacks"]
    return _read(account, told)


def _is_left_over(entry: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Tell whether a resource could not be deleted, and CloudFormation went on without it."""
    return entry["ResourceStatus"] == "DELETE_FAILED" and told["StackStatus"] not in _STILL_TO_DELETE


def _resource(entry: Mapping[str, Any]) -> Resource:
    return Resource(
        type=entry["ResourceType"],
        physical_id=entry.get("PhysicalResourceId", ""),
        status=entry["ResourceStatus"],
        updated=entry["LastUpdatedTimestamp"].replace(microsecond=0),
    )


def _parameter(stack_id: str, told: Mapping[str, str]) -> Value:
    name, value = told["ParameterKey"], told.get("ResolvedValue", told.get("ParameterValue", ""))
    # Nobody is shown the value of one that is NoEcho.
    return hidden_parameter(stack_id, name) if set(value) == {"*"} else value


def hidden_parameter(stack_id: str, name: str) -> Unknown:
    """Return the value of a parameter that is NoEcho."""
    return Unknown(f"{stack_id} NoEcho {name}", f"the parameter {name} is NoEcho")


def pseudo_parameters(name: str, stack_id: str) -> dict[str, Value]:
    """Return the pseudo parameters of a stack, as far as its ARN tells them."""
    if not stack_id.startswith("arn:"):
        return {"AWS::StackName": name}
    _, partition, _, region, account, _ = stack_id.split(":", maxsplit=5)
    return {
        "AWS::StackName": name,
        "AWS::StackId": stack_id,
        "AWS::AccountId": account,
        "AWS::Region": region,
        "AWS::Partition": partition,
        "AWS::URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
    }
