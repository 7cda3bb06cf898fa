"""What is planned is what is done: random operations on a model of CloudFormation, each planned before."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.command import run_command
from harness.model_account import account_of, write_template
from harness.model_cloud import Plan, SmallCloud, SmallStack, Template

APPLICATIONS = ("one", "two", "three")
PLACES = (("A",), ("B",), ("N", "A"), ("N", "B"), ("M", "A"))


OFTEN = st.sampled_from([True, True, True, False])


@st.composite
def templates(draw: st.DrawFn) -> Template:
    """Return a template in which no two resources have the same application."""
    template: dict[str, object] = {"Nothing": {}}
    places = draw(st.permutations(PLACES))
    for place, application_id in zip(places, draw(st.permutations(APPLICATIONS)), strict=False):
        if draw(OFTEN):
            *around, logical_id = place
            inner = template
            for name in around:
                inner = inner.setdefault(name, {})  # type: ignore[assignment]  # it is a template as well
            inner[logical_id] = (application_id, draw(st.booleans()))
    return template  # type: ignore[return-value]  # it has what a template has


HANDS = st.dictionaries(st.sampled_from(APPLICATIONS), st.sampled_from([True, False, None]))
STEPS = st.tuples(templates(), HANDS, st.sampled_from(["deploy", "deploy", "deploy", "fail", "destroy"]))


MOVED: list[tuple[Template, Mapping[str, bool | None], str]] = [
    ({"Nothing": {}, "A": ("one", True)}, {}, "deploy"),
    ({"Nothing": {}, "A": ("two", True)}, {"one": False}, "fail"),
]


@example(protected=False, updates_replaced=True, steps=MOVED)
@given(st.booleans(), st.booleans(), st.lists(STEPS, min_size=2, max_size=5))
@settings(deadline=None, max_examples=settings.default.max_examples // 4)  # type: ignore[union-attr]  # there is one
def test_what_is_planned_is_what_is_done(
    protected: bool, updates_replaced: bool, steps: list[tuple[Template, Mapping[str, bool | None], str]]
) -> None:
    cloud = SmallCloud()
    cloud.protected = protected
    root: SmallStack | None = None
    for template, hands, operation in steps:
        for application_id, enabled in hands.items():
            change_by_hand(cloud, application_id, enabled)
        cloud.clock.wait(60)
        planned = plan(cloud, root, None if operation == "destroy" else template)
        touched = len(cloud.pinpoint.history)
        if operation == "destroy":
            if root is None or planned["fails"]:
                continue
            cloud.destroy(root, Plan())
        else:
            fails_after = 99 if operation == "fail" else None
            root = cloud.deploy(
                root, template, Plan(fails_after=fails_after, updates_replaced=updates_replaced)
            )
        end = "after_failure" if operation == "fail" and not planned["fails"] else "then"
        assert_agrees(cloud, planned, end, touched)
        if root is not None and root.status in ("DELETE_COMPLETE", "ROLLBACK_COMPLETE"):
            root = None


def change_by_hand(cloud: SmallCloud, application_id: str, enabled: bool | None) -> None:
    if enabled is not None:
        cloud.pinpoint.put(application_id, enabled=enabled)
    elif application_id in cloud.pinpoint.channels:
        cloud.pinpoint.delete(application_id)


def plan(cloud: SmallCloud, root: SmallStack | None, template: Template | None) -> dict[str, object]:
    name = root.stack_id.split("/")[1] if root else "New"
    with tempfile.TemporaryDirectory() as folder:
        what = ["--delete"]
        if template is not None:
            what = ["--template", str(write_template(cloud, template, Path(folder)))]
        ended = run_command("plan", name, *what, "--output", "json", make_account=account_of(cloud))
    if template is None and root is None:
        assert "There is no stack New" in ended.errors
        return {"channels": [], "fails": True}
    assert ended.code == 0, ended.errors
    return ended.document  # type: ignore[no-any-return]  # a plan's


def assert_agrees(cloud: SmallCloud, planned: dict[str, object], end: str, touched: int) -> None:
    channels: list[dict[str, str]] = planned["channels"]  # type: ignore[assignment]  # as docs/cli.md has it
    rows = [(one["resource"], one["application_id"]) for one in channels]
    replaced = {named for resource, named in rows if sum(it == resource for it, _ in rows) > 1}
    done = {application_id for application_id, _ in cloud.pinpoint.history[touched:]}
    for one in channels:
        assert one["action"] != "cannot-tell", one
        # What fails by itself leaves what it does not reach.
        if one["application_id"] and one[end] is None and not planned["fails"]:
            # CloudFormation updates what it has replaced, or does not.
            assert end == "after_failure", one
            assert one["application_id"] in replaced, one
        elif one["application_id"] and one[end] is not None:
            assert one[end] == cloud.pinpoint.state(one["application_id"]), one
    asked = {one["application_id"] for one in channels if one["action"] not in ("adopt", "unchanged", "keep")}
    kept = {one["application_id"] for one in channels if one["action"] == "keep"}
    assert done <= asked | kept, planned
