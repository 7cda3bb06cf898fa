"""Locks on files, which the operating system drops when their last holder ends, however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def hold(path: Path) -> BinaryIO:
    """Return an open file with an exclusive lock, which lasts until the last process that has it open ends.

    Waits for whoever holds it. A process that inherits the descriptor holds the lock, too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Keep other processes out of the block that name the same file."""
    with hold(path):
        yield


def is_held(path: Path) -> bool:
    """Tell whether a process holds the lock."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
