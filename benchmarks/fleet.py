"""How many of a hundred channels come up while Pinpoint throttles."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.apps import OURS, WITH_FUNCTION, Synthesized, Way, synthesized
from benchmarks.deployment import Deployer
from benchmarks.drawing import Chart
from benchmarks.table import Table

_LIMITS = (10, 20, 50)
"""Requests per second."""
_QUICK_LIMITS = (50,)
_STACKS = 20
_QUICK_STACKS = 2
_CHANNELS = 5
"""Of each stack."""
_AT_ONCE = 2
"""How many ways are tried at once, each on a local cloud of its own: most of the time they wait."""

_NOTE = """\
- This project retries in botocore's `standard` mode, up to 10 attempts, while the function has time; others
  as their SDK does by default. A stack of which one channel fails is rolled back with all five.
- The local cloud makes a stack's channels one after the other, and runs as many functions at once as there
  are stacks. AWS begins with all resources of a stack that do not depend on each other.
- The limit is a bucket of tokens that holds one second's requests."""


def measure(quick: bool) -> Table:
    """Create many stacks at once in each way, under each limit."""
    limits = _QUICK_LIMITS if quick else _LIMITS
    stacks = _QUICK_STACKS if quick else _STACKS
    templates = synthesized(quick)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        fleets = pool.map(lambda way: _fleets(way, templates[way], limits, stacks), WITH_FUNCTION)
        found = dict(zip(WITH_FUNCTION, fleets, strict=True))
    channels = stacks * _CHANNELS
    return Table(
        title="Throttled fleet",
        how=f"{channels} channels in {stacks} stacks that are created at once on the local cloud, against a "
        "Pinpoint that answers so many requests per second and throttles the others: the channels that are "
        "enabled when CloudFormation is done, and the seconds until then.",
        targets={
            f"{channels} of {channels} at each limit": all(enabled == channels for enabled, _ in found[OURS])
        },
        columns=("Way", *(f"{limit} requests/s" for limit in limits)),
        rows=[
            (way.name, *(f"{enabled} of {channels}, {seconds:.0f} s" for enabled, seconds in fleets))
            for way, fleets in found.items()
        ],
        chart=Chart(
            f"of {channels}",
            {
                f"Enabled at {limit} requests/s (the more the better)": {
                    way.name: fleets[number][0] for way, fleets in found.items()
                }
                for number, limit in enumerate(limits)
            },
            OURS.name,
        ),
        note=_NOTE,
    )


def _fleets(way: Way, template: Synthesized, limits: tuple[int, ...], stacks: int) -> list[tuple[int, float]]:
    with Deployer.started() as (deployer, cloud):
        deployer.upload(template)
        [application_id] = deployer.applications(1)
        deployer.create(way.stack, template.template_for([application_id]))
        channels = _without_function(deployer, way, template)
        found = []
        for limit in limits:
            application_ids = deployer.applications(stacks * _CHANNELS)
            cloud.pinpoint.limit(limit)
            seconds = _create(deployer, channels, f"Limit{limit}", application_ids)
            cloud.pinpoint.lift_limit()
            found.append((deployer.enabled(application_ids), seconds))
        return found


def _create(deployer: Deployer, channels: Synthesized, name: str, application_ids: list[str]) -> float:
    """Create the stacks at once, and return the seconds until CloudFormation is done with all."""
    started = time.monotonic()
    starts = range(0, len(application_ids), _CHANNELS)
    for start in starts:
        template = channels.template_for(application_ids[start : start + _CHANNELS])
        deployer.begin(f"{name}-{start}", template)
    for start in starts:
        deployer.settled(f"{name}-{start}")
    return time.monotonic() - started


def _without_function(deployer: Deployer, way: Way, template: Synthesized) -> Synthesized:
    """Return the template with nothing but the channels, for the function that is deployed already."""
    channels = {
        logical_id: _for_deployed(deployer, way, resource)
        for logical_id, resource in template.template["Resources"].items()
        if "ServiceToken" in resource.get("Properties", {})
    }
    return Synthesized({"Resources": channels}, {})


def _for_deployed(deployer: Deployer, way: Way, resource: Mapping[str, Any]) -> dict[str, Any]:
    [function, _] = resource["Properties"]["ServiceToken"]["Fn::GetAtt"]
    token = deployer.function_arn(way.stack, function)
    kept = {key: value for key, value in resource.items() if key != "DependsOn"}
    return {**kept, "Properties": {**resource["Properties"], "ServiceToken": token}}
