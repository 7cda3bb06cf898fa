"""The time that a CDK app with one channel takes to synthesize, beside the same app with the native type."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.drawing import Chart
from benchmarks.table import Table
from local_cloud.runtime import PROJECT

_TARGET = 1.15
_RUNS = 9
_APPS = PROJECT / "benchmarks" / "synth_apps"
_OURS, _NATIVE = "voice_channel", "native"
_NAMES = {_OURS: "this project", _NATIVE: "the native type"}
_NOTE = """\
- What this project's app does more: it imports the CDK's module of Lambda, stages an asset, and has five
  resources checked in place of one.
- Tried and not kept: the function and its limits as bare `CfnResource`s, which need no module of Lambda
  (about 0.1 less; neither an app's tags nor its aspects on functions would reach this one); copying and
  staging the asset without the CDK's `Asset` (nothing)."""


@dataclass(frozen=True)
class _Seconds:
    wall: float
    cpu: float


def measure(quick: bool) -> Table:
    """Synthesize both apps again and again, in turn."""
    runs: dict[str, list[_Seconds]] = {app: [] for app in _NAMES}
    for run in range(2 if quick else 1 + _RUNS):
        for app in runs if run % 2 else reversed(runs):
            took = _synth(app)
            if run:  # the first one compiles the modules, and unpacks the CDK for jsii
                runs[app].append(took)
    wall = {app: median(took.wall for took in those) for app, those in runs.items()}
    cpu = {app: median(took.cpu for took in those) for app, those in runs.items()}
    return Table(
        title="Synth",
        how="`cdk synth` of an app with one channel, as a whole process with all that it starts. "
        f"Medians of {len(runs[_OURS])} runs, in turn.",
        targets={f"at most {_TARGET} of the native type": round(wall[_OURS] / wall[_NATIVE], 2) <= _TARGET},
        columns=("App", "Time", "Ratio", "CPU time", "Ratio"),
        rows=[
            (
                name,
                *(f"{wall[app]:.2f} s", f"{wall[app] / wall[_NATIVE]:.2f}"),
                *(f"{cpu[app]:.2f} s", f"{cpu[app] / cpu[_NATIVE]:.2f}"),
            )
            for app, name in _NAMES.items()
        ],
        chart=Chart(
            "s", {"cdk synth": {name: round(wall[app], 2) for app, name in _NAMES.items()}}, _NAMES[_OURS]
        ),
        note=_NOTE,
    )


def _synth(app: str) -> _Seconds:
    cdk = PROJECT / "node_modules" / ".bin" / "cdk"
    with tempfile.TemporaryDirectory() as directory:
        command = [str(cdk), "synth", "--quiet", "--output", directory]
        command += ["--app", f"{sys.executable} {_APPS / app}.py"]
        started = time.monotonic()
        process = subprocess.Popen(  # noqa: S603  # our own command
            command, cwd=directory, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return _Seconds(wall, usage.ru_utime + usage.ru_stime)


def _environment() -> dict[str, str]:
    # The folder of this Python comes first in PATH: a Node.js from PyPI is there.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "CDK_DISABLE_CLI_TELEMETRY": "true"}
