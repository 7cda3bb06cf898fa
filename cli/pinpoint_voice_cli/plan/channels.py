"""Reads voice channels, and keeps what a plan would make of them."""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from pinpoint_voice_channel_handler.aws_error import AwsError
from pinpoint_voice_channel_handler.decisions import state_of
from pinpoint_voice_channel_handler.errors import ApplicationNotFound
from pinpoint_voice_channel_handler.pinpoint import Channel, Pinpoint
from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import Refused


class ChannelReader:
    """boto3's Pinpoint client for the handler's `Pinpoint`, over an account; it only reads.

    Its method raises CommandError, but ClientError where there is no such channel.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def get_voice_channel(self, *, ApplicationId: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call GetVoiceChannel."""
        try:
            answer: Mapping[str, Any] = self._account.call(
                "pinpoint", "GetVoiceChannel", ApplicationId=ApplicationId
            )
        except Refused as error:
            if error.code == "NotFoundException" and isinstance(error.__cause__, ClientError):
                raise error.__cause__ from error
            raise
        return answer

    def update_voice_channel(self, **_: object) -> Mapping[str, Any]:
        """Change nothing."""
        raise NotImplementedError

    delete_voice_channel = update_voice_channel


class Channels:
    """The channels as a deployment would find them, one step after the other.

    Args:
        account: The account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._pinpoint = Pinpoint(ChannelReader(account), account.region)
        self._channels: dict[str, Channel | None] = {}
        self._now: dict[str, State] = {}
        self._doubtful: set[str] = set()

    def get(self, application_id: str) -> Channel | None:
        """Return a channel as the steps until now leave it.

        Raises:
            CommandError, VoiceChannelError: It cannot be read.
        """
        if application_id not in self._channels:
            channel = self._pinpoint.get(application_id)
            self._channels[application_id] = channel
            self._now[application_id] = state_of(channel)
        return self._channels[application_id]

    def now(self, application_id: str) -> State:
        """Return what a channel is before the deployment; raises as `get`."""
        self.get(application_id)
        return self._now[application_id]

    def state(self, application_id: str) -> State:
        """Return what the steps until now leave of a channel; raises as `get`."""
        return state_of(self.get(application_id))

    def bring(self, application_id: str, state: State) -> None:
        """Take a channel for brought to a state."""
        if state is not self.state(application_id):
            channel = None if state is State.ABSENT else Channel(state, None, None, {})
            self._channels[application_id] = channel

    def doubt(self, application_id: str) -> None:
        """Take what becomes of a channel for unknown."""
        self._doubtful.add(application_id)

    def end(self, application_id: str) -> State | None:
        """Return what all steps leave of a channel, None where nobody knows; raises as `get`."""
        return None if application_id in self._doubtful else self.state(application_id)

    def branch(self) -> "Channels":
        """Return the same channels, on which other steps can follow."""
        other = copy.copy(self)
        other._channels = dict(self._channels)  # noqa: SLF001, its own
        other._doubtful = set(self._doubtful)  # noqa: SLF001, its own
        return other

    def be_new(self, application_id: str) -> None:
        """Take an application for one that is made anew."""
        self._channels.setdefault(application_id, None)
        self._now.setdefault(application_id, State.ABSENT)

    def require_application(self, application_id: str) -> None:
        """Raise ApplicationNotFound if a channel cannot be made, as its application does not exist."""
        if self.state(application_id) is not State.ABSENT:
            return
        try:
            self._account.call("pinpoint", "GetApp", ApplicationId=application_id)
        except Refused as error:
            # If the account may not ask, or cannot any more, the deployment will show it.
            if error.code == "NotFoundException" and isinstance(error.__cause__, ClientError):
                request_id = AwsError.of(error.__cause__.response).request_id
                raise ApplicationNotFound(application_id, self._account.region, request_id) from error


def this_moment() -> datetime:
    """Return when a deployment that begins now sends its events, in whole seconds as CloudFormation's."""
    return datetime.now(UTC).replace(microsecond=0)
