"""The cases of docs/lifecycle.md, one by one: what each event does to the channel, and what it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from harness.context import Context
from harness.fakes import (
    APPLICATION,
    BEGAN,
    LONG_AGO,
    OTHER_APPLICATION,
    RESTED,
    ROOT_ID,
    SENT,
    SINCE,
    STACK_ID,
    ExpectedCalls,
    FakeStackClient,
    FakeVoiceChannelClient,
    api_error,
    channel,
    resource,
    row,
    usual_log,
)
from pinpoint_voice_channel_handler.errors import (
    AccessDenied,
    ApplicationNotFound,
    ChannelExists,
    ChannelProtected,
    HistoryTooLong,
    InvalidProperty,
    NoLongerAsked,
    PinpointRefused,
    PinpointUnavailable,
    StackElsewhere,
    StackUnknown,
    UnknownProperties,
    VoiceChannelError,
)
from pinpoint_voice_channel_handler.lifecycle import Lifecycle
from pinpoint_voice_channel_handler.pinpoint import Pinpoint
from pinpoint_voice_channel_handler.place import stack_elsewhere
from pinpoint_voice_channel_handler.request import Request, RequestType, ResourceType
from pinpoint_voice_channel_handler.stack import Stacks

NEW = "20260101T120030Z"
"""The moment of ids that are written for the event."""
OLD = "20251202T120030Z"
"""The moment of ids that were written before the stack came to rest."""

ABSENT = f"{APPLICATION}/voice/absent/{NEW}"
DISABLED = f"{APPLICATION}/voice/disabled/{NEW}"
ENABLED = f"{APPLICATION}/voice/enabled/{NEW}"
SETTLED_ABSENT = f"{APPLICATION}/voice/absent/{OLD}"
SETTLED_ENABLED = f"{APPLICATION}/voice/enabled/{OLD}"
FIRST_VERSIONS = f"{APPLICATION}/voice/enabled"
"""As version 0.1.0 wrote it."""
OTHER_ABSENT = f"{OTHER_APPLICATION}/voice/absent/{NEW}"
UNTOUCHED = f"{APPLICATION}/voice/untouched"
INVENTED = "Voice-VoiceChannel-1QHOCAW3FKL5D"
"""As CloudFormation invents one for a Create that it cancels."""

ENABLE = {"ApplicationId": APPLICATION}
DISABLE = {"ApplicationId": APPLICATION, "Enabled": "false"}
PROTECT = {"ApplicationId": APPLICATION, "Protected": "true"}
ASKS = ("DescribeStacks", "DescribeStackEvents")
"""How CloudFormation is asked whether it waits for the event."""

DENIED = api_error("ForbiddenException", 403)
THROTTLED = api_error("TooManyRequestsException", 429)
FAILING = api_error("InternalServerErrorException", 500)
BAD_REQUEST = api_error("BadRequestException", 400)
LOST = EndpointConnectionError(endpoint_url="https://pinpoint.us-east-1.amazonaws.com")


ELSEWHERE = [
    "arn:aws:lambda:us-east-1:210987654321:function:Provider",
    "arn:aws:lambda:eu-west-1:123456789012:function:Provider",
    "arn:aws:lambda:eu-west-1:123456789012:function:Provider:live",
]
"""Functions of another account or Region than the stack."""

HOUR = timedelta(hours=1)
WITHIN = SENT + timedelta(milliseconds=700)
"""A moment in the second in which the event was sent."""


def over(status: str) -> list[dict[str, Any]]:
    """Return the log of a stack that has gone on since the event was sent."""
    return [row(status, SENT + timedelta(seconds=9)), row("UPDATE_IN_PROGRESS", BEGAN)]


def cancelled(
    request_type: str,
    reason: str = "Resource update cancelled",
    beginning: str = "UPDATE_IN_PROGRESS",
    status: str = "UPDATE_ROLLBACK_IN_PROGRESS",
) -> list[dict[str, Any]]:
    """Return the log of a stack that goes back, and has cancelled what it had asked of the resource."""
    return [
        row(f"{request_type}_IN_PROGRESS", SENT, "VoiceChannel"),
        row(status, BEGAN),
        row(f"{request_type}_FAILED", BEGAN - timedelta(seconds=1), "VoiceChannel", reason=reason),
        row(f"{request_type}_IN_PROGRESS", BEGAN - timedelta(seconds=9), "VoiceChannel"),
        row(beginning, BEGAN - timedelta(seconds=10)),
        row("UPDATE_COMPLETE", RESTED),
    ]


ROLLED_BACK = [row("DELETE_IN_PROGRESS", SENT, "VoiceChannel", INVENTED), row("ROLLBACK_IN_PROGRESS", BEGAN)]

# Why CloudFormation does not wait for a Create or Update, how it is asked, and the state of the stack.
NOT_AWAITED: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
    (
        "something else was asked of the resource since, in a phase of the very second of the event",
        ASKS,
        {
            "log": [
                row("UPDATE_IN_PROGRESS", SENT + timedelta(seconds=2), "VoiceChannel"),
                row("UPDATE_ROLLBACK_IN_PROGRESS", SENT),
            ],
            "status": "UPDATE_ROLLBACK_IN_PROGRESS",
        },
    ),
    ("the stack has gone on since", ASKS, {"log": over("UPDATE_ROLLBACK_IN_PROGRESS")}),
    ("the stack is at rest", ASKS * 8, {"status": "UPDATE_COMPLETE", "log": [row("UPDATE_COMPLETE", BEGAN)]}),
    (
        "it was answered before",
        ASKS * 8,
        {"log": [row("UPDATE_COMPLETE", SENT, "VoiceChannel"), row("UPDATE_IN_PROGRESS", BEGAN)]},
    ),
    (
        "the status stays behind",
        ASKS * 8,
        {"status": "UPDATE_COMPLETE", "log": usual_log("UPDATE_IN_PROGRESS", "UPDATE")},
    ),
    (
        "the log stays behind, at that of another phase",
        ASKS * 8,
        {"status": "UPDATE_ROLLBACK_IN_PROGRESS", "log": usual_log("UPDATE_IN_PROGRESS", "UPDATE")},
    ),
    ("the log stays behind", ASKS * 8, {"log": [row("UPDATE_COMPLETE", RESTED)]}),
]


def among_many(status: str, asked: str) -> list[dict[str, Any]]:
    """Return the log of a stack that has asked something of 200 resources, of which this is the last."""
    mine, *older = usual_log(status, asked)
    return [mine, *(row(f"{asked}_IN_PROGRESS", BEGAN, f"Resource{number}") for number in range(200)), *older]


def awaited(asked: str) -> list[tuple[str, tuple[str, ...], dict[str, Any]]]:
    """Return when CloudFormation waits for a Create or Update, how it is asked, and the stack's state."""
    rollback, pages = "UPDATE_ROLLBACK_IN_PROGRESS", ("DescribeStackEvents",) * 2
    return [
        ("CloudFormation waits for it", ASKS, {"asked": asked}),
        ("a rollback waits for it", ASKS, {"asked": asked, "status": rollback}),
        ("the status is behind, at that of the update", ASKS, {"log": usual_log(rollback, asked)}),
        ("200 others are changed as well", ASKS, {"log": among_many("UPDATE_IN_PROGRESS", asked)}),
        (
            "the changes of 200 others are rolled back as well",
            ASKS + pages,
            {"status": rollback, "log": among_many(rollback, asked)},
        ),
    ]


