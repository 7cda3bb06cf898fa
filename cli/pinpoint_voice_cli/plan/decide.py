"""Tells what a deployment does to each channel, by the functions that decide it in Lambda."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pinpoint_voice_channel_handler import decisions, rules
from pinpoint_voice_channel_handler.application_id import APPLICATION_ID
from pinpoint_voice_channel_handler.decisions import Decision
from pinpoint_voice_channel_handler.errors import (
    AccessDenied,
    ChannelProtected,
    InvalidProperty,
    StackUnknown,
    UnknownProperties,
    VoiceChannelError,
)
from pinpoint_voice_channel_handler.physical_id import PhysicalId
from pinpoint_voice_channel_handler.pinpoint import Channel
from pinpoint_voice_channel_handler.request import Properties, RequestType, is_protected
from pinpoint_voice_channel_handler.rules import Cancelled, Phase
from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.errors import CommandError
from pinpoint_voice_cli.plan.channels import Channels
from pinpoint_voice_cli.plan.outcome import Action, Outcome
from pinpoint_voice_cli.plan.step import NewApplication, Step
from pinpoint_voice_cli.plan.values import Unknown, Value, unknowns

_NEW_APPLICATION = "made-by-this-deployment-"
"""Begins what stands for the id of an application that has none yet."""

_UNASKED = "Its resource does not change, so the provider is not asked."
_RETAINED = "Its resource is retained, so the provider is not asked to delete it."
_GONE = "It is gone already."
_OTHER_PROVIDER = (
    "CloudFormation does not change the ServiceToken of a resource that is there. Keep the old one, or give "
    "the resource another logical id."
)


@dataclass(frozen=True)
class Manager:
    """A resource that manages a channel.

    Args:
        path: The resource.
        application_id: The channel's application.
        since: Since when it does so as it does now.
    """

    path: str
    application_id: str
    since: datetime


@dataclass(frozen=True)
class History:
    """What CloudFormation's log tells of the stacks.

    Args:
        rested: Tells when the root last came to rest well.
        cancelled: Tells what a stack's last operation sent for a resource without taking the answer.
    """

    rested: Callable[[], datetime | None]
    cancelled: Callable[[str, str, RequestType], Cancelled | None]


class PlannedFacts:
    """What CloudFormation will say when it sends an event; see decisions.Facts."""

    def __init__(self, phase: Phase, step: Step, history: History, managers: Iterable[Manager]) -> None:
        self._phase = phase
        self._step = step
        self._history = history
        self._managers = managers

    def phase(self) -> Phase:
        """Return what the stack will be doing."""
        return self._phase

    def rested(self) -> datetime | None:
        """Return when the root has last come to rest well until now."""
        return self._history.rested()

    def managers(self, application_id: str) -> Iterator[datetime]:
        """Return since when each other resource will manage the channel by then."""
        return (one.since for one in self._managers if one.application_id == application_id)

    def cancelled(self, request_type: RequestType) -> Cancelled | None:
        """Return what was cancelled until now."""
        logical_id = self._step.path.rpartition("/")[2]
        return self._history.cancelled(self._step.stack_id, logical_id, request_type)


@dataclass(frozen=True)
class _Forward:
    """What becomes of a resource that is there after the deployment.

    Args:
        step: The resource.
        outcome: What becomes of its channel.
        mine: The id that it then has; None where it has none of ours.
        wanted: What its properties say; None where they cannot be read.
        is_asked: Whether the provider is sent an event.
        is_new: Whether it has another id than before, if it had one.
    """

    step: Step
    outcome: Outcome
    mine: PhysicalId | None = None
    wanted: Properties | None = None
    is_asked: bool = False
    is_new: bool = False

    @property
    def is_known(self) -> bool:
        return self.outcome.action is not Action.CANNOT_TELL

    @property
    def replaces(self) -> bool:
        """Whether CloudFormation later deletes the resource's old id."""
        return self.is_new and self.step.before is not None


