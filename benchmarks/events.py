"""The time, the API calls and the memory of an event, against a local Pinpoint and a local TLS endpoint."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import certifi

from benchmarks.drawing import Chart
from benchmarks.peers import BARE, CRHELPER, OURS, PEERS, Candidate
from benchmarks.table import Table
from harness.events import Kind, new_event
from harness.function import Function, environment
from harness.inbox import Inbox, make_certificate
from harness.pinpoint import Pinpoint
from harness.proxy import FaultyServer
from harness.stack import Stack

_CANDIDATES = (BARE, OURS, *PEERS)
_ROUNDS = 20
_WARM_UPDATES = 5
_WARM_TARGET = 1.2
# Of the first Delete: a later one of the same stack asks CloudFormation nothing for some seconds.
_CALLS = {"first": "2", "update": "1", "first delete": "1 + 1"}
# crhelper sleeps this long on Delete while the function has more time left than that and 15 s.
_CRHELPER_SLEEP_SECONDS = 120
_SECONDS = 100
_STATUS = {
    Kind.CREATE: "CREATE_IN_PROGRESS",
    Kind.UPDATE: "UPDATE_IN_PROGRESS",
    Kind.DELETE: "DELETE_IN_PROGRESS",
}
_CHARTED = {"First Create of a process": "first", "Warm Update": "update", "Warm Delete": "delete"}
_NOTE = """\
- First: the Create of a fresh process, from the event to the answer's arrival. Update and Delete: the
  same of a warm process. The first Delete of a process is apart: it makes CloudFormation's client.
- ÷ bare: by the same API calls and PUT made bare, with clients and a TLS context made beforehand. A
  Delete of this project asks CloudFormation what the stack is doing; those of the peers do not, and so
  delete the channel also where a rollback or a replacement still needs it. The warm Delete here comes some
  seconds after another one of its stack, so the answer is remembered.
- Delete of crhelper: by default it sleeps 120 s before it answers, where the function has more than 135 s
  left. The event was given less time, so that it did not, and the 120 s are added.
- What helps this project: one TLS context for all answers, as making one reads the certificates of all
  authorities: about 15 ms.
- Tried and not kept, as it saves 0.1 ms and less: one watchdog thread for all events, a redaction that
  compiles no pattern for each event."""


class _Services:
    """The local services, as long as the ``with`` block lasts."""

    def __init__(self, pinpoint: Pinpoint, certificate: Path) -> None:
        self._service = pinpoint
        self._stack = Stack()
        self._pinpoint = FaultyServer(pinpoint)
        self._cloudformation = FaultyServer(self._stack)
        self._inbox = Inbox(certificate)
        # A handler reads the certificates of all authorities, as on AWS, and that of the local endpoint.
        self._authorities = certificate.with_name("authorities.pem")
        self._authorities.write_text(Path(certifi.where()).read_text() + certificate.read_text())

    @classmethod
    @contextmanager
    def started(cls) -> Iterator["_Services"]:
        with ExitStack() as started:
            directory = Path(started.enter_context(tempfile.TemporaryDirectory()))
            services = cls(started.enter_context(Pinpoint()), make_certificate(directory))
            for server in (services._pinpoint, services._cloudformation, services._inbox):
                started.enter_context(server)
            yield services

    def function(self, candidate: Candidate) -> Function:
        urls = self._pinpoint.url, self._cloudformation.url
        variables = environment(*urls, self._inbox.host, self._authorities)
        variables["REQUESTS_CA_BUNDLE"] = str(self._authorities)
        variables.pop("PYTHONPATH", None)
        return Function(variables, handler=candidate.handler, python=candidate.python())

    def new_application(self) -> str:
        return self._service.new_application()

    def deliver(self, function: Function, kind: Kind, application_id: str) -> tuple[float, str]:
        """Deliver an event, and return the seconds to its answer and the API calls."""
        signed = datetime.now(UTC)
        self._stack.ask(_STATUS[kind], kind, signed)
        physical_id = f"{application_id}/voice/absent"
        content = new_event(kind, application_id, self._inbox.host, physical_id, signed)
        for server in (self._pinpoint, self._cloudformation):
            server.requests.clear()
        self._inbox.accepted.clear()
        begin = time.monotonic()
        function.deliver(content, _SECONDS)
        [answer] = self._inbox.accepted
        if answer.content["Status"] != "SUCCESS":
            raise RuntimeError(answer.content["Reason"])
        calls = [len(server.requests) for server in (self._pinpoint, self._cloudformation)]
        return answer.at - begin, " + ".join(str(count) for count in calls if count)


class Figures:
    """What was measured of a candidate."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.calls: dict[str, str] = {}
        self.peaks: list[float] = []

    def median(self, step: str) -> float:
        """Return the median seconds of a step."""
        return median(self.seconds[step])


