"""The first step: the native resources say Retain, and ours stand beside them.

What counts for a resource that is removed is the DeletionPolicy that it had in the template before.
Source: AWS's reference, aws-attribute-deletionpolicy
"""

from collections.abc import Iterator, Sequence

from pinpoint_voice_cli.takeover.channels import OURS, RETAIN, Takeover, resources_of, said
from pinpoint_voice_cli.takeover.data import Data, mapping
from pinpoint_voice_cli.takeover.layout import Edit, Layout, applied, renamed
from pinpoint_voice_cli.takeover.service_token import ServiceToken
from pinpoint_voice_cli.takeover.template import Entry, Mapping, Template

SERVICE_TIMEOUT = "480"
"""In seconds; docs/cloudformation.md says why."""


def first_step(template: Template, takeovers: Sequence[Takeover], token: ServiceToken) -> Template:
    """Return the template of the first step; raises CannotTakeOver."""
    step = _FirstStep(template, token)
    return template.with_text(
        applied(template.text, [edit for each in takeovers for edit in step.edits(each)])
    )


def first_step_data(document: Data, takeovers: Sequence[Takeover], token: ServiceToken) -> Data:
    """Return what the template of the first step is to say, reckoned without its text."""
    resources = dict(resources_of(document))
    for each in takeovers:
        native = mapping(resources[each.native])
        if each.ours not in resources:
            properties = mapping(native["Properties"])
            added = _properties(each, properties, token.data)
            resources[each.ours] = {**native, "Type": OURS, "Properties": {**properties, **added}}
        resources[each.native] = {**native, **RETAIN}
    return {**mapping(document), "Resources": resources}


def _properties(each: Takeover, native: dict[str, Data], token: Data) -> dict[str, Data]:
    added: dict[str, Data] = {"ServiceToken": token, "ServiceTimeout": SERVICE_TIMEOUT}
    if "Enabled" not in native and each.enabled is not None:
        added["Enabled"] = each.enabled
    return added


class _FirstStep:
    def __init__(self, template: Template, token: ServiceToken) -> None:
        self._template = template
        self._token = token
        self._layout = Layout(template)
        self._known = resources_of(said(template))

    def edits(self, each: Takeover) -> Iterator[Edit]:
        """Yield the edits for one channel."""
        entry, resource, kind = self._native(each.native)
        yield from self._layout.set(
            resource, kind, {key: self._layout.quoted(kind.value, value) for key, value in RETAIN.items()}
        )
        if each.ours not in self._known:
            yield self._beside(entry, self._ours(each, entry, resource, kind))

    def _native(self, logical_id: str) -> tuple[Entry, Mapping, Entry]:
        entry = self._template.resources.entry(logical_id)
        assert entry  # noqa: S101  # channels.py has seen to it
        assert isinstance(entry.value, Mapping)  # noqa: S101  # as above
        kind = entry.value.entry("Type")
        assert kind  # noqa: S101  # as above
        return entry, entry.value, kind

    def _ours(self, each: Takeover, entry: Entry, resource: Mapping, kind: Entry) -> str:
        """Return the text of our resource: that of the native one, with what differs."""
        properties = resource.entry("Properties")
        assert properties  # noqa: S101  # as above
        assert isinstance(properties.value, Mapping)  # noqa: S101  # as above
        application = properties.value.entry("ApplicationId")
        assert application  # noqa: S101  # as above
        edits = [
            renamed(self._layout, entry.key, each.ours),
            renamed(self._layout, kind.value, OURS),
            self._layout.put_first(
                properties,
                properties.value,
                {"ServiceToken": self._token.written(self._template), "ServiceTimeout": SERVICE_TIMEOUT},
            ),
        ]
        if each.enabled is not None and properties.value.entry("Enabled") is None:
            edits += self._layout.set(properties.value, application, {"Enabled": each.enabled})
        return applied(self._template.text, edits, entry.key.start, self._end(entry))

    def _end(self, entry: Entry) -> int:
        return entry.value.end if self._template.resources.flow else self._layout.end_of(entry)

    def _beside(self, entry: Entry, ours: str) -> Edit:
        """Put our resource behind the native one, as far from it as the others are from each other."""
        end = self._end(entry)
        if self._template.resources.flow:
            return Edit(end, end, f",{self._layout.gap(self._template.resources)}{ours}")
        newline = self._layout.newline
        apart = newline * (2 if self._layout.is_apart(entry, end) else 1)
        return Edit(end, end, f"{apart}{self._layout.indent(entry.key)}{ours}")
