"""Keeps calls that block from holding up the function: a slow name server, a response that drips in."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

THREAD_NAME = "bounded"
"""The name of the threads."""


class StillRunning(Exception):
    """When a call has not ended in time. It is left behind, and what it returns later is dropped."""


class _Run(Generic[T]):
    """A call in a thread of its own.

    Args:
        call: The call.
    """

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._error: BaseException | None = None
        self._results: list[T] = []
        self.thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)

    def _run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:  # noqa: BLE001, raised in the thread that waits
            self._error = error

    def result(self) -> T:
        """Return what the call returned, or raise what it raised."""
        error, self._error = self._error, None
        try:
            if error is not None:
                raise error
        finally:
            del error  # or its traceback would keep itself, and the call's sockets, from being closed
        return self._results[0]


def bounded(call: Callable[[], T], seconds: float) -> T:
    """Return what a call returns, or raise what it raises.

    Args:
        call: What may take too long.
        seconds: How long it may take.

    Raises:
        StillRunning: It takes longer.
    """
    run = _Run(call)
    run.thread.start()
    run.thread.join(max(0.0, seconds))
    if run.thread.is_alive():
        raise StillRunning
    return run.result()
