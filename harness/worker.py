"""A process that runs a handler as Lambda does: one event after the other, warm after the first.

`python -m harness.worker PATH MODULE FUNCTION` runs the function of the module in that folder. It may run in
an environment of the handler's own, so it uses the standard library alone. It reads a line of JSON for each
event, with the seconds that the function may take. It writes a line when it is ready, and when an event has
ended; what it writes between is the handler's log.
"""

import importlib
import json
import logging
import sys
from collections.abc import Callable

from harness.context import Context

READY = "ready"
ENDED = "ended"


def _run(handle: Callable[[object, object], object], event: object, seconds: float) -> str:
    """Run the handler, and return the name of what it raised; empty if it returned."""
    try:
        handle(event, Context(seconds))
    except Exception as error:  # noqa: BLE001, as Lambda, which tries the event again
        return type(error).__name__
    return ""


def _tell(content: object) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Handle events until standard input is closed."""
    path, module, function = sys.argv[1:]
    sys.path[0] = path  # where the project's folder was
    logging.basicConfig()  # Lambda has a handler at the root, too
    handle = getattr(importlib.import_module(module), function)
    _tell({READY: True})
    for line in sys.stdin:
        invocation = json.loads(line)
        _tell({ENDED: _run(handle, invocation["event"], invocation["seconds"])})


if __name__ == "__main__":
    main()
