"""What is deployed: a stack with its templates and resources, and the channels of applications."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pinpoint_voice_channel_handler.pinpoint import Channel
from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import Refused
from pinpoint_voice_cli.takeover.data import Data, data, plain
from pinpoint_voice_cli.takeover.errors import CannotTakeOver
from pinpoint_voice_cli.takeover.template import Template, readable

_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")


@dataclass(frozen=True)
class Resource:
    """A resource of a stack, as CloudFormation lists it."""

    type: str
    physical_id: str
    status: str
    in_module: bool


@dataclass(frozen=True)
class Deployed:
    """A stack.

    Args:
        name: Its name.
        id: Its ARN.
        region: Its Region.
        status: What CloudFormation says of it.
        template: Its template, as it was deployed.
        processed: Its template after all transforms.
        resources: Those that it has, by logical id.
        parameters: The values of its parameters; None where NoEcho hides one.
        capabilities: Those with which it was deployed.
        tags: Its tags.
        root: The ARN of the stack in which it is nested; None where it is not.
    """

    name: str
    id: str
    region: str
    status: str
    template: Data
    processed: Data
    resources: Mapping[str, Resource]
    parameters: Mapping[str, str | None]
    capabilities: tuple[str, ...]
    tags: Mapping[str, str]
    root: str | None


def read_stack(account: Account, name: str) -> Deployed:
    """Read a stack; raises CommandError."""
    stack = _described(account, name)
    pages = account.pages("cloudformation", "ListStackResources", StackName=name)
    rows = [row for page in pages for row in page["StackResourceSummaries"]]
    return Deployed(
        name=stack["StackName"],
        id=stack["StackId"],
        region=account.region,
        status=stack["StackStatus"],
        template=_template(account, name, "Original"),
        processed=_template(account, name, "Processed"),
        resources={
            row["LogicalResourceId"]: _resource(row) for row in rows if row["ResourceStatus"] not in _GONE
        },
        parameters=dict(_parameters(stack)),
        capabilities=tuple(stack.get("Capabilities", ())),
        tags={tag["Key"]: tag["Value"] for tag in stack.get("Tags", ())},
        root=stack.get("RootId"),
    )


def _described(account: Account, name: str) -> Mapping[str, Any]:
    try:
        answer = account.call("cloudformation", "DescribeStacks", StackName=name)
    except Refused as error:
        if "does not exist" not in str(error):
            raise
        raise CannotTakeOver(
            f"There is no stack {name} in {account.region}. If it is in another Region, pass --region. If it "
            "is not deployed yet, it needs no takeover: declare our type from the start."
        ) from error
    stack: Mapping[str, Any] = answer["Stacks"][0]
    return stack


def _template(account: Account, name: str, stage: str) -> Data:
    body = account.call("cloudformation", "GetTemplate", StackName=name, TemplateStage=stage)["TemplateBody"]
    source = f"The template of {name}"
    # boto3 reads JSON, and leaves YAML as it is.
    if isinstance(body, str):
        return data(Template.of(source, body).root)
    with readable(source):
        return plain(body)


def _resource(row: Mapping[str, Any]) -> Resource:
    return Resource(
        row["ResourceType"], row.get("PhysicalResourceId", ""), row["ResourceStatus"], "ModuleInfo" in row
    )


def _parameters(stack: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    values = [
        (each["ParameterKey"], each.get("ResolvedValue", each.get("ParameterValue", "")))
        for each in stack.get("Parameters", ())
    ]
    # What NoEcho hides is asterisks.
    return [(name, value if value.strip("*") or not value else None) for name, value in values]


def channel_state(account: Account, application_id: str) -> State:
    """Tell what the voice channel of an application is; raises CommandError."""
    try:
        answer = account.call("pinpoint", "GetVoiceChannel", ApplicationId=application_id)
    except Refused as error:
        if error.code != "NotFoundException":
            raise
        return State.ABSENT
    return Channel.of(answer["VoiceChannelResponse"], datetime.now(UTC)).state


def has_export(account: Account, name: str) -> bool:
    """Tell whether a stack of the account and Region exports a name; raises CommandError."""
    pages = account.pages("cloudformation", "ListExports")
    return any(export["Name"] == name for page in pages for export in page["Exports"])
