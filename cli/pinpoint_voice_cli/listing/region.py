"""Reads the applications of a Region, their channels, and who manages them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import Refused, Unreachable
from pinpoint_voice_cli.listing.stacks import Manager, Stack, list_stacks, managed_by
from pinpoint_voice_cli.listing.wanted import Wanted, wanted_of
from pinpoint_voice_cli.parallel import in_parallel
from pinpoint_voice_cli.voice_channel import get_voice_channel

# CloudFormation lets through some calls a second, which the deployments of the account need, too.
_STACKS_AT_ONCE = 4
_CHANNELS_AT_ONCE = 8

Say = Callable[[str], object]


class ChannelState(StrEnum):
    """What a channel is; `unknown` where it could not be read."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    ARCHIVED = "archived"
    NONE = "none"
    UNKNOWN = "unknown"


class Drift(StrEnum):
    """Whether a channel differs from what its template wants."""

    NONE = "none"
    DRIFTED = "drifted"
    DEPLOYING = "deploying"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Channel:
    """A channel as GetVoiceChannel tells it.

    Args:
        state: What it is.
        modified_by: Who changed it last, as Pinpoint tells it; empty where it does not.
        modified: When: ISO 8601; empty where Pinpoint does not tell.
    """

    state: ChannelState
    modified_by: str = ""
    modified: str = ""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """Read a VoiceChannelResponse."""
        state = ChannelState.ENABLED if answer.get("Enabled") else ChannelState.DISABLED
        return cls(
            state=ChannelState.ARCHIVED if answer.get("IsArchived") else state,
            modified_by=answer.get("LastModifiedBy") or "",
            modified=answer.get("LastModifiedDate") or "",
        )


@dataclass(frozen=True)
class Application:
    """An application of Pinpoint, and its channel.

    Args:
        application_id: Its id.
        name: Its name; None where GetApps does not have it, or was not asked.
        gone: Whether GetApps was read and does not have it.
        channel: Its channel.
        managers: The resources that manage it, with what their templates want.
        no_other: Whether no other can manage it: every stack was read, and none leaves it in doubt.
    """

    application_id: str
    name: str | None
    gone: bool
    channel: Channel
    managers: tuple[tuple[Manager, Wanted], ...]
    no_other: bool

    @property
    def managed_by(self) -> str:
        """The kind of its manager; else `contested`, `nobody` or `unknown`."""
        if len(self.managers) > 1:
            return "contested"
        if self.managers:
            return self.managers[0][0].kind.value
        return "nobody" if self.no_other else "unknown"

    @property
    def drift(self) -> Drift | None:
        """Whether it differs from what one of the templates wants; None where none is known to manage it."""
        if not self.managers:
            return None
        if any(manager.stack.deploying for manager, _ in self.managers):
            return Drift.DEPLOYING
        wanted = {wanted.state for _, wanted in self.managers}
        if self.channel.state is ChannelState.UNKNOWN:
            return Drift.UNKNOWN
        found = State.of(enabled=True) if self.channel.state is ChannelState.ENABLED else _down(self.channel)
        if wanted - {None, found}:
            return Drift.DRIFTED
        return Drift.UNKNOWN if None in wanted else Drift.NONE


def _down(channel: Channel) -> State:
    return State.DISABLED if channel.state is ChannelState.DISABLED else State.ABSENT


