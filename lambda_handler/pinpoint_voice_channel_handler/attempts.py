"""Keeps the attempts that boto3 makes of a call within the function's time.

botocore's `standard` mode retries, waits and gives up; it knows nothing of a deadline.
"""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from pinpoint_voice_channel_handler.aws_error import AwsError
from pinpoint_voice_channel_handler.user_agent import USER_AGENT

CONFIG = Config(
    user_agent_extra=USER_AGENT,
    connect_timeout=2,  # seconds
    read_timeout=5,  # seconds
    # Unlike the default mode, `standard` retries Pinpoint's TooManyRequestsException.
    retries={"mode": "standard", "total_max_attempts": 10},
)

UNDER_WAY_SECONDS = 7 + 25
"""An attempt, and botocore's longest wait: 20 seconds, and 5 more where the service asks for them."""


class NoTimeLeft(BotoCoreError):
    """When it is too late for another attempt of a call."""

    fmt = "There is no time left for another attempt{after}"


class Attempts:
    """The attempts of a client's calls.

    Args:
        seconds_left: Tells how long calls may go on.
        on_retry: Is called when a call was retried. The client's quota of retries is then no longer full, and
            is never filled again while calls fail: a client that lives long would retry no more.
    """

    def __init__(self, seconds_left: Callable[[], float], on_retry: Callable[[], None]) -> None:
        self._seconds_left = seconds_left
        self._on_retry = on_retry
        self._after = "."

    def watch(self, client: BaseClient) -> None:
        """Keep the attempts of this client within the time."""
        client.meta.events.register("before-call", self._begin)
        client.meta.events.register("before-send", self._refuse_when_late)
        client.meta.events.register("needs-retry", self._note)

    def _begin(self, **_: object) -> None:
        self._after = "."

    def _refuse_when_late(self, **_: object) -> None:
        if self._seconds_left() < UNDER_WAY_SECONDS:
            raise NoTimeLeft(after=self._after)

    def _note(
        self,
        attempts: int,
        response: tuple[object, Mapping[str, Any]] | None,
        caught_exception: Exception | None,
        **_: object,
    ) -> None:
        self._after = f", after {_problem(response, caught_exception)}"
        if attempts > 1:
            self._on_retry()


def _problem(response: tuple[object, Mapping[str, Any]] | None, caught: Exception | None) -> str:
    if response is None:
        return f"{type(caught).__name__}: {caught}"
    return str(AwsError.of(response[1]))
