"""Lets MiniStack's change sets tell the values that they change, and those of nested stacks, as AWS's do.

Run in MiniStack's own virtual environment, beside ministack_server.py.

- With IncludePropertyValues, DescribeChangeSet gives BeforeContext and AfterContext of each resource. A value
  that is known only when the change set is executed is `{{changeSet:KNOWN_AFTER_APPLY}}`.
- With IncludeNestedStacks, a change set has others for the stacks nested in it, whose ids are ChangeSetId.
- A resource that its condition leaves out is not added.

Sources: API_ResourceChange and API_CreateChangeSet of AWS's API reference; its user guide, "Example change
sets for CloudFormation stacks" and "Change sets for nested stacks"; for the text of a value that is known
later, LocalStack's recorded answers of AWS.
"""

import copy
import json
import re
from collections.abc import Callable
from html import escape
from typing import Any

Record = dict[str, Any]  # MiniStack's own records are JSON
Parameters = dict[str, list[str]]  # of a request
Answer = tuple[int, object, bytes]

_STACK = "AWS::CloudFormation::Stack"
_LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"
_SUBSTITUTED = re.compile(r"\$\{([A-Za-z0-9]+)(\.[^}]+)?\}")


def tell_values_of_change_sets() -> None:
    """Replace the functions of MiniStack that leave them out."""
    # Not in mypy's environment, nor in this one before its version is checked.
    from ministack.services.cloudformation import (  # type: ignore[import-not-found]
        _change_sets,
        _stacks,
        engine,
        handlers,
    )

    told = _Told(_change_sets, _stacks, engine)
    actions = handlers._ACTION_HANDLERS  # noqa: SLF001  # internals of that version
    actions["CreateChangeSet"] = told.creating(actions["CreateChangeSet"])
    actions["DescribeChangeSet"] = told.describing(actions["DescribeChangeSet"])


