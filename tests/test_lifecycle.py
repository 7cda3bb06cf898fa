"""The table of docs/lifecycle.md, row by row: what each event does to the channel, and what it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from fakes import (
    APPLICATION,
    OTHER_APPLICATION,
    SINCE,
    STACK_ID,
    ExpectedCalls,
    FakeStackClient,
    FakeVoiceChannelClient,
    api_error,
    channel,
    resource,
)
from pinpoint_voice_channel_handler.errors import (
    AccessDenied,
    ApplicationNotFound,
    ChannelExists,
    InvalidProperty,
    PinpointRefused,
    PinpointUnavailable,
    StackUnknown,
    UnknownProperties,
    VoiceChannelError,
)
from pinpoint_voice_channel_handler.lifecycle import Lifecycle
from pinpoint_voice_channel_handler.pinpoint import Pinpoint
from pinpoint_voice_channel_handler.request import Request, RequestType, ResourceType
from pinpoint_voice_channel_handler.stack import Stacks

ABSENT = f"{APPLICATION}/voice/absent"
DISABLED = f"{APPLICATION}/voice/disabled"
ENABLED = f"{APPLICATION}/voice/enabled"
UNTOUCHED = f"{APPLICATION}/voice/untouched"
INVENTED = "Voice-VoiceChannel-1QHOCAW3FKL5D"
"""As CloudFormation invents one for a Create that it cancels."""

DENIED = api_error("ForbiddenException", 403)
THROTTLED = api_error("TooManyRequestsException", 429)
FAILING = api_error("InternalServerErrorException", 500)
BAD_REQUEST = api_error("BadRequestException", 400)
LOST = EndpointConnectionError(endpoint_url="https://pinpoint.us-east-1.amazonaws.com")


@dataclass(frozen=True)
class Case:
    """One row: an event, the state it meets, and all that it does."""

    name: str
    request_type: RequestType
    calls: tuple[str, ...]
    answered_as: str
    wants: Mapping[str, object] = field(default_factory=lambda: {"ApplicationId": APPLICATION})
    physical_id: str = ""
    found: dict[str, Any] | None = None
    found_other: dict[str, Any] | None = None
    pinpoint_errors: Mapping[str, list[Exception]] = field(default_factory=dict)
    stack: Mapping[str, Any] = field(default_factory=dict)
    raises: type[VoiceChannelError] | None = None


CREATE = [
    Case("absent", RequestType.CREATE, ("GET", "PUT true"), ABSENT),
    Case(
        "absent, to be disabled",
        RequestType.CREATE,
        ("GET", "PUT false"),
        ABSENT,
        wants={"ApplicationId": APPLICATION, "Enabled": "false"},
    ),
    Case(
        "disabled is adopted and enabled",
        RequestType.CREATE,
        ("GET", "DescribeStacks", "PUT true"),
        DISABLED,
        found=channel(enabled=False),
    ),
    Case(
        "enabled is adopted without being touched",
        RequestType.CREATE,
        ("GET", "DescribeStacks"),
        ENABLED,
        found=channel(enabled=True),
    ),
    Case(
        "enabled is adopted and disabled",
        RequestType.CREATE,
        ("GET", "DescribeStacks", "PUT false"),
        ENABLED,
        wants={"ApplicationId": APPLICATION, "Enabled": "false"},
        found=channel(enabled=True),
    ),
    Case(
        "archived counts as absent",
        RequestType.CREATE,
        ("GET", "PUT true"),
        ABSENT,
        found=channel(enabled=True, archived=True),
    ),
    Case(
        "there, and OnExisting is fail",
        RequestType.CREATE,
        ("GET", "DescribeStacks"),
        UNTOUCHED,
        wants={"ApplicationId": APPLICATION, "OnExisting": "fail"},
        found=channel(enabled=False),
        raises=ChannelExists,
    ),
    Case(
        "absent, and OnExisting is fail",
        RequestType.CREATE,
        ("GET", "PUT true"),
        ABSENT,
        wants={"ApplicationId": APPLICATION, "OnExisting": "fail"},
    ),
    Case(
        "made by an earlier delivery counts as absent",
        RequestType.CREATE,
        ("GET", "DescribeStacks"),
        ABSENT,
        wants={"ApplicationId": APPLICATION, "OnExisting": "fail"},
        found=channel(enabled=True, created=SINCE),
    ),
    Case(
        "enabled by an earlier delivery counts as disabled",
        RequestType.CREATE,
        ("GET", "DescribeStacks"),
        DISABLED,
        found=channel(enabled=True, modified=SINCE),
    ),
    Case(
        "disabled by an earlier delivery counts as enabled",
        RequestType.CREATE,
        ("GET", "DescribeStacks"),
        ENABLED,
        wants={"ApplicationId": APPLICATION, "Enabled": "false"},
        found=channel(enabled=False, modified=SINCE),
    ),
    Case(
        "changed since to what is not wanted counts as it is",
        RequestType.CREATE,
        ("GET", "DescribeStacks", "PUT true"),
        DISABLED,
        found=channel(enabled=False, modified=SINCE),
    ),
    Case(
        "the application does not exist",
        RequestType.CREATE,
        ("GET", "PUT true"),
        UNTOUCHED,
        pinpoint_errors={"PUT": [api_error("NotFoundException", 404)]},
        raises=ApplicationNotFound,
    ),
    Case(
        "refused",
        RequestType.CREATE,
        ("GET", "PUT true"),
        UNTOUCHED,
        pinpoint_errors={"PUT": [BAD_REQUEST]},
        raises=PinpointRefused,
    ),
    Case(
        "the outcome is unknown: the connection was lost",
        RequestType.CREATE,
        ("GET", "DescribeStacks", "PUT true"),
        DISABLED,
        found=channel(enabled=False),
        pinpoint_errors={"PUT": [LOST]},
        raises=PinpointUnavailable,
    ),
    Case(
        "the outcome is unknown: Pinpoint failed",
        RequestType.CREATE,
        ("GET", "PUT true"),
        ABSENT,
        pinpoint_errors={"PUT": [FAILING]},
        raises=PinpointUnavailable,
    ),
    Case(
        "throttled before anything was changed",
        RequestType.CREATE,
        ("GET",),
        UNTOUCHED,
        pinpoint_errors={"GET": [THROTTLED]},
        raises=PinpointUnavailable,
    ),
    Case(
        "denied for some seconds, as with a new role",
        RequestType.CREATE,
        ("GET", "GET", "GET", "PUT true", "PUT true"),
        ABSENT,
        pinpoint_errors={"GET": [DENIED, DENIED], "PUT": [DENIED]},
    ),
    Case(
        "denied for good",
        RequestType.CREATE,
        ("GET", "PUT true", "PUT true", "PUT true", "PUT true", "PUT true"),
        UNTOUCHED,
        pinpoint_errors={"PUT": [DENIED] * 5},
        raises=AccessDenied,
    ),
    Case(
        "a property is not valid",
        RequestType.CREATE,
        (),
        "invalid/voice/untouched",
        wants={"ApplicationId": ""},
        raises=InvalidProperty,
    ),
    Case(
        "a property is not known",
        RequestType.CREATE,
        (),
        "invalid/voice/untouched",
        wants={"ApplicationId": APPLICATION, "Enable": "true"},
        raises=UnknownProperties,
    ),
]

UPDATE = [
    Case(
        "the same application",
        RequestType.UPDATE,
        ("PUT false",),
        ENABLED,
        wants={"ApplicationId": APPLICATION, "Enabled": "false"},
        physical_id=ENABLED,
    ),
    Case(
        "the same application, whose channel is gone",
        RequestType.UPDATE,
        ("PUT true",),
        ABSENT,
        physical_id=ABSENT,
    ),
    Case(
        "the same application, which is gone",
        RequestType.UPDATE,
        ("PUT true",),
        ABSENT,
        physical_id=ABSENT,
        pinpoint_errors={"PUT": [api_error("NotFoundException", 404)]},
        raises=ApplicationNotFound,
    ),
    Case(
        "the same application, and Pinpoint fails",
        RequestType.UPDATE,
        ("PUT true",),
        ABSENT,
        physical_id=ABSENT,
        pinpoint_errors={"PUT": [FAILING]},
        raises=PinpointUnavailable,
    ),
    Case(
        "another application",
        RequestType.UPDATE,
        ("GET other", "DescribeStacks", "PUT true other"),
        f"{OTHER_APPLICATION}/voice/disabled",
        wants={"ApplicationId": OTHER_APPLICATION},
        physical_id=ABSENT,
        found=channel(enabled=True),
        found_other=channel(enabled=False),
    ),
    Case(
        "another application, which does not exist",
        RequestType.UPDATE,
        ("GET other", "PUT true other"),
        ABSENT,
        wants={"ApplicationId": OTHER_APPLICATION},
        physical_id=ABSENT,
        pinpoint_errors={"PUT": [api_error("NotFoundException", 404)]},
        raises=ApplicationNotFound,
    ),
    Case(
        "another application, whose channel is there, and OnExisting is fail",
        RequestType.UPDATE,
        ("GET other", "DescribeStacks"),
        ABSENT,
        wants={"ApplicationId": OTHER_APPLICATION, "OnExisting": "fail"},
        physical_id=ABSENT,
        found_other=channel(enabled=True),
        raises=ChannelExists,
    ),
    Case(
        "another application, and the outcome is unknown",
        RequestType.UPDATE,
        ("GET other", "PUT true other"),
        f"{OTHER_APPLICATION}/voice/absent",
        wants={"ApplicationId": OTHER_APPLICATION},
        physical_id=ABSENT,
        pinpoint_errors={"PUT": [LOST]},
        raises=PinpointUnavailable,
    ),
    Case(
        "back to the old application while rolling back: its channel is there, though OnExisting is fail",
        RequestType.UPDATE,
        ("GET", "DescribeStacks"),
        ENABLED,
        wants={"ApplicationId": APPLICATION, "OnExisting": "fail"},
        physical_id=f"{OTHER_APPLICATION}/voice/absent",
        found=channel(enabled=True),
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "a property is not valid",
        RequestType.UPDATE,
        ("DescribeStacks",),
        ABSENT,
        wants={"ApplicationId": APPLICATION, "Enabled": "on"},
        physical_id=ABSENT,
        raises=InvalidProperty,
    ),
    Case(
        "back to what an older version accepted",
        RequestType.UPDATE,
        ("DescribeStacks", "PUT false"),
        ABSENT,
        wants={"ApplicationId": APPLICATION, "Enabled": "False", "Retired": "x"},
        physical_id=ABSENT,
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "of a resource whose Create changed nothing",
        RequestType.UPDATE,
        ("GET", "PUT true"),
        ABSENT,
        physical_id=UNTOUCHED,
    ),
]

ROLLING_BACK = [
    "ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
]

DELETE = [
    Case("nothing was changed", RequestType.DELETE, (), UNTOUCHED, physical_id=UNTOUCHED),
    *(
        Case(
            f"{status}: absent is put back",
            RequestType.DELETE,
            ("DescribeStacks", "ListStackResources", "DELETE"),
            ABSENT,
            physical_id=ABSENT,
            found=channel(enabled=True),
            stack={"status": status},
        )
        for status in ROLLING_BACK
    ),
    Case(
        "rolling back: disabled is put back",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources", "PUT false"),
        DISABLED,
        physical_id=DISABLED,
        found=channel(enabled=True),
        stack={"status": "ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "rolling back: enabled is put back",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources", "PUT true"),
        ENABLED,
        physical_id=ENABLED,
        found=channel(enabled=False),
        stack={"status": "ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "rolling back: the application is gone",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources", "PUT true"),
        ENABLED,
        physical_id=ENABLED,
        stack={"status": "ROLLBACK_IN_PROGRESS"},
        pinpoint_errors={"PUT": [api_error("NotFoundException", 404)]},
    ),
    Case(
        "the root stack rolls back",
        RequestType.DELETE,
        ("DescribeStacks", "DescribeStacks", "ListStackResources", "PUT true"),
        ENABLED,
        physical_id=ENABLED,
        found=channel(enabled=False),
        stack={"status": "DELETE_IN_PROGRESS", "root_status": "ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "rolling back a rename: what was found is put back, though the old resource manages it",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources", "ListStackResources", "PUT true"),
        ENABLED,
        physical_id=ENABLED,
        found=channel(enabled=False),
        stack={
            "status": "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "resources": (resource("Old", ABSENT), resource("VoiceChannel", ENABLED, "DELETE_IN_PROGRESS")),
        },
    ),
    Case(
        "rolling back a replacement: the resource itself has the application again, under another id",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources"),
        ABSENT,
        physical_id=ABSENT,
        stack={
            "status": "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "resources": (resource("VoiceChannel", ENABLED),),
        },
    ),
    *(
        Case(
            f"{status}: another resource manages the channel",
            RequestType.DELETE,
            ("DescribeStacks", "ListStackResources"),
            ABSENT,
            physical_id=ABSENT,
            stack={"status": status, "resources": (resource("Renamed", ENABLED),)},
        )
        for status in ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_IN_PROGRESS")
    ),
    Case(
        "another id of the same resource manages the channel",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources"),
        ABSENT,
        physical_id=ABSENT,
        stack={"resources": (resource("VoiceChannel", ENABLED),)},
    ),
    *(
        Case(
            f"{what} does not manage the channel",
            RequestType.DELETE,
            ("DescribeStacks", "ListStackResources", "DELETE"),
            ABSENT,
            physical_id=ABSENT,
            found=channel(enabled=True),
            stack={"resources": (entry,)},
        )
        for what, entry in {
            "the resource itself": resource("VoiceChannel", ABSENT, "DELETE_IN_PROGRESS"),
            "a deleted resource": resource("Other", ENABLED, "DELETE_COMPLETE"),
            "a failed resource": resource("Other", ENABLED, "CREATE_FAILED"),
            "a resource that changed nothing": resource("Other", UNTOUCHED),
            "the manager of another application": resource("Other", f"{OTHER_APPLICATION}/voice/absent"),
            "a resource of another kind": resource("Other", "arn:aws:sns:us-east-1:123456789012:topic"),
        }.items()
    ),
    *(
        Case(
            f"{status}: delivered a second time, when the operation was over",
            RequestType.DELETE,
            ("DescribeStacks",),
            ENABLED,
            physical_id=ENABLED,
            found=channel(enabled=True),
            stack={"status": status},
        )
        for status in ("ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
    ),
    Case(
        "the whole stack is deleted",
        RequestType.DELETE,
        ("DescribeStacks", "DELETE"),
        ENABLED,
        physical_id=ENABLED,
        found=channel(enabled=True),
        stack={"status": "DELETE_IN_PROGRESS"},
    ),
    Case(
        "the channel or its application is gone already",
        RequestType.DELETE,
        ("DescribeStacks", "DELETE"),
        ABSENT,
        physical_id=ABSENT,
        stack={"status": "DELETE_IN_PROGRESS"},
    ),
    Case(
        "the stack cannot be described",
        RequestType.DELETE,
        ("DescribeStacks",),
        ABSENT,
        physical_id=ABSENT,
        stack={"error": api_error("Throttling", 400)},
        raises=StackUnknown,
    ),
    Case(
        "the stack may not be described",
        RequestType.DELETE,
        ("DescribeStacks",),
        ABSENT,
        physical_id=ABSENT,
        stack={"error": api_error("AccessDenied", 403)},
        raises=AccessDenied,
    ),
    Case(
        "denied for good",
        RequestType.DELETE,
        ("DescribeStacks", "DELETE"),
        ABSENT,
        physical_id=ABSENT,
        stack={"status": "DELETE_IN_PROGRESS"},
        pinpoint_errors={"DELETE": [DENIED]},
        raises=AccessDenied,
    ),
    Case(
        "an invented id, not rolling back",
        RequestType.DELETE,
        ("DescribeStacks",),
        INVENTED,
        physical_id=INVENTED,
        found=channel(enabled=True, created=SINCE),
    ),
    Case(
        "an invented id, rolling back: what the cancelled Create made is deleted",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources", "GET", "DELETE"),
        INVENTED,
        physical_id=INVENTED,
        found=channel(enabled=True, created=SINCE),
        stack={"status": "ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "an invented id, rolling back: what the cancelled Create enabled is disabled",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources", "GET", "PUT false"),
        INVENTED,
        physical_id=INVENTED,
        found=channel(enabled=True, modified=SINCE),
        stack={"status": "ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "an id of another provider, rolling back: the resource lives on under an id of ours",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources"),
        INVENTED,
        physical_id=INVENTED,
        found=channel(enabled=True, modified=SINCE),
        stack={"status": "ROLLBACK_IN_PROGRESS", "resources": (resource("VoiceChannel", ENABLED),)},
    ),
    Case(
        "an invented id, rolling back: without an application",
        RequestType.DELETE,
        ("DescribeStacks",),
        INVENTED,
        wants={},
        physical_id=INVENTED,
        stack={"status": "ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "an invented id, rolling back: the cancelled Create changes nothing while it is waited for",
        RequestType.DELETE,
        ("DescribeStacks", "ListStackResources", *["GET"] * 15),
        INVENTED,
        physical_id=INVENTED,
        found=channel(enabled=True),
        stack={"status": "ROLLBACK_IN_PROGRESS"},
    ),
]


@pytest.mark.parametrize(
    "case", [*CREATE, *UPDATE, *DELETE], ids=lambda case: f"{case.request_type}: {case.name}"
)
def test_lifecycle(case: Case) -> None:
    answered_as: list[str] = []
    expected = ExpectedCalls(case.calls)
    channels = {APPLICATION: case.found, OTHER_APPLICATION: case.found_other}
    lifecycle = Lifecycle(
        Pinpoint(
            FakeVoiceChannelClient(
                expected, {key: value for key, value in channels.items() if value}, case.pinpoint_errors
            ),
            region="us-east-1",
        ),
        lambda: Stacks(FakeStackClient(expected, **case.stack)),
        answered_as.append,
        sleep=lambda _: None,
    )
    request = Request(
        type=case.request_type,
        resource_type=ResourceType.VOICE_CHANNEL,
        request_id="request-1",
        stack_id=STACK_ID,
        logical_id="VoiceChannel",
        physical_id=case.physical_id,
        properties=case.wants,
    )

    raised = outcome(lifecycle, request)

    assert raised is case.raises
    assert answered_as[-1] == case.answered_as
    expected.assert_all_made()


def outcome(lifecycle: Lifecycle, request: Request) -> type[VoiceChannelError] | None:
    try:
        lifecycle.handle(request)
    except VoiceChannelError as error:
        return type(error)
    return None
