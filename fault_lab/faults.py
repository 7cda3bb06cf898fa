"""What can go wrong with a request, as data for the cases."""

from dataclasses import dataclass
from enum import Enum, auto


class Act(Enum):
    """What is done in place of an answer."""

    STATUS = auto()
    """An error with an HTTP status."""
    RESET = auto()
    """The connection is reset, so that the client gets no byte."""
    WAIT = auto()
    """The answer comes late."""
    DRIP = auto()
    """The answer's body comes a byte a second, so that no read times out."""
    DRIP_ALL = auto()
    """The whole answer comes a byte every two seconds."""
    CONTINUE = auto()
    """The server sends `100 Continue` again and again."""
    KILL = auto()
    """The handler's process is killed."""


@dataclass(frozen=True)
class Fault:
    """A fault of the next requests that it is for; each fault is used up before those behind it.

    Args:
        act: What is done.
        method: The HTTP method of the requests that it is for; empty for any.
        times: To how many requests it is done; None for all.
        applied: Whether the request is applied before.
        status: The HTTP status, for `Act.STATUS`.
        seconds: How late, for `Act.WAIT`.
    """

    act: Act
    method: str = ""
    times: int | None = None
    applied: bool = False
    status: int = 0
    seconds: float = 0


def status(code: int, method: str = "", times: int | None = None) -> Fault:
    """Return the fault of a request that is answered with an error, and not applied."""
    return Fault(Act.STATUS, method, times, status=code)


def reset(method: str = "", times: int | None = None, *, applied: bool) -> Fault:
    """Return the fault of a request whose connection is reset, after or before it was applied."""
    return Fault(Act.RESET, method, times, applied)


def slow(seconds: float, method: str = "", times: int | None = None, *, applied: bool = True) -> Fault:
    """Return the fault of a request that is answered late; one that is not applied by then never will be."""
    return Fault(Act.WAIT, method, times, applied, seconds=seconds)


def drip(method: str) -> Fault:
    """Return the fault of one request that is applied, and whose answer never gets to its end."""
    return Fault(Act.DRIP, method, 1, applied=True)


def drip_all(method: str) -> Fault:
    """Return the fault of one request that is applied, and whose answer hardly begins."""
    return Fault(Act.DRIP_ALL, method, 1, applied=True)


def endless_continue(method: str) -> Fault:
    """Return the fault of one request that is applied, and gets nothing but `100 Continue` for an answer."""
    return Fault(Act.CONTINUE, method, 1, applied=True)


def kill(method: str, *, applied: bool) -> Fault:
    """Return the fault of one request over which the handler's process is killed."""
    return Fault(Act.KILL, method, 1, applied)
