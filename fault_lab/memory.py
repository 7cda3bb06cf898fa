"""A Create for a handler with too little memory: from hardly enough to be imported, to more than it needs.

What is limited is the address space of the process, from its start on. So each allocation can be the one that
fails: in an import, in the same import with the event, in a call to Pinpoint, in the PUT of the answer. A
limit that begins when the process is ready would find all imports made.
"""

import re
import tempfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from fault_lab import table
from fault_lab.bench import Bench
from fault_lab.patterns import AFTER, plain
from harness.events import Kind
from harness.function import Function, WorkerNotStarted, environment
from harness.inbox import make_certificate
from harness.pinpoint import Pinpoint

MARK = "memory"
"""Where the counts are in the document."""
SECONDS = 50
"""How long the function may take, so that it has the time to call Pinpoint."""

_DIED = "nothing; the function was killed"
ENDS = {
    "SUCCESS is answered": "SUCCESS as absent",
    "FAILED is answered": "FAILED as [^;]+",
    "no answer; an error is raised, so that Lambda tries the event again": "nothing; [^;]+ raised",
    "no answer; the process dies, so that Lambda tries the event again": _DIED,
    "one answer, but Lambda tries the event again": "(SUCCESS|FAILED) as [^;]+; [^;]+(raised|killed)",
}
"""What may come of a Create, and the pattern of what CloudFormation got then. All else may lose the event."""

_LEGEND = """\
The counts are from one run. The first limit is {fewest:,} KB, the smallest with which the handler could be
imported. Each of the others is {step} KB above the one before.
"""

_RUNS = 100
_STEP = 512 * 1024
# Nearly all of the time, a run waits to try its answer again.
_AT_ONCE = 100
# More than the handler needs to start, on any machine.
_AMPLE = 256 * 1024 * 1024


def limits() -> range:
    """Return how many bytes each run may have, from the fewest with which the handler is imported."""
    fewest = bisect_left(range(0, _AMPLE, _STEP), True, key=_starts) * _STEP
    return range(fewest, fewest + _RUNS * _STEP, _STEP)


def _starts(memory: int) -> bool:
    nowhere = "127.0.0.1:9"
    variables = environment(f"http://{nowhere}", f"http://{nowhere}", nowhere, Path("none.pem"))
    function = Function(variables, memory=memory)
    try:
        function.start()
    except WorkerNotStarted:
        return False
    function.end()
    return True


def run(limits: Iterable[int], seconds: float) -> list[str]:
    """Deliver a Create to a new process for each limit, and return what CloudFormation got.

    Args:
        limits: How many bytes of address space the processes may have.
        seconds: How long the function may take.
    """
    with tempfile.TemporaryDirectory() as directory, Pinpoint() as pinpoint:
        certificate = make_certificate(Path(directory))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(partial(_run, pinpoint, certificate, seconds), limits))


def _run(pinpoint: Pinpoint, certificate: Path, seconds: float, memory: int) -> str:
    case = plain(f"{memory} bytes", Kind.CREATE, memory=memory, seconds=seconds)
    try:
        with Bench(pinpoint, certificate, case) as bench:
            outcome = next(bench.outcomes())
    except WorkerNotStarted:
        return _DIED
    if outcome.got.startswith("SUCCESS") and outcome.channel != AFTER[Kind.CREATE]:
        return f"{outcome.got}, with the channel {outcome.channel}"
    return outcome.got


def end(got: str) -> str | None:
    """Return the one of `ENDS` that fits what CloudFormation got; None if no end fits."""
    return next((name for name, pattern in ENDS.items() if re.fullmatch(pattern, got)), None)


def differences(limits: Iterable[int], all_got: Iterable[str]) -> list[str]:
    """Return in words which runs may have lost their event."""
    return [
        f"a Create with {limit} bytes of address space: CloudFormation got {got!r}"
        for limit, got in zip(limits, all_got, strict=True)
        if end(got) is None
    ]


def write(limits: range, all_got: Iterable[str], document: Path = table.DOCUMENT) -> None:
    """Write into a document, between its marks, how often each end came."""
    counts = Counter(end(got) for got in all_got)
    lines = [_LEGEND.format(fewest=limits.start // 1024, step=limits.step // 1024)]
    lines += [table.line(row) for row in (("Outcome of the Create", "Runs"), ("---", "---"))]
    lines += [table.line((name, str(counts[name]))) for name in ENDS]
    table.put("\n".join(lines), MARK, document)
