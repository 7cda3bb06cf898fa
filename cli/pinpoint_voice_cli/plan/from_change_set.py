"""Tells what CloudFormation would do to execute a change set, with the values that it has resolved.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import Refused
from pinpoint_voice_cli.plan.errors import ChangeSetNotReady, NoSuchChangeSet
from pinpoint_voice_cli.plan.from_deletion import leaving_steps, staying_steps, taking_steps
from pinpoint_voice_cli.plan.stacks import Deployed
from pinpoint_voice_cli.plan.step import APPLICATION, CHANNEL, NATIVE, RETAINS, TAKES, NewApplication, Step
from pinpoint_voice_cli.plan.template import STACK, Template, checked, parse
from pinpoint_voice_cli.plan.values import Unknown, Value

_LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_SAME_WHILE_IT_STAYS = (None, "Arn", "Id")
"""What Ref and Fn::GetAtt give that changes only where the resource is replaced."""

Change = Mapping[str, Any]
"""A ResourceChange of the API."""


@dataclass(frozen=True)
class ChangeSet:
    """A change set of one stack.

    Args:
        name: Its name, or its ARN.
        stack: The stack as it is.
        changes: What it changes, by logical id.
        template: The template that it would deploy.
        prefix: What stands before the logical ids: those of the stacks around it.
        changes_anything: Whether it changes anything at all; else it cannot be executed.
    """

    name: str
    stack: Deployed
    changes: Mapping[str, Change]
    template: Template
    prefix: str = ""
    changes_anything: bool = True


def read_change_set(account: Account, deployed: Deployed, name: str, options: str) -> ChangeSet:
    """Read a change set.

    Args:
        account: The account.
        deployed: Its stack.
        name: Its name, or its ARN.
        options: The options of the AWS CLI that choose the account and its Region.

    Raises:
        NoSuchChangeSet: The stack has none of the name.
        ChangeSetNotReady: It cannot be executed.
        CommandError: It cannot be read.
    """
    try:
        pages = _describe(account, deployed, name)
    except Refused as error:
        if error.code in ("ChangeSetNotFound", "ChangeSetNotFoundException"):
            raise NoSuchChangeSet(name, deployed.name, account.region, options) from error
        raise
    told = pages[0]
    if told["Status"] == "FAILED" and any(text in told.get("StatusReason", "") for text in _NO_CHANGES):
        return ChangeSet(name, deployed, {}, deployed.template, changes_anything=False)
    if told["Status"] != "CREATE_COMPLETE" or told["ExecutionStatus"] != "AVAILABLE":
        status = told["Status"] if told["Status"] != "CREATE_COMPLETE" else told["ExecutionStatus"]
        raise ChangeSetNotReady(name, status, told.get("StatusReason", ""))
    return _change_set(account, deployed, name, pages, "")


def change_set_steps(account: Account, change_set: ChangeSet) -> Iterator[Step]:
    """Yield what would be done to each channel; raises CommandError."""
    deployed, changes = change_set.stack, change_set.changes
    for logical_id in [*deployed.resources, *(key for key in changes if key not in deployed.resources)]:
        change = changes.get(logical_id)
        if change is None:
            yield from staying_steps(deployed, logical_id, change_set.prefix)
        elif change["ResourceType"] == CHANNEL:
            yield from _channel(change_set, change)
        elif change["ResourceType"] == STACK:
            yield from _nested(account, change_set, change)
        elif change["ResourceType"] in TAKES:
            yield from _taking(change_set, change)


def _describe(account: Account, deployed: Deployed, name: str) -> list[Mapping[str, Any]]:
    of_stack = {} if name.startswith("arn:") else {"StackName": deployed.name}
    return list(
        account.pages(
            "cloudformation", "DescribeChangeSet", ChangeSetName=name, IncludePropertyValues=True, **of_stack
        )
    )


def _change_set(
    account: Account, deployed: Deployed, name: str, pages: Sequence[Mapping[str, Any]], prefix: str
) -> ChangeSet:
    of_stack = {} if name.startswith("arn:") else {"StackName": deployed.name}
    answer = account.call(
        "cloudformation", "GetTemplate", ChangeSetName=name, TemplateStage="Processed", **of_stack
    )
    body, source = answer["TemplateBody"], f"The template of the change set {name}"
    return ChangeSet(
        name=name,
        stack=deployed,
        changes={
            change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]
            for page in pages
            for change in page["Changes"]
        },
        template=parse(body, source) if isinstance(body, str) else checked(body, source),
        prefix=prefix,
    )


def _channel(change_set: ChangeSet, change: Change) -> Iterator[Step]:
    logical_id, action = change["LogicalResourceId"], change["Action"]
    deployed, prefix = change_set.stack, change_set.prefix
    there = list(staying_steps(deployed, logical_id, prefix))
    if action == "Remove":
        for step in leaving_steps(deployed, logical_id, prefix):
            yield _with_policy(_with_before(step, change_set, change), change)
        return
    declared = change_set.template["Resources"].get(logical_id, {})
    step = replace(
        _with_before(there[0], change_set, change) if there else Step(prefix + logical_id, deployed.stack_id),
        after=_after(change_set, change),
        retains=declared.get("UpdateReplacePolicy") in RETAINS,
        retains_failed=declared.get("DeletionPolicy") == "Retain",
    )
    if action not in ("Add", "Modify"):
        yield replace(step, unknown=f"The change set says {action}, which does not say what will happen.")
    elif "AfterContext" not in change:
        yield replace(step, unknown="The change set tells no values. Create it again.")
    else:
        yield step
    if not there:
        yield from leaving_steps(deployed, logical_id, prefix)


def _taking(change_set: ChangeSet, change: Change) -> Iterator[Step]:
    """Yield that a resource goes, which takes a channel with it; or that a native one sets a channel."""
    logical_id, kind, action = change["LogicalResourceId"], change["ResourceType"], change["Action"]
    path, deployed = change_set.prefix + logical_id, change_set.stack
    if action == "Remove":
        yield from (
            _with_policy(step, change) for step in leaving_steps(deployed, logical_id, change_set.prefix)
        )
        return
    declared = change_set.template["Resources"].get(logical_id, {})
    retains = (
        declared.get("UpdateReplacePolicy") in RETAINS or change.get("PolicyAction") == "ReplaceAndRetain"
    )
    if action == "Modify" and change.get("Replacement") != "False" and not retains:
        certain = change.get("Replacement") == "True"
        why = "" if certain else f"The change set does not say whether {logical_id} is replaced."
        yield from (replace(step, unknown=why) for step in taking_steps(deployed.resources[logical_id], path))
    if kind == NATIVE:
        yield Step(path, after=_after(change_set, change), takes=TAKES[kind])


def _nested(account: Account, change_set: ChangeSet, change: Change) -> Iterator[Step]:
    logical_id = change["LogicalResourceId"]
    if change["Action"] == "Remove":
        for step in leaving_steps(change_set.stack, logical_id, change_set.prefix):
            yield _with_policy(step, change)
    elif change.get("ChangeSetId"):
        child = change_set.stack.nested.get(logical_id, Deployed(f"{change_set.stack.name}-{logical_id}"))
        pages = _describe(account, child, change["ChangeSetId"])
        prefix = f"{change_set.prefix}{logical_id}/"
        nested = _change_set(account, child, change["ChangeSetId"], pages, prefix)
        yield from change_set_steps(account, nested)
    else:
        why = "The change set leaves out nested stacks. Create it with --include-nested-stacks."
        for step in staying_steps(change_set.stack, logical_id, change_set.prefix):
            yield replace(step, unknown=why)
        yield Step(f"{change_set.prefix}{logical_id}/*", unknown=why)


def _with_policy(step: Step, change: Change) -> Step:
    """Retain what the change set says is retained."""
    return replace(step, retains=step.retains or change.get("PolicyAction") == "Retain")


def _with_before(step: Step, change_set: ChangeSet, change: Change) -> Step:
    """Take the deployed properties from the change set, which has resolved them, where it tells them."""
    if "BeforeContext" not in change:
        return step
    properties: Mapping[str, object] = json.loads(change["BeforeContext"]).get("Properties", {})
    before = {name: _shown(change_set, "before", name, value) for name, value in properties.items()}
    return replace(step, before=before)


def _after(change_set: ChangeSet, change: Change) -> Mapping[str, Value]:
    properties: Mapping[str, object] = json.loads(change.get("AfterContext", "{}")).get("Properties", {})
    declared = change_set.template["Resources"].get(change["LogicalResourceId"], {}).get("Properties", {})
    return {name: _value(change_set, change, name, it, declared) for name, it in properties.items()}


def _value(
    change_set: ChangeSet, change: Change, name: str, value: object, declared: Mapping[str, object]
) -> Value:
    expression = declared.get(name)
    if _LATER not in json.dumps(value):
        return _shown(change_set, "after", name, value)
    before = _before(change, name)
    causes = _causes(change, name)
    if before is not None and causes and all(_stays(change_set, cause) for cause in causes):
        return before
    key = f"{change_set.prefix}after {json.dumps(expression, sort_keys=True, default=str)}"
    named = expression.get("Ref") if isinstance(expression, Mapping) else None
    made = change_set.changes.get(str(named), {})
    if name == "ApplicationId" and made.get("ResourceType") == APPLICATION:
        return NewApplication(key, f"{named} is made by the deployment")
    return Unknown(key, "it is known only when the change set is executed")


def _shown(change_set: ChangeSet, moment: str, name: str, value: object) -> Value:
    """Return a value that a change set shows: of a dynamic reference and of a hidden parameter, only that."""
    text = json.dumps(value)
    if "{{resolve:" in text or value == "****":
        # Neither need be the same as before.
        return Unknown(f"{moment} {change_set.prefix}{text} {name}", f"the change set does not show {name}")
    return value if isinstance(value, str | list | dict) else text


def _before(change: Change, name: str) -> Value:
    properties: Mapping[str, Value] = json.loads(change.get("BeforeContext", "{}")).get("Properties", {})
    return properties.get(name)


def _causes(change: Change, name: str) -> list[str]:
    """Return the resources, or their attributes, because of which a property may change."""
    details = [one for one in change.get("Details", []) if one["Target"].get("Name") == name]
    return [one["CausingEntity"] for one in details if one.get("CausingEntity")]


def _stays(change_set: ChangeSet, cause: str) -> bool:
    logical_id, _, attribute = cause.partition(".")
    replacement = change_set.changes.get(logical_id, {}).get("Replacement")
    return replacement == "False" and (attribute or None) in _SAME_WHILE_IT_STAYS