class Planner:
    """Plans one deployment, or the deletion, of a tree of stacks.

    Args:
        steps: What CloudFormation does to each resource of a channel.
        channels: The channels.
        history: What CloudFormation's log tells.
        sent: When the deployment's events are sent.
        creates: Whether the root is yet to be created.
    """

    def __init__(
        self, steps: Sequence[Step], channels: Channels, history: History, sent: datetime, *, creates: bool
    ) -> None:
        known = _known_applications(steps)
        every = [_with_known_application(step, known) for step in steps]
        self._steps = [step for step in every if not step.takes]
        self._taking = [step for step in every if step.takes and not step.retains]
        self._new: dict[str, str] = {}
        self._channels = channels
        self._history = history
        self._sent = sent
        self._creates = creates

    def deployment(self) -> tuple[list[Outcome], bool]:
        """Return what becomes of the channels in a creation or an update, and whether that fails."""
        forward = [self._forward(step) for step in self._steps]
        done = [one for one in forward if one is not None]
        refused = next((one.outcome for one in done if one.outcome.action is Action.REFUSED), None)
        after_failure = self._rolled_back(done)
        outcomes: list[Outcome] = []
        managers = [manager for one in done for manager in self._managers(one)]
        doubt = next((one.outcome for one in done if not one.is_known), None)
        for step, one in zip(self._steps, forward, strict=True):
            if one is not None:
                outcomes.append(one.outcome)
            leaving = _Leaving(step, is_replaced=one is not None)
            if one is not None and not (one.replaces or self._would_leave(one)):
                continue
            if refused:
                why = f"The deployment fails before that, as {refused.resource} is refused."
                outcomes.append(self._left(leaving, Action.KEEP, why))
            else:
                outcomes.append(self._release(leaving, Phase.FORWARD, managers, doubt))
        if refused is None:
            outcomes += self._taken(outcomes, is_deletion=False)
        ended = [self._with_ends(one, after_failure) for one in outcomes]
        if refused is None:
            return ended, False
        alone = len([one for one in done if one.is_asked]) == 1
        return [_failed(one, is_reached=alone) for one in ended], True

    def deletion(self) -> tuple[list[Outcome], bool]:
        """Return what becomes of the channels when the stack is deleted, and whether that fails."""
        leaving = [_Leaving(step, is_replaced=False) for step in self._steps]
        outcomes = [self._release(one, Phase.END, (), None) for one in leaving]
        fails = any(one.action is Action.REFUSED for one in outcomes)
        outcomes += self._taken(outcomes, is_deletion=True)
        return [self._with_ends(one, None) for one in outcomes], fails

    # What is there afterwards

    def _forward(self, step: Step) -> _Forward | None:
        """Return what becomes of a resource; None where it goes."""
        mine = PhysicalId.parse(step.physical_id)
        if step.unknown:
            return _Forward(step, self._cannot_tell(step, step.unknown), mine)
        if step.after is None:
            return None
        if step.refused:
            return _Forward(step, self._refused(step, step.refused), mine)
        if step.before == step.after:
            return _Forward(step, self._unchanged(step), mine)
        try:
            return self._asked(step, mine, step.after)
        except VoiceChannelError as error:
            return _Forward(step, self._refused(step, str(error)), mine, is_asked=True)
        except CommandError as error:
            return _Forward(step, self._cannot_tell(step, str(error)), mine)

    def _asked(self, step: Step, mine: PhysicalId | None, after: Mapping[str, Value]) -> _Forward:
        token = (step.before or after).get("ServiceToken"), after.get("ServiceToken")
        if token[0] != token[1]:
            found = unknowns(list(token))
            if found:
                why = f"ServiceToken may change, which CloudFormation refuses: {found[-1].why}."
                return _Forward(step, self._cannot_tell(step, why), mine)
            return _Forward(step, self._refused(step, _OTHER_PROVIDER), mine)
        raw = {key: value for key, value in after.items() if key != "ServiceToken"}
        if isinstance(raw.get("ApplicationId"), NewApplication):
            raw["ApplicationId"] = self._stand_in(raw["ApplicationId"])
        for name, value in raw.items():
            if found := unknowns(value):
                return _Forward(step, self._cannot_tell(step, f"{name}: {found[0].why}."), mine)
        wanted = Properties.parse(raw)
        channel = self._read(wanted)
        if isinstance(channel, str):
            return _Forward(step, self._cannot_tell(step, channel), mine)
        if step.before is not None and mine is not None and mine.manages(wanted.application_id):
            return self._updated(step, mine, wanted, channel)
        return self._taken_over(step, wanted, channel)

    def _stand_in(self, application: NewApplication) -> str:
        """Return what stands for the id of an application that has none yet: the same for the same."""
        stand_in = self._new.setdefault(application.key, f"{_NEW_APPLICATION}{len(self._new)}")
        self._channels.be_new(stand_in)
        return stand_in

    def _updated(self, step: Step, mine: PhysicalId, wanted: Properties, channel: Channel | None) -> _Forward:
        seen = None if wanted.enabled else channel
        decision = decisions.on_update(wanted, seen, step.before or {}, _never)
        outcome = self._carried_out(step, wanted, decision, Action.KEEP)
        return _Forward(step, outcome, mine, wanted, is_asked=True)

    def _taken_over(self, step: Step, wanted: Properties, channel: Channel | None) -> _Forward:
        if step.before is not None:
            protected = unknowns(step.before.get("Protected"))
            if protected:
                why = f"Protected, as it is deployed: {protected[0].why}."
                return _Forward(step, self._cannot_tell(step, why), PhysicalId.parse(step.physical_id))
            decisions.refuse_replacement(wanted, step.before, _never)
        found, decision = decisions.on_create(wanted, channel, self._sent, _never)
        outcome = self._carried_out(step, wanted, decision, Action.ADOPT)
        mine = PhysicalId(wanted.application_id, found, self._sent)
        return _Forward(step, outcome, mine, wanted, is_asked=True, is_new=True)

    def _carried_out(self, step: Step, wanted: Properties, decision: Decision, untouched: Action) -> Outcome:
        application_id, state = wanted.application_id, decision.state
        if state is not None and application_id not in self._new.values():
            self._channels.require_application(application_id)
        begins = self._channels.state(application_id)
        if state is not None:
            self._channels.bring(application_id, state)
        if state is None or state is begins:
            action = untouched
        elif begins is State.ABSENT:
            action = Action.CREATE
        else:
            action = Action.ENABLE if state is State.ENABLED else Action.DISABLE
        return self._outcome(step, application_id, action, decision.why)

    # What goes

    def _would_leave(self, done: _Forward) -> bool:
        """Tell whether a resource that is refused was to leave a channel."""
        application_id = _deployed_application(done.step)
        is_other = application_id not in (None, done.outcome.application_id)
        return done.outcome.action is Action.REFUSED and is_other

    def _release(
        self, leaving: "_Leaving", phase: Phase, managers: Sequence[Manager], doubt: Outcome | None
    ) -> Outcome:
        """Let the Delete of an id be decided; in doubt, another resource may manage its channel."""
        step = leaving.step
        if step.retains:
            return self._left(leaving, Action.KEEP, _RETAINED)
        before = step.before or {}
        if protected := unknowns(before.get("Protected")):
            return self._left(leaving, Action.CANNOT_TELL, f"Protected: {protected[0].why}.")
        application_id = _deployed_application(step)
        if application_id is None:
            return self._left(leaving, Action.KEEP, "The Create of this resource changed nothing.")
        facts = PlannedFacts(phase, step, self._history, managers)
        try:
            self._channels.get(application_id)
            decision = self._on_delete(step, application_id, facts)
        except (AccessDenied, ChannelProtected, StackUnknown) as error:
            if self._channels.state(application_id) is State.ABSENT:
                return self._left(leaving, Action.KEEP, _GONE)
            return self._left(leaving, Action.REFUSED, str(error))
        except (CommandError, VoiceChannelError) as error:
            return self._left(leaving, Action.CANNOT_TELL, str(error))
        if decision.state is not None and doubt is not None:
            why = f"{doubt.resource} may manage the channel by then. {doubt.why}"
            return self._left(leaving, Action.CANNOT_TELL, why)
        return self._brought(leaving, application_id, decision)

    def _on_delete(self, step: Step, application_id: str, facts: PlannedFacts) -> Decision:
        mine = PhysicalId.parse(step.physical_id)
        if mine is not None:
            return decisions.on_delete(mine, facts, protected=is_protected(step.before or {}))
        wanted = Properties.parse_leniently({**(step.before or {}), "ApplicationId": application_id})
        channel = self._channels.get(application_id)

        def found_by(cancelled: Cancelled) -> State | None:
            found = rules.before(cancelled.sent, channel, wanted.state)
            return None if found is decisions.state_of(channel) else found

        return decisions.on_cancelled(RequestType.CREATE, application_id, facts, found_by)

    def _brought(self, leaving: "_Leaving", application_id: str, decision: Decision) -> Outcome:
        state, begins = decision.state, self._channels.state(application_id)
        if state is None:
            return self._left(leaving, Action.KEEP, decision.why)
        if begins is State.ABSENT:
            return self._left(leaving, Action.KEEP, _GONE)
        if state is begins:
            return self._left(leaving, Action.KEEP, f"{decision.why} It already is.")
        self._channels.bring(application_id, state)
        if state is not State.ABSENT:
            return self._left(leaving, Action.PUT_BACK, decision.why)
        if leaving.is_replaced:
            return self._left(leaving, Action.REPLACE, "Its resource goes to another application.")
        return self._left(leaving, Action.DELETE, decision.why)

    def _left(self, leaving: "_Leaving", action: Action, why: str) -> Outcome:
        return self._outcome(leaving.step, _deployed_application(leaving.step), action, why)

    # What goes with its application, or with a native resource

    def _taken(self, outcomes: Sequence[Outcome], *, is_deletion: bool) -> list[Outcome]:
        """Return what becomes of the channels that other resources take with them, after all else."""
        refused = {one.resource for one in outcomes if one.action is Action.REFUSED}
        blocks = {path: step.path for step in self._steps if step.path in refused for path in step.needs}
        taken = [self._taken_by(step, blocks, is_deletion=is_deletion) for step in self._taking]
        return [one for one in taken if one is not None]

    def _taken_by(self, step: Step, blocks: Mapping[str, str], *, is_deletion: bool) -> Outcome | None:
        """Return what becomes of the channel that a resource takes with it; None where there is none."""
        if step.after is not None:
            return self._set_by_native(step, step.after.get("ApplicationId"))
        application_id = str((step.before or {}).get("ApplicationId"))
        try:
            if self._channels.state(application_id) is State.ABSENT:
                return None
        except (CommandError, VoiceChannelError) as error:
            return self._in_doubt(step, application_id, str(error))
        if step.unknown:
            return self._in_doubt(step, application_id, step.unknown)
        needed_by = next((blocks[one] for one in blocks if f"{step.path}/".startswith(f"{one}/")), None)
        if needed_by is not None and is_deletion:
            return None  # CloudFormation does not come to it
        if needed_by is not None:
            why = f"{needed_by}, which needs it, is not deleted. {step.takes}"
            return self._in_doubt(step, application_id, why)
        self._channels.bring(application_id, State.ABSENT)
        return self._outcome(step, application_id, Action.DELETE, step.takes)

    def _set_by_native(self, step: Step, application_id: Value) -> Outcome | None:
        """Return that nobody knows what a native resource and ours make of the same channel."""
        named = [
            one.get("ApplicationId") for it in self._steps for one in (it.before or {}, it.after or {}) if one
        ]
        if application_id not in named:
            return None
        why = "The native resource sets the same channel, and nothing says which of the two is the last."
        return self._in_doubt(step, application_id if isinstance(application_id, str) else "", why)

    def _in_doubt(self, step: Step, application_id: str, why: str) -> Outcome:
        self._channels.doubt(application_id)
        return self._outcome(step, application_id or None, Action.CANNOT_TELL, why)

    def _managers(self, done: _Forward) -> Iterator[Manager]:
        """Yield what a resource manages while the deployment cleans up."""
        if done.mine is not None and done.mine.found is not None:
            since = self._sent if done.is_asked else done.step.since or self._sent
            yield Manager(done.step.path, done.mine.application_id, max(since, done.mine.moment))

    # What a failure puts back

    def _rolled_back(self, done: Sequence[_Forward]) -> Channels:
        """Return the channels as the rollback of all that was done would leave them."""
        channels = self._channels.branch()
        deployed = [manager for step in self._steps for manager in self._managers_before(step, done)]
        for one in reversed(done):
            try:
                if one.replaces:
                    self._doubt_replaced(one.step, channels)
                if one.is_new:
                    self._undo_create(one, channels, deployed)
                elif one.is_asked and one.step.before is not None:
                    self._undo_update(one.step, channels)
            except VoiceChannelError:
                continue  # the provider fails as well, and leaves the channel as it is
            except CommandError:
                channels.doubt(one.mine.application_id if one.mine else "")
        return channels

    def _doubt_replaced(self, step: Step, channels: Channels) -> None:
        """Doubt a channel that is not as deployed, and whose resource is replaced.

        CloudFormation either only deletes the new one, or first sends an Update back to what was deployed.
        """
        deployed = _wanted_before(step)
        if deployed is None:
            return
        application_id = deployed.application_id
        _, decision = decisions.on_create(deployed, channels.get(application_id), self._sent, _always)
        if decision.state is not None:
            channels.doubt(application_id)

    def _undo_create(self, done: _Forward, channels: Channels, deployed: Sequence[Manager]) -> None:
        step, mine, wanted = done.step, done.mine, done.wanted
        if mine is None or wanted is None or step.retains_failed:
            return
        others = [one for one in deployed if one.path != step.path]
        phase = Phase.END if self._creates else Phase.ROLLBACK
        facts = PlannedFacts(phase, step, self._history, others)
        decision = decisions.on_delete(mine, facts, protected=wanted.protected)
        if decision.state is not None and channels.state(mine.application_id) is not State.ABSENT:
            channels.bring(mine.application_id, decision.state)

    def _undo_update(self, step: Step, channels: Channels) -> None:
        wanted = _wanted_before(step)
        if wanted is None:
            return
        application_id = wanted.application_id
        seen = None if wanted.enabled else channels.get(application_id)
        decision = decisions.on_update(wanted, seen, step.after or {}, _always)
        if decision.state is not None:
            channels.require_application(application_id)
            channels.bring(application_id, decision.state)

    def _managers_before(self, step: Step, done: Sequence[_Forward]) -> Iterator[Manager]:
        mine = PhysicalId.parse(step.physical_id)
        if mine is not None and mine.found is not None:
            is_asked = any(one.step is step and one.is_asked for one in done)
            since = self._sent if is_asked else step.since or mine.moment
            yield Manager(step.path, mine.application_id, max(since, mine.moment))

    # Outcomes

    def _unchanged(self, step: Step) -> Outcome:
        application_id = _deployed_application(step)
        return self._outcome(step, application_id, Action.UNCHANGED, _UNASKED)

    def _refused(self, step: Step, why: str) -> Outcome:
        return self._outcome(step, _wanted_application(step), Action.REFUSED, why)

    def _cannot_tell(self, step: Step, why: str) -> Outcome:
        application_id = _wanted_application(step) or _deployed_application(step)
        return self._outcome(step, application_id, Action.CANNOT_TELL, why)

    def _outcome(self, step: Step, application_id: str | None, action: Action, why: str) -> Outcome:
        now = None
        if application_id is not None:
            try:
                now = self._channels.now(application_id)
            except (CommandError, VoiceChannelError) as error:
                # What is not touched is as nobody knows; of what is, the reason says so already.
                why = why if action is Action.CANNOT_TELL else f"{why} What it is now: {error}"
        return Outcome(step.path, application_id, now, action, None, why, None)

    def _with_ends(self, outcome: Outcome, after_failure: Channels | None) -> Outcome:
        """Add what a channel is in the end."""
        application_id = outcome.application_id
        known = outcome.now is not None and application_id is not None
        shown = None if application_id in self._new.values() else application_id
        if not known or application_id is None or outcome.action is Action.CANNOT_TELL:
            return replace(outcome, application_id=shown)
        return replace(
            outcome,
            application_id=shown,
            then=self._channels.end(application_id),
            after_failure=after_failure.end(application_id) if after_failure else None,
        )

    def _read(self, wanted: Properties) -> Channel | str | None:
        """Return a channel, or why it cannot be read."""
        try:
            return self._channels.get(wanted.application_id)
        except (CommandError, VoiceChannelError) as error:
            return str(error)


