"""One case on its bench: a process, an application, a stack and endpoints of its own."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from fault_lab.case import Case, Expected
from fault_lab.outcome import Outcome, gist
from harness.events import INVENTED_ID, Event, Kind, new_event
from harness.function import Function, environment
from harness.inbox import Inbox
from harness.pinpoint import Pinpoint
from harness.proxy import FaultyServer
from harness.stack import Stack

# How long the function may take once the fault is over.
_SECONDS_BACK = 60
# The function answers a second before its time is over, or not at all.
_SPARE_SECONDS = 1
# What the handler logs when an answer was refused a connection, and it is going to try again.
_REFUSED = "The answer did not arrive (ConnectionRefusedError"

_STATUS = {
    Kind.CREATE: "CREATE_IN_PROGRESS",
    Kind.UPDATE: "UPDATE_IN_PROGRESS",
    Kind.DELETE: "DELETE_IN_PROGRESS",
}
_STATUS_BACK = {
    Kind.CREATE: "ROLLBACK_IN_PROGRESS",
    Kind.UPDATE: "UPDATE_ROLLBACK_IN_PROGRESS",
    Kind.DELETE: "DELETE_IN_PROGRESS",
}
_AGAIN = "the same event again"
_BACK = {
    Kind.CREATE: "Delete of the rollback",
    Kind.UPDATE: "Update of the rollback",
    Kind.DELETE: "Delete, repeated later",
}


def requests(case: Case) -> list[tuple[str, Expected]]:
    """Return what a case delivers, in the words of the table, and what is expected of it."""
    steps = [(_request(case), case.first), (_AGAIN, case.again)]
    return [*steps, (_BACK[case.kind], case.back)] if case.back else steps


def _request(case: Case) -> str:
    return "Create, adopting" if case.kind is Kind.CREATE and case.before != "absent" else case.kind.value


class Bench:
    """The endpoints and the process of one case, as long as the ``with`` block lasts.

    Args:
        pinpoint: The local Pinpoint.
        certificate: A certificate for localhost, with its key in the same file.
        case: The case.
    """

    def __init__(self, pinpoint: Pinpoint, certificate: Path, case: Case) -> None:
        self._case = case
        self._service = pinpoint
        self._application_id = pinpoint.new_application()
        pinpoint.put(self._application_id, case.before)
        self._stack = Stack()
        self._log: list[str] = []
        self._refused = 0
        self._pinpoint = FaultyServer(pinpoint, case.pinpoint, self._kill)
        self._cloudformation = FaultyServer(self._stack, case.cloudformation)
        self._inbox = Inbox(certificate, case.inbox, self._kill, refusing=case.refusals > 0)
        self._servers = (self._pinpoint, self._cloudformation, self._inbox)
        self._certificate = certificate
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        for server in self._servers:
            self._undo.enter_context(server)
        pinpoint, cloudformation = self._pinpoint.url, self._cloudformation.url
        variables = environment(pinpoint, cloudformation, self._inbox.host, self._certificate)
        self._function = Function(variables, self._on_log, memory=self._case.memory)
        self._undo.callback(self._function.end)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def outcomes(self) -> Iterator[Outcome]:
        """Deliver what the case says, and tell what came of it."""
        kind, case = self._case.kind, self._case
        physical_id = f"{self._application_id}/voice/absent"
        self._sign()
        self._stack.ask(_STATUS[kind], kind, self._signed)
        first = new_event(kind, self._application_id, self._inbox.host, physical_id, self._signed)
        yield self._checked(self._deliver(first, _request(case), case.seconds))
        answer = self._inbox.accepted[0].content if self._inbox.accepted else None
        yield self._deliver(first, _AGAIN, case.seconds, answer)
        if case.back:
            for server in self._servers:
                server.recover()
            back = self._back(physical_id)
            self._stack.ask(_STATUS_BACK[kind], back["RequestType"], self._signed)
            yield self._deliver(back, _BACK[kind], _SECONDS_BACK)

    def _sign(self) -> None:
        """Sign the case's events in a second after the channel was made, and before they change it."""
        self._signed = datetime.now(UTC)
        if self._case.before == "absent":
            self._signed -= timedelta(seconds=10)
        elif self._case.kind is Kind.CREATE:
            time.sleep(1)
            self._signed = datetime.now(UTC)
            time.sleep(1)

    def _checked(self, outcome: Outcome) -> Outcome:
        """Say so where the fault has not happened, since the case then shows nothing."""
        if all(server.has_failed_enough for server in self._servers):
            return outcome
        return replace(outcome, got=f"{outcome.got}, without the fault")

    def _back(self, physical_id: str) -> Event:
        kind = self._case.kind
        if kind is Kind.CREATE:
            accepted = self._inbox.accepted
            physical_id = accepted[0].content["PhysicalResourceId"] if accepted else INVENTED_ID
        kind_back = Kind.UPDATE if kind is Kind.UPDATE else Kind.DELETE
        enabled = kind is not Kind.UPDATE
        return new_event(
            kind_back, self._application_id, self._inbox.host, physical_id, self._signed, enabled=enabled
        )

    def _deliver(
        self, content: Event, request: str, seconds: float, first: dict[str, Any] | None = None
    ) -> Outcome:
        before = self._service.state(self._application_id)
        calls, arrived = len(self._pinpoint.requests), len(self._inbox.requests)
        accepted = len(self._inbox.accepted)
        self._log.clear()
        self._refused = 0
        self._function.start()
        deadline = time.monotonic() + seconds
        ended = self._function.deliver(content, seconds)
        answers = self._inbox.accepted[accepted:]
        got = gist([answer.content for answer in answers], ended, self._log, first)
        late = any(answer.at > deadline - _SPARE_SECONDS for answer in answers)
        return Outcome(
            fault=self._case.fault,
            request=request,
            got=f"{got}, too late" if late else got,
            before=before,
            channel=self._service.state(self._application_id),
            calls=len(self._pinpoint.requests) - calls,
            sent=len(self._inbox.requests) - arrived + self._refused_in_all(),
            accepted=len(answers),
        )

    def _refused_in_all(self) -> int:
        # The last one that is refused is not followed by another try.
        return self._refused + (1 if self._refused and not self._inbox.is_open else 0)

    def _kill(self) -> None:
        self._function.kill()

    def _on_log(self, line: str) -> None:
        """Take note of a line of the function's log, and of the refusals, which only the log tells of."""
        self._log.append(line)
        if _REFUSED in line:
            self._refused += 1
            if self._refused >= self._case.refusals:
                self._inbox.open()
