"""What Pinpoint answers is believed only where it is what was asked for, and where its dates can be."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from harness.fakes import APPLICATION, OTHER_APPLICATION, SENT, SINCE, api_error
from harness.fakes import channel as members
from pinpoint_voice_channel_handler import rules
from pinpoint_voice_channel_handler.errors import (
    ContradictoryResponse,
    PinpointUnavailable,
    VoiceChannelError,
)
from pinpoint_voice_channel_handler.pinpoint import Channel, Pinpoint
from pinpoint_voice_channel_handler.state import State

Call = Callable[[Pinpoint], object]

ANY_JSON = [None, True, False, 0, 1, -1.5, "", "text", "true", "false", "VOICE", [], [1], {}, {"a": 1}]


class Answering:
    """boto3's Pinpoint client, which gets the same response to each call of an operation.

    Args:
        response: The response to each call but those of `get`.
        get: The response to GetVoiceChannel; None for that of the others.
        date: The response's Date header.
    """

    def __init__(self, response: object, get: object = None, date: str | None = None) -> None:
        headers = {} if date is None else {"date": date}
        metadata = {"RequestId": "5f2c-01", "HTTPHeaders": headers}
        self._response = {"VoiceChannelResponse": response, "ResponseMetadata": metadata}
        self._get = {**self._response, "VoiceChannelResponse": response if get is None else get}

    def get_voice_channel(self, **_: object) -> Mapping[str, Any]:
        """Answer."""
        return self._get

    def update_voice_channel(self, **_: object) -> Mapping[str, Any]:
        """Answer."""
        return self._response

    delete_voice_channel = update_voice_channel


def get(pinpoint: Pinpoint) -> Channel | None:
    return pinpoint.get(APPLICATION)


def put(pinpoint: Pinpoint) -> Channel:
    return pinpoint.put(APPLICATION, enabled=True)


def delete(pinpoint: Pinpoint) -> None:
    pinpoint.delete(APPLICATION)


def calls(client: Any) -> Pinpoint:  # noqa: ANN401, as above
    return Pinpoint(client, "us-east-1")


@pytest.mark.parametrize("call", [get, put, delete])
@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        *(("Platform", value, "VOICE") for value in ANY_JSON if value != "VOICE"),
        *(("ApplicationId", value, APPLICATION) for value in ANY_JSON if value is not None),
        ("ApplicationId", OTHER_APPLICATION, APPLICATION),
        ("Platform", "SMS", "VOICE"),
        *(("Enabled", value, True) for value in ANY_JSON if not isinstance(value, bool | None)),
        *(("IsArchived", value, True) for value in ANY_JSON if not isinstance(value, bool | None)),
    ],
)
def test_a_member_that_contradicts_what_was_asked_for_is_no_success(
    call: Call, name: str, value: object, allowed: object
) -> None:
    response = {**members(enabled=True), name: value}

    with pytest.raises(ContradictoryResponse) as raised:
        call(calls(Answering(response)))

    assert f"(RequestID 5f2c-01) says that {name} is " in str(raised.value)
    assert f", where it must be {allowed}. So the channel may or may not be as asked for." in str(
        raised.value
    )


@pytest.mark.parametrize("call", [get, put, delete])
@pytest.mark.parametrize("response", [value for value in ANY_JSON if value is not None], ids=repr)
def test_a_response_that_is_none_of_pinpoints_is_no_success(call: Call, response: object) -> None:
    with pytest.raises(ContradictoryResponse, match="Platform is None, where it must be VOICE"):
        call(calls(Answering(response)))


@pytest.mark.parametrize("now", [members(enabled=False), members(enabled=True, archived=True)])
def test_an_update_whose_response_is_of_another_state_is_no_success(now: dict[str, Any]) -> None:
    with pytest.raises(
        ContradictoryResponse, match=r"the channel is (disabled|absent), where it must be enabled"
    ):
        put(calls(Answering(now)))


def test_an_update_whose_response_tells_no_state_is_confirmed_by_a_read() -> None:
    silent = {name: value for name, value in members(enabled=True).items() if name != "Enabled"}

    assert put(calls(Answering(silent, get=members(enabled=True)))).state is State.ENABLED
    for found in (members(enabled=False), silent):
        with pytest.raises(ContradictoryResponse):
            put(calls(Answering(silent, get=found)))


def test_an_update_that_cannot_be_confirmed_is_no_success() -> None:
    class Gone(Answering):
        def get_voice_channel(self, **_: object) -> Mapping[str, Any]:
            raise api_error("NotFoundException", 404)

    with pytest.raises(VoiceChannelError, match="the channel is absent, where it must be enabled"):
        put(calls(Gone({"Platform": "VOICE"})))


@pytest.mark.parametrize("error", [("ForbiddenException", 403), ("BadRequestException", 400)])
def test_an_update_whose_confirmation_is_refused_may_have_been_made(error: tuple[str, int]) -> None:
    class Refusing(Answering):
        def get_voice_channel(self, **_: object) -> Mapping[str, Any]:
            raise api_error(*error)

    with pytest.raises(PinpointUnavailable, match="UpdateVoiceChannel for application"):
        put(calls(Refusing({"Platform": "VOICE"})))


@pytest.mark.parametrize("name", ["CreationDate", "LastModifiedDate", "Id", "Version", "LastModifiedBy"])
@pytest.mark.parametrize(
    "value", [*ANY_JSON, "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"], ids=repr
)
def test_any_other_member_may_be_anything(name: str, value: object) -> None:
    found = get(calls(Answering({**members(enabled=True), name: value})))

    assert found is not None
    assert found.state is State.ENABLED
    assert all(isinstance(text, str) for text in found.attributes.values())


IN_THE_YEAR_2199 = "2199-01-01T00:00:00Z"
GIVEN = SINCE + timedelta(minutes=5)


def seen(**dates: str) -> Channel:
    """Return a channel that is enabled, as a response of GIVEN dates it."""
    response = {**members(enabled=True, created=SINCE), **dates}
    found = get(calls(Answering(response, date=format_datetime(GIVEN, usegmt=True))))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "dates",
    [
        {"CreationDate": IN_THE_YEAR_2199},
        {"LastModifiedDate": IN_THE_YEAR_2199},
        {"CreationDate": IN_THE_YEAR_2199, "LastModifiedDate": IN_THE_YEAR_2199},
        {"CreationDate": (GIVEN + timedelta(seconds=61)).isoformat()},
        {"CreationDate": "yesterday"},
        {"CreationDate": ""},
        {"LastModifiedDate": "yesterday"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("wanted", [State.ENABLED, State.DISABLED])
def test_a_date_that_cannot_be_proves_nothing_so_the_channel_was_there(
    dates: dict[str, str], wanted: State
) -> None:
    assert rules.before(SENT, seen(**dates), wanted) is State.ENABLED


def test_a_channel_that_was_made_since_by_a_clock_which_is_a_minute_ahead_was_absent() -> None:
    created = (GIVEN + timedelta(seconds=59)).isoformat()

    assert (
        rules.before(SENT, seen(CreationDate=created, LastModifiedDate=created), State.ENABLED)
        is State.ABSENT
    )


def test_a_response_whose_date_has_no_time_zone_was_given_at_that_time_in_utc() -> None:
    given = GIVEN.strftime("%a, %d %b %Y %H:%M:%S -0000")

    found = get(calls(Answering(members(enabled=True, created=SINCE), date=given)))

    assert found is not None
    assert found.created == SINCE


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_where_a_response_does_not_say_when_it_was_given_the_own_clock_does(date: str | None) -> None:
    moments = [datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1)]
    found = [get(calls(Answering(members(enabled=True, created=moment), date=date))) for moment in moments]

    assert [channel.created if channel else "" for channel in found] == [moments[0], None]
