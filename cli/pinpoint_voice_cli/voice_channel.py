"""Reads a voice channel."""

from collections.abc import Mapping
from typing import Any

from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import Refused


def get_voice_channel(
    account: Account, application_id: str, region: str | None = None
) -> Mapping[str, Any] | None:
    """Return the channel of an application as Pinpoint tells it; None where there is none.

    Args:
        account: The account.
        application_id: The application.
        region: The Region; None for the account's.

    Raises:
        CommandError: It cannot be read.
    """
    try:
        answer = account.call("pinpoint", "GetVoiceChannel", region, ApplicationId=application_id)
    except Refused as error:
        if error.code == "NotFoundException":
            return None
        raise
    channel: Mapping[str, Any] = answer["VoiceChannelResponse"]
    return channel
