"""A process that runs a handler as Lambda does: one event after the other, warm after the first.

It runs in a candidate's environment, so it uses the standard library alone. It reads a line of JSON for each
event, and writes one when it is ready and when an event has ended. The handler's log goes to standard error.
"""

import importlib
import json
import logging
import re
import sys
import time
from pathlib import Path
from typing import Any


class Context:
    """Lambda's context of an invocation that begins now.

    Args:
        seconds: How long it may take.
    """

    aws_request_id = "f3a1c7d2-8a0e-4b55-9d6c-4e2f1b7a9c30"
    function_name = "Provider"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:Provider"
    log_group_name = "/aws/lambda/Provider"
    log_stream_name = "2026/01/01/[$LATEST]5e1f"

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left."""
        return round((self._deadline - time.monotonic()) * 1000)


def main() -> None:
    """Handle events until standard input is closed."""
    path, module, function = sys.argv[1:]
    sys.path[0] = path  # where this file's folder was
    logging.basicConfig()
    handle = getattr(importlib.import_module(module), function)
    _tell({})
    for line in sys.stdin:
        invocation = json.loads(line)
        handle(invocation["event"], Context(invocation["seconds"]))
        _tell({"peak_mb": _peak_mb()})


def _peak_mb() -> float:
    # Not getrusage, whose figure begins with that of the process which started this one.
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def _tell(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
