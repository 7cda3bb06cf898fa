"""Holds Ctrl-C off while something is cleaned up."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_off() -> Iterator[None]:
    """Let the block, or the function that this decorates, run to its end in spite of Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():  # Ctrl-C interrupts the main thread only
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
