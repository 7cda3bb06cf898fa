"""What a channel depends on: parameters, mappings, conditions and resources, however far away."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pinpoint_voice_cli.takeover.channels import OURS
from pinpoint_voice_cli.takeover.data import Data, mapping
from pinpoint_voice_cli.takeover.template import boolean

_VARIABLE = re.compile(r"\$\{\s*([^!}\s][^}\s]*)\s*\}")
"""`${Name}` or `${Logical.Attribute}` of Fn::Sub."""

_WITHOUT_EFFECT = (
    *("DeletionPolicy", "UpdateReplacePolicy", "DependsOn", "Metadata"),
    *("CreationPolicy", "UpdatePolicy"),
)
"""What does not change the values that a resource has and gives."""


@dataclass(frozen=True)
class Part:
    """A part of a template.

    Args:
        section: Its section, such as `Conditions`.
        name: Its name there; None where an expression gives the name.
    """

    section: str
    name: str | None

    def __str__(self) -> str:
        return f"{self.section}.{self.name}"

    def of(self, document: Data) -> Data:
        """Return what a template says of it, as far as it has an effect; None where it says nothing."""
        section = mapping(mapping(document).get(self.section))
        # YAML reads a plain On as true where it is a value, and as On where it is a key.
        name = next((key for key in section if self.name in (key, boolean(key))), "")
        found = section.get(name)
        if self.section != "Resources" or not isinstance(found, dict):
            return found
        effective = {name: value for name, value in found.items() if name not in _WITHOUT_EFFECT}
        if effective.get("Type") == OURS:
            # Which provider manages a channel does not change what it wants of the channel.
            properties = mapping(effective.get("Properties")).items()
            effective["Properties"] = {name: value for name, value in properties if name != "ServiceToken"}
        return effective


def dependencies(document: Data, logical_id: str) -> list[Part]:
    """Return a resource and all that it depends on, the nearest first."""
    found = [Part("Resources", logical_id)]
    for part in found:
        found += [each for each in dict.fromkeys(_named(part.of(document), document)) if each not in found]
    return found


def transforms(value: Data) -> bool:
    """Tell whether a transform makes a value or a part of it."""
    if isinstance(value, list):
        return any(map(transforms, value))
    names = mapping(value)
    looped = any(name.startswith("Fn::ForEach") for name in names)
    return looped or "Fn::Transform" in names or any(map(transforms, names.values()))


def looked_up(value: Data) -> bool:
    """Tell whether CloudFormation looks up a value anew in each deployment."""
    if isinstance(value, str):
        return value.startswith("AWS::SSM::Parameter::Value<") or "{{resolve:" in value
    inner = value if isinstance(value, list) else mapping(value).values()
    return any(map(looked_up, inner))


def macros(document: Data) -> list[str]:
    """Return the transforms of a whole template that may change any part of it."""
    declared = [mapping(document).get(section) for section in ("Transform", "Fn::Transform")]
    every = [each for one in declared for each in (one if isinstance(one, list) else [one])]
    names = [each if isinstance(each, str) else mapping(each).get("Name") for each in every]
    texts = [name for name in names if isinstance(name, str)]
    return [name for name in texts if name == "AWS::Include" or not name.startswith("AWS::")]


def _named(value: Data, document: Data) -> Iterator[Part]:
    """Yield the parts of a template to which a value refers."""
    for name, argument in mapping(value).items():
        yield from _called(name, argument, document)
        yield from _named(argument, document)
    for inner in value if isinstance(value, list) else ():
        yield from _named(inner, document)


def _called(function: str, argument: Data, document: Data) -> Iterator[Part]:
    first = argument[0] if isinstance(argument, list) and argument else argument
    name = first if isinstance(first, str) else None
    match function:
        case "Ref":
            yield from _referred(name, document)
        case "Fn::GetAtt":
            yield Part("Resources", name)
        case "Fn::FindInMap":
            yield Part("Mappings", name)
        case "Fn::If":
            yield Part("Conditions", name)
        case "Condition" if name is not None:  # a policy of IAM has a mapping of this name
            yield Part("Conditions", name)
        case "Fn::Sub":
            variables = mapping(argument[1]) if isinstance(argument, list) and len(argument) > 1 else {}
            for variable in _VARIABLE.findall(name or ""):
                if variable not in variables:
                    yield from _referred(variable.split(".")[0], document)


def _referred(name: str | None, document: Data) -> Iterator[Part]:
    if name is None or not name.startswith("AWS::"):
        is_parameter = name in mapping(mapping(document).get("Parameters"))
        yield Part("Parameters" if is_parameter else "Resources", name)
