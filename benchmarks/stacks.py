"""The time that CloudFormation takes over stacks of channels, on the local cloud."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from benchmarks.apps import OURS, WITH_FUNCTION, Synthesized, Way, synthesized
from benchmarks.deployment import Deployer
from benchmarks.drawing import Chart
from benchmarks.table import Table

_ROUNDS = 3
_SIZES = (1, 25, 100)
_QUICK_SIZES = (1, 3, 5)

_STEPS = ("Create", "Update", "Delete")
_LINEAR = 1.25

_NOTE = """\
- Growth: the seconds for a channel of the largest stack, by those for a channel of the second, of Create,
  Update and Delete. 1 is a straight line; what a stack takes besides its channels makes it less.
- AwsCustomResource runs in Node.js, and its Create makes one API call, where others ask what is there first.
  The AWS SDK for Node.js is put where Lambda's runtime has it.
- A Delete of this project first asks CloudFormation what the stack is doing; no peer does.
- The functions have two minutes, so that crhelper does not sleep on Delete: with 135 s it would, for 120 s.
- The local cloud makes a stack's channels one after the other, AWS many at once."""

Times = dict[tuple[Way, int, str], list[float]]


def measure(quick: bool) -> Table:
    """Create, update and delete stacks of each size in each way, in turn."""
    rounds, sizes = (1, _QUICK_SIZES) if quick else (_ROUNDS, _SIZES)
    times: Times = defaultdict(list)
    for turn in range(rounds):
        # Another one goes first in each round: a new local cloud's first stack takes longer.
        ways = (*WITH_FUNCTION[turn:], *WITH_FUNCTION[:turn])
        _round(sizes, ways, synthesized(quick), times)
    return table(rounds, sizes, {key: median(seconds) for key, seconds in times.items()})


def _round(
    sizes: Sequence[int], ways: Sequence[Way], templates: Mapping[Way, Synthesized], times: Times
) -> None:
    # A new local cloud, as one that has made many stacks is slower.
    with Deployer.started() as (deployer, _):
        for way in ways:
            deployer.upload(templates[way])
        for channels in sizes:
            for way in ways:
                _deploy(deployer, way, templates[way], channels, times)


def _deploy(deployer: Deployer, way: Way, template: Synthesized, channels: int, times: Times) -> None:
    application_ids = deployer.applications(channels)
    for_all = functools.partial(template.template_for, application_ids)
    times[way, channels, "Create"].append(deployer.create(way.stack, for_all()))
    times[way, channels, "Update"].append(deployer.update(way.stack, for_all(enabled=False)))
    times[way, channels, "Delete"].append(deployer.delete(way.stack))


def table(rounds: int, sizes: Sequence[int], medians: Mapping[tuple[Way, int, str], float]) -> Table:
    """Return the table of what was measured.

    Args:
        rounds: Of how many rounds the medians are.
        sizes: How many channels the stacks had, in rising order.
        medians: Seconds, by way, number of channels and step.
    """
    growth = {(way, step): _growth(medians, way, step, sizes) for way in WITH_FUNCTION for step in _STEPS}
    faster = [
        f"{way.name} at {step} {channels}"
        for way in WITH_FUNCTION
        for channels in sizes
        for step in _STEPS
        if medians[way, channels, step] < medians[OURS, channels, step]
    ]
    return Table(
        title="Stacks",
        how=f"A stack with the function and {_listed(sizes)} channels over boto3 on the local cloud, "
        "created, disabled and deleted: seconds until CloudFormation is done. In turn; medians "
        f"of {rounds} rounds, each on a new local cloud.",
        targets={
            "no peer faster": not faster,
            f"growth linear, at most {_LINEAR}": all(growth[OURS, step] <= _LINEAR for step in _STEPS),
        },
        columns=("Way", *(f"{step} {channels}" for channels in sizes for step in _STEPS), "Growth"),
        rows=[
            (
                way.name,
                *(f"{medians[way, channels, step]:.2f}" for channels in sizes for step in _STEPS),
                " ".join(f"{growth[way, step]:.2f}" for step in _STEPS),
            )
            for way in WITH_FUNCTION
        ],
        chart=Chart(
            "s",
            {
                f"{step} {sizes[-1]} channels": {
                    way.name: round(medians[way, sizes[-1], step], 2) for way in WITH_FUNCTION
                }
                for step in _STEPS
            },
            OURS.name,
        ),
        note=f"- Faster: {_listed(faster) or 'none'}.\n{_NOTE}",
    )


def _growth(
    medians: Mapping[tuple[Way, int, str], float], way: Way, step: str, sizes: Sequence[int]
) -> float:
    """Return the seconds for a channel of the largest stack, by those for a channel of the one before."""
    *_, medium, large = (medians[way, size, step] / size for size in sizes)
    return large / medium


def _listed(items: Iterable[object]) -> str:
    return ", ".join(map(str, items))
