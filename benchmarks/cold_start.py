"""The CPU time of a fresh process until the handler is ready for its first event."""

import os
import subprocess
from pathlib import Path
from statistics import median

import certifi

from benchmarks.drawing import Chart
from benchmarks.peers import BARE, OURS, PEERS
from benchmarks.table import Table
from harness.function import environment

_TARGET = 0.90
_RUNS = 25
_BASE = 'import boto3; boto3.client("pinpoint")'
_NOTE = """\
- What helps this project: no search for garbage while the function starts, and no client but Pinpoint's;
  CloudFormation's is made by the first event that needs it. The TLS context of the answers, made here
  once, is included.
- Tried and not kept: botocore alone, without boto3 (about 0.09 less; it would need a stand-in for the
  boto3 that crhelper imports); a loader that does not list the directories of botocore's 400 services
  (about 0.08 less; it reaches into botocore); `importlib.util.LazyLoader` for boto3 (nothing; Python 3.11
  loads it with the next import of it)."""


def measure(quick: bool) -> Table:
    """Start each candidate again and again, in turn."""
    starts = {f"`{_BASE}`": (BARE.python(), _BASE)}
    starts |= {candidate.name: (candidate.python(), candidate.start) for candidate in (OURS, *PEERS)}
    seconds: dict[str, list[float]] = {name: [] for name in starts}
    for run in range(3 if quick else 1 + _RUNS):
        for name, (python, code) in starts.items():
            used = _cpu_seconds(python, code)
            if run:  # the first one compiles the modules
                seconds[name].append(used)
    medians = {name: median(times) for name, times in seconds.items()}
    base = medians[f"`{_BASE}`"]
    return Table(
        title="Cold start",
        how="CPU time of a fresh process until the handler is ready for its first event: the interpreter, "
        f"imports and clients. Medians of {len(seconds[OURS.name])} interleaved runs.",
        targets={
            f"at most {_TARGET:.2f} of importing boto3 and making a Pinpoint client": round(
                medians[OURS.name] / base, 2
            )
            <= _TARGET
        },
        columns=("Candidate", "CPU time", "Ratio"),
        rows=[(name, f"{used * 1000:.0f} ms", f"{used / base:.2f}") for name, used in medians.items()],
        chart=Chart(
            "ms",
            {"CPU time of a cold start": {name: round(used * 1000) for name, used in medians.items()}},
            OURS.name,
        ),
        note=_NOTE,
    )


def _cpu_seconds(python: Path, code: str) -> float:
    variables = environment("", "", "", Path(certifi.where()))
    variables.pop("PYTHONPATH", None)
    elsewhere = {name: value for name, value in variables.items() if value}  # nothing is called
    process = subprocess.Popen(  # noqa: S603  # our own command
        [str(python), "-c", code], env=elsewhere, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, code)
    return usage.ru_utime + usage.ru_stime
