"""What a case is: a fault, the request that it strikes, and what is expected of the handler."""

from dataclasses import dataclass

from harness.events import Kind
from harness.faults import Fault


@dataclass(frozen=True)
class Expected:
    """What is expected of one delivery.

    Args:
        got: What CloudFormation gets, as `fault_lab.outcome.gist` puts it.
        channel: The channel's end state: absent, disabled or enabled.
        calls: How many requests reach Pinpoint, those that fail included; the fewest and the most.
        sent: How many PUTs of the answer are tried; the fewest and the most.
        accepted: How many of them are accepted.
    """

    got: str
    channel: str
    calls: tuple[int, int]
    sent: tuple[int, int] = (1, 1)
    accepted: int = 1


@dataclass(frozen=True)
class Case:
    """A fault during one request.

    Args:
        fault: The fault in words.
        kind: The request.
        before: The channel's state at first: absent, disabled or enabled.
        first: What is expected of the request.
        again: What is expected when the same event is delivered again.
        back: What is expected when, the fault being over, CloudFormation rolls the request back, or repeats a
            Delete that failed; None where there is no such thing.
        pinpoint: What goes wrong with requests to Pinpoint.
        cloudformation: What goes wrong with requests to CloudFormation.
        inbox: What goes wrong with the PUTs of the answer.
        refusals: How many connections the endpoint for answers refuses before it takes one.
        seconds: How long the function may take for an event.
        memory: How many bytes of address space the function's process may have; None for any number.
        quick: Whether it takes but a few seconds.
    """

    fault: str
    kind: Kind
    before: str
    first: Expected
    again: Expected
    back: Expected | None
    pinpoint: tuple[Fault, ...] = ()
    cloudformation: tuple[Fault, ...] = ()
    inbox: tuple[Fault, ...] = ()
    refusals: float = 0
    seconds: float = 50
    memory: int | None = None
    quick: bool = True
