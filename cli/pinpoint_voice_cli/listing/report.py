"""What the command `list` prints."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pinpoint_voice_cli.listing.region import Application, Channel, ChannelState, Drift, RegionListing
from pinpoint_voice_cli.listing.stacks import Kind, Manager
from pinpoint_voice_cli.listing.wanted import Wanted

_MANAGED_BY: Mapping[str, str] = {Kind.LIBRARY: "this library", Kind.NATIVE: "native type"}
_MANAGED_BY_STYLES = {"contested": "red", "unknown": "yellow"}
# The others are red.
_CHANNEL_STYLES = {ChannelState.ENABLED: "green", ChannelState.UNKNOWN: "yellow"}
_DRIFT_STYLES = {Drift.NONE: "green", Drift.DEPLOYING: "yellow", Drift.UNKNOWN: "yellow"}


@dataclass(frozen=True)
class Listing:
    """The applications of some Regions.

    Args:
        regions: What was found in each.
        not_asked: The Regions of other partitions, for which these credentials are worth nothing.
        stacks_only: Whether only what stacks manage is in it.
    """

    regions: tuple[RegionListing, ...]
    not_asked: tuple[str, ...]
    stacks_only: bool

    @property
    def is_complete(self) -> bool:
        """Whether all could be read."""
        return not any(region.errors for region in self.regions)

    def document(self) -> Mapping[str, object]:
        """Return it for programs.

        - `regions`: each with
            - `region`
            - `errors`: what could not be read; texts
            - `notes`: what else is not known, such as whose channel a stack is about to manage; texts
            - `applications`: each with
                - `application_id`
                - `name`: null where GetApps does not have it, or was not asked
                - `gone`: true where GetApps was read, and does not have it
                - `channel`: `state` (`enabled`, `disabled`, `archived`, `none`, `unknown`), and
                  `last_modified_by` and `last_modified_date` as Pinpoint tells them, else empty
                - `managed_by`: `library`, `native`, `contested`, `nobody`; `unknown` where no manager is
                  known, but a stack could not be read, or may still delete the channel
                - `managers`: each with `kind` (`library`, `native`), `stack`, `stack_id`, `logical_id`,
                  `deploying` (whether the stack, or one around it, is in an operation), `wanted` (`enabled`,
                  `disabled`, `unknown`) and `why_unknown` (empty where it is known)
                - `drift`: `none`, `drifted`, `deploying`, `unknown`; null where no manager is known
        - `not_asked`: the Regions of other partitions, with `--all-regions`
        """
        return {
            "regions": [
                {
                    "region": region.region,
                    "errors": list(region.errors),
                    "notes": list(region.notes),
                    "applications": [_document(application) for application in region.applications],
                }
                for region in self.regions
            ],
            "not_asked": list(self.not_asked),
        }

    def print(self, console: Console) -> None:
        """Print it for people."""
        for region in self.regions:
            if region.applications:
                console.print(Text(region.region, style="bold"))
                _print_table(console, region)
                console.print()
            for text in region.errors:
                console.print(Text(text, style="red"))
            for text in region.notes:
                console.print(Text(f"{region.region}: {text}", style="yellow"))
        for line in self._summary():
            console.print(Text(line))

    def _summary(self) -> Iterator[str]:
        empty = [one.region for one in self.regions if not one.applications and not one.errors]
        if empty:
            what = "channels managed by stacks" if self.stacks_only else "applications"
            yield f"There are no {what} in {', '.join(empty)}."
        if self.not_asked:
            elsewhere = ", ".join(self.not_asked)
            yield f"Not read: {elsewhere}, of another partition. Pass --region and a --profile of that one."
        applications = [one for region in self.regions for one in region.applications]
        if applications:
            yield _counted(applications)
        yield from _next_steps(applications)


def _next_steps(applications: list[Application]) -> Iterator[str]:
    if any(one.drift is Drift.DRIFTED for one in applications):
        yield "Who changed a channel: pinpoint-voice history APPLICATION --region REGION"
    if any(one.managed_by == "contested" for one in applications):
        yield (
            "A contested channel follows whichever stack is deployed last, and is deleted with either. Keep "
            "one resource, and remove the other with DeletionPolicy: Retain."
        )
    if any(one.managed_by == "native" for one in applications):
        yield "Move native channels to this library: pinpoint-voice takeover --help"


def _counted(applications: list[Application]) -> str:
    managed = Counter(one.managed_by for one in applications)
    parts = {
        "this library": managed["library"],
        "the native type": managed["native"],
        "two (contested)": managed["contested"],
        "nobody": managed["nobody"],
        "unknown": managed["unknown"],
    }
    told = ", ".join(f"{what} {count}" for what, count in parts.items() if count)
    drifted = sum(one.drift is Drift.DRIFTED for one in applications)
    noun = "application" if len(applications) == 1 else "applications"
    return f"{len(applications)} {noun}. Managed by: {told}. Drifted: {drifted}."


def _print_table(console: Console, region: RegionListing) -> None:
    """Print a line for each application, and beneath it what may be long: its name, stacks, last change."""
    console.print(Text(f"{'Application':34}{'Channel':10}{'Managed by':14}Drift", style="dim"))
    for one in region.applications:
        console.print(_row(one))
        details = Table.grid(padding=(0, 1))
        details.add_column(width=9, style="dim", no_wrap=True)
        details.add_column(overflow="fold")
        for label, text in _details(one):
            details.add_row(f"  {label}", text)
        console.print(details)


def _row(one: Application) -> Text:
    managed_by = _MANAGED_BY.get(one.managed_by, one.managed_by)
    return Text.assemble(
        f"{one.application_id:32}  ",
        (f"{one.channel.state:10}", _CHANNEL_STYLES.get(one.channel.state, "red")),
        (f"{managed_by:14}", _MANAGED_BY_STYLES.get(one.managed_by, "")),
        (one.drift or "", _DRIFT_STYLES.get(one.drift, "red") if one.drift else ""),
    )


def _details(one: Application) -> Iterator[tuple[str, Text]]:
    if one.gone or one.name:
        yield "name", Text("(the application is gone)" if one.gone else one.name or "")
    for manager, wanted in one.managers:
        yield "stack", _manager(manager, wanted, several=len(one.managers) > 1)
    when = one.channel.modified[:16].replace("T", " ")
    changed = " ".join(filter(None, (when, _by(one.channel))))
    if changed:
        yield "changed", Text(changed)


def _manager(manager: Manager, wanted: Wanted, *, several: bool) -> Text:
    kind = f" ({_MANAGED_BY[manager.kind]})" if several else ""
    wants = f"wants {wanted.state}" if wanted.state else "wants an unknown state"
    return Text(f"{manager.stack.name}/{manager.logical_id}{kind} {wants}")


def _by(channel: Channel) -> str:
    """Return the last part of an ARN, or what else Pinpoint says."""
    return f"by {channel.modified_by.rpartition('/')[2]}" if channel.modified_by else ""


def _document(one: Application) -> Mapping[str, object]:
    return {
        "application_id": one.application_id,
        "name": one.name,
        "gone": one.gone,
        "channel": {
            "state": one.channel.state.value,
            "last_modified_by": one.channel.modified_by,
            "last_modified_date": one.channel.modified,
        },
        "managed_by": one.managed_by,
        "managers": [
            {
                "kind": manager.kind.value,
                "stack": manager.stack.name,
                "stack_id": manager.stack.stack_id,
                "logical_id": manager.logical_id,
                "deploying": manager.stack.deploying,
                "wanted": wanted.state.value if wanted.state else "unknown",
                "why_unknown": wanted.reason,
            }
            for manager, wanted in one.managers
        ],
        "drift": one.drift.value if one.drift else None,
    }
