"""What a template says, without its layout: short tags are as the long forms, and scalars are texts."""

from typing import TypeAlias

from pinpoint_voice_cli.takeover.template import Mapping, Node, Scalar, Sequence

Data: TypeAlias = "dict[str, Data] | list[Data] | str | None"


def data(node: Node) -> Data:
    """Return what a node says."""
    bare: Data
    match node:
        case Scalar():
            bare = node.value
        case Sequence():
            bare = [data(item) for item in node.items]
        case Mapping():
            bare = {entry.key.value or "": data(entry.value) for entry in node.entries}
        case _:  # pragma: no cover  # there is no other
            raise TypeError(node)
    return _with_functions_split({function(node.tag): bare} if node.tag else bare)


def plain(value: object) -> Data:
    """Return what boto3 has read of a JSON template in the same way."""
    if isinstance(value, dict):
        return _with_functions_split({str(key): plain(inner) for key, inner in value.items()})
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def mapping(value: Data) -> dict[str, Data]:
    """Return a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def function(tag: str) -> str:
    """Return the long form of a short tag: `Fn::GetAtt` of `!GetAtt`."""
    name = tag.removeprefix("!")
    return name if name in ("Ref", "Condition") else f"Fn::{name}"


def _with_functions_split(value: Data) -> Data:
    """Write `Fn::GetAtt: Logical.Attribute` as the list that it stands for."""
    if isinstance(value, dict) and value.keys() == {"Fn::GetAtt"}:
        target = value["Fn::GetAtt"]
        if isinstance(target, str) and "." in target:
            return {"Fn::GetAtt": list(target.split(".", 1))}
    return value
