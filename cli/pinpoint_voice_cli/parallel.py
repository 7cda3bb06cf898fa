"""Asks AWS many things at once."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(do: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """Yield what a function returns for each item, in their order; what it raises ends the rest.

    Args:
        do: The function. It runs in threads.
        items: What it is given.
        workers: How many threads there are.
    """
    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(do, items)
    finally:
        # After Ctrl-C nobody waits for calls that are under way.
        pool.shutdown(wait=False, cancel_futures=True)
