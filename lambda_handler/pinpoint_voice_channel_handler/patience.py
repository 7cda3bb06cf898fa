"""Waits for the permissions of a new role, which take some seconds to be known everywhere.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html, on eventual consistency
"""

from collections.abc import Callable
from typing import TypeVar

from pinpoint_voice_channel_handler.errors import AccessDenied

T = TypeVar("T")

_DENIED_DELAYS_SECONDS = (1, 2, 4, 8)


def patiently(call: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Return what a call returns, and repeat it for 15 seconds while it is denied.

    Raises:
        AccessDenied: It is denied still.
    """
    for delay in _DENIED_DELAYS_SECONDS:
        try:
            return call()
        except AccessDenied:
            sleep(delay)
    return call()
