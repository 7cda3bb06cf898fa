"""Edits of a text at positions, in the layout of what stands around them."""

from collections.abc import Iterable
from dataclasses import dataclass

from pinpoint_voice_cli.takeover.errors import CannotTakeOver
from pinpoint_voice_cli.takeover.template import Entry, Mapping, Node, Template


@dataclass(frozen=True)
class Edit:
    """Puts a text in the place of what is from start to end."""

    start: int
    end: int
    text: str


def applied(text: str, edits: Iterable[Edit], start: int = 0, end: int | None = None) -> str:
    """Return the part of a text from start to end, with the edits that are in it.

    Those at one position come in the order in which they are given.
    """
    end = len(text) if end is None else end
    parts, at = [], start
    for edit in sorted(dict.fromkeys(edits), key=lambda edit: (edit.start, edit.end)):
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:end]])


class Layout:
    """The lines, the indentation and the quotes of a template."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._text = template.text
        self.newline = "\r\n" if "\r\n" in template.text[: template.text.find("\n") + 1] else "\n"

    def line_start(self, position: int) -> int:
        """Return where the line of a position starts."""
        return self._text.rfind("\n", 0, position) + 1

    def line_end(self, position: int) -> int:
        """Return where the line of a position ends, before its line break."""
        end = self._text.find("\n", position)
        end = len(self._text) if end < 0 else end
        return end - 1 if end > position and self._text[end - 1] == "\r" else end

    def next_line(self, position: int) -> int:
        """Return where the line after that of a position starts."""
        end = self._text.find("\n", position)
        return len(self._text) if end < 0 else end + 1

    def line(self, position: int) -> str:
        """Return the line of a position, without white space around it."""
        return self._text[self.line_start(position) : self.line_end(position)].strip()

    def indent(self, node: Node) -> str:
        """Return the white space before a key in its line; raises CannotTakeOver."""
        before = self._text[self.line_start(node.start) : node.start]
        if before.strip():
            number = self._text.count("\n", 0, node.start) + 1
            raise CannotTakeOver(
                f"Line {number} of {self._template.name} has {before.strip()!r} before a key, a layout that "
                "this command cannot edit. Put the key on a line of its own, and run this command again."
            )
        return before

    def end_of(self, entry: Entry) -> int:
        """Return where the lines of a block's entry end, with the comments indented deeper than its key."""
        depth = len(self.indent(entry.key))
        end = last = self.line_end(max(entry.value.end, entry.key.end))
        while (at := self.next_line(last)) < len(self._text):
            line = self._text[at : self.line_end(at)]
            if line.strip() and not (
                line.lstrip().startswith("#") and len(line) - len(line.lstrip()) > depth
            ):
                break
            last = self.line_end(at)
            end = last if line.strip() else end
        return end

    def is_apart(self, entry: Entry, end: int) -> bool:
        """Tell whether a blank line is before an entry, above the comments on it, or behind its end."""
        above = self.line_start(entry.key.start)
        while above and self.line(above - 1).startswith("#"):
            above = self.line_start(above - 1)
        below = self.next_line(end)
        blank_below = below < len(self._text) and not self.line(below)
        return blank_below or (above > 0 and not self.line(above - 1))

    def set(self, mapping: Mapping, after: Entry, values: dict[str, str]) -> list[Edit]:
        """Set keys of a mapping: change those that are there, and put the others behind an entry.

        Args:
            mapping: The mapping.
            after: One of its entries.
            values: The values as they are to stand there, by key.
        """
        edits, missing = [], {}
        for key, value in values.items():
            entry = mapping.entry(key)
            if entry is None:
                missing[key] = value
            else:
                edits.append(Edit(entry.value.start, entry.value.end, value))
        if missing and mapping.flow:
            added = "".join(f",{self.gap(mapping)}{self._pair(after, *pair)}" for pair in missing.items())
            edits.append(Edit(after.value.end, after.value.end, added))
        elif missing:
            end = self.line_end(max(after.value.end, after.key.end))
            lines = "".join(self._line(after, *pair) for pair in missing.items())
            edits.append(Edit(end, end, lines))
        return edits

    def put_first(self, parent: Entry, mapping: Mapping, values: dict[str, str]) -> Edit:
        """Put keys before all others of a mapping, which is the value of an entry."""
        first = mapping.entries[0]
        if mapping.flow:
            added = "".join(f"{self._pair(first, *pair)},{self.gap(mapping)}" for pair in values.items())
            return Edit(first.key.start, first.key.start, added)
        end = self.line_end(parent.key.end)
        return Edit(end, end, "".join(self._line(first, *pair) for pair in values.items()))

    def quoted(self, like: Node, text: str) -> str:
        """Return a text in the quotes of a scalar."""
        mark = self._text[like.end - 1 : like.end]
        return f"{mark}{text}{mark}" if mark in ('"', "'") else text

    def gap(self, mapping: Mapping) -> str:
        """Return the white space between a comma and a key, as a mapping in braces that has a key has it."""
        key = mapping.entries[min(1, len(mapping.entries) - 1)].key
        before = self._text[: key.start]
        bare = before.rstrip()
        gap = before[len(bare) :] if bare.endswith(("{", ",")) else " "
        # The only key of a line: as it is behind a colon.
        return gap or " " * self._text.startswith(": ", key.end)

    def _line(self, like: Entry, key: str, value: str) -> str:
        return f"{self.newline}{self.indent(like.key)}{self.quoted(like.key, key)}: {value}"

    def _pair(self, like: Entry, key: str, value: str) -> str:
        colon = self._text[like.key.end : like.value.start]
        colon = colon if colon.strip() == ":" and "\n" not in colon else ": "
        return f"{self.quoted(like.key, key)}{colon}{value}"


def renamed(layout: Layout, node: Node, text: str) -> Edit:
    """Return the edit that puts another text in the place of a scalar, in its quotes."""
    return Edit(node.start, node.end, layout.quoted(node, text))
