"""A process that runs the handler as Lambda does: one event after the other, warm after the first.

It reads a line of JSON for each event, with the seconds that the function may take. It writes a line when it
is ready, and when an event has ended; what it writes between is the handler's log.
"""

import json
import logging
import sys
import time

from pinpoint_voice_channel_handler import handler

READY = "ready"
ENDED = "ended"


class Context:
    """Lambda's context of an invocation that begins now.

    Args:
        seconds: How long it may take.
    """

    aws_request_id = "f3a1c7d2-8a0e-4b55-9d6c-4e2f1b7a9c30"

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left."""
        return round((self._deadline - time.monotonic()) * 1000)


def _run(event: object, seconds: float) -> str:
    """Run the handler, and return the name of what it raised; empty if it returned."""
    try:
        handler.handle(event, Context(seconds))
    except Exception as error:  # noqa: BLE001, as Lambda, which tries the event again
        return type(error).__name__
    return ""


def _tell(content: object) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Handle events until standard input is closed."""
    logging.root.setLevel(logging.INFO)
    _tell({READY: True})
    for line in sys.stdin:
        invocation = json.loads(line)
        _tell({ENDED: _run(invocation["event"], invocation["seconds"])})


if __name__ == "__main__":
    main()
