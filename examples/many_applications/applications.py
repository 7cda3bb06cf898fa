"""Reads and checks the list of applications: a YAML or JSON file."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_BOOLEANS = {"true": True, "false": False}
_KEYS = ("id", "account", "region", "enabled")


class InvalidList(ValueError):
    """When the list cannot be used; the text has every problem, one a line."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


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
        # BaseLoader: every scalar is text, so that an id or an account of digits only is no number.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506, it makes text only
    except OSError as error:
        raise InvalidList(path, [f"cannot be read: {error.strerror}."]) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidList(path, [f"is neither YAML nor JSON: {error}"]) from error
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
    yield from _not(fields, "stacks", re.compile(r"[1-9]\d{0,3}"), "a number from 1 to 9999")
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
    if entry.get("enabled", "true") not in _BOOLEANS:
        yield f"enabled is {entry['enabled']!r}, but must be true or false."


def _unknown(fields: Mapping[str, object], known: Sequence[str]) -> Iterator[str]:
    for key in sorted(set(fields).difference(known)):
        yield f"{key} is unknown; the keys are {', '.join(known)}."


def _not(fields: Mapping[str, object], key: str, pattern: re.Pattern[str], allowed: str) -> Iterator[str]:
    value = fields.get(key)
    if value is None:
        yield f"{key} is missing; it must be {allowed}."
    elif not isinstance(value, str) or not pattern.fullmatch(value):
        yield f"{key} is {value!r}, but must be {allowed}."


def _repeated(entries: Sequence[object]) -> Iterator[str]:
    known = [entry for entry in map(_mapping, entries) if entry is not None]
    places = Counter(tuple(str(entry.get(key)) for key in ("id", "account", "region")) for entry in known)
    for (application_id, account, region), times in places.items():
        if times > 1:
            yield f"application {application_id} of {account}, {region} is there {times} times."


def _mapping(value: object) -> Mapping[str, object] | None:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def _list(value: object) -> Sequence[object] | None:
    return cast("Sequence[object]", value) if isinstance(value, list) else None