def state(response: dict[str, Any]) -> str:
    """Return what a channel is."""
    return "archived" if response["IsArchived"] else "enabled" if response["Enabled"] else "disabled"


@dataclass(frozen=True)
class Case:
    """One row: an event, the state it meets, and all that it does."""

    name: str
    request_type: RequestType
    calls: tuple[str, ...]
    answered_as: str
    wants: Mapping[str, object] = field(default_factory=lambda: {"ApplicationId": APPLICATION})
    wanted: Mapping[str, object] = field(default_factory=dict)
    physical_id: str = ""
    found: dict[str, Any] | None = None
    found_other: dict[str, Any] | None = None
    pinpoint_errors: Mapping[str, list[Exception]] = field(default_factory=dict)
    stack: Mapping[str, Any] = field(default_factory=dict)
    function_arn: str = Context.invoked_function_arn
    raises: type[VoiceChannelError] | None = None


CREATE = [
    Case("absent", RequestType.CREATE, ("GET", "PUT true"), ABSENT),
    Case("absent, to be disabled", RequestType.CREATE, ("GET", "PUT false"), ABSENT, wants=DISABLE),
    Case(
        "disabled is adopted and enabled",
        RequestType.CREATE,
        ("GET", "PUT true"),
        DISABLED,
        found=channel(enabled=False),
    ),
    Case(
        "enabled is adopted without being touched",
        RequestType.CREATE,
        ("GET",),
        ENABLED,
        found=channel(enabled=True),
    ),
    *(
        Case(
            f"enabled is adopted and disabled, while {when}",
            RequestType.CREATE,
            ("GET", *calls, "PUT false", *calls),
            ENABLED,
            wants=DISABLE,
            found=channel(enabled=True),
            stack=stack,
        )
        for when, calls, stack in awaited("CREATE")
    ),
    Case(
        "enabled, protected, to be disabled",
        RequestType.CREATE,
        ("GET",),
        UNTOUCHED,
        wants={**DISABLE, "Protected": "true"},
        found=channel(enabled=True),
        raises=ChannelProtected,
    ),
    Case(
        "absent, protected, to be disabled",
        RequestType.CREATE,
        ("GET", "PUT false"),
        ABSENT,
        wants={**DISABLE, "Protected": "true"},
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
        ("GET",),
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
        ("GET",),
        ABSENT,
        wants={"ApplicationId": APPLICATION, "OnExisting": "fail"},
        found=channel(enabled=True, created=SINCE),
    ),
    Case(
        "enabled by an earlier delivery counts as disabled",
        RequestType.CREATE,
        ("GET",),
        DISABLED,
        found=channel(enabled=True, modified=SINCE),
    ),
    Case(
        "disabled by an earlier delivery counts as enabled",
        RequestType.CREATE,
        ("GET",),
        ENABLED,
        wants=DISABLE,
        found=channel(enabled=False, modified=SINCE),
    ),
    Case(
        "changed since to what is not wanted counts as it is",
        RequestType.CREATE,
        ("GET", "PUT true"),
        DISABLED,
        found=channel(enabled=False, modified=SINCE),
    ),
    Case(
        "made in the second in which the event was sent counts as there",
        RequestType.CREATE,
        ("GET",),
        ENABLED,
        found=channel(enabled=True, created=WITHIN),
    ),
    Case(
        "disabled in the second in which the event was sent counts as enabled",
        RequestType.CREATE,
        ("GET",),
        ENABLED,
        wants=DISABLE,
        found=channel(enabled=False, modified=WITHIN),
    ),
    Case(
        "disabled in the seconds before the event, by a clock that may be behind, counts as enabled",
        RequestType.CREATE,
        ("GET",),
        ENABLED,
        wants=DISABLE,
        found=channel(enabled=False, modified=SENT - timedelta(seconds=9)),
    ),
    Case(
        "disabled earlier counts as disabled",
        RequestType.CREATE,
        ("GET",),
        DISABLED,
        wants=DISABLE,
        found=channel(enabled=False, modified=SENT - timedelta(seconds=11)),
    ),
    Case(
        "enabled in the second in which the event was sent counts as enabled",
        RequestType.CREATE,
        ("GET",),
        ENABLED,
        found=channel(enabled=True, modified=WITHIN),
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
        "refused, and a channel was found",
        RequestType.CREATE,
        ("GET", "PUT true"),
        DISABLED,
        found=channel(enabled=False),
        pinpoint_errors={"PUT": [BAD_REQUEST]},
        raises=PinpointRefused,
    ),
    Case(
        "the outcome is unknown: the connection was lost",
        RequestType.CREATE,
        ("GET", "PUT true"),
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
    *(
        Case(
            f"enabled, to be disabled, but {why}",
            RequestType.CREATE,
            ("GET", *calls),
            ENABLED,
            wants=DISABLE,
            found=channel(enabled=True),
            stack=stack,
            raises=NoLongerAsked,
        )
        for why, calls, stack in NOT_AWAITED
    ),
    Case(
        "enabled, to be disabled, and the stack cannot be read",
        RequestType.CREATE,
        ("GET", "DescribeStacks"),
        ENABLED,
        wants=DISABLE,
        found=channel(enabled=True),
        stack={"error": api_error("Throttling", 400)},
        raises=StackUnknown,
    ),
    *(
        Case(
            f"the stack belongs elsewhere: {function_arn}",
            RequestType.CREATE,
            (),
            UNTOUCHED,
            function_arn=function_arn,
            raises=StackElsewhere,
        )
        for function_arn in ELSEWHERE
    ),
]

UPDATE = [
    Case(
        "the same application, to be enabled",
        RequestType.UPDATE,
        ("PUT true",),
        SETTLED_ENABLED,
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=False),
    ),
    *(
        Case(
            f"the same application, to be disabled, while {when}",
            RequestType.UPDATE,
            ("GET", *calls, "PUT false", *calls),
            SETTLED_ENABLED,
            wants=DISABLE,
            physical_id=SETTLED_ENABLED,
            found=channel(enabled=True),
            stack=stack,
        )
        for when, calls, stack in awaited("UPDATE")
    ),
    Case(
        "the same application, to be disabled, and it is",
        RequestType.UPDATE,
        ("GET",),
        SETTLED_ENABLED,
        wants=DISABLE,
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=False),
    ),
    Case(
        "the same application, with an id of the first version",
        RequestType.UPDATE,
        ("PUT true",),
        FIRST_VERSIONS,
        physical_id=FIRST_VERSIONS,
        found=channel(enabled=False),
    ),
    *(
        Case(
            f"the same application, to be disabled, but {why}",
            RequestType.UPDATE,
            ("GET", *calls),
            SETTLED_ENABLED,
            wants=DISABLE,
            physical_id=SETTLED_ENABLED,
            found=channel(enabled=True),
            stack=stack,
            raises=NoLongerAsked,
        )
        for why, calls, stack in NOT_AWAITED
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
        ("GET other", "PUT true other"),
        f"{OTHER_APPLICATION}/voice/disabled/{NEW}",
        wants={"ApplicationId": OTHER_APPLICATION},
        physical_id=ABSENT,
        found=channel(enabled=True),
        found_other=channel(enabled=False),
    ),
    Case(
        "the same application, protected, to be disabled",
        RequestType.UPDATE,
        ("GET", *ASKS),
        SETTLED_ENABLED,
        wants={**DISABLE, "Protected": "true"},
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=True),
        raises=ChannelProtected,
    ),
    Case(
        "the same application, protected, to be disabled, in a nested stack of a root that rests",
        RequestType.UPDATE,
        ("GET", "DescribeStacks", "DescribeStacks", "DescribeStacks", "DescribeStackEvents"),
        SETTLED_ENABLED,
        wants={**DISABLE, "Protected": "true"},
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=True),
        stack={"root_status": "UPDATE_ROLLBACK_COMPLETE"},
        raises=ChannelProtected,
    ),
    Case(
        "the same application, protected, to be disabled, and it is",
        RequestType.UPDATE,
        ("GET",),
        SETTLED_ENABLED,
        wants={**DISABLE, "Protected": "true"},
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=False),
    ),
    Case(
        "the same application, protected, to be enabled",
        RequestType.UPDATE,
        ("PUT true",),
        SETTLED_ENABLED,
        wants=PROTECT,
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=False),
    ),
    Case(
        "the same application, not protected any more, to be disabled",
        RequestType.UPDATE,
        ("GET", *ASKS, *ASKS, "PUT false", *ASKS),
        SETTLED_ENABLED,
        wants=DISABLE,
        wanted=PROTECT,
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=True),
    ),
    Case(
        "the same application, protected, to be disabled in a rollback",
        RequestType.UPDATE,
        ("GET", *ASKS, *ASKS, "PUT false", *ASKS),
        SETTLED_ENABLED,
        wants={**DISABLE, "Protected": "true"},
        wanted=PROTECT,
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=True),
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS"},
    ),
    *(
        Case(
            f"the same application, protected, to be disabled in a rollback of {what}, which enabled nothing",
            RequestType.UPDATE,
            ("GET", *ASKS),
            SETTLED_ENABLED,
            wants=wants,
            wanted=tried,
            physical_id=SETTLED_ENABLED,
            found=channel(enabled=True),
            stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS"},
        )
        for what, wants, tried in [
            ("what was refused", {**DISABLE, "Protected": "true"}, {**DISABLE, "Protected": "true"}),
            ("what was to protect it", DISABLE, {**DISABLE, "Protected": "true"}),
            ("what was no longer to protect it", {**DISABLE, "Protected": "true"}, DISABLE),
            ("a wrong value", {**DISABLE, "Protected": "true"}, {**PROTECT, "Enabled": "maybe"}),
            ("a wrong name", {**DISABLE, "Protected": "true"}, {**PROTECT, "Enable": "true"}),
        ]
    ),
    Case(
        "the same application, protected, to be disabled in a rollback of a refused move",
        RequestType.UPDATE,
        ("GET", *ASKS, *ASKS, *ASKS[1:]),
        SETTLED_ENABLED,
        wants={**DISABLE, "Protected": "true"},
        wanted={"ApplicationId": OTHER_APPLICATION, "Protected": "true"},
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=True),
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "back from another application, protected, to be disabled in a rollback",
        RequestType.UPDATE,
        ("GET", *ASKS),
        ENABLED,
        wants={**DISABLE, "Protected": "true"},
        wanted={"ApplicationId": OTHER_APPLICATION},
        physical_id=OTHER_ABSENT,
        found=channel(enabled=True),
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS"},
    ),
    *(
        Case(
            f"another application, and the one before was protected, {how}",
            RequestType.UPDATE,
            ASKS,
            SETTLED_ENABLED,
            wants={"ApplicationId": OTHER_APPLICATION, **still},
            wanted=PROTECT,
            physical_id=SETTLED_ENABLED,
            raises=ChannelProtected,
        )
        for how, still in [("as it is still", {"Protected": "true"}), ("but not any more", {})]
    ),
    Case(
        "another application, whose channel is enabled, protected, to be disabled",
        RequestType.UPDATE,
        ("GET other", *ASKS),
        SETTLED_ENABLED,
        wants={"ApplicationId": OTHER_APPLICATION, "Enabled": "false", "Protected": "true"},
        physical_id=SETTLED_ENABLED,
        found_other=channel(enabled=True),
        raises=ChannelProtected,
    ),
    Case(
        "another application, protected, and the one before was not",
        RequestType.UPDATE,
        ("GET other", "PUT true other"),
        OTHER_ABSENT,
        wants={"ApplicationId": OTHER_APPLICATION, "Protected": "true"},
        wanted={"ApplicationId": APPLICATION},
        physical_id=SETTLED_ENABLED,
    ),
    Case(
        "back from another application, which was protected, in a rollback",
        RequestType.UPDATE,
        (*ASKS, "GET"),
        ENABLED,
        wants=PROTECT,
        wanted={"ApplicationId": OTHER_APPLICATION, "Protected": "true"},
        physical_id=OTHER_ABSENT,
        found=channel(enabled=True),
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS"},
    ),
    Case(
        "protected, with an id that is not ours",
        RequestType.UPDATE,
        ("GET",),
        ENABLED,
        wants=PROTECT,
        wanted=PROTECT,
        physical_id=INVENTED,
        found=channel(enabled=True),
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
        ("GET other", *ASKS),
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
        OTHER_ABSENT,
        wants={"ApplicationId": OTHER_APPLICATION},
        physical_id=ABSENT,
        pinpoint_errors={"PUT": [LOST]},
        raises=PinpointUnavailable,
    ),
    Case(
        "back to the old application in a rollback: its channel is there, though OnExisting is fail",
        RequestType.UPDATE,
        ("GET", *ASKS),
        ENABLED,
        wants={"ApplicationId": APPLICATION, "OnExisting": "fail"},
        physical_id=OTHER_ABSENT,
        found=channel(enabled=True),
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS"},
    ),
    *(
        Case(
            f"back from an application that the id does not name: the cancelled update made it, {how}",
            RequestType.UPDATE,
            (
                "PUT true",
                *ASKS,
                *ASKS[1:],
                "GET other",
                *(["GET other"] if late else []),
                *done,
            ),
            SETTLED_ABSENT,
            physical_id=SETTLED_ABSENT,
            wanted={"ApplicationId": OTHER_APPLICATION, "Enabled": str(enabled).lower()},
            found=channel(enabled=True),
            found_other=now,
            stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS", "log": cancelled("UPDATE")},
        )
        for how, late, enabled, now, done in [
            (
                "absent before",
                False,
                True,
                channel(enabled=True, created=SINCE),
                ["ListStackResources", "DELETE other"],
            ),
            (
                "enabled before",
                False,
                False,
                channel(enabled=False, modified=SINCE),
                ["GET other", "PUT true other"],
            ),
            (
                "disabled before",
                False,
                True,
                channel(enabled=True, modified=SINCE),
                ["ListStackResources", "GET other", "PUT false other"],
            ),
        ]
    ),
    Case(
        "back from another application, with an id of another provider: the cancelled update is undone",
        RequestType.UPDATE,
        ("GET", *ASKS, *ASKS[1:], "GET other", "GET other", "PUT true other"),
        ENABLED,
        physical_id=INVENTED,
        wanted={"ApplicationId": OTHER_APPLICATION, "Enabled": "false"},
        found=channel(enabled=True),
        found_other=channel(enabled=False, modified=SINCE),
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS", "log": cancelled("UPDATE")},
    ),
    Case(
        "on to another application, with an id of another provider: nothing is undone",
        RequestType.UPDATE,
        ("GET", *ASKS),
        ENABLED,
        physical_id=INVENTED,
        wanted={"ApplicationId": OTHER_APPLICATION, "Enabled": "false"},
        found=channel(enabled=True),
        found_other=channel(enabled=False, modified=SINCE),
    ),
    Case(
        "back from an application that the id does not name: the update has failed, and changed nothing",
        RequestType.UPDATE,
        ("PUT true", *ASKS, *ASKS[1:], "GET other"),
        SETTLED_ABSENT,
        physical_id=SETTLED_ABSENT,
        wanted={"ApplicationId": OTHER_APPLICATION},
        found=channel(enabled=True),
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS", "log": cancelled("UPDATE", "No such application.")},
    ),
    Case(
        "back from an application that the id does not name, and Pinpoint refuses to tell of it",
        RequestType.UPDATE,
        ("PUT true", *ASKS, *ASKS[1:], "GET other"),
        SETTLED_ABSENT,
        physical_id=SETTLED_ABSENT,
        wanted={"ApplicationId": OTHER_APPLICATION},
        found=channel(enabled=True),
        pinpoint_errors={"GET": [DENIED]},
        stack={"status": "UPDATE_ROLLBACK_IN_PROGRESS", "log": cancelled("UPDATE")},
    ),
    Case(
        "the same application, to be disabled, and reading it is denied at first",
        RequestType.UPDATE,
        ("GET", "GET", *ASKS, "PUT false", *ASKS),
        SETTLED_ENABLED,
        wants=DISABLE,
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=True),
        pinpoint_errors={"GET": [DENIED]},
    ),
    Case(
        "back from an application that the id does not name, and the log cannot be read",
        RequestType.UPDATE,
        ("PUT true", "DescribeStacks"),
        SETTLED_ABSENT,
        physical_id=SETTLED_ABSENT,
        wanted={"ApplicationId": OTHER_APPLICATION},
        found=channel(enabled=True),
        stack={"error": api_error("Throttling", 400)},
    ),
    Case(
        "a property is not valid",
        RequestType.UPDATE,
        ASKS,
        ABSENT,
        wants={"ApplicationId": APPLICATION, "Enabled": "on"},
        physical_id=ABSENT,
        raises=InvalidProperty,
    ),
    Case(
        "back to what an older version accepted",
        RequestType.UPDATE,
        (*ASKS, "GET", "PUT false"),
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
    *(
        Case(
            f"the stack belongs elsewhere: {name}",
            RequestType.UPDATE,
            calls,
            physical_id,
            wants=wants,
            physical_id=physical_id,
            found=channel(enabled=True),
            function_arn=ELSEWHERE[0],
            raises=raises,
        )
        for name, physical_id, wants, calls, raises in [
            ("the same application, to be enabled", ABSENT, ENABLE, ("PUT true",), None),
            ("the same application, to be disabled", ABSENT, DISABLE, ("GET",), StackElsewhere),
            ("another application", OTHER_ABSENT, ENABLE, (), StackElsewhere),
            ("an id that is not ours", INVENTED, ENABLE, (), StackElsewhere),
        ]
    ),
]

CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
ROLLBACKS = ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"]
ENDS = ["DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"]


def deletes(
    name: str,
    physical_id: str,
    status: str,
    calls: tuple[str, ...],
    found: dict[str, Any] | None = None,
    **more: Any,  # noqa: ANN401, FakeStackClient's
) -> Case:
    """Return the case of a Delete, which is answered with its own id."""
    return Case(
        f"{status}: {name}",
        RequestType.DELETE,
        calls,
        physical_id,
        physical_id=physical_id,
        found=found or channel(enabled=True),
        stack={"status": status, **more},
    )


def protected(case: Case, raises: type[VoiceChannelError] | None = None) -> Case:
    """Return the case of a resource that was deployed as protected."""
    return replace(case, name=f"{case.name}, protected", wants=PROTECT, raises=raises)


LATE: list[tuple[str, str, tuple[str, ...], dict[str, Any]]] = [
    (
        "UPDATE_COMPLETE",
        "a second delivery, when the operation was over",
        ASKS,
        {"log": over("UPDATE_COMPLETE")},
    ),
    (
        "ROLLBACK_COMPLETE",
        "a second delivery, when the operation was over",
        ASKS,
        {"log": over("ROLLBACK_COMPLETE")},
    ),
    (CLEANUP, "a second delivery, in a later operation", ASKS, {"log": over(CLEANUP)}),
    (
        "DELETE_IN_PROGRESS",
        "a second delivery, in a later deletion",
        ("DescribeStacks",),
        {"deleted": SINCE},
    ),
    ("CREATE_COMPLETE", "the status stays behind", ASKS * 8, {}),
    (
        "UPDATE_IN_PROGRESS",
        "the status stays behind, at that of another phase",
        ASKS * 8,
        {"log": usual_log("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE")},
    ),
    (CLEANUP, "the log stays behind", ASKS * 8, {"log": [row("UPDATE_IN_PROGRESS", BEGAN)]}),
]

