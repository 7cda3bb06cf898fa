"""Whatever is deployed, changed and destroyed, and whatever goes wrong: voice never goes down by accident.

`make sequences` runs 20,000 random sequences of operations instead of 200.
"""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from harness.model_cloud import (
    Event,
    Plan,
    SmallCloud,
    SmallStack,
    Template,
    Wanted,
    killed_after,
    lost_after,
    lost_before,
    refused,
)

APPLICATIONS = ["calls", "alerts"]
NOBODYS = "nobody's"
"""An application that no template names."""

HEIGHT = {"absent": 0, "disabled": 1, "enabled": 2}

PATHS = [("A",), ("B",), ("N", "A"), ("N", "B"), ("N", "M", "A"), ("O", "A")]
"""Where a channel may be: its logical id, after those of the nested stacks around it."""

Places = dict[tuple[str, ...], Wanted]

wanted = st.tuples(st.sampled_from(APPLICATIONS), st.booleans())
places = st.dictionaries(st.sampled_from(PATHS), wanted, max_size=3)

calm = st.builds(
    Plan,
    behind=st.sampled_from(["status", "log"]),
    seconds_behind=st.sampled_from([0, 0, 3, 10]),
    pace=st.sampled_from([0.3, 1, 3]),
    gap=st.sampled_from([0.1, 30]),
)
plans = calm | st.builds(
    Plan,
    fails_after=st.sampled_from([0, 0, 0, 1, 1, 2, None]),
    in_flight=st.sampled_from(["done", "lands", "lands", "during", "after", "never"]),
    on_failure=st.sampled_from(["rollback", "rollback", "keep", "delete"]),
    rollback_fails=st.none() | st.integers(0, 2),
    put=st.sampled_from([None, None, killed_after, lost_after, lost_before, refused]),
    twice=st.booleans(),
    again=st.none() | st.none() | st.integers(0, 50),
    updates_replaced=st.booleans(),
    behind=st.sampled_from(["status", "log"]),
    seconds_behind=st.sampled_from([0, 0, 3, 10]),
    pace=st.sampled_from([0.3, 1, 3]),
    gap=st.sampled_from([0.1, 30]),
)

GONE = {"DELETE_COMPLETE", "ROLLBACK_COMPLETE"}
NEVER_COMPLETE = {"CREATE_FAILED", "ROLLBACK_FAILED"}


def template_of(places: Places) -> Template:
    """Return the template that has these channels at these places."""
    template: dict[str, Wanted | Template] = {}
    for path, wanted in places.items():
        if len(path) == 1:
            template[path[0]] = wanted
        else:
            inside = {at[1:]: it for at, it in places.items() if len(at) > 1 and at[0] == path[0]}
            template[path[0]] = template_of(inside)
    return template


