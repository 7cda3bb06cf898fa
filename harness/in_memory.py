"""Runs the whole handler on an event in memory: no socket is opened, and nothing is waited for."""

import http.client
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Self
from unittest.mock import patch

from harness.context import Context
from pinpoint_voice_channel_handler import dispatcher, handler
from pinpoint_voice_channel_handler.bounded import THREAD_NAME
from pinpoint_voice_channel_handler.clients import Clients
from pinpoint_voice_channel_handler.pinpoint import Pinpoint, VoiceChannelClient
from pinpoint_voice_channel_handler.stack import Memory, StackClient, Stacks


class Killed(BaseException):
    """When the function ends halfway: after Pinpoint changed the channel, before the answer."""


class Bucket:
    """Takes what is sent to any host, in the place of http.client.HTTPSConnection.

    Attributes:
        sent: The URL and the body of each request.
        status: What each request gets.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.status = 200

    def __call__(self, host: str, _port: None, **_: object) -> Self:
        """Connect."""
        self._host = host
        return self

    def request(self, method: str, target: str, body: bytes, _headers: object) -> None:
        """Take a request."""
        assert method == "PUT"
        self.sent.append((f"https://{self._host}{target}", body))

    def getresponse(self) -> Self:
        """Return the status."""
        return self

    def close(self) -> None:
        """Close nothing."""


def join_what_was_left_behind() -> None:
    """Wait until what did not end in time has ended."""
    for thread in threading.enumerate():
        if thread.name == THREAD_NAME:
            thread.join(timeout=30)
            assert not thread.is_alive()


class _Clients(Clients):
    """Gives the function these clients."""

    def __init__(self, pinpoint: VoiceChannelClient, stacks: Stacks) -> None:
        super().__init__()
        self._pinpoint = Pinpoint(pinpoint, "us-east-1")
        self._stacks = stacks


class _Mortal:
    """Passes calls on until one of them is the function's last; from then on, nothing gets out of it."""

    def __init__(self) -> None:
        self._killed = False

    def guard(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same call, which raises Killed once the function is killed."""

        def guarded(*arguments: Any, **more: Any) -> Any:  # noqa: ANN401, those of the call
            if self._killed:
                raise Killed
            try:
                return call(*arguments, **more)
            except Killed:
                self._killed = True
                raise

        return guarded


class _Guarded:
    """A client whose calls are guarded."""

    def __init__(self, client: object, guard: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        self._client = client
        self._guard = guard

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401, the client's
        return self._guard(getattr(self._client, name))


def handle(
    event: Mapping[str, Any],
    pinpoint: VoiceChannelClient,
    cloudformation: StackClient,
    memory: Memory,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> dict[str, Any] | None:
    """Hand an event to the Lambda handler, and return the one answer to it; None where it is killed.

    Args:
        event: The event.
        pinpoint: What the handler has for boto3's Pinpoint client. A call of it may raise Killed.
        cloudformation: What the handler has for boto3's CloudFormation client.
        memory: What the function remembers of earlier events.
        sleep: Is called in the place of time.sleep.
        monotonic: Tells the time, in seconds, for what is remembered.
    """
    bucket, guard = Bucket(), _Mortal().guard
    clients: Any = (_Guarded(client, guard) for client in (pinpoint, cloudformation))
    guarded_pinpoint, guarded_cloudformation = clients
    stacks = Stacks(guarded_cloudformation, memory, monotonic)
    with ExitStack() as patches:
        patches.enter_context(patch.object(dispatcher, "clients", _Clients(guarded_pinpoint, stacks)))
        patches.enter_context(patch.object(http.client, "HTTPSConnection", guard(bucket)))
        patches.enter_context(patch.object(time, "sleep", guard(sleep)))
        patches.enter_context(patch.object(logging.root, "handlers", [logging.NullHandler()]))
        try:
            handler.handle(event, Context(seconds=180))
        except Killed:
            return None
    [(_, body)] = bucket.sent
    answer: dict[str, Any] = json.loads(body)
    return answer
