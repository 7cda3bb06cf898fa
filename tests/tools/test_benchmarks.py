"""The benchmarks: that their tables say what was measured. What they measure is in benchmarks/RESULTS.md."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import events, sizes, stacks
from benchmarks.apps import OURS, PYTHON_PEERS, WITH_FUNCTION, Synthesized, Way
from benchmarks.drawing import Chart, Span, bars, timeline
from benchmarks.peers import BARE, CRHELPER, PEERS
from benchmarks.peers import OURS as OUR_HANDLER
from benchmarks.picture import spans
from benchmarks.table import Table, markdown

PROJECT = Path(__file__).parents[2]
CHANNEL = {"Type": "Custom::VoiceChannel"}


def test_a_table_in_markdown() -> None:
    table = Table(
        "Speed on foot",
        "With shoes.",
        {"at most 1": True, "least": False},
        ("Who", "Time"),
        [("I", "2 s")],
        Chart("s", {"Time": {"I": 2}}, "I"),
        "- A note.",
    )

    assert markdown(table) == (
        "## Speed on foot\n\nWith shoes.\n\n- Target: at most 1: **met**.\n- Target: least: **not met**.\n\n"
        "![Speed on foot](charts/speed_on_foot.svg)\n\n"
        "| Who | Time |\n| --- | --- |\n| I | 2 s |\n\n- A note.\n"
    )


@pytest.mark.parametrize("requirements", sorted(PROJECT.glob("benchmarks/peers/*/requirements.txt")), ids=str)
def test_a_peer_runs_with_the_pinned_boto3(requirements: Path) -> None:
    lines = (PROJECT / "requirements-dev.txt").read_text().splitlines()
    pinned = {line.removesuffix(" \\") for line in lines}
    shared = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")

    lines = requirements.read_text().splitlines()

    assert {line for line in lines if line.split("==")[0] in shared} <= pinned
    assert sum(line.split("==")[0] in shared for line in lines) == len(shared)


def template(*channels: Mapping[str, Any]) -> Synthesized:
    resources = {f"Channel{number}x1DF8E54E": channel for number, channel in enumerate(channels)}
    return Synthesized({"Resources": {"Function": {}, **resources}}, {})


def test_a_template_for_fewer_channels_has_all_else() -> None:
    synthesized = template(CHANNEL, CHANNEL, CHANNEL)

    assert set(synthesized.with_channels(2)["Resources"]) == {
        "Function",
        "Channel0x1DF8E54E",
        "Channel1x1DF8E54E",
    }


@pytest.mark.parametrize(
    ("properties", "disabled"),
    [
        ({"ApplicationId": f"{0:032x}", "Enabled": True}, {"ApplicationId": "a1", "Enabled": False}),
        (
            {"Update": json.dumps({"Id": f"{0:032x}", "Enabled": True}, separators=(",", ":"))},
            {"Update": '{"Id":"a1","Enabled":false}'},
        ),
    ],
)
def test_a_template_is_for_real_applications(properties: object, disabled: object) -> None:
    synthesized = template({"Properties": properties})

    resources = synthesized.template_for(["a1"], enabled=False)["Resources"]

    assert resources["Channel0x1DF8E54E"]["Properties"] == disabled


def measured(ours: float, peers: float) -> dict[tuple[Way, int, str], float]:
    return {
        (way, channels, step): channels * (ours if way is OURS else peers)
        for way in WITH_FUNCTION
        for channels in (1, 25, 100)
        for step in ("Create", "Update", "Delete")
    }


def test_a_faster_peer_and_growth_that_is_not_linear_are_told() -> None:
    medians = measured(1, 2)
    assert all(stacks.table(3, (1, 25, 100), medians).targets.values())

    medians[PYTHON_PEERS[0], 25, "Update"] = 24.9
    medians[OURS, 100, "Delete"] = 130

    table = stacks.table(3, (1, 25, 100), medians)
    assert not any(table.targets.values())
    assert "Faster: crhelper 2.0.12 at Update 25." in table.note
    assert table.rows[0][-1] == "1.00 1.00 1.30"


def figures(seconds: float) -> events.Figures:
    figures = events.Figures()
    figures.seconds = {step: [seconds] for step in ("first", "update", "first delete", "delete")}
    figures.calls = {"first": "2", "update": "1", "first delete": "1 + 1"}
    figures.peaks = [seconds]
    return figures


@pytest.mark.parametrize(
    ("ours", "met"),
    [(1.2, [True, True, True, True]), (1.5, [False, True, True, True]), (3, [False, False, True, False])],
)
def test_a_slow_event_misses_its_targets(ours: float, met: list[bool]) -> None:
    found = {BARE: figures(1), OUR_HANDLER: figures(ours), **{peer: figures(2) for peer in PEERS}}

    assert list(events.targets(found).values()) == met


def test_a_call_too_many_misses_its_target() -> None:
    found = {candidate: figures(1) for candidate in (BARE, OUR_HANDLER, CRHELPER, *PEERS)}
    found[OUR_HANDLER].calls["update"] = "2"

    assert not events.targets(found)["calls 2, 1, 1 + 1"]


def test_a_resource_too_many_misses_its_target() -> None:
    assert sizes.fewest({OURS: [(5, 9), (104, 9)], PYTHON_PEERS[0]: [(5, 1), (105, 1)]}, PYTHON_PEERS[:1])
    assert not sizes.fewest({OURS: [(5, 9), (104, 9)], PYTHON_PEERS[0]: [(4, 9), (105, 9)]}, PYTHON_PEERS[:1])


SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str, kind: str) -> list[ElementTree.Element]:
    """Return what a picture has of a kind of element."""
    return list(ElementTree.fromstring(svg).iter(f"{SVG}{kind}"))  # noqa: S314, our own


def test_the_bars_of_a_chart_are_as_long_as_what_was_measured_and_say_it() -> None:
    chart = Chart("s", {"Create <1>": {"ours": 2.5, "a peer": 5}, "Delete": {"ours": 0}}, "ours")

    svg = bars(chart)

    lengths = [(bar.get("class"), float(bar.get("width", 0))) for bar in drawn(svg, "rect")]
    assert [style for style, _ in lengths] == ["ours", "peer", "ours"]
    assert lengths[1][1] == pytest.approx(2 * lengths[0][1], abs=0.1)
    texts = [text.text for text in drawn(svg, "text")]
    assert texts == ["Create <1>", "ours", "2.5 s", "a peer", "5 s", "Delete", "ours", "0 s"]


def test_a_timeline_shows_what_was_when() -> None:
    moments = [(0.1, "up"), (1.0, "down"), (2.0, "up")]

    drawn_spans = spans(moments, 4, {"up": ("up", "works"), "down": ("down", "does not work at all")})
    svg = timeline({"Lane": [drawn_spans]}, 4, "Caption")

    assert [(it.begin, it.end, it.style) for it in drawn_spans] == [
        (0, 1.0, "up"),
        (1.0, 2.0, "down"),
        (2.0, 4, "up"),
    ]
    widths = [float(bar.get("width", 0)) for bar in drawn(svg, "rect")]
    assert widths[2] == pytest.approx(2 * widths[1], abs=0.1)
    seconds = [f"{second} s" for second in range(5)]
    assert [text.text for text in drawn(svg, "text")] == [
        *("Lane", "works", "does not work at all", "works"),
        *seconds,
        "Caption",
    ]


def test_what_does_not_fit_is_not_written() -> None:
    svg = timeline({"Lane": [[Span(0, 0.1, "up", "works"), Span(0.1, 4, "down", "")]]}, 4, "Caption")

    assert "works" not in svg