class VoiceNeverGoesDown(RuleBasedStateMachine):
    """Two trees of stacks and two applications, in random operations.

    `expected` is what each channel has to be. Where an event is delivered that CloudFormation has cancelled,
    or one of the past, its channel may be higher than that, but never lower: enabled is higher than disabled,
    and that than absent.

    `base` is, for a tree that has not come to rest well, what its channels were when it last had; `raised` is
    to what such an event has brought a channel.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cloud = SmallCloud()
        self.roots: list[SmallStack | None] = [None, None]
        self.places: list[Places] = [{}, {}]
        self.base: list[dict[str, str]] = [{}, {}]
        self.raised: dict[str, str] = {}
        self.cloud.pinpoint.put(NOBODYS, enabled=True)
        self.cloud.pinpoint.history.clear()
        self.expected = self.states()

    # What a person does

    @initialize(
        found=st.fixed_dictionaries(dict.fromkeys(APPLICATIONS, st.sampled_from([None, False, True])))
    )
    def begin(self, found: dict[str, bool | None]) -> None:
        """Begin with channels that no stack has made."""
        for application_id, enabled in found.items():
            if enabled is not None:
                self.change_by_hand(application_id, enabled)

    @rule(number=st.integers(0, 1), move=st.sampled_from(PATHS), to=st.sampled_from(PATHS), plan=plans)
    def move(self, number: int, move: tuple[str, ...], to: tuple[str, ...], plan: Plan) -> None:
        """Give a channel another place in its tree: a rename, or a move between stacks."""
        places = dict(self.places[number])
        if move in places and to not in places:
            places[to] = places.pop(move)
            self.deploy(number, places, plan)

    @rule(number=st.integers(0, 1), path=st.sampled_from(PATHS), plan=plans)
    def switch(self, number: int, path: tuple[str, ...], plan: Plan) -> None:
        """Enable a channel that is disabled in the template, or disable it."""
        places = dict(self.places[number])
        if path in places:
            places[path] = (places[path][0], not places[path][1])
            self.deploy(number, places, plan)

    @rule(number=st.integers(0, 1), places=places, plan=plans)
    def deploy(self, number: int, places: Places, plan: Plan) -> None:
        """Create or update a stack."""
        root = self.roots[number]
        if root and root.status in {"ROLLBACK_FAILED", "DELETE_FAILED"}:
            # As the cdk CLI does.
            self.destroy(number, replace(plan, put=None))
            root = None
        if root and plan.on_failure == "delete":
            plan = replace(plan, on_failure="rollback")
        if root and root.status == "CREATE_FAILED" and plan.on_failure == "rollback":
            plan = replace(plan, on_failure="keep")
        places = self.allowed(places, number)
        self.wait_for_clocks()
        before = self.states()
        old = self.said(root)
        owned = self.owned(root)
        doubled = self.doubled(root)
        claimed = {*dict(places.values()), *self.managed(root), *old}
        self.base[number] = {**{it: before[it] for it in claimed}, **self.base[number]}
        self.cloud.pinpoint.history.clear()
        root = self.cloud.deploy(root, template_of(places), plan)
        self.places[number] = places
        self.expect(number, root, dict(places.values()), old, owned, doubled, before, plan)

    @precondition(lambda self: any(self.can_roll_back(root) for root in self.roots))
    @rule(number=st.integers(0, 1), plan=calm)
    def roll_back(self, number: int, plan: Plan) -> None:
        """Roll back a stack that was kept when it failed (RollbackStack)."""
        root = self.roots[number]
        if root and self.can_roll_back(root):
            said = self.said(root)
            self.cloud.roll_back(root, plan)
            self.expect_back(number, said, leeway=set(APPLICATIONS))
            self.forget_if_gone(number, root)

    @rule(number=st.integers(0, 1), plan=plans)
    def destroy(self, number: int, plan: Plan) -> None:
        """Delete a stack and with it the channels that it manages."""
        root = self.roots[number]
        if root is None:
            return
        settled = self.owned(root)
        doubled = self.doubled(root)
        unsettled = set(self.base[number])
        # Where Pinpoint does not answer, the deletion fails; what is looked for is what else goes wrong.
        self.cloud.destroy(root, replace(plan, put=killed_after if plan.put is killed_after else None))
        for application_id in settled:
            self.expected[application_id] = "absent"
        for application_id in unsettled - settled:
            self.expect_restored(number, application_id)
        self.allow_higher(unsettled - settled | self.redelivered(plan))
        # One that was moved within a stack that never completed has been found as its first place left it.
        self.expected |= {it: self.cloud.pinpoint.state(it) for it in doubled - settled}
        self.base[number] = {}
        self.roots[number] = None

    @rule(number=st.integers(0, 10_000))
    def deliver_again(self, number: int) -> None:
        """Deliver an event of the past once more: what brings voice up may be applied again, nothing else."""
        if self.cloud.sent:
            event = self.cloud.sent[number % len(self.cloud.sent)]
            self.cloud.deliver_again(event)
            self.allow_higher({event["ResourceProperties"]["ApplicationId"]})

    @rule(number=st.integers(0, 1), application_id=st.sampled_from(APPLICATIONS), enabled=st.booleans())
    def inherit(self, number: int, application_id: str, enabled: bool) -> None:
        """Let a stack begin with a channel that another provider has made."""
        if self.roots[number] is None and self.allowed({("A",): (application_id, enabled)}, number):
            self.cloud.pinpoint.put(application_id, enabled=enabled)
            self.cloud.clock.wait(30)
            self.expected[application_id] = self.cloud.pinpoint.state(application_id)
            self.roots[number] = self.cloud.inherit((application_id, enabled))
            self.places[number] = {("A",): (application_id, enabled)}

    @rule(application_id=st.sampled_from(APPLICATIONS), enabled=st.booleans())
    def change_by_hand(self, application_id: str, enabled: bool) -> None:
        """Make or change a channel behind CloudFormation's back."""
        if not any(self.base):
            self.cloud.pinpoint.put(application_id, enabled=enabled)
            self.expected[application_id] = self.cloud.pinpoint.state(application_id)
            self.cloud.clock.wait(30)

    @rule(application_id=st.sampled_from(APPLICATIONS))
    def delete_by_hand(self, application_id: str) -> None:
        """Delete a channel behind CloudFormation's back."""
        if not any(self.base):
            if application_id in self.cloud.pinpoint.channels:
                self.cloud.pinpoint.delete(application_id)
            self.expected[application_id] = "absent"

    @invariant()
    def every_channel_is_as_expected(self) -> None:
        """Compare."""
        assert self.states() == self.expected
        assert NOBODYS not in {application_id for application_id, _ in self.cloud.pinpoint.history}

    def teardown(self) -> None:
        """Delete both stacks."""
        for number in range(2):
            self.destroy(number, Plan())
        self.every_channel_is_as_expected()

    # What is to come of it

    def expect(
        self,
        number: int,
        root: SmallStack,
        new: dict[str, bool],
        old: dict[str, bool],
        owned: set[str],
        doubled: set[str],
        before: dict[str, str],
        plan: Plan,
    ) -> None:
        """Expect what a deployment has to end in."""
        disabled = {application_id for application_id, up in new.items() if not up}
        leeway = self.redelivered(plan)
        if self.cloud.cancelled and self.may_stay_up(self.cloud.cancelled, plan, old):
            leeway.add(self.cloud.cancelled["ResourceProperties"]["ApplicationId"])
        self.roots[number] = root
        if root.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            self.expect_success(number, new, old, owned, doubled)
            self.allow_higher(leeway)
            self.check_was_never_down(before, disabled)
        else:
            assert plan.fails_after is not None or plan.put is not None, "an ordinary deployment has failed"
            if root.status.endswith("_FAILED"):
                self.allow_higher(leeway)
                self.expect_kept(number, new, old)
            else:
                self.expect_back(number, old, leeway)
                self.check_was_never_down(before, disabled | leeway)
        self.forget_if_gone(number, root)

    def expect_success(
        self, number: int, new: dict[str, bool], old: dict[str, bool], owned: set[str], doubled: set[str]
    ) -> None:
        """Expect what the new template says, of all that it changes, and that nothing is left of the old."""
        base = self.base[number]
        for application_id in APPLICATIONS:
            if application_id in new:
                if old.get(application_id) is not new[application_id]:
                    self.expected[application_id] = "enabled" if new[application_id] else "disabled"
                elif self.states()[application_id] == ("enabled" if new[application_id] else "disabled"):
                    self.expected[application_id] = self.states()[application_id]
            elif application_id in owned:
                self.expected[application_id] = "absent"
                if application_id in doubled:
                    # Of two that go, the one may have been kept for the other, which puts back what it found.
                    self.allow_higher({application_id})
            elif application_id in base:
                self.expect_restored(number, application_id)
                self.allow_higher({application_id})
        self.base[number] = {}

    def expect_back(self, number: int, said: dict[str, bool], leeway: set[str]) -> None:
        """Expect what was there before, or where that had drifted from the old template, what this says."""
        for application_id in self.base[number]:
            now = self.cloud.pinpoint.state(application_id)
            says = "enabled" if said.get(application_id) else "disabled"
            if application_id in said and now == says:
                self.expected[application_id] = now
            else:
                self.expect_restored(number, application_id)
        # What is made again under another logical id is not deleted behind the resource that lost it by hand.
        self.allow_higher(leeway | {it for it in said if self.base[number].get(it) == "absent"})
        self.base[number] = {}

    def expect_restored(self, number: int, application_id: str) -> None:
        """Expect what was there before, or what an event that nobody waited for has raised it to."""
        state = self.base[number][application_id]
        now = self.cloud.pinpoint.state(application_id)
        highest = self.raised.get(application_id, state)
        raised = HEIGHT[state] < HEIGHT[now] <= HEIGHT[highest]
        self.expected[application_id] = now if raised else state

    def expect_kept(self, number: int, new: dict[str, bool], old: dict[str, bool]) -> None:
        """Expect each channel to be what it was, or what one of the templates says."""
        for application_id in APPLICATIONS:
            allowed = {self.expected[application_id], self.base[number].get(application_id)}
            for said in (new, old):
                if application_id in said:
                    allowed.add("enabled" if said[application_id] else "disabled")
            now = self.cloud.pinpoint.state(application_id)
            assert now in allowed
            self.expected[application_id] = now

    def check_was_never_down(self, before: dict[str, str], disabled: set[str]) -> None:
        """Fail where a channel that was up, and is, was down in between, unless the template disables it."""
        up = {
            it for it in APPLICATIONS if before[it] == self.cloud.pinpoint.state(it) == "enabled"
        } - disabled
        assert [
            change for change in self.cloud.pinpoint.history if change[0] in up and change[1] != "enabled"
        ] == []

    def allow_higher(self, applications: set[str]) -> None:
        """Let channels be higher than expected."""
        for application_id in applications & {*APPLICATIONS}:
            now = self.cloud.pinpoint.state(application_id)
            if HEIGHT[now] > HEIGHT[self.expected[application_id]]:
                self.expected[application_id] = self.raised[application_id] = now

    # Helpers

    def wait_for_clocks(self) -> None:
        """Wait until no channel was disabled so short ago that it may count as disabled by the next event."""
        channels = self.cloud.pinpoint.channels.values()
        disabled = [channel.modified for channel in channels if not channel.enabled]
        if disabled:
            self.cloud.clock.wait(max(0.0, 11 - (self.cloud.clock.now - max(disabled)).total_seconds()))

    def states(self) -> dict[str, str]:
        """Return what each channel is."""
        return {name: self.cloud.pinpoint.state(name) for name in APPLICATIONS}

    @staticmethod
    def may_stay_up(cancelled: Event, plan: Plan, old: dict[str, bool]) -> bool:
        """Tell whether what a cancelled event does stays: it is too late, or the channel is managed."""
        return plan.in_flight in ("lands", "after") or cancelled["ResourceProperties"]["ApplicationId"] in old

    def redelivered(self, plan: Plan) -> set[str]:
        """Return the applications to which an event of the past may have been delivered."""
        return {*APPLICATIONS} if plan.again is not None else set()

    def forget_if_gone(self, number: int, root: SmallStack) -> None:
        """Let a stack go that does not exist any more."""
        if root.status in GONE:
            self.roots[number] = None

    @staticmethod
    def can_roll_back(root: SmallStack | None) -> bool:
        """Tell whether CloudFormation takes a RollbackStack."""
        return root is not None and root.status in ("CREATE_FAILED", "UPDATE_FAILED")

    @staticmethod
    def is_ours(physical_id: str) -> bool:
        """Tell whether the handler has written an id."""
        return "/voice/" in physical_id

    @staticmethod
    def managed(root: SmallStack | None) -> list[str]:
        """Return the application of each channel of a tree."""
        return [it.wanted[0] for it in root.channels()] if root else []

    def doubled(self, root: SmallStack | None) -> set[str]:
        """Return the applications that a tree manages at two places, as a move that failed has left it.

        One of the places may go on to another application, and still have the old id to delete.
        """
        managed = self.managed(root)
        managed += [wanted[0] for it in root.channels() for _, wanted in it.replaced] if root else []
        return {it for it in managed if managed.count(it) > 1}

    @staticmethod
    def said(root: SmallStack | None) -> dict[str, bool]:
        """Return what the templates said of each application when the tree last rested."""
        return dict(it.good[0] for it in root.channels() if it.good) if root else {}

    def owned(self, root: SmallStack | None) -> set[str]:
        """Return the applications whose channels settled with a tree, and are not only inherited."""
        good = (it.good for it in root.channels() if it.good) if root else ()
        return {application_id for (application_id, _), physical_id in good if self.is_ours(physical_id)}

    def allowed(self, places: Places, number: int) -> Places:
        """Leave out what is managed twice, which is an error at synth or a mistake between stacks."""
        other = self.roots[1 - number]
        managed = {it.wanted[0] for it in other.channels()} if other else set()
        managed |= {*self.base[1 - number]}
        kept: Places = {}
        for path, wanted in places.items():
            if wanted[0] not in managed:
                managed.add(wanted[0])
                kept[path] = wanted
        return kept


