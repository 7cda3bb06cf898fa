"""Reads and checks the list of applications: a YAML or JSON file."""

import re
import reprlib
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SHOWN = 100
_KEYS = ("id", "account", "region", "enabled")


class InvalidList(ValueError):
    """When the list cannot be used; the text has every problem, one a line."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


class _Loader(yaml.BaseLoader):
    """Makes text of every scalar, so that an id or an account of digits only is no number.

    It takes no aliases, of which a few lines can make a list of billions, and no key that is there twice.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (*name) is not allowed; write out what it stands for")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for key, times in keys.items():
            if times > 1:
                raise yaml.YAMLError(f"the key {_shown(key)} is there {times} times{node.start_mark}")
        return super().construct_mapping(node, deep)


@dataclass(frozen=True)
class Application:
    """An application whose voice channel is to be managed.

    Args:
        id: The id of the Pinpoint application (its Project ID).
        account: The AWS account that it is in.
        region: The Region that it is in.
        enabled: Whether its voice channel is enabled.
    """

    id: str
    account: str
    region: str
    enabled: bool


@dataclass(frozen=True)
class Applications:
    """The whole list.

    Args:
        stacks: Over how many stacks the channels of an account and Region are spread.
        entries: The applications, in the order of the file.
    """

    stacks: int
    entries: tuple[Application, ...]


def read(path: Path) -> Applications:
    """Read the list.

    Raises:
        InvalidList: It cannot be read, or something in it is not valid.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506, it makes text only
    except OSError as error:
        raise InvalidList(path, [f"cannot be read: {error.strerror}."]) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidList(path, [f"is neither YAML nor JSON: {' '.join(str(error).split())}"]) from error
    except RecursionError as error:
        raise InvalidList(path, ["is nested too deeply."]) from error
    problems = [*_problems(content)]
    if problems:
        raise InvalidList(path, problems)
    entries = tuple(_application(entry) for entry in content["applications"])
    return Applications(int(content["stacks"]), entries)


def _application(entry: Mapping[str, str]) -> Application:
    enabled = _BOOLEANS[entry.get("enabled", "true")]
    return Application(entry["id"], entry["account"], entry["region"], enabled)


def _problems(content: object) -> Iterator[str]:
    fields = _mapping(content)
    if fields is None:
        yield "must have the keys stacks and applications."
        return
    yield from _unknown(fields, ("stacks", "applications"))
    yield from _not(fields, "stacks", re.compile(r"[1-9][0-9]{0,3}"), "a number from 1 to 9999")
    entries = _list(fields.get("applications"))
    if not entries:
        yield "applications must be a list of at least one application."
        return
    for number, entry in enumerate(entries, 1):
        yield from (f"application {number}: {problem}" for problem in _problems_of_entry(_mapping(entry)))
    yield from _repeated(entries)


def _problems_of_entry(entry: Mapping[str, object] | None) -> Iterator[str]:
    if entry is None:
        yield f"must have the keys {', '.join(_KEYS)}."
        return
    yield from _unknown(entry, _KEYS)
    yield from _not(entry, "id", _ID, "the id of an Amazon Pinpoint application")
    yield from _not(entry, "account", _ACCOUNT, "12 digits")
    yield from _not(entry, "region", _REGION, "a Region, e.g. eu-west-1")
    enabled = entry.get("enabled", "true")
    if not isinstance(enabled, str) or enabled not in _BOOLEANS:
        yield f"enabled is {reprlib.repr(enabled)}, but must be true or false."


def _unknown(fields: Mapping[str, object], known: Sequence[str]) -> Iterator[str]:
    for key in sorted(set(fields).difference(known)):
        yield f"{_shown(key)} is unknown; the keys are {', '.join(known)}."


def _not(fields: Mapping[str, object], key: str, pattern: re.Pattern[str], allowed: str) -> Iterator[str]:
    value = fields.get(key)
    if value is None:
        yield f"{key} is missing; it must be {allowed}."
    elif not isinstance(value, str) or not pattern.fullmatch(value):
        yield f"{key} is {reprlib.repr(value)}, but must be {allowed}."


def _repeated(entries: Sequence[object]) -> Iterator[str]:
    known = [entry for entry in map(_mapping, entries) if entry is not None]
    keys = ("id", "account", "region")
    places = Counter(tuple(_shown(entry.get(key)) for key in keys) for entry in known)
    for (application_id, account, region), times in places.items():
        if times > 1:
            yield f"application {application_id} of {account}, {region} is there {times} times."


def _shown(value: object) -> str:
    if not isinstance(value, str):
        return reprlib.repr(value)
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"


def _mapping(value: object) -> Mapping[str, object] | None:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def _list(value: object) -> Sequence[object] | None:
    return cast("Sequence[object]", value) if isinstance(value, list) else None
