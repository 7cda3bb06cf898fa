"""What a deployment does to each voice channel, as a report."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pinpoint_voice_channel_handler.state import State


class Action(StrEnum):
    """What a deployment does to a channel."""

    UNCHANGED = "unchanged"
    """Its resource does not change, so the provider is asked nothing, even where the channel has drifted."""
    ADOPT = "adopt"
    """It is there as wanted, and is managed from then on; it is not touched."""
    CREATE = "create"
    """It is made."""
    ENABLE = "enable"
    """It is enabled."""
    DISABLE = "disable"
    """It is disabled: voice goes down."""
    DELETE = "delete"
    """It is deleted: voice goes down."""
    REPLACE = "replace"
    """It is deleted, since its resource goes to another application."""
    KEEP = "keep"
    """It stays as it is, though its resource is updated, renamed, moved, retained or taken out."""
    PUT_BACK = "put-back"
    """It becomes what it was before its resource was created, in a deployment that never came to rest."""
    REFUSED = "refused"
    """The provider, or CloudFormation, refuses it with an error."""
    CANNOT_TELL = "cannot-tell"
    """It depends on something that only CloudFormation knows."""


_TAKES_DOWN = {Action.DISABLE, Action.DELETE}


@dataclass(frozen=True)
class Outcome:
    """What a deployment does to the channel of one resource.

    Args:
        resource: The resource's logical id, after those of the stacks that it is nested in. It may also be
            of an application, or a native resource, that takes the channel along.
        application_id: The channel's application; None where it is not known.
        now: What the channel is; None where it is not known.
        action: What happens to it.
        then: What it is after the deployment; None where it is not known.
        why: The reason.
        after_failure: What it is after the deployment has done this, has failed and was rolled back; None
            where it is not known.
    """

    resource: str
    application_id: str | None
    now: State | None
    action: Action
    then: State | None
    why: str
    after_failure: State | None

    def is_a(self, actions: Collection[Action], *, fails: bool) -> bool:
        """Tell whether it is one of the actions, by its name or by its effect.

        What nobody can tell may have either of the effects.

        Args:
            actions: The actions.
            fails: Whether the deployment surely fails, so that its rollback has effects as well.
        """
        effects = {self.action}
        ends = {self.then, self.after_failure} if fails else {self.then}
        if self.now not in (None, State.ABSENT) and State.ABSENT in ends:
            effects.add(Action.DELETE)
        if self.now is State.ENABLED and State.DISABLED in ends:
            effects.add(Action.DISABLE)
        if self.action is Action.CANNOT_TELL or (self.now not in (None, State.ABSENT) and ends == {None}):
            effects |= _TAKES_DOWN
        return not effects.isdisjoint(actions)


@dataclass(frozen=True)
class Plan:
    """What a deployment does to the channels of a stack.

    Args:
        stack: The stack's name.
        region: Its Region.
        what: What is planned, e.g. "with the change set deploy-1".
        outcomes: What happens to the channels.
        fails: Whether it fails because of one of them.
        rolls_back: Whether CloudFormation rolls it back if it fails.
        next_step: What to do next.
    """

    stack: str
    region: str
    what: str
    outcomes: Sequence[Outcome]
    fails: bool
    rolls_back: bool
    next_step: str

    def has(self, actions: Collection[Action]) -> bool:
        """Tell whether one of the actions happens to a channel, by its name or by its effect."""
        return any(one.is_a(actions, fails=self.fails) for one in self.outcomes)

    def document(self) -> Mapping[str, object]:
        """Return it for programs.

        - `stack`, `region`, `what` (what was planned)
        - `fails`: whether the deployment fails because of one of the channels
        - `channels`: each with
            - `resource`: the logical id of its resource, or of the application or native resource that takes
              it along, after those of the stacks that this is nested in, with slashes between; `*` where
              nobody can tell which there are
            - `application_id`: null if nobody can tell
            - `now`, `then`: `absent`, `disabled`, `enabled`, or null if nobody can tell
            - `action`: one of those that --fail-on takes
            - `why`: the reason
            - `after_failure`: what a rollback would leave; null if nobody can tell, and in a deletion
        - `next_step`: for people
        """
        return {
            "stack": self.stack,
            "region": self.region,
            "what": self.what,
            "fails": self.fails,
            "channels": [
                {
                    "resource": one.resource,
                    "application_id": one.application_id,
                    "now": one.now,
                    "action": one.action,
                    "then": one.then,
                    "why": one.why,
                    "after_failure": one.after_failure,
                }
                for one in self.outcomes
            ],
            "next_step": self.next_step,
        }

    def print(self, console: Console) -> None:
        """Print a table, a summary, and the next step."""
        console.print(f"{self.stack} in {self.region}, {self.what}", markup=False)
        console.print()
        if self.outcomes:
            console.print(self._table())
            console.print()
        counts = Counter(one.action for one in self.outcomes)
        told = "; ".join(
            f"{count} channel{'s' if count > 1 else ''}: {_words(action)}"
            for action, count in sorted(counts.items())
        )
        console.print(f"{told}." if told else "It has no voice channels of this library.", markup=False)
        if self.fails:
            text = "The deletion fails because of the refused channels, and the stack becomes DELETE_FAILED."
            if self.rolls_back:
                text = "The deployment fails because of the refused channels, and is rolled back."
            console.print(Text(text, "bold red"))
        console.print(self.next_step, markup=False)

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 1, 0), header_style="bold", pad_edge=False)
        table.add_column("Resource, application, why", overflow="fold", ratio=1)
        for heading in ("Now", "Plan", "Then", *(["If it fails"] if self.rolls_back else [])):
            table.add_column(heading, no_wrap=True)
        for one in self.outcomes:
            texts = (one.resource, one.application_id or "application unknown", one.why)
            about = Text("\n").join([Text(texts[0], "bold"), Text(texts[1]), Text(texts[2], "dim")])
            style = _STYLES.get(one.action, "")
            table.add_row(
                about,
                one.now or "?",
                Text(_words(one.action), style),
                one.then or "?",
                *([one.after_failure or "?"] if self.rolls_back else []),
            )
        return table


_STYLES = {
    Action.DISABLE: "red",
    Action.DELETE: "red",
    Action.REPLACE: "red",
    Action.REFUSED: "red",
    Action.CANNOT_TELL: "yellow",
    Action.PUT_BACK: "yellow",
    Action.CREATE: "green",
    Action.ENABLE: "green",
}


def _words(action: Action) -> str:
    return action.replace("-", " ")
