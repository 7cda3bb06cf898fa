"""Ends a server with the process that started it, however that one ended: even SIGKILL closes its pipes."""

import os
import signal
import sys
import threading
import time

_GRACE_SECONDS = 5.0


def end_with_parent() -> None:
    """End this process's group, which it leads, as soon as standard input closes."""
    threading.Thread(target=_end_group_at_end_of_input, daemon=True).start()


def _end_group_at_end_of_input() -> None:
    sys.stdin.buffer.read()
    os.killpg(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.killpg(os.getpid(), signal.SIGKILL)
