"""Lambda's context. It needs nothing but the standard library, as the workers of the benchmarks have it."""

import time


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

    def __init__(self, seconds: float = 120) -> None:
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left."""
        return round((self._deadline - time.monotonic()) * 1000)