def measure(quick: bool) -> Table:
    """Deliver the same events to each candidate, in turn."""
    figures = {candidate: Figures() for candidate in _CANDIDATES}
    with _Services.started() as services:
        for _ in range(2 if quick else _ROUNDS):
            for candidate in _CANDIDATES:
                _round(services, candidate, figures[candidate])
    rounds = len(figures[OURS].peaks)
    return Table(
        title="Events",
        how="Against a local Pinpoint, a stand-in for CloudFormation and a TLS endpoint for the answers, on "
        f"this machine. Medians of {rounds} processes of each candidate in turn; of each, the first event, "
        f"{_WARM_UPDATES} updates, a first delete and a warm one.",
        targets=targets(figures),
        columns=(
            *("Candidate", "First", "Update", "÷ bare", "First delete", "Delete", "÷ bare"),
            *("Calls of Create, Update, Delete", "Peak memory"),
        ),
        rows=[_row(candidate, figures[candidate], figures[BARE]) for candidate in _CANDIDATES],
        chart=Chart(
            "ms",
            {
                title: {it.name: round(figures[it].median(step) * 1000, 1) for it in _CANDIDATES}
                for title, step in _CHARTED.items()
            },
            OURS.name,
        ),
        note=_NOTE,
    )


def _round(services: _Services, candidate: Candidate, figures: Figures) -> None:
    application_id = services.new_application()
    steps = [("first", Kind.CREATE), *[("update", Kind.UPDATE)] * _WARM_UPDATES]
    steps += [("first delete", Kind.DELETE), ("create", Kind.CREATE), ("delete", Kind.DELETE)]
    function = services.function(candidate)
    function.start()
    for step, kind in steps:
        seconds, calls = services.deliver(function, kind, application_id)
        figures.seconds[step].append(seconds)
        figures.calls[step] = calls
        if step == "first":
            figures.peaks.append(function.peak_mb())
    function.end()


def _row(candidate: Candidate, figures: Figures, bare: Figures) -> tuple[str, ...]:
    sleep = f"{_CRHELPER_SLEEP_SECONDS} s + " if candidate is CRHELPER else ""
    return (
        candidate.name,
        _milliseconds(figures.median("first")),
        _milliseconds(figures.median("update")),
        f"{figures.median('update') / bare.median('update'):.2f}",
        sleep + _milliseconds(figures.median("first delete")),
        sleep + _milliseconds(figures.median("delete")),
        f"{figures.median('delete') / bare.median('delete'):.2f}",
        ", ".join(figures.calls[step] for step in _CALLS),
        f"{median(figures.peaks):.1f} MB",
    )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def targets(figures: Mapping[Candidate, Figures]) -> dict[str, bool]:
    """Return what is aimed at, and whether it is met."""
    ours, bare = figures[OURS], figures[BARE]
    return {
        f"warm events at most {_WARM_TARGET} of the same calls made bare": all(
            ours.median(step) <= _WARM_TARGET * bare.median(step) for step in ("update", "delete")
        ),
        "first and warm events ahead of every peer, crhelper's sleep left out": all(
            ours.median(step) < figures[peer].median(step)
            for step in ("first", "update", "delete")
            for peer in PEERS
        ),
        f"calls {', '.join(_CALLS.values())}": {step: ours.calls[step] for step in _CALLS} == _CALLS,
        "no more memory than crhelper": median(ours.peaks) <= median(figures[CRHELPER].peaks),
    }