class Problems:
    """What could not be read; errors of one kind are reported once."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], list[str]] = defaultdict(list)

    def add(self, error: Refused | Unreachable, about: str = "") -> None:
        """Take note of an error."""
        code = error.code if isinstance(error, Refused) else ""
        self._texts[error.action, code].append(f"{about}{error}")

    def texts(self) -> tuple[str, ...]:
        """Return what is to be told."""
        return tuple(_first(texts) for texts in self._texts.values())


def _first(texts: list[str]) -> str:
    others = len(texts) - 1
    calls = "call" if others == 1 else "calls"
    return f"{texts[0]} {others} more {calls} failed the same way." if others else texts[0]


@dataclass(frozen=True)
class RegionListing:
    """What there is in a Region.

    Args:
        region: Its name.
        applications: The applications, by name and id.
        errors: What could not be read.
        notes: What is not known, though all could be read.
    """

    region: str
    applications: tuple[Application, ...]
    errors: tuple[str, ...]
    notes: tuple[str, ...]


def read_region(account: Account, region: str, *, stacks_only: bool, say: Say) -> RegionListing:
    """Read a Region.

    Args:
        account: The account.
        region: The Region.
        stacks_only: Whether GetApps is left alone, so that only what the stacks manage is listed.
        say: Reports progress.

    Raises:
        CommandError: There are no credentials. Any other error is part of what is returned.
    """
    reading = _Reading(account, region, say)
    managers, all_stacks_read = reading.managers()
    names = None if stacks_only else reading.names()
    ids = sorted(
        {*managers, *reading.doubtful, *(names or {})}, key=lambda id_: ((names or {}).get(id_) or "", id_)
    )
    say(f"{region}: reading {len(ids)} channels …")
    channels = in_parallel(reading.channel, ids, _CHANNELS_AT_ONCE)
    applications = [
        Application(
            application_id=id_,
            name=(names or {}).get(id_),
            gone=names is not None and id_ not in names,
            channel=channel,
            managers=tuple(managers.get(id_, ())),
            no_other=all_stacks_read and id_ not in reading.doubtful,
        )
        for id_, channel in zip(ids, channels, strict=True)
    ]
    return RegionListing(region, tuple(applications), reading.errors.texts(), tuple(reading.notes))


class _Reading:
    """Reads a Region, and takes note of what could not be read."""

    def __init__(self, account: Account, region: str, say: Say) -> None:
        self._account = account
        self._region = region
        self._say = say
        self.errors = Problems()
        self.notes: list[str] = []
        self.doubtful: set[str] = set()
        """The applications whose channels a stack may still manage."""

    def managers(self) -> tuple[Mapping[str, list[tuple[Manager, Wanted]]], bool]:
        """Return who manages the channel of each application, and whether every stack could be read."""
        self._say(f"{self._region}: listing stacks …")
        try:
            stacks = list_stacks(self._account, self._region)
        except (Refused, Unreachable) as error:
            self.errors.add(error)
            return {}, False
        managed: dict[str, list[tuple[Manager, Wanted]]] = defaultdict(list)
        complete = True
        for number, (found, is_read) in enumerate(in_parallel(self._stack, stacks, _STACKS_AT_ONCE), start=1):
            self._say(f"{self._region}: read {number} of {len(stacks)} stacks …")
            complete = complete and is_read
            for manager, wanted in found:
                managed[manager.application_id].append((manager, wanted))
        return managed, complete

    def names(self) -> Mapping[str, str] | None:
        """Return the name of each application; None where they cannot be read."""
        self._say(f"{self._region}: listing applications …")
        try:
            return {app["Id"]: app.get("Name") or "" for app in self._applications()}
        except (Refused, Unreachable) as error:
            self.errors.add(error)
            return None

    def channel(self, application_id: str) -> Channel:
        """Return a channel."""
        try:
            channel = get_voice_channel(self._account, application_id, self._region)
        except (Refused, Unreachable) as error:
            self.errors.add(error)
            return Channel(ChannelState.UNKNOWN)
        return Channel(ChannelState.NONE) if channel is None else Channel.of(channel)

    def _applications(self) -> Iterator[Mapping[str, Any]]:
        # boto3 has no paginator for it.
        token: dict[str, str] = {}
        while True:
            answer = self._account.call("pinpoint", "GetApps", self._region, PageSize="100", **token)
            yield from answer["ApplicationsResponse"].get("Item", [])
            if not answer["ApplicationsResponse"].get("NextToken"):
                return
            token = {"Token": answer["ApplicationsResponse"]["NextToken"]}

    def _stack(self, stack: Stack) -> tuple[Iterable[tuple[Manager, Wanted]], bool]:
        try:
            managed = managed_by(self._account, self._region, stack)
        except (Refused, Unreachable) as error:
            self.errors.add(error, f"Stack {stack.name}: ")
            return [], False
        for manager, status in managed.doubtful:
            self.doubtful.add(manager.application_id)
            self.notes.append(
                f"{manager.logical_id} is {status} in the stack {stack.name}, which is {stack.status}. That "
                f"stack may still delete the channel of {manager.application_id}."
            )
        for name in managed.unidentified:
            self.notes.append(
                f"Stack {stack.name} is creating {name}, and does not tell yet whose channel that manages."
            )
        return self._wanted(stack, managed.managers).items(), not managed.unidentified

    def _wanted(self, stack: Stack, managers: tuple[Manager, ...]) -> Mapping[Manager, Wanted]:
        if not managers:
            return {}
        try:
            return wanted_of(self._account, self._region, stack, managers)
        except (Refused, Unreachable) as error:
            self.errors.add(error, f"Stack {stack.name}: ")
            return dict.fromkeys(managers, Wanted(None, "its template could not be read"))