class ProtectedStaysUp(VoiceNeverGoesDown):
    """The same operations on protected channels: of those that have settled, none goes down any more.

    A deployment that would take one down fails, which does not matter here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cloud.protected = True
        self.up: set[str] = set()

    @invariant()
    def every_channel_is_as_expected(self) -> None:
        """Fail where a channel is or was down that had settled and was up before the last operation."""
        changes = self.cloud.pinpoint.history
        assert [it for it in changes if it[0] in self.up and it[1] != "enabled"] == []
        assert {it for it in self.up if self.states()[it] != "enabled"} == set()
        changes.clear()
        self.up = {
            it
            for root in self.roots
            for it in self.owned(root)
            if self.said(root)[it] and self.states()[it] == "enabled"
        }

    def expect(self, number: int, root: SmallStack, *_: object) -> None:
        """Expect nothing else of a deployment."""
        self.roots[number] = root
        self.forget_if_gone(number, root)
        self.base[number] = {}

    def expect_back(self, number: int, *_: object, **__: object) -> None:
        """Nor of a rollback."""
        self.base[number] = {}

    def change_by_hand(self, application_id: str, enabled: bool) -> None:
        """Make a channel before all operations; later, nobody is kept from calling the API."""
        self.cloud.pinpoint.put(application_id, enabled=enabled)

    def delete_by_hand(self, application_id: str) -> None:
        """Do nothing, for the same reason."""


# `make sequences` takes more of them; see the profile in conftest.py.
ProtectedStaysUp.TestCase.settings = VoiceNeverGoesDown.TestCase.settings = settings(
    settings.default,
    max_examples=max(200, settings.default.max_examples if settings.default else 0),
    stateful_step_count=10,
    deadline=None,
    derandomize=True,
)
TestVoiceNeverGoesDown = pytest.mark.timeout(3600)(VoiceNeverGoesDown.TestCase)
TestProtectedStaysUp = pytest.mark.timeout(3600)(ProtectedStaysUp.TestCase)


def test_an_inherited_channel_survives_a_rollback_that_updates_it_before_the_delete_of_its_old_id() -> None:
    # Found once, but too rare among the random sequences to be found each time.
    machine = VoiceNeverGoesDown()
    machine.inherit(number=0, application_id="calls", enabled=True)

    plan = Plan(fails_after=1, updates_replaced=True)
    machine.deploy(number=0, places={("A",): ("calls", False)}, plan=plan)

    machine.every_channel_is_as_expected()
