"""The voice channel API of Amazon Pinpoint.

Source: https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-channels-voice.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NotRequired, Protocol, Self, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from pinpoint_voice_channel_handler.aws_error import AwsError
from pinpoint_voice_channel_handler.errors import (
    AccessDenied,
    ApplicationNotFound,
    ContradictoryResponse,
    PinpointRefused,
    PinpointUnavailable,
)
from pinpoint_voice_channel_handler.state import State

ATTRIBUTES = (
    "ApplicationId",
    "CreationDate",
    "Enabled",
    "HasCredential",
    "Id",
    "IsArchived",
    "LastModifiedBy",
    "LastModifiedDate",
    "Platform",
    "Version",
)
"""What VoiceChannelResponse has, and so what `Fn::GetAtt` gives."""

_CLOCKS_DIFFER_BY = timedelta(minutes=1)


class VoiceChannelRequest(TypedDict):
    """The body of UpdateVoiceChannel."""

    Enabled: NotRequired[bool]


class VoiceChannelClient(Protocol):
    """The part of boto3's Pinpoint client that is used."""

    def get_voice_channel(self, *, ApplicationId: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call GetVoiceChannel."""

    def update_voice_channel(
        self,
        *,
        ApplicationId: str,  # noqa: N803, boto3's spelling
        VoiceChannelRequest: VoiceChannelRequest,  # noqa: N803, boto3's spelling
    ) -> Mapping[str, Any]:
        """Call UpdateVoiceChannel."""

    def delete_voice_channel(self, *, ApplicationId: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Call DeleteVoiceChannel."""


@dataclass(frozen=True)
class Channel:
    """A voice channel as the API returned it.

    Args:
        state: What the channel is; an archived one counts as absent.
        created: When the channel was made; None where the API gave no date that can be.
        modified: When the channel was changed last; None where the API gave no date that can be.
        attributes: All of `ATTRIBUTES`, as strings.
    """

    state: State
    created: datetime | None
    modified: datetime | None
    attributes: Mapping[str, str]

    @classmethod
    def of(cls, response: Mapping[str, Any], now: datetime) -> Self:
        """Read the API's VoiceChannelResponse, of which only Platform is a required member.

        Args:
            response: The response, whose members are of their types.
            now: When it was given. What is dated later than a minute after that has no date.
        """
        return cls(
            state=State.ABSENT
            if response.get("IsArchived") is True
            else State.of(enabled=response.get("Enabled") is True),
            created=_moment(response.get("CreationDate"), now),
            modified=_moment(response.get("LastModifiedDate"), now),
            attributes={name: _text(response.get(name)) for name in ATTRIBUTES},
        )


class Pinpoint:
    """Reads and changes voice channels.

    Args:
        client: boto3's Pinpoint client.
        region: The client's Region, for messages.
    """

    def __init__(self, client: VoiceChannelClient, region: str) -> None:
        self._client = client
        self._region = region

    def get(self, application_id: str) -> Channel | None:
        """Return the channel, or None where the application or its channel does not exist.

        Raises:
            AccessDenied, ContradictoryResponse, PinpointRefused, PinpointUnavailable: See there.
        """
        try:
            response = self._call(
                "GetVoiceChannel",
                application_id,
                lambda: self._client.get_voice_channel(ApplicationId=application_id),
            )
        except ApplicationNotFound:
            return None
        return _channel(response)

    def put(self, application_id: str, *, enabled: bool) -> Channel:
        """Make or change the channel, and return it as it is now.

        Raises:
            ApplicationNotFound, AccessDenied, PinpointRefused: Nothing was changed.
            ContradictoryResponse, PinpointUnavailable: The change may or may not have been made.
        """
        response = self._call(
            "UpdateVoiceChannel",
            application_id,
            lambda: self._client.update_voice_channel(
                ApplicationId=application_id, VoiceChannelRequest={"Enabled": enabled}
            ),
        )
        says_so = response["VoiceChannelResponse"].get("Enabled") is not None
        channel = _channel(response) if says_so else self._confirmed(application_id)
        asked = State.of(enabled=enabled)
        if channel is None or channel.state is not asked:
            state = channel.state if channel else State.ABSENT
            raise ContradictoryResponse(
                "UpdateVoiceChannel", application_id, "the channel", state, asked, _request_id(response)
            )
        return channel

    def _confirmed(self, application_id: str) -> Channel | None:
        """Read what a change has made of the channel; nobody knows that where it cannot be read."""
        try:
            return self.get(application_id)
        except (AccessDenied, PinpointRefused) as error:
            raise PinpointUnavailable("UpdateVoiceChannel", application_id, str(error)) from error

    def delete(self, application_id: str) -> None:
        """Delete the channel; it is no error that the channel or its application is gone already.

        Raises:
            AccessDenied, ContradictoryResponse, PinpointRefused, PinpointUnavailable: See there.
        """
        try:
            self._call(
                "DeleteVoiceChannel",
                application_id,
                lambda: self._client.delete_voice_channel(ApplicationId=application_id),
            )
        except ApplicationNotFound:
            return

    def _call(
        self, operation: str, application_id: str, send: Callable[[], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Return the response, whose members are of their types, and are those of the application."""
        try:
            response = send()
        except ClientError as error:
            raise self._explained(AwsError.of(error.response), operation, application_id) from error
        except BotoCoreError as error:
            raise PinpointUnavailable(operation, application_id, str(error)) from error
        members = response.get("VoiceChannelResponse")
        for name, allowed in {
            "Platform": ("VOICE",),  # the one member that each response has
            "ApplicationId": (application_id, None),
            "Enabled": (True, False, None),
            "IsArchived": (True, False, None),
        }.items():
            value = members.get(name) if isinstance(members, Mapping) else None
            if (type(value), value) not in [(type(one), one) for one in allowed]:
                raise ContradictoryResponse(
                    operation, application_id, name, value, allowed[0], _request_id(response)
                )
        return response

    def _explained(self, error: AwsError, operation: str, application_id: str) -> Exception:
        # By code, not by status: a 404 of something that is not Pinpoint must not pass for an absent channel.
        if error.code == "NotFoundException":
            return ApplicationNotFound(application_id, self._region, error.request_id)
        if error.code in ("ForbiddenException", "AccessDeniedException"):
            return AccessDenied(f"mobiletargeting:{operation}", error.message, error.request_id)
        if error.status >= 500 or error.code == "TooManyRequestsException":
            return PinpointUnavailable(operation, application_id, str(error))
        return PinpointRefused(operation, application_id, error.code, error.message, error.request_id)


def _channel(response: Mapping[str, Any]) -> Channel:
    return Channel.of(response["VoiceChannelResponse"], _given_at(response))


def _given_at(response: Mapping[str, Any]) -> datetime:
    """Return when a response was given, by Pinpoint's own clock where it says so."""
    date = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return _aware(parsedate_to_datetime(date))
    except ValueError:
        return datetime.now(UTC)


def _request_id(response: Mapping[str, Any]) -> str:
    return str(response.get("ResponseMetadata", {}).get("RequestId", "unknown"))


def _moment(value: object, now: datetime) -> datetime | None:
    try:
        moment = _aware(datetime.fromisoformat(str(value)))
        return moment if moment <= now + _CLOCKS_DIFFER_BY else None
    except (ValueError, OverflowError):
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
