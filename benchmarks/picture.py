"""Draws what a failed deployment does to voice: ``python -m benchmarks.picture`` writes the README's picture.

Voice works when a stack is created that manages the channel, too. Another resource of that stack fails, so it
is rolled back. Both stacks are deployed on one local cloud, and the channel is asked for all the time.
"""

# ruff: noqa: T201  # printing is what this command is for

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.apps import AWS_CUSTOM_RESOURCE, OURS, Synthesized, Way, synthesized
from benchmarks.deployment import Deployer
from benchmarks.drawing import Span, timeline
from local_cloud.runtime import PROJECT

PICTURE = PROJECT / "docs" / "pictures" / "failed_deployment.svg"
_AFTERWARDS = 1.0
"""For how many seconds the channel is looked at when the deployment is over."""

# Any resource that fails will do: this one's application does not exist.
_FAILING = {"Type": "AWS::Pinpoint::VoiceChannel", "Properties": {"ApplicationId": "0" * 32}}

Moments = list[tuple[float, str]]
"""When something became what, in seconds from the beginning of the deployment."""


def run(deployer: Deployer, way: Way, stack: Synthesized) -> tuple[Moments, Moments]:
    """Deploy a stack that fails, and return what the stack and the channel were, and since when."""
    [application_id] = deployer.applications(1)
    deployer.enable(application_id)
    template = _failing(stack.template_for([application_id]))
    deployer.upload(stack)
    began = time.monotonic()
    statuses: Moments = []
    with _watched(deployer, application_id, began) as channel:
        deployer.begin(way.stack, template)
        while not statuses or statuses[-1][1].endswith("_IN_PROGRESS"):
            _note(statuses, began, deployer.status(way.stack))
        time.sleep(_AFTERWARDS)
    return statuses, channel


@contextmanager
def _watched(deployer: Deployer, application_id: str, began: float) -> Iterator[Moments]:
    seen: Moments = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            _note(seen, began, "up" if deployer.enabled([application_id]) else "down")

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _note(moments: Moments, began: float, what: str) -> None:
    if not moments or moments[-1][1] != what:
        moments.append((time.monotonic() - began, what))


def _failing(template: Mapping[str, Any]) -> dict[str, Any]:
    """Let a resource fail when all others are there."""
    failing = {**_FAILING, "DependsOn": list(template["Resources"])}
    return {**template, "Resources": {**template["Resources"], "Failing": failing}}


def spans(moments: Moments, end: float, styles: Mapping[str, tuple[str, str]]) -> Sequence[Span]:
    """Return what is drawn of moments, up to an end, by the style and label of each."""
    ends = [*(moment for moment, _ in moments[1:]), end]
    return [
        Span(0 if number == 0 else begin, until, *styles[what])
        for number, ((begin, what), until) in enumerate(zip(moments, ends, strict=True))
    ]


_CAPTION = "A stack that takes over a working channel fails and is rolled back. Measured on the local cloud."
_STACK = {
    "CREATE_IN_PROGRESS": ("peer", "the stack is created"),
    "ROLLBACK_IN_PROGRESS": ("peer", "rolled back"),
    "ROLLBACK_COMPLETE": ("peer", "the deployment has failed"),
}
_TITLES = {AWS_CUSTOM_RESOURCE: "AwsCustomResource of the CDK", OURS: "pinpoint-voice-channel"}
_VOICE = {"up": ("up", "voice works"), "down": ("down", "voice is down, and stays down")}


def main() -> None:
    """Deploy both, and write the picture."""
    found = {}
    with Deployer.started() as (deployer, _):
        for way in (AWS_CUSTOM_RESOURCE, OURS):
            found[way] = run(deployer, way, synthesized(quick=True)[way])
    end = max(moments[-1][0] for both in found.values() for moments in both) + _AFTERWARDS
    lanes = {
        _TITLES[way]: [spans(statuses, end, _STACK), spans(channel, end, _VOICE)]
        for way, (statuses, channel) in found.items()
    }
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(timeline(lanes, end, _CAPTION))
    print(PICTURE.relative_to(PROJECT))


if __name__ == "__main__":
    main()
