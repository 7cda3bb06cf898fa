"""What can go wrong with a request, as data."""

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
    TRICKLE = auto()
    """Something is sent again and again that is never a whole answer."""
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
        seconds: How late, for `Act.WAIT`; how long between two parts, for `Act.TRICKLE`.
        parts: What is sent, one after the other and then from the first, for `Act.TRICKLE`.
    """

    act: Act
    method: str = ""
    times: int | None = None
    applied: bool = False
    status: int = 0
    seconds: float = 0
    parts: tuple[bytes, ...] = ()


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


def drip_all(method: str, seconds: float = 2, times: int | None = 1) -> Fault:
    """Return the fault of requests that are applied, and whose answers come a byte at a time."""
    head = b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 60_000
    return _trickle(method, times, seconds, *(bytes([byte]) for byte in head))


def endless_continue(method: str, seconds: float = 0.1, times: int | None = 1) -> Fault:
    """Return the fault of requests that are applied, and get nothing but `100 Continue` for an answer."""
    return _trickle(method, times, seconds, b"HTTP/1.1 100 Continue\r\n\r\n")


def slow_headers(method: str, seconds: float = 2, times: int | None = 1) -> Fault:
    """Return the fault of requests that are applied, and whose answers come a header at a time."""
    return _trickle(method, times, seconds, b"HTTP/1.1 200 OK\r\n", *[b"X-Padding: x\r\n"] * 90)


def _trickle(method: str, times: int | None, seconds: float, *parts: bytes) -> Fault:
    return Fault(Act.TRICKLE, method, times, applied=True, seconds=seconds, parts=parts)


def kill(method: str, *, applied: bool) -> Fault:
    """Return the fault of one request over which the handler's process is killed."""
    return Fault(Act.KILL, method, 1, applied)
