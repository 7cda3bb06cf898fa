"""Custom::PinpointVoiceChannelStatus: reads a voice channel, and never changes it."""

from collections.abc import Mapping
from typing import Any

import pytest

from harness.events import Event, event
from harness.fakes import APPLICATION, SENT, STACK_ID, ExpectedCalls, FakeVoiceChannelClient, api_error
from harness.fakes import channel as api_channel
from harness.with_moto import Deliver, channel, make_channel
from pinpoint_voice_channel_handler.errors import (
    AccessDenied,
    InvalidProperty,
    PinpointUnavailable,
    UnknownProperties,
    VoiceChannelError,
)
from pinpoint_voice_channel_handler.physical_id import NOTHING_DONE, PhysicalId
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES, Pinpoint
from pinpoint_voice_channel_handler.request import Request, RequestType, ResourceType
from pinpoint_voice_channel_handler.status import Status

STATUS_ID = f"{APPLICATION}/voice/status"
DENIED = api_error("ForbiddenException", 403)


class Reading:
    """A status that reads an application's channel through a client that lets through just some calls.

    Attributes:
        answered_as: The ids that CloudFormation is answered with, the last one at the end.
        waits: How long it waited, each time.
    """

    def __init__(self, *calls: str, enabled: bool | None = True, errors: tuple[Exception, ...] = ()) -> None:
        self.answered_as: list[str] = []
        self.waits: list[float] = []
        self.calls = ExpectedCalls(calls)
        channels = {} if enabled is None else {APPLICATION: api_channel(enabled=enabled)}
        client = FakeVoiceChannelClient(self.calls, channels, {"GET": list(errors)})
        self._status = Status(Pinpoint(client, "us-east-1"), self.answered_as.append, self.waits.append)

    def handle(
        self, request_type: str, properties: Mapping[str, object], physical_id: str = ""
    ) -> Mapping[str, str]:
        """Hand over a request."""
        request = Request(
            type=RequestType(request_type),
            resource_type=ResourceType.STATUS,
            request_id="request-1",
            stack_id=STACK_ID,
            logical_id="Status",
            physical_id=physical_id,
            sent=SENT,
            properties=properties,
        )
        attributes = self._status.handle(request)
        self.calls.assert_all_made()
        return attributes


@pytest.mark.parametrize("request_type", ["Create", "Update"])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_channel_is_read_once(request_type: str, enabled: bool) -> None:
    reading = Reading("GET", enabled=enabled)

    attributes = reading.handle(request_type, {"ApplicationId": APPLICATION})

    assert tuple(attributes) == ("Exists", *ATTRIBUTES)
    assert attributes["Exists"] == "true"
    assert attributes["Enabled"] == str(enabled).lower()
    assert reading.answered_as[-1] == STATUS_ID


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_where_there_is_no_channel_the_attributes_are_empty(request_type: str) -> None:
    reading = Reading("GET", enabled=None)

    attributes = reading.handle(request_type, {"ApplicationId": APPLICATION})

    assert attributes == {"Exists": "false", **dict.fromkeys(ATTRIBUTES, "")}
    assert reading.answered_as[-1] == STATUS_ID


@pytest.mark.parametrize("physical_id", [STATUS_ID, NOTHING_DONE, "Stack-Status-1QHOCAW3FKL5D"])
def test_delete_does_nothing_whatever_the_id_is(physical_id: str) -> None:
    reading = Reading()

    assert reading.handle("Delete", {"ApplicationId": APPLICATION}, physical_id) == {}
    assert reading.answered_as == [physical_id]


def test_another_application_has_another_id_so_that_cloudformation_forgets_the_old_one() -> None:
    reading = Reading("GET")

    reading.handle("Update", {"ApplicationId": APPLICATION}, f"{'b' * 32}/voice/status")

    assert reading.answered_as[-1] == STATUS_ID


def test_the_id_is_not_that_of_a_resource_that_manages_the_channel() -> None:
    assert PhysicalId.parse(STATUS_ID) is None


def test_the_trigger_may_be_anything() -> None:
    for trigger in ("", "2026-11-23", "5"):
        Reading("GET").handle("Update", {"ApplicationId": APPLICATION, "Trigger": trigger}, STATUS_ID)


@pytest.mark.parametrize(
    ("properties", "raised"),
    [
        ({}, InvalidProperty),
        ({"ApplicationId": "an application"}, InvalidProperty),
        ({"ApplicationId": APPLICATION, "Enabled": "true"}, UnknownProperties),
    ],
)
@pytest.mark.parametrize("physical_id", ["", STATUS_ID])
def test_properties_that_are_not_valid_fail_and_keep_the_id(
    properties: Mapping[str, str], raised: type[VoiceChannelError], physical_id: str
) -> None:
    reading = Reading()

    with pytest.raises(raised):
        reading.handle("Update" if physical_id else "Create", properties, physical_id)

    assert reading.answered_as[-1] == (physical_id or NOTHING_DONE)


def test_an_unknown_property_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UnknownProperties) as raised:
        Reading().handle("Create", {"ApplicationId": APPLICATION, "Enabled": "true"})

    assert str(raised.value) == (
        "Unknown property Enabled. Custom::PinpointVoiceChannelStatus has the properties ApplicationId, "
        "Trigger."
    )


def test_a_denial_is_tried_again_for_the_policy_of_a_new_role() -> None:
    reading = Reading("GET", "GET", "GET", errors=(DENIED, DENIED))

    assert reading.handle("Create", {"ApplicationId": APPLICATION})["Exists"] == "true"
    assert reading.waits == [1, 2]


@pytest.mark.parametrize(
    ("error", "raised", "calls"),
    [
        (DENIED, AccessDenied, ["GET"] * 5),
        (api_error("InternalServerErrorException", 500), PinpointUnavailable, ["GET"]),
    ],
)
def test_what_cannot_be_read_fails(
    error: Exception, raised: type[VoiceChannelError], calls: list[str]
) -> None:
    reading = Reading(*calls, errors=(error,) * len(calls))

    with pytest.raises(raised):
        reading.handle("Create", {"ApplicationId": APPLICATION})

    assert reading.answered_as[-1] == STATUS_ID


def status_event(request_type: str, application_id: str) -> Event:
    request: dict[str, Any] = event(request_type, ResourceType="Custom::PinpointVoiceChannelStatus")
    return {**request, "ResourceProperties": {"ServiceToken": "arn", "ApplicationId": application_id}}


def test_an_event_for_a_status_is_answered_with_what_the_api_returns(
    deliver: Deliver, application_id: str
) -> None:
    make_channel(application_id, enabled=True)
    before = channel(application_id)

    answer = deliver(status_event("Create", application_id))

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == f"{application_id}/voice/status"
    assert answer["Data"]["Exists"] == "true"
    assert answer["Data"]["CreationDate"] == before["CreationDate"]
    assert channel(application_id) == before


# The id is one of a managed channel, and the stack rolls back, so that Delete of a channel would delete.
def test_an_event_that_deletes_a_status_never_changes_a_channel(
    deliver: Deliver, application_id: str
) -> None:
    make_channel(application_id, enabled=True)
    before = channel(application_id)
    request = status_event("Delete", application_id)

    answer = deliver({**request, "PhysicalResourceId": f"{application_id}/voice/absent"})

    assert answer["Status"] == "SUCCESS"
    assert channel(application_id) == before