class _Told:
    """Wraps the functions of MiniStack.

    Args:
        change_sets: MiniStack's change sets, by id.
        stacks: Its stacks, by name.
        engine: What resolves templates.
    """

    def __init__(self, change_sets: dict[str, Record], stacks: dict[str, Record], engine: Any) -> None:  # noqa: ANN401, a module
        self._change_sets = change_sets
        self._stacks = stacks
        self._engine = engine

    def creating(self, create: Callable[[Parameters], Answer]) -> Callable[[Parameters], Answer]:
        """Let a change set know the values, and have change sets for the nested stacks."""

        def created(parameters: Parameters) -> Answer:
            before = set(self._change_sets)
            answer = create(parameters)
            for change_set in [it for key, it in self._change_sets.items() if key not in before]:
                self._add_values(change_set)
                if parameters.get("IncludeNestedStacks", [""])[0] == "true":
                    self._add_nested(change_set, parameters, created)
            return answer

        return created

    def describing(self, describe: Callable[[Parameters], Answer]) -> Callable[[Parameters], Answer]:
        """Let DescribeChangeSet tell the values that are asked for."""

        def described(parameters: Parameters) -> Answer:
            status, headers, body = describe(parameters)
            found = re.search(rb"<ChangeSetId>([^<]+)</ChangeSetId>", body)
            change_set = self._change_sets.get(found[1].decode(), {}) if found else {}
            with_values = parameters.get("IncludePropertyValues", [""])[0] == "true"
            for change in change_set.get("Changes", []):
                one = change["ResourceChange"]
                names = ["ChangeSetId", *(["BeforeContext", "AfterContext"] if with_values else [])]
                more = "".join(f"<{name}>{escape(one[name])}</{name}>" for name in names if name in one)
                told = f"<LogicalResourceId>{one['LogicalResourceId']}</LogicalResourceId>"
                body = body.replace(told.encode(), f"{told}{more}".encode())
            return status, headers, body

        return described

    def _add_values(self, change_set: Record) -> None:
        stack = self._stacks[change_set["StackName"]]
        template, values = change_set["_template"], change_set["_resolved_params"]
        conditions = self._engine._evaluate_conditions(template, values)  # noqa: SLF001  # internals of that version
        declared = template["Resources"]
        changes = [it["ResourceChange"] for it in change_set["Changes"]]
        left_out = {
            key for key, it in declared.items() if not conditions.get(it.get("Condition"), True)
        } - stack["_resources"].keys()
        change_set["Changes"] = [
            {"ResourceChange": it} for it in changes if it["LogicalResourceId"] not in left_out
        ]
        later = {
            it["LogicalResourceId"]: it["Action"] == "Add" or it.get("Replacement") != "False"
            for it in changes
            if it["Action"] != "Remove"
        }
        for change in changes:
            key = change["LogicalResourceId"]
            present = stack["_resources"].get(key)
            if present is not None:
                old = stack["_template"]["Resources"].get(key, {})
                change["BeforeContext"] = _context(present["Properties"], old)
            if change["Action"] != "Remove":
                properties = self._engine._resolve_refs(  # noqa: SLF001  # as above
                    _known_later(copy.deepcopy(declared[key].get("Properties", {})), later),
                    stack["_resources"],
                    values,
                    conditions,
                    template.get("Mappings", {}),
                    stack["StackName"],
                    stack["StackId"],
                )
                change["AfterContext"] = _context(properties, declared[key])

    def _add_nested(
        self, change_set: Record, parameters: Parameters, create: Callable[[Parameters], Answer]
    ) -> None:
        stack = self._stacks[change_set["StackName"]]
        for change in [it["ResourceChange"] for it in change_set["Changes"]]:
            if change["ResourceType"] != _STACK or change["Action"] == "Remove":
                continue
            properties = json.loads(change["AfterContext"])["Properties"]
            present = stack["_resources"].get(change["LogicalResourceId"])
            child = present and next(
                it for it in self._stacks.values() if it["StackId"] == present["PhysicalResourceId"]
            )
            name = child["StackName"] if child else f"{stack['StackName']}-{change['LogicalResourceId']}"
            asked = {
                "StackName": [name],
                "ChangeSetName": [f"{change_set['ChangeSetName']}-{change['LogicalResourceId']}"],
                "ChangeSetType": ["UPDATE" if child else "CREATE"],
                "TemplateURL": [properties["TemplateURL"]],
                "IncludeNestedStacks": ["true"],
                **{key: value for key, value in parameters.items() if key.startswith("Capabilities")},
            }
            for number, (key, value) in enumerate((properties.get("Parameters") or {}).items(), 1):
                asked[f"Parameters.member.{number}.ParameterKey"] = [key]
                asked[f"Parameters.member.{number}.ParameterValue"] = [value]
            before = set(self._change_sets)
            create(asked)
            made = [it for key, it in self._change_sets.items() if key not in before]
            change["ChangeSetId"] = next(it["ChangeSetId"] for it in made if it["StackName"] == name)
            if not child:
                # What is in review is nobody's to see here: MiniStack makes the stack when it is executed.
                del self._stacks[name]


def _context(properties: Record, declared: Record) -> str:
    policies = {
        name: declared[name] for name in ("DeletionPolicy", "UpdateReplacePolicy") if name in declared
    }
    return json.dumps({"Properties": _texts(properties), **policies})


def _texts(value: object) -> object:
    """Return a value as CloudFormation has it, whose scalars are texts."""
    if isinstance(value, dict):
        return {key: _texts(it) for key, it in value.items()}
    if isinstance(value, list):
        return [_texts(it) for it in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _known_later(value: Any, later: dict[str, bool]) -> Any:  # noqa: ANN401, any JSON
    """Replace what depends on a resource that is made or replaced, or on an attribute of one that changes."""
    if isinstance(value, list):
        return [_known_later(it, later) for it in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"}:
        return _LATER if later.get(value["Ref"]) else value
    if value.keys() == {"Fn::GetAtt"}:
        argument = value["Fn::GetAtt"]
        return (
            _LATER if (argument.split(".") if isinstance(argument, str) else argument)[0] in later else value
        )
    if value.keys() == {"Fn::Sub"}:
        text = value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
        found = _SUBSTITUTED.findall(text)
        return _LATER if any(later.get(key) or (name and key in later) for key, name in found) else value
    inside = {key: _known_later(it, later) for key, it in value.items()}
    is_function = len(inside) == 1 and next(iter(inside)).startswith("Fn::")
    return _LATER if is_function and _LATER in json.dumps(inside) else inside