# Of a stack that belongs elsewhere: the id, the channel, the calls and what is raised.
ELSEWHERE_DELETES: list[
    tuple[str, str, dict[str, Any] | None, list[Exception], tuple[str, ...], type[VoiceChannelError] | None]
] = [
    ("nothing was changed", UNTOUCHED, channel(enabled=True), [], (), None),
    ("an id that is not ours", INVENTED, channel(enabled=True), [], (), None),
    ("the channel is gone", FIRST_VERSIONS, None, [], ("GET",), None),
    ("the channel is there", FIRST_VERSIONS, channel(enabled=True), [], ("GET",), StackElsewhere),
    ("Pinpoint fails", FIRST_VERSIONS, None, [FAILING], ("GET",), StackElsewhere),
]

DELETE: list[Case] = [
    Case("nothing was changed", RequestType.DELETE, (), UNTOUCHED, physical_id=UNTOUCHED),
    *(
        deletes(f"{why}, so nothing is done", physical_id, status, calls, **stack)
        for physical_id in (SETTLED_ABSENT, SETTLED_ENABLED)
        for status, why, calls, stack in LATE
    ),
    *(deletes("what was absent is deleted", ABSENT, status, ("DescribeStacks", "DELETE")) for status in ENDS),
    *(
        deletes(
            f"what was {found} is put back until the resource has settled, which now is {state(now)}",
            f"{APPLICATION}/voice/{found}/{NEW}",
            status,
            (*reads, "GET", *calls),
            now,
        )
        for status, reads in [
            ("DELETE_IN_PROGRESS", ASKS),
            ("ROLLBACK_IN_PROGRESS", ASKS),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", (*ASKS, *ASKS[1:], "ListStackResources")),
            (CLEANUP, (*ASKS, *ASKS[1:], "ListStackResources")),
        ]
        for found, now, calls in [
            ("disabled", channel(enabled=True), ["PUT false"]),
            ("enabled", channel(enabled=False), ["PUT true"]),
            ("enabled", channel(enabled=True), []),
            ("enabled", channel(enabled=True, archived=True), []),
        ]
    ),
    *(
        deletes("what had settled is deleted", physical_id, "DELETE_IN_PROGRESS", (*ASKS, "DELETE"))
        for physical_id in (SETTLED_ENABLED, FIRST_VERSIONS)
    ),
    *(
        deletes(
            f"what had settled is deleted, though the update before has {how}",
            SETTLED_ENABLED,
            "DELETE_IN_PROGRESS",
            (*ASKS, "DELETE"),
            log=[row("DELETE_IN_PROGRESS", BEGAN), row(how, BEGAN - HOUR), row("UPDATE_COMPLETE", RESTED)],
        )
        for how in ("UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "DELETE_FAILED")
    ),
    deletes(
        "what an update had cleaned up after has settled",
        SETTLED_ENABLED,
        "DELETE_IN_PROGRESS",
        (*ASKS, "DELETE"),
        log=[row("DELETE_IN_PROGRESS", BEGAN), row(CLEANUP, RESTED)],
    ),
    deletes(
        "what came to rest in the second in which it was created has not settled",
        SETTLED_ENABLED,
        "DELETE_IN_PROGRESS",
        (*ASKS, "GET"),
        log=[
            row("DELETE_IN_PROGRESS", BEGAN),
            row("CREATE_COMPLETE", LONG_AGO + timedelta(milliseconds=900)),
        ],
    ),
    deletes(
        "an id of the first version in a stack that never completed",
        FIRST_VERSIONS,
        "DELETE_IN_PROGRESS",
        (*ASKS, "GET"),
        log=[row("DELETE_IN_PROGRESS", BEGAN), row("CREATE_FAILED", LONG_AGO)],
    ),
    *(
        deletes("what had settled is not deleted", physical_id, status, (*ASKS, *ASKS[1:]))
        for status in ROLLBACKS
        for physical_id in (SETTLED_ABSENT, SETTLED_ENABLED)
    ),
    *(
        deletes(
            "what was absent is deleted",
            ABSENT,
            status,
            (*ASKS, *ASKS[1:], "ListStackResources", "DELETE"),
        )
        for status in ROLLBACKS
    ),
    *(
        deletes(f"{what} is deleted", physical_id, CLEANUP, (*ASKS, *more, "ListStackResources", "DELETE"))
        for what, physical_id, more in [
            ("what was absent", SETTLED_ABSENT, ()),
            ("what had settled", SETTLED_ENABLED, ASKS[1:]),
        ]
    ),
    *(
        protected(deletes("what had settled is not deleted", physical_id, status, calls), ChannelProtected)
        for physical_id in (SETTLED_ABSENT, SETTLED_ENABLED)
        for status, calls in [
            ("DELETE_IN_PROGRESS", (*ASKS, "GET")),
            (CLEANUP, (*ASKS, *ASKS[1:], "ListStackResources", "GET")),
        ]
    ),
    *(
        replace(
            protected(deletes(f"it is {how}", SETTLED_ENABLED, "DELETE_IN_PROGRESS", (*ASKS, "GET"))),
            found=now,
        )
        for how, now in [("gone already", None), ("archived", channel(enabled=True, archived=True))]
    ),
    *(
        protected(deletes("what was absent is deleted", ABSENT, status, (*ASKS, *more, "DELETE")))
        for status, more in [
            ("ROLLBACK_IN_PROGRESS", ()),
            ("DELETE_IN_PROGRESS", ()),
            ("UPDATE_ROLLBACK_IN_PROGRESS", (*ASKS[1:], "ListStackResources")),
        ]
    ),
    protected(
        deletes(
            "its history is longer than what is read",
            SETTLED_ABSENT,
            "DELETE_IN_PROGRESS",
            ("DescribeStacks", *["DescribeStackEvents"] * 101, "GET"),
            log=[row("DELETE_IN_PROGRESS", BEGAN), *[row("UPDATE_FAILED", BEGAN, "Other")] * 10_001],
        ),
        HistoryTooLong,
    ),
    protected(
        deletes(
            "what was found is put back",
            f"{APPLICATION}/voice/disabled/{NEW}",
            "ROLLBACK_IN_PROGRESS",
            (*ASKS, "GET", "PUT false"),
        )
    ),
    protected(
        deletes(
            "another resource manages the channel, so it is kept",
            SETTLED_ABSENT,
            CLEANUP,
            (*ASKS, *ASKS[1:], "ListStackResources"),
            resources=(resource("Renamed", ENABLED),),
        )
    ),
    *(
        deletes(
            f"{what} manages the channel, so it is kept",
            SETTLED_ABSENT,
            CLEANUP,
            (*ASKS, "ListStackResources"),
            resources=(entry,),
        )
        for what, entry in {
            "a renamed resource": resource("Renamed", ENABLED),
            "one that failed to be updated": resource("Renamed", ENABLED, "UPDATE_FAILED"),
            "another id of the resource": resource("VoiceChannel", ENABLED),
        }.items()
    ),
    deletes(
        "a nested stack's resource manages the channel, so it is kept",
        SETTLED_ABSENT,
        CLEANUP,
        (*ASKS, "ListStackResources", "ListStackResources"),
        resources=(resource("Nested", ROOT_ID, kind="AWS::CloudFormation::Stack"),),
        nested={ROOT_ID: (resource("Moved", ENABLED),)},
    ),
    *(
        deletes(
            f"{what} does not manage the channel",
            SETTLED_ABSENT,
            CLEANUP,
            (*ASKS, "ListStackResources", "DELETE"),
            resources=(entry,),
        )
        for what, entry in {
            "the resource itself": resource("VoiceChannel", SETTLED_ABSENT, "DELETE_IN_PROGRESS"),
            "a deleted resource": resource("Other", ENABLED, "DELETE_COMPLETE"),
            "a resource that failed to be created": resource("Other", ENABLED, "CREATE_FAILED"),
            "a resource that changed nothing": resource("Other", UNTOUCHED),
            "the manager of another application": resource("Other", OTHER_ABSENT),
            "a resource of another kind": resource("Other", "arn:aws:sns:us-east-1:123456789012:topic"),
            "a resource without an id": {**resource("Other", ""), "PhysicalResourceId": ""},
            "what is in a nested stack that goes": resource(
                "Nested", ROOT_ID, "DELETE_IN_PROGRESS", "AWS::CloudFormation::Stack"
            ),
        }.items()
    ),
    deletes(
        "the rollback of a rename: what was found is put back, though the old resource manages it",
        DISABLED,
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        (*ASKS, *ASKS[1:], "ListStackResources", "GET", "PUT false"),
        resources=(resource("Old", SETTLED_ABSENT),),
    ),
    deletes(
        "another resource that manages the channel was updated since, so what was found is not put back",
        DISABLED,
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        (*ASKS, *ASKS[1:], "ListStackResources"),
        resources=({**resource("Old", SETTLED_ABSENT), "LastUpdatedTimestamp": SINCE},),
    ),
    deletes(
        "a failed Create of the operation before is undone: the clean-up that runs is no rest",
        f"{APPLICATION}/voice/enabled/20260101T115900Z",
        CLEANUP,
        (*ASKS, *ASKS[1:], "ListStackResources", "GET"),
    ),
    deletes(
        "another id of the resource was deleted side by side",
        SETTLED_ABSENT,
        CLEANUP,
        (*ASKS, "ListStackResources", "DELETE"),
        log=[
            row("DELETE_COMPLETE", SENT, "VoiceChannel", OTHER_ABSENT),
            row("DELETE_IN_PROGRESS", SENT, "VoiceChannel", SETTLED_ABSENT),
            row(CLEANUP, BEGAN),
        ],
    ),
    deletes(
        "a failed Create that is deleted after a second one has succeeded",
        DISABLED,
        CLEANUP,
        (*ASKS, *ASKS[1:], "ListStackResources"),
        resources=(resource("VoiceChannel", f"{APPLICATION}/voice/enabled/20260101T120045Z"),),
    ),
    Case(
        "a nested stack goes with its root: what was absent",
        RequestType.DELETE,
        ("DescribeStacks", "DescribeStacks", "DELETE"),
        ABSENT,
        physical_id=ABSENT,
        stack={"status": "DELETE_IN_PROGRESS", "root_status": "DELETE_IN_PROGRESS"},
    ),
    *(
        Case(
            f"a nested stack goes with its root in {root_status}: what was found is put back",
            RequestType.DELETE,
            ("DescribeStacks", "DescribeStacks", "DescribeStackEvents", "GET", "PUT true"),
            ENABLED,
            physical_id=ENABLED,
            found=channel(enabled=False),
            stack={"status": "DELETE_IN_PROGRESS", "root_status": root_status},
        )
        for root_status in ENDS
    ),
    Case(
        "a nested stack is taken out of its root: what had settled is deleted",
        RequestType.DELETE,
        (
            "DescribeStacks",
            "DescribeStacks",
            "DescribeStacks",
            "DescribeStackEvents",
            "DescribeStackEvents",
            "ListStackResources",
            "DELETE",
        ),
        SETTLED_ENABLED,
        physical_id=SETTLED_ENABLED,
        found=channel(enabled=True),
        stack={"status": "DELETE_IN_PROGRESS", "root_status": CLEANUP},
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
        ("DescribeStacks", "GET"),
        ABSENT,
        physical_id=ABSENT,
        found=channel(enabled=True),
        stack={"error": api_error("Throttling", 400)},
        raises=StackUnknown,
    ),
    Case(
        "the stack cannot be described, and the channel is gone",
        RequestType.DELETE,
        ("DescribeStacks", "GET"),
        ABSENT,
        physical_id=ABSENT,
        stack={"error": api_error("Throttling", 400)},
    ),
    Case(
        "the stack may not be described, even after some seconds",
        RequestType.DELETE,
        (*["DescribeStacks"] * 5, "GET"),
        ABSENT,
        physical_id=ABSENT,
        found=channel(enabled=True),
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
    *(
        of(
            deletes(
                f"an invented id: {what} by the cancelled Create is undone",
                INVENTED,
                "ROLLBACK_IN_PROGRESS",
                (*ASKS, *calls),
                now,
                log=cancelled("CREATE", beginning="CREATE_IN_PROGRESS", status="ROLLBACK_IN_PROGRESS"),
            )
        )
        for of in (replace, protected)
        for what, now, calls in [
            ("made", channel(enabled=True, created=SINCE), ("GET", "DELETE")),
            ("enabled", channel(enabled=True, modified=SINCE), ("GET", "GET", "PUT false")),
        ]
    ),
    *(
        deletes(
            f"an invented id, in an update: {what} since, and managed by a resource that is older",
            INVENTED,
            ROLLBACKS[1],
            (*ASKS, *ASKS[1:], "GET", "ListStackResources"),
            now,
            log=[
                row("DELETE_IN_PROGRESS", SENT, "VoiceChannel", INVENTED),
                *cancelled("CREATE", status=ROLLBACKS[1]),
            ],
            resources=(resource("Old", SETTLED_ABSENT),),
        )
        for what, now in [
            ("made", channel(enabled=True, created=SINCE)),
            ("enabled", channel(enabled=True, modified=SINCE)),
        ]
    ),
    *(
        deletes(
            f"an invented id, {why}: nothing is undone",
            INVENTED,
            "ROLLBACK_IN_PROGRESS",
            ASKS,
            channel(enabled=True, created=SINCE),
            log=log,
        )
        for why, log in [
            (
                "of another provider, whose Create has succeeded",
                [
                    *ROLLED_BACK,
                    row("CREATE_COMPLETE", BEGAN, "VoiceChannel", INVENTED),
                    row("CREATE_IN_PROGRESS", LONG_AGO),
                ],
            ),
            (
                "and no Create was sent in this operation",
                [
                    *ROLLED_BACK,
                    row("CREATE_IN_PROGRESS", LONG_AGO),
                    row("CREATE_IN_PROGRESS", LONG_AGO, "VoiceChannel"),
                ],
            ),
        ]
    ),
    *(
        Case(
            f"an invented id, and the stack cannot be described: the channel is {how}",
            RequestType.DELETE,
            ("DescribeStacks", "GET"),
            INVENTED,
            physical_id=INVENTED,
            found=now,
            stack={"error": api_error("Throttling", 400)},
            raises=StackUnknown if now else None,
        )
        for how, now in [("gone", None), ("there", channel(enabled=True))]
    ),
    Case(
        "an invented id, delivered when the operation is over",
        RequestType.DELETE,
        ASKS,
        INVENTED,
        physical_id=INVENTED,
        found=channel(enabled=True, created=SINCE),
        stack={"status": "ROLLBACK_COMPLETE", "log": over("ROLLBACK_COMPLETE")},
    ),
    Case(
        "an invented id, without an application",
        RequestType.DELETE,
        (),
        INVENTED,
        wants={},
        physical_id=INVENTED,
    ),
    *(
        Case(
            f"an invented id: {what}",
            RequestType.DELETE,
            (*ASKS, *["GET"] * looks),
            INVENTED,
            physical_id=INVENTED,
            found=channel(enabled=True),
            pinpoint_errors={"GET": [THROTTLED] * throttled},
            stack={
                "status": "ROLLBACK_IN_PROGRESS",
                "log": cancelled(
                    "CREATE", reason, beginning="CREATE_IN_PROGRESS", status="ROLLBACK_IN_PROGRESS"
                ),
            },
        )
        for what, reason, looks, throttled in [
            (
                "the cancelled Create changes nothing while it is waited for",
                "Resource creation cancelled",
                16,
                0,
            ),
            ("the Create was not answered, and is not waited for", "Did not respond in time.", 1, 0),
            ("Pinpoint does not answer", "Resource creation cancelled", 1, 1),
        ]
    ),
    *(
        Case(
            f"the stack belongs elsewhere: {name}",
            RequestType.DELETE,
            calls,
            physical_id,
            physical_id=physical_id,
            found=found,
            pinpoint_errors={"GET": errors},
            function_arn=ELSEWHERE[0],
            raises=raises,
        )
        for name, physical_id, found, errors, calls, raises in ELSEWHERE_DELETES
    ),
]


@pytest.mark.parametrize(
    "case", [*CREATE, *UPDATE, *DELETE], ids=lambda case: f"{case.request_type}: {case.name}"
)
def test_lifecycle(case: Case) -> None:
    answered_as: list[str] = []
    expected = ExpectedCalls(case.calls)
    channels = {APPLICATION: case.found, OTHER_APPLICATION: case.found_other}
    client = FakeStackClient(expected, **{"asked": case.request_type.upper(), **case.stack})
    stacks = Stacks(client)
    lifecycle = Lifecycle(
        Pinpoint(
            FakeVoiceChannelClient(
                expected, {key: value for key, value in channels.items() if value}, case.pinpoint_errors
            ),
            region="us-east-1",
        ),
        lambda: stacks,
        answered_as.append,
        sleep=lambda _: None,
        elsewhere=stack_elsewhere(STACK_ID, case.function_arn),
    )
    request = Request(
        type=case.request_type,
        resource_type=ResourceType.VOICE_CHANNEL,
        request_id="request-1",
        stack_id=STACK_ID,
        logical_id="VoiceChannel",
        physical_id=case.physical_id,
        sent=SENT,
        properties=case.wants,
        old_properties=case.wanted,
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


@pytest.mark.parametrize("errors", [[], [LOST]], ids=["done", "outcome unknown"])
@pytest.mark.parametrize("request_type", [RequestType.CREATE, RequestType.UPDATE])
def test_a_channel_that_was_disabled_while_cloudformation_went_on_is_enabled_again(
    request_type: RequestType, errors: list[Exception]
) -> None:
    expected = ExpectedCalls(["GET", *ASKS, "PUT false", *ASKS, "PUT true"])
    client = FakeStackClient(expected, asked=request_type.upper())

    class GoesOn(FakeVoiceChannelClient):
        def update_voice_channel(self, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401, boto3's
            client.become(status="UPDATE_ROLLBACK_IN_PROGRESS", log=over("UPDATE_ROLLBACK_IN_PROGRESS"))
            return super().update_voice_channel(**arguments)

    pinpoint = GoesOn(expected, {APPLICATION: channel(enabled=True)}, {"PUT": errors})
    answered_as: list[str] = []
    lifecycle = Lifecycle(
        Pinpoint(pinpoint, "us-east-1"), lambda: Stacks(client), answered_as.append, lambda _: None
    )
    request = Request(
        type=request_type,
        resource_type=ResourceType.VOICE_CHANNEL,
        request_id="request-1",
        stack_id=STACK_ID,
        logical_id="VoiceChannel",
        physical_id="" if request_type is RequestType.CREATE else SETTLED_ENABLED,
        sent=SENT,
        properties=DISABLE,
    )

    assert outcome(lifecycle, request) is NoLongerAsked
    assert answered_as[-1] == (ENABLED if request_type is RequestType.CREATE else SETTLED_ENABLED)
    expected.assert_all_made()
