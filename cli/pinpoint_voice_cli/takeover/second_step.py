"""The second step: the native resources go, and what refers to them refers to ours."""

from collections.abc import Mapping as Names
from collections.abc import Sequence

from pinpoint_voice_cli.takeover.channels import Takeover, resources_of
from pinpoint_voice_cli.takeover.data import Data, mapping
from pinpoint_voice_cli.takeover.errors import CannotTakeOver
from pinpoint_voice_cli.takeover.layout import Edit, Layout, applied
from pinpoint_voice_cli.takeover.references import References, depending, followed
from pinpoint_voice_cli.takeover.template import Entry, Template, comments


def second_step(template: Template, takeovers: Sequence[Takeover]) -> Template:
    """Return the template of the second step; raises CannotTakeOver."""
    ours = by_native(takeovers)
    edits = [*References(template, ours).edits(), *_Removal(template, ours).edits()]
    return template.with_text(applied(template.text, edits))


def second_step_data(document: Data, takeovers: Sequence[Takeover]) -> Data:
    """Return what the template of the second step is to say, reckoned without its text."""
    ours = by_native(takeovers)
    kept = {
        name: depending(followed(resource, ours), ours)
        for name, resource in resources_of(document).items()
        if name not in ours
    }
    return {**mapping(followed(document, ours)), "Resources": kept}


def by_native(takeovers: Sequence[Takeover]) -> dict[str, str]:
    """Return our logical ids by the native ones."""
    return {each.native: each.ours for each in takeovers}


class _Removal:
    """Removes resources, but none of the comments that stand in them alone."""

    def __init__(self, template: Template, ours: Names[str, str]) -> None:
        self._template = template
        self._text = template.text
        self._layout = Layout(template)
        self._entries = template.resources.entries
        self._gone = [entry for entry in self._entries if entry.key.value in ours]
        self._ours = [entry for entry in self._entries if entry.key.value in ours.values()]

    def edits(self) -> list[Edit]:
        if self._template.resources.flow:
            spans = [self._in_braces(entry) for entry in self._gone]
            if lost := self._lost(spans):
                raise CannotTakeOver(
                    f"{self._template.name} has the comment {lost[0][1]!r} in a resource that this step "
                    "removes. Move the comment to another place, and run this command again."
                )
            return [Edit(*span, "") for span in spans]
        spans = [self._lines(entry) for entry in self._gone]
        lost = self._lost(spans)
        return [
            Edit(*span, self._kept(entry, span, lost)) for entry, span in zip(self._gone, spans, strict=True)
        ]

    def _in_braces(self, entry: Entry) -> tuple[int, int]:
        """Return where an entry is, with the comma behind it, or before it where none that stays follows."""
        at = self._entries.index(entry)
        if any(later not in self._gone for later in self._entries[at:]):
            return entry.key.start, self._entries[at + 1].key.start
        return self._entries[at - 1].value.end, entry.value.end

    def _end(self, entry: Entry) -> int:
        return entry.value.end if self._template.resources.flow else self._layout.end_of(entry)

    def _lines(self, entry: Entry) -> tuple[int, int]:
        """Return the lines of an entry, and the blank ones behind it, or before the last one."""
        start, end = self._layout.line_start(entry.key.start), self._layout.end_of(entry)
        if not self._text[end:].strip():
            return len(self._text[:start].rstrip()), end
        end = self._layout.next_line(end)
        while not self._layout.line(end):
            end = self._layout.next_line(end)
        return start, end

    def _lost(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, str]]:
        """Return the comments in what is removed that our resources do not have."""
        removed, kept = [], set()
        for position, text in comments(self._template):
            if any(start <= position < end for start, end in spans):
                removed.append((position, text))
            elif any(entry.key.start <= position < self._end(entry) for entry in self._ours):
                kept.add(text)
        return [(position, text) for position, text in removed if text not in kept]

    def _kept(self, entry: Entry, span: tuple[int, int], lost: Sequence[tuple[int, str]]) -> str:
        """Return the comments of an entry that would be lost, as lines of their own."""
        start, end = span
        indent, newline = self._layout.indent(entry.key), self._layout.newline
        lines = [f"{indent}{text}" for position, text in lost if start <= position < end]
        if start == self._layout.line_start(entry.key.start):
            return "".join(f"{line}{newline}" for line in lines)
        return "".join(f"{newline}{line}" for line in lines)