@dataclass(frozen=True)
class _Leaving:
    """An id that CloudFormation deletes.

    Args:
        step: Its resource.
        is_replaced: Whether the resource goes on with another id.
    """

    step: Step
    is_replaced: bool


def _never() -> bool:
    return False


def _always() -> bool:
    return True


def _failed(outcome: Outcome, *, is_reached: bool) -> Outcome:
    """Return what a deployment that surely fails leaves: what it does not reach, it does not put back."""
    is_certain = is_reached or outcome.after_failure is outcome.now
    return replace(outcome, then=outcome.after_failure if is_certain else None)


def _deployed_application(step: Step) -> str | None:
    """Return the application whose channel a resource manages until now; None where it manages none."""
    mine = PhysicalId.parse(step.physical_id)
    if mine is not None:
        return None if mine.found is None else mine.application_id
    named = (step.before or {}).get("ApplicationId")
    return named if isinstance(named, str) else None


def _wanted_before(step: Step) -> Properties | None:
    """Return what is deployed of a resource that manages a channel; None of another."""
    old = PhysicalId.parse(step.physical_id)
    if old is None or old.found is None:
        return None
    before = {**(step.before or {}), "ApplicationId": old.application_id}
    try:
        return Properties.parse(before)
    except (InvalidProperty, UnknownProperties):
        return Properties.parse_leniently(before)


def _wanted_application(step: Step) -> str | None:
    named = (step.after or step.before or {}).get("ApplicationId")
    return named if isinstance(named, str) and APPLICATION_ID.fullmatch(named) else None


def _known_applications(steps: Sequence[Step]) -> Mapping[str, str]:
    """Return the applications that deployed resources know by their ids, by what their templates say."""
    known = {}
    for step in steps:
        named = (step.before or {}).get("ApplicationId")
        mine = PhysicalId.parse(step.physical_id)
        if isinstance(named, Unknown) and mine is not None and mine.found is not None:
            known[named.key] = mine.application_id
    return known


def _with_known_application(step: Step, known: Mapping[str, str]) -> Step:
    return replace(
        step, before=_with_application(step.before, known), after=_with_application(step.after, known)
    )


def _with_application(
    properties: Mapping[str, Value] | None, known: Mapping[str, str]
) -> Mapping[str, Value] | None:
    named = (properties or {}).get("ApplicationId")
    if properties is None or not isinstance(named, Unknown) or named.key not in known:
        return properties
    return {**properties, "ApplicationId": known[named.key]}
