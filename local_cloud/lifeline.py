"""Ends processes with the one that started them, however that one ended: even SIGKILL closes its pipes.

Servers call `end_with_parent`. Other commands are run by this file: ``python lifeline.py cdk deploy``.
"""

import os
import signal
import subprocess
import sys
import threading
import time

_GRACE_SECONDS = 5.0


def end_with_parent() -> None:
    """End this process's group, which it leads, as soon as standard input closes."""
    threading.Thread(target=_end_group_at_end_of_input, daemon=True).start()


def _end_group_at_end_of_input() -> None:
    while os.read(0, 1):  # unbuffered, since Python aborts where a thread holds a buffer at its end
        pass
    os.killpg(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.killpg(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Run a command in this process's group and return its exit code."""
    end_with_parent()
    return subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, check=False).returncode  # noqa: S603  # our own command


if __name__ == "__main__":
    sys.exit(main())
