"""What the expressions of a template stand for, as far as that can be known before a deployment.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pinpoint_voice_cli.plan.template import Template

Value = Any
"""JSON, with `Unknown` where nobody knows; each scalar is the text that a custom resource is sent."""

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")
_DYNAMIC = re.compile(r"\{\{resolve:")
_UNVERSIONED = re.compile(r"\{\{resolve:ssm(-secure)?:[^:}]+\}\}")


@dataclass(frozen=True)
class Unknown:
    """A value that only CloudFormation knows.

    Args:
        key: What it stands for: two with the same are the same value.
        why: Why it is not known.
    """

    key: str
    why: str = field(compare=False)


class _Nothing:
    """AWS::NoValue."""


_NOTHING = _Nothing()

Reference = Callable[[str, str | None], Value]
"""Returns what Ref (None), or Fn::GetAtt of an attribute, of a resource gives."""


class Resolver:
    """Resolves the expressions of one template.

    Args:
        template: The template.
        parameters: What its parameters and pseudo parameters are.
        reference: Tells what its resources give.
        moment: What tells apart values that may be another each time that CloudFormation looks.
    """

    def __init__(
        self, template: Template, parameters: Mapping[str, Value], reference: Reference, moment: str
    ) -> None:
        self._template = template
        self._parameters = parameters
        self._reference = reference
        self._moment = moment
        self._asked: list[str] = []

    def resolve(self, expression: object) -> Value:
        """Return what an expression stands for."""
        if isinstance(expression, Mapping):
            if len(expression) == 1:
                [(name, argument)] = expression.items()
                if name in ("Ref", "Condition") or name.startswith("Fn::"):
                    return self._called(name, argument)
            members = {key: self.resolve(value) for key, value in expression.items()}
            return {key: value for key, value in members.items() if value is not _NOTHING}
        if isinstance(expression, list):
            return [value for value in map(self.resolve, expression) if value is not _NOTHING]
        return self._scalar(expression)

    def properties(self, logical_id: str) -> Mapping[str, Value]:
        """Return the properties of a resource."""
        resolved = self.resolve(self._template["Resources"][logical_id].get("Properties") or {})
        return resolved if isinstance(resolved, Mapping) else {"Properties": resolved}

    def exists(self, logical_id: str) -> bool | Unknown:
        """Tell whether a resource's condition lets it be there."""
        condition = self._template["Resources"][logical_id].get("Condition")
        return True if condition is None else self.condition(condition)

    def condition(self, name: object) -> bool | Unknown:
        """Tell whether a condition holds."""
        conditions = self._template.get("Conditions", {})
        if not isinstance(name, str) or name not in conditions:
            return Unknown(f"condition {name}", f"the template has no condition {name}")
        if name in self._asked:
            return Unknown(f"condition {name}", f"the condition {name} refers to itself")
        self._asked.append(name)
        try:
            return self._holds(conditions[name])
        finally:
            self._asked.pop()

    def _scalar(self, value: object) -> Value:
        if isinstance(value, bool):
            return "true" if value else "false"
        text = "" if value is None else str(value)
        if _DYNAMIC.search(text):
            key = f"{self._moment} {text}" if _UNVERSIONED.search(text) else text
            return Unknown(key, f"{text} is looked up by CloudFormation")
        return text

    def _called(self, name: str, argument: object) -> Value:
        function = getattr(self, f"_{name.removeprefix('Fn::').lower()}", None)
        if function is None or name not in _FUNCTIONS:
            return self._unknown(name, self.resolve(argument), f"{name} is left to CloudFormation")
        try:
            return function(argument)
        except (TypeError, ValueError, LookupError):
            return _malformed(name, argument)

    def _unknown(self, name: str, inside: Value, why: str) -> Unknown:
        """Return an unknown that is made of others: they say why."""
        reasons = _reasons(inside)
        return Unknown(f"{name} {_key(inside)}", reasons[0] if reasons else why)

    def _ref(self, name: object) -> Value:
        if name == "AWS::NoValue":
            return _NOTHING
        return self._named(str(name))

    def _named(self, name: str) -> Value:
        if name in self._parameters:
            return self._parameters[name]
        if name in self._template["Resources"]:
            return self._reference(name, None)
        return Unknown(f"Ref {name}", f"nothing tells what {name} is")

    def _getatt(self, argument: object) -> Value:
        parts = argument.split(".", maxsplit=1) if isinstance(argument, str) else argument
        if not isinstance(parts, list):
            raise TypeError
        logical_id, *rest = map(str, map(self.resolve, parts))
        if logical_id not in self._template["Resources"]:
            return Unknown(f"GetAtt {parts}", f"the template has no resource {logical_id}")
        return self._reference(logical_id, ".".join(rest))

    def _sub(self, argument: object) -> Value:
        text, variables = (argument, {}) if isinstance(argument, str) else _pair(argument)
        if not isinstance(text, str) or not isinstance(variables, Mapping):
            raise TypeError
        variables = {key: self.resolve(value) for key, value in variables.items()}

        def placed(match: re.Match[str]) -> Value:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{match[2]}}}"
            if name in variables:
                return variables[name]
            return self._getatt(name) if "." in name else self._named(name)

        parts: list[Value] = []
        end = 0
        for match in _PLACEHOLDER.finditer(text):
            parts += [text[end : match.start()], placed(match)]
            end = match.end()
        return self._joined("Fn::Sub", [*parts, text[end:]])

    def _join(self, argument: object) -> Value:
        delimiter, values = _pair(argument)
        resolved = self.resolve(values)
        if isinstance(resolved, Unknown):
            return self._unknown("Fn::Join", [delimiter, resolved], "")
        with_delimiters = [part for value in resolved for part in (delimiter, value)][1:]
        return self._joined("Fn::Join", with_delimiters)

    def _joined(self, name: str, parts: list[Value]) -> Value:
        if any(isinstance(part, Unknown) for part in parts):
            texts = [part for part in parts if part != ""]
            # What is nothing but a reference is the same value as that reference.
            return texts[0] if len(texts) == 1 else self._unknown(name, texts, "")
        if not all(isinstance(part, str) for part in parts):
            raise TypeError
        return self._scalar("".join(parts))

    def _select(self, argument: object) -> Value:
        index, values = map(self.resolve, _pair(argument))
        if isinstance(index, Unknown) or isinstance(values, Unknown):
            return self._unknown("Fn::Select", [index, values], "")
        return values[int(index)]

    def _split(self, argument: object) -> Value:
        delimiter, text = map(self.resolve, _pair(argument))
        if isinstance(text, Unknown):
            return self._unknown("Fn::Split", [delimiter, text], "")
        if not isinstance(text, str) or not isinstance(delimiter, str):
            raise TypeError
        return text.split(delimiter)

    def _findinmap(self, argument: object) -> Value:
        if not isinstance(argument, list) or len(argument) != 3:
            raise TypeError
        keys = self.resolve(argument)
        if _reasons(keys):
            return self._unknown("Fn::FindInMap", keys, "")
        first, second, third = keys
        return self.resolve(self._template["Mappings"][first][second][third])

    def _if(self, argument: object) -> Value:
        if not isinstance(argument, list) or len(argument) != 3:
            raise TypeError
        name, yes, no = argument
        holds = self.condition(name)
        if isinstance(holds, Unknown):
            return self._unknown("Fn::If", [holds, yes, no], "")
        return self.resolve(yes if holds else no)

    def _importvalue(self, argument: object) -> Value:
        name = self.resolve(argument)
        shown = "an export" if isinstance(name, Unknown) else f"the export {name}"
        # CloudFormation refuses to change an export for as long as a stack imports it.
        return Unknown(f"Fn::ImportValue {_key(name)}", f"it is imported from {shown} of another stack")

    def _holds(self, expression: object) -> bool | Unknown:
        if not isinstance(expression, Mapping) or len(expression) != 1:
            return Unknown(_key(expression), "a condition is not as CloudFormation has it")
        [(name, argument)] = expression.items()
        if name == "Condition":
            return self.condition(argument)
        if not isinstance(argument, list) or not _fits(name, len(argument)):
            return _malformed(name, argument)
        if name == "Fn::Equals":
            one, other = resolved = [self.resolve(part) for part in argument]
            if one == other:
                return True
            return self._unknown(name, resolved, "") if _reasons(resolved) else False
        parts: list[bool | Unknown] = [self._holds(part) for part in argument]
        if name == "Fn::Not":
            [part] = parts
            return part if isinstance(part, Unknown) else not part
        decisive: bool = name == "Fn::Or"
        if decisive in parts:
            return decisive
        return next((part for part in parts if isinstance(part, Unknown)), not decisive)


