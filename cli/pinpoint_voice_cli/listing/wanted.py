"""What a stack's template wants of its channels: where it says so itself, or by a parameter of the stack."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from pinpoint_voice_channel_handler.request import BOOLEANS
from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.listing.stacks import Kind, Manager, Stack


@dataclass(frozen=True)
class Wanted:
    """What a template wants a channel to be.

    Args:
        state: `enabled` or `disabled`; None where it is not known.
        reason: Why it is not known; empty where it is.
    """

    state: State | None
    reason: str = ""


def wanted_of(
    account: Account, region: str, stack: Stack, managers: Sequence[Manager]
) -> Mapping[Manager, Wanted]:
    """Return what a stack's template wants of the channels of its resources; raises CommandError.

    It is read as macros have left it. The stack's parameters are read only where it refers to one.
    """
    answer = account.call(
        "cloudformation", "GetTemplate", region, StackName=stack.stack_id, TemplateStage="Processed"
    )
    try:
        template = _read(answer["TemplateBody"])
    except yaml.YAMLError as error:
        return dict.fromkeys(managers, Wanted(None, f"its template cannot be parsed: {error}"))
    properties = {one: _properties(template, one.logical_id) for one in managers}
    refers = any(_reference(given.get("Enabled")) for given in properties.values() if given is not None)
    parameters = _parameters(account, region, stack) if refers else {}
    return {one: _wanted(one.kind, given, parameters) for one, given in properties.items()}


def _parameters(account: Account, region: str, stack: Stack) -> Mapping[str, str]:
    [found] = account.call("cloudformation", "DescribeStacks", region, StackName=stack.stack_id)["Stacks"]
    # Of a parameter of Systems Manager, the value is its name, and what it stood for is beside it.
    return {
        one["ParameterKey"]: one.get("ResolvedValue", one.get("ParameterValue", ""))
        for one in found.get("Parameters", [])
    }


def _wanted(kind: Kind, given: Mapping[str, Any] | None, parameters: Mapping[str, str]) -> Wanted:
    if given is None:
        return Wanted(None, "its template, as it is now, does not have it")
    if "Enabled" not in given:
        if kind is Kind.LIBRARY:
            return Wanted(State.ENABLED)
        return Wanted(None, "its template leaves Enabled out, and AWS documents no default")
    value, name = given["Enabled"], _reference(given["Enabled"])
    if name:
        value = parameters.get(name, value)
    enabled = BOOLEANS.get(str(value))
    if enabled is None:
        return Wanted(None, f"Enabled is {json.dumps(value, default=str)}, which is not evaluated here")
    return Wanted(State.of(enabled=enabled))


def _reference(value: object) -> str | None:
    if isinstance(value, Mapping) and set(value) == {"Ref"}:
        return str(value["Ref"])
    return None


def _properties(template: Mapping[str, Any], logical_id: str) -> Mapping[str, Any] | None:
    """Return a resource's properties; None where the template does not have it."""
    resource = template.get("Resources", {}).get(logical_id)
    return None if resource is None else resource.get("Properties") or {}


def _read(template: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(template, Mapping):
        return template  # boto3 has read JSON already
    parsed: Mapping[str, Any] = yaml.load(template, _Loader)  # noqa: S506, a SafeLoader
    return parsed


class _Loader(yaml.SafeLoader):
    """Reads YAML whose short tags, such as `!Ref`, stand for functions."""


def _function(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # the third kind of node
    return {"Ref" if name == "Ref" else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _function)
