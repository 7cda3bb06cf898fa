"""What a warm function keeps from one event to the next: the clients of AWS, and what CloudFormation said."""

from collections.abc import Callable

import boto3
from botocore.client import BaseClient

from pinpoint_voice_channel_handler.attempts import CONFIG, Attempts
from pinpoint_voice_channel_handler.pinpoint import Pinpoint
from pinpoint_voice_channel_handler.stack import Memory, Stacks


class Clients:
    """Makes each client when it is first needed, and anew after an event whose calls were retried.

    Attributes:
        seconds_left: Tells how long the calls of the present event may go on.
    """

    def __init__(self) -> None:
        self.seconds_left: Callable[[], float] = lambda: 0.0
        self._pinpoint: Pinpoint | None = None
        self._stacks: Stacks | None = None
        # Outlives the clients.
        self._memory = Memory()

    def pinpoint(self) -> Pinpoint:
        """Return Pinpoint."""
        if self._pinpoint is None:
            client = boto3.client("pinpoint", config=CONFIG)
            self._watch(client)
            self._pinpoint = Pinpoint(client, client.meta.region_name)
        return self._pinpoint

    def stacks(self) -> Stacks:
        """Return CloudFormation. Its client takes as long to make, and most events do without it."""
        if self._stacks is None:
            client = boto3.client("cloudformation", config=CONFIG)
            self._watch(client)
            self._stacks = Stacks(client, self._memory)
        return self._stacks

    def forget(self) -> None:
        """Let the clients go; the next event makes its own."""
        self._pinpoint = self._stacks = None

    def _watch(self, client: BaseClient) -> None:
        Attempts(lambda: self.seconds_left(), self.forget).watch(client)
