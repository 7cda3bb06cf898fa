"""Reads and forces what the local Pinpoint does, for tests and demonstrations."""

from dataclasses import dataclass
from typing import Literal, TypedDict

import urllib3

_SECONDS = 10.0


class LoggedRequest(TypedDict):
    """A request that Pinpoint was sent; ``body`` is parsed from JSON, else text, None if there was none."""

    method: str
    path: str
    body: object
    status: int
    time: str


@dataclass(frozen=True)
class PinpointControl:
    """The control routes of the local Pinpoint at a URL."""

    url: str

    def requests(self) -> list[LoggedRequest]:
        """Return all requests to Pinpoint, in order, forced failures included."""
        requests: list[LoggedRequest] = self._send("GET", "requests").json()
        return requests

    def clear_requests(self) -> None:
        """Forget the requests."""
        self._send("DELETE", "requests")

    def fail(
        self, operation: Literal["DELETE", "GET", "OPTIONS", "PUT"], *, status: int, times: int = 1
    ) -> None:
        """Let the next requests with this method to a voice channel fail.

        ``status``: 400, 403, 404, 405, 413, 429 or 500, each with its error of the API. ``times``: how many
        requests; an SDK that retries sends several. Failures of earlier calls come first.
        """
        self._send("POST", "faults", {"operation": operation, "status": status, "times": times})

    def clear_failures(self) -> None:
        """Let nothing fail any more."""
        self._send("DELETE", "faults")

    def limit(self, requests_per_second: float) -> None:
        """Let requests to voice channels beyond that many fail with TooManyRequestsException, status 429.

        After a pause, as many as those of a second may come at once.
        """
        self._send("POST", "limit", {"requests_per_second": requests_per_second})

    def lift_limit(self) -> None:
        """Let as many requests come as may."""
        self._send("DELETE", "limit")

    def _send(self, method: str, name: str, body: object = None) -> urllib3.BaseHTTPResponse:
        response = urllib3.request(method, f"{self.url}/_local/{name}", json=body, timeout=_SECONDS)
        if response.status >= 400:
            raise ValueError(response.data.decode())
        return response
