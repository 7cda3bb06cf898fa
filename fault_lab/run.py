"""Runs cases, many at once, and tells where they differ from what is expected."""

import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from fault_lab.bench import Bench, requests
from fault_lab.case import Case
from fault_lab.outcome import Outcome
from harness.inbox import make_certificate
from harness.pinpoint import Pinpoint

# Most of the time a case waits.
_AT_ONCE = 24


def run(cases: Iterable[Case]) -> list[list[Outcome]]:
    """Run cases, many at once, and return the outcomes of each in the order of `requests`."""
    with tempfile.TemporaryDirectory() as directory, Pinpoint() as pinpoint:
        certificate = make_certificate(Path(directory))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(partial(_run, pinpoint, certificate), cases))


def _run(pinpoint: Pinpoint, certificate: Path, case: Case) -> list[Outcome]:
    with Bench(pinpoint, certificate, case) as bench:
        return list(bench.outcomes())


def differences(case: Case, outcomes: Iterable[Outcome]) -> list[str]:
    """Return what is not as a case expects it, in words."""
    return [
        f"{outcome.fault}, {outcome.request}: {difference}"
        for outcome, (request, expected) in zip(outcomes, requests(case), strict=True)
        for difference in outcome.differences(case.fault, request, expected)
    ]
