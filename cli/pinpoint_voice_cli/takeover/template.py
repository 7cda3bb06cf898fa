"""A template of YAML or JSON, with the positions of all that is in it, so that edits leave the rest alone."""

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from pinpoint_voice_cli.takeover.errors import UnreadableTemplate


@dataclass(frozen=True)
class Node:
    """Something in a template.

    Args:
        start: Where it starts in the text: at its tag, if it has one.
        end: Where it ends, without comments and blank lines behind it.
        tag: Its tag, such as `!Ref`; empty where it has none of its own.
    """

    start: int
    end: int
    tag: str


@dataclass(frozen=True)
class Scalar(Node):
    """A text, number, boolean or null; `value` is text as it is read, None for null."""

    value: str | None


@dataclass(frozen=True)
class Sequence(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Entry:
    """A key of a mapping, with its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True)
class Mapping(Node):
    """A mapping; `flow` tells whether it is in braces."""

    entries: tuple[Entry, ...]
    flow: bool

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a key, or None where there is none."""
        return next((entry for entry in self.entries if entry.key.value == key), None)


@dataclass(frozen=True)
class Template:
    """A template.

    Args:
        name: How messages call it.
        text: All of it, without a byte order mark.
        root: What is in it.
        is_json: Whether it is JSON, in which neither tags nor comments may stand.
        has_bom: Whether its file starts with a byte order mark.
    """

    name: str
    text: str
    root: Mapping
    is_json: bool
    has_bom: bool = False

    @classmethod
    def of(cls, name: str, text: str, *, has_bom: bool = False) -> "Template":
        """Read a template; raises UnreadableTemplate."""
        with readable(name):
            is_json = text.lstrip().startswith("{") and _is_json(text)
            root = _Json(text).root() if is_json else _yaml(text)
        if isinstance(root, Mapping) and len({entry.key.value for entry in root.entries}) < len(root.entries):
            raise UnreadableTemplate(name, "it has a section twice")
        if not isinstance(root, Mapping) or not isinstance(_value(root, "Resources"), Mapping):
            raise UnreadableTemplate(name, "it has no mapping of Resources")
        return cls(name, text, root, is_json, has_bom)

    @classmethod
    def read(cls, path: Path) -> "Template":
        """Read a file; raises UnreadableTemplate."""
        raw = path.read_bytes()
        has_bom = raw.startswith(codecs.BOM_UTF8)
        try:
            text = raw.removeprefix(codecs.BOM_UTF8).decode()
        except UnicodeDecodeError as error:
            raise UnreadableTemplate(str(path), f"it is not UTF-8: {error}") from error
        return cls.of(str(path), text, has_bom=has_bom)

    def with_text(self, text: str) -> "Template":
        """Return the template with another text; raises UnreadableTemplate."""
        return Template.of(self.name, text, has_bom=self.has_bom)

    def encoded(self) -> bytes:
        """Return it as its file has it."""
        return (codecs.BOM_UTF8 if self.has_bom else b"") + self.text.encode()

    @property
    def resources(self) -> Mapping:
        """The section of the resources."""
        section = _value(self.root, "Resources")
        assert isinstance(section, Mapping)  # noqa: S101  # `of` has seen to it
        return section


def _value(mapping: Mapping, key: str) -> Node | None:
    entry = mapping.entry(key)
    return entry.value if entry else None


def comments(template: Template) -> tuple[tuple[int, str], ...]:
    """Return each comment, with its position: what is neither a token nor white space."""
    return () if template.is_json else _scanned(template.text).comments


def is_shared(template: Template, node: Node) -> bool:
    """Tell whether a part of a template has an anchor, an alias or a merge key."""
    if template.is_json:
        return False
    return any(node.start <= position < node.end for position in _scanned(template.text).shared)


def fragment(name: str, text: str) -> Node:
    """Read a value of a template, in YAML or JSON; raises UnreadableTemplate."""
    with readable(name):
        node = _yaml(text)
    if node is None:
        raise UnreadableTemplate(name, "it is empty")
    return node


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Raise UnreadableTemplate where something that is read is no YAML, or is nested too deeply."""
    try:
        yield
    except yaml.YAMLError as error:
        raise UnreadableTemplate(name, str(error)) from error
    except RecursionError as error:
        raise UnreadableTemplate(name, "it is nested too deeply, or an alias is part of itself") from error


# YAML; its parser is slow, and a template is often the one that is deployed


@dataclass(frozen=True)
class _Scanned:
    """What is in a text beside its nodes: comments, and the positions of anchors, aliases and merge keys."""

    comments: tuple[tuple[int, str], ...]
    shared: tuple[int, ...]


@lru_cache(maxsize=4)
def _scanned(text: str) -> _Scanned:
    comments: list[tuple[int, str]] = []
    shared: list[int] = []
    end = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        start = token.start_mark.index
        found = re.finditer(r"#[^\r\n]*", text[end:start])
        comments += [(end + comment.start(), comment.group().rstrip()) for comment in found]
        end = max(end, token.end_mark.index)
        is_merge = isinstance(token, yaml.ScalarToken) and token.plain and token.value == "<<"
        if is_merge or isinstance(token, yaml.AnchorToken | yaml.AliasToken):
            shared.append(start)
    return _Scanned(tuple(comments), tuple(shared))


@lru_cache(maxsize=4)
def _yaml(text: str) -> Node | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return None if root is None else _of_yaml(text, root)


def _of_yaml(text: str, node: yaml.Node) -> Node:
    start, end = node.start_mark.index, node.end_mark.index
    tag = node.tag if node.tag.startswith("!") else ""
    if isinstance(node, yaml.ScalarNode):
        # The end of a block scalar is where the next thing starts.
        end = start + len(text[start:end].rstrip()) if node.style in ("|", ">") else end
        is_null = node.tag == "tag:yaml.org,2002:null"
        return Scalar(start, end, tag, None if is_null else _text(node))
    if isinstance(node, yaml.SequenceNode):
        items = tuple(_of_yaml(text, item) for item in node.value)
        return Sequence(start, end if node.flow_style else _end(start, items), tag, items)
    assert isinstance(node, yaml.MappingNode)  # noqa: S101  # there is no other
    entries = tuple(Entry(_key(key), _of_yaml(text, value)) for key, value in node.value)
    values = tuple(entry.value for entry in entries)
    # A value that is an alias is where its anchor is; its key is not.
    end = end if node.flow_style else _end(start, (*values, *(entry.key for entry in entries)))
    return Mapping(start, end, tag, entries, flow=bool(node.flow_style))


def _end(start: int, nodes: tuple[Node, ...]) -> int:
    return max((node.end for node in nodes), default=start)


def _key(node: yaml.Node) -> Scalar:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.MarkedYAMLError(problem="a key is not a text", problem_mark=node.start_mark)
    return Scalar(node.start_mark.index, node.end_mark.index, "", str(node.value))


def _text(node: yaml.ScalarNode) -> str:
    return boolean(node.value) if node.tag == "tag:yaml.org,2002:bool" else str(node.value)


def boolean(text: str) -> str:
    """Return `true` or `false` for the words of YAML for them, and any other text as it is."""
    word = text.lower()
    return "true" if word in ("yes", "true", "on") else "false" if word in ("no", "false", "off") else text


# JSON, which YAML's parser does not read where it is indented with tabs


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def _string(text: str, start: int) -> tuple[str, int]:
    value, end = json.JSONDecoder().raw_decode(text, start)
    return str(value), end


class _Json:
    """Reads what the json module has read already, for its positions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def root(self) -> Node:
        return self._node()

    def _node(self) -> Node:
        start = self._next()
        match self._text[start]:
            case "{":
                entries = tuple(self._entries())
                return Mapping(start, self._at, "", entries, flow=True)
            case "[":
                items = tuple(self._items())
                return Sequence(start, self._at, "", items)
            case '"':
                value, self._at = _string(self._text, start)
                return Scalar(start, self._at, "", value)
            case _:
                literal = re.compile(r"[^\s,\]}]+").match(self._text, start)
                assert literal  # noqa: S101  # the json module has read it
                self._at = literal.end()
                return Scalar(start, self._at, "", None if literal[0] == "null" else literal[0])

    def _entries(self) -> Iterator[Entry]:
        self._at += 1
        while self._text[self._next()] != "}":
            key = self._node()
            assert isinstance(key, Scalar)  # noqa: S101  # the json module has read it
            self._skip(":")
            yield Entry(key, self._node())
            self._skip(",")
        self._at += 1

    def _items(self) -> Iterator[Node]:
        self._at += 1
        while self._text[self._next()] != "]":
            yield self._node()
            self._skip(",")
        self._at += 1

    def _skip(self, mark: str) -> None:
        if self._text[self._next()] == mark:
            self._at += 1

    def _next(self) -> int:
        while self._text[self._at] in " \t\r\n":
            self._at += 1
        return self._at
