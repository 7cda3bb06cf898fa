"""What refers to a native channel, and how it refers to ours instead.

`Ref` of the native type is the application's id, which ours has as the attribute ApplicationId. The native
type has one attribute, Id; ours has it, too.
Source: AWS's template reference, aws-resource-pinpoint-voicechannel, "Return values"
"""

import re
from collections.abc import Collection, Iterator
from collections.abc import Mapping as Names

from pinpoint_voice_cli.takeover.data import Data, function, mapping
from pinpoint_voice_cli.takeover.layout import Edit, Layout, renamed
from pinpoint_voice_cli.takeover.template import Entry, Mapping, Node, Scalar, Sequence, Template

_VARIABLE = re.compile(r"\$\{\s*([A-Za-z0-9]+)((?:\.[A-Za-z0-9.]+)?)\s*\}")
"""`${Logical}` or `${Logical.Attribute}` of Fn::Sub. `${!Literal}` is not one."""


def substituted(text: str, ours: Names[str, str], shadowed: Collection[str] = ()) -> str:
    """Return a text of Fn::Sub that refers to ours.

    Args:
        text: The text.
        ours: Our logical ids by the native ones.
        shadowed: The variables that the function itself defines.
    """

    def replace(variable: re.Match[str]) -> str:
        name, attribute = variable.groups()
        if name not in ours or f"{name}{attribute}" in shadowed:
            return variable[0]
        return f"${{{ours[name]}{attribute or '.ApplicationId'}}}"

    return _VARIABLE.sub(replace, text)


# In data


def followed(value: Data, ours: Names[str, str]) -> Data:
    """Return data that refer to ours."""
    if isinstance(value, list):
        return [followed(inner, ours) for inner in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        match value:
            case {"Ref": str(name)} if name in ours:
                return {"Fn::GetAtt": [ours[name], "ApplicationId"]}
            case {"Fn::GetAtt": [str(name), *rest]} if name in ours:
                return {"Fn::GetAtt": [ours[name], *rest]}
            case {"Fn::Sub": str(text)}:
                return {"Fn::Sub": substituted(text, ours)}
            case {"Fn::Sub": [str(text), dict(variables)]}:
                return {"Fn::Sub": [substituted(text, ours, variables), followed(variables, ours)]}
    return {key: followed(inner, ours) for key, inner in value.items()}


def depending(resource: Data, ours: Names[str, str]) -> Data:
    """Return a resource whose DependsOn names ours."""
    if not isinstance(resource, dict) or "DependsOn" not in resource:
        return resource
    names = resource["DependsOn"]
    if isinstance(names, list):
        return {
            **resource,
            "DependsOn": [ours.get(name, name) if isinstance(name, str) else name for name in names],
        }
    return {**resource, "DependsOn": ours.get(names, names) if isinstance(names, str) else names}


def refers(resource: Data, native: str) -> bool:
    """Tell whether a resource refers to a native channel."""
    ours = {native: f"{native}x"}
    return depending(followed(resource, ours), ours) != resource


def referring(document: Data, natives: Collection[str]) -> set[str]:
    """Return what refers to a native channel: resources, outputs and other sections, as `Resources.Name`."""
    found = set()
    for section, content in mapping(document).items():
        for name, value in mapping(content).items():
            if name not in natives and any(refers(value, native) for native in natives):
                found.add(f"{section}.{name}")
    return found


# In a text


class References:
    """Finds the references of a template.

    Args:
        template: The template.
        ours: Our logical ids by the native ones.
    """

    def __init__(self, template: Template, ours: Names[str, str]) -> None:
        self._template = template
        self._text = template.text
        self._layout = Layout(template)
        self._ours = ours

    def edits(self) -> Iterator[Edit]:
        """Yield the edits that have all refer to ours, but not those in the native resources themselves."""
        for section in self._template.root.entries:
            if section.value is not self._template.resources:
                yield from self._in(section.value)
        for resource in self._template.resources.entries:
            if resource.key.value not in self._ours:
                yield from self._in(resource.value)
                yield from self._depending(resource.value)

    def _in(self, node: Node) -> Iterator[Edit]:
        name = function(node.tag) if node.tag else ""
        if isinstance(node, Mapping) and len(node.entries) == 1 and not name:
            [entry] = node.entries
            yield from self._long(entry) or self._in(entry.value)
        elif name in ("Ref", "Fn::GetAtt", "Fn::Sub"):
            yield from self._short(name, node)
        else:
            yield from self._children(node)

    def _children(self, node: Node) -> Iterator[Edit]:
        if isinstance(node, Mapping):
            for entry in node.entries:
                yield from self._in(entry.value)
        elif isinstance(node, Sequence):
            for item in node.items:
                yield from self._in(item)

    def _long(self, entry: Entry) -> list[Edit]:
        match entry.key.value, entry.value:
            case "Ref", Scalar(value=str(name)) if name in self._ours:
                target = [
                    self._layout.quoted(entry.key, text) for text in (self._ours[name], "ApplicationId")
                ]
                return [
                    renamed(self._layout, entry.key, "Fn::GetAtt"),
                    Edit(entry.value.start, entry.value.end, f"[{', '.join(target)}]"),
                ]
            case "Fn::GetAtt", target:
                return self._attribute(target)
            case "Fn::Sub", text:
                return self._sub(text)
        return []

    def _short(self, name: str, node: Node) -> list[Edit]:
        if name == "Ref" and isinstance(node, Scalar) and (native := node.value or "") in self._ours:
            return [Edit(node.start, node.end, f"!GetAtt {self._ours[native]}.ApplicationId")]
        if name == "Fn::GetAtt":
            return self._attribute(node)
        return self._sub(node) if name == "Fn::Sub" else []

    def _attribute(self, node: Node) -> list[Edit]:
        match node:
            case Scalar(value=str(target)) if (name := target.split(".")[0]) in self._ours:
                at = self._text.index(name, node.start + len(node.tag))
                return [Edit(at, at + len(name), self._ours[name])]
            case Sequence(items=(Scalar(value=str(name)) as first, *_)) if name in self._ours:
                return [renamed(self._layout, first, self._ours[name])]
        return []

    def _sub(self, node: Node) -> list[Edit]:
        match node:
            case Scalar():
                return self._sub_text(node)
            case Sequence(items=(Scalar() as text, Mapping() as variables)):
                shadowed = [entry.key.value or "" for entry in variables.entries]
                return [*self._sub_text(text, shadowed), *self._children(variables)]
        return list(self._children(node))

    def _sub_text(self, node: Scalar, shadowed: Collection[str] = ()) -> list[Edit]:
        before = self._text[node.start : node.end]
        after = substituted(before, self._ours, shadowed)
        return [Edit(node.start, node.end, after)] if after != before else []

    def _depending(self, resource: Node) -> Iterator[Edit]:
        entry = resource.entry("DependsOn") if isinstance(resource, Mapping) else None
        if entry is None:
            return
        names = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
        for name in names:
            if isinstance(name, Scalar) and (native := name.value or "") in self._ours:
                yield renamed(self._layout, name, self._ours[native])