_FUNCTIONS = frozenset(
    {
        *("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split"),
        *("Fn::FindInMap", "Fn::If", "Fn::ImportValue"),
    }
)


_CONDITION_LENGTHS = {"Fn::Equals": (2, 2), "Fn::Not": (1, 1), "Fn::And": (2, 10), "Fn::Or": (2, 10)}
"""How many members the functions of conditions have, at least and at most."""


def _fits(name: str, length: int) -> bool:
    least, most = _CONDITION_LENGTHS.get(name, (1, 0))
    return least <= length <= most


def _malformed(name: str, argument: object) -> Unknown:
    shown = json.dumps({name: argument}, default=str)[:100]
    return Unknown(f"{name} {shown}", f"{shown} is not as CloudFormation has it")


def _pair(argument: object) -> tuple[Any, Any]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise TypeError
    return argument[0], argument[1]


def of_type(value: Value, declared: Mapping[str, object]) -> Value:
    """Return a parameter's value as its type has it: the text of a list is split."""
    kind = str(declared.get("Type"))
    if not isinstance(value, str) or not ("List<" in kind or "CommaDelimitedList" in kind):
        return value
    return [part.strip() for part in value.split(",")]


def unknowns(value: Value) -> list[Unknown]:
    """Return what is not known in a value."""
    if isinstance(value, Unknown):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [unknown for part in value for unknown in unknowns(part)] if isinstance(value, list) else []


def _reasons(value: Value) -> list[str]:
    return [unknown.why for unknown in unknowns(value)]


def _key(value: Value) -> str:
    return json.dumps(
        value, default=lambda it: it.key if isinstance(it, Unknown) else str(it), sort_keys=True
    )
