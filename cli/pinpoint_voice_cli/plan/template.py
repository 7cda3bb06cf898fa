"""Reads templates: JSON, or YAML with CloudFormation's short tags.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from pinpoint_voice_cli.plan.errors import UnreadableTemplate

Template = Mapping[str, Any]

STACK = "AWS::CloudFormation::Stack"

# What CloudFormation sends as text to a custom resource stays the text that it is in the template.
_TEXTS = tuple(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "timestamp", "value"))


_SECTIONS = ("Parameters", "Mappings", "Conditions")

_DEEPEST = 100
"""In how many levels a template may be nested; those that people write have some twenty."""

_TOO_DEEP = f"it is nested in more than {_DEEPEST} levels"

_PLACEHOLDER = re.compile(r"\$\{\s*([^!}\s]+)\s*\}")


class _Loader(yaml.SafeLoader):
    """Reads the short tags as the functions that they stand for."""

    yaml_implicit_resolvers = {  # noqa: RUF012, as yaml.SafeLoader has it
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _TEXTS]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _function(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # the third kind of node
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", maxsplit=1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _function)


def read(path: Path) -> Template:
    """Read a file; raises UnreadableTemplate."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableTemplate(str(path), str(error)) from error


def parse(text: str, source: str) -> Template:
    """Read a template's text; raises UnreadableTemplate, which names its source."""
    try:
        # YAML takes no tabs, JSON does.
        parsed = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader)  # noqa: S506, a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UnreadableTemplate(source, f"{where}{error.problem}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise UnreadableTemplate(source, " ".join(str(error).split())) from error
    except RecursionError as error:
        raise UnreadableTemplate(source, _TOO_DEEP) from error
    return checked(parsed, source)


def checked(parsed: object, source: str) -> Template:
    """Return what was read, if it has the outer shape of a template; raises UnreadableTemplate."""
    if not isinstance(parsed, Mapping) or not isinstance(parsed.get("Resources"), Mapping):
        raise UnreadableTemplate(source, "it has no mapping Resources")
    if not _is_shallow(parsed, _DEEPEST):
        raise UnreadableTemplate(source, _TOO_DEEP)
    template = {**parsed, **{name: _section(parsed, name, source) for name in _SECTIONS if name in parsed}}
    for name, parameter in template.get("Parameters", {}).items():
        if not isinstance(parameter, Mapping):
            raise UnreadableTemplate(source, f"the parameter {name} has no Type")
    if not uses_transforms(template):
        for logical_id, resource in template["Resources"].items():
            if not isinstance(resource, Mapping) or not isinstance(resource.get("Type"), str):
                raise UnreadableTemplate(source, f"the resource {logical_id} has no Type")
    return template


def _section(template: Template, name: str, source: str) -> Mapping[str, Any]:
    """Return a section, which may be left empty."""
    section = {} if template[name] is None else template[name]
    if not isinstance(section, Mapping):
        raise UnreadableTemplate(source, f"its {name} are no mapping")
    return section


def _is_shallow(value: object, levels: int) -> bool:
    """Tell whether a value is nested in no more levels, which one that an alias puts in itself is not."""
    members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(member, levels - 1) for member in members)


def references(template: Template, logical_id: str) -> set[str]:
    """Return the resources that one refers to, and those that they refer to."""
    resources = template["Resources"]
    found: set[str] = set()
    asked = [logical_id]
    while asked:
        declared = resources.get(asked.pop(), {})
        depends = declared.get("DependsOn", [])
        named = {*_named(declared.get("Properties")), *([depends] if isinstance(depends, str) else depends)}
        asked += [one for one in named if one in resources and one not in found]
        found |= named & resources.keys()
    return found


def _named(value: object) -> Iterator[str]:
    """Yield what the functions in a value name, which may also be parameters."""
    members = value if isinstance(value, list) else []
    if isinstance(value, Mapping):
        members = list(value.values())
        for function in ("Ref", "Fn::GetAtt", "Fn::Sub"):
            argument = value.get(function)
            text = argument[0] if isinstance(argument, list) and argument else argument
            if isinstance(text, str):
                names = _PLACEHOLDER.findall(text) if function == "Fn::Sub" else [text]
                yield from (name.partition(".")[0] for name in names)
    for member in members:
        yield from _named(member)


def uses_transforms(template: Template) -> bool:
    """Tell whether macros make of a template what is deployed, which nobody but CloudFormation runs."""
    return "Transform" in template or '"Fn::Transform"' in json.dumps(template, default=str)
