"""What a stack's template wants of its channels, as far as that can be known without a deployment."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pinpoint_voice_channel_handler.request import BOOLEANS
from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.listing.stacks import Kind, Manager, Stack
from pinpoint_voice_cli.plan.errors import UnreadableTemplate
from pinpoint_voice_cli.plan.stacks import hidden_parameter, pseudo_parameters
from pinpoint_voice_cli.plan.template import Template, checked, parse
from pinpoint_voice_cli.plan.values import Resolver, Unknown, Value, unknowns


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

    It is read as macros have left it. The stack's parameters are read only where that can tell more.
    """
    answer = account.call(
        "cloudformation", "GetTemplate", region, StackName=stack.stack_id, TemplateStage="Processed"
    )
    body, source = answer["TemplateBody"], f"what {stack.name} has"
    try:
        # boto3 has read JSON already.
        template = parse(body, source) if isinstance(body, str) else checked(body, source)
    except UnreadableTemplate as error:
        return dict.fromkeys(managers, Wanted(None, str(error)))
    wanted = _resolved(template, stack, {}, managers)
    if template.get("Parameters") and not all(one.state for one in wanted.values()):
        wanted = _resolved(template, stack, _parameters(account, region, stack), managers)
    return wanted


def _parameters(account: Account, region: str, stack: Stack) -> Mapping[str, Value]:
    [found] = account.call("cloudformation", "DescribeStacks", region, StackName=stack.stack_id)["Stacks"]
    return {one["ParameterKey"]: _parameter(one) for one in found.get("Parameters", [])}


def _parameter(told: Mapping[str, str]) -> Value:
    # The value of a Systems Manager parameter is its name; ResolvedValue has what that stands for.
    value = told.get("ResolvedValue", told.get("ParameterValue", ""))
    return hidden_parameter("", told["ParameterKey"]) if set(value) == {"*"} else value


def _resolved(
    template: Template, stack: Stack, parameters: Mapping[str, Value], managers: Sequence[Manager]
) -> Mapping[Manager, Wanted]:
    known = {**pseudo_parameters(stack.name, stack.stack_id), **parameters}
    resolver = Resolver(template, known, _reference, "deployed")
    return {one: _wanted(template["Resources"].get(one.logical_id), resolver, one.kind) for one in managers}


def _reference(logical_id: str, attribute: str | None) -> Value:
    what = f"{logical_id}.{attribute}" if attribute else logical_id
    return Unknown(what, f"{what} is known to CloudFormation alone")


def _wanted(resource: object, resolver: Resolver, kind: Kind) -> Wanted:
    if not isinstance(resource, Mapping):
        return Wanted(None, "its template, as it is now, does not have it")
    properties = resolver.resolve(resource.get("Properties") or {})
    if not isinstance(properties, Mapping):
        return Wanted(None, _why("Properties", properties))
    if "Enabled" not in properties:
        if kind is Kind.LIBRARY:
            return Wanted(State.ENABLED)
        return Wanted(None, "its template leaves Enabled out, and AWS documents no default")
    value = properties["Enabled"]
    enabled = BOOLEANS.get(value) if isinstance(value, str) else None
    if enabled is None:
        return Wanted(None, _why("Enabled", value))
    return Wanted(State.of(enabled=enabled))


def _why(name: str, value: Value) -> str:
    found = unknowns(value)
    return f"{name}: {found[0].why}" if found else f"{name} is {json.dumps(value)}, which is not valid"
