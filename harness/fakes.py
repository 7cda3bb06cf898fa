"""Pinpoint and CloudFormation as the handler's edges see them, in any state that a test wants.

Both refuse every call that is not the next one of those expected, so a test also shows what is not called.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from pinpoint_voice_channel_handler.pinpoint import VoiceChannelRequest

APPLICATION = "a" * 32
OTHER_APPLICATION = "b" * 32
STACK_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/Voice/51af3dc0-da77-11e4-872e-1234567db123"
ROOT_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/Root/0a6f1c80-da77-11e4-872e-1234567db123"

BEFORE = datetime(2026, 1, 1, 11, tzinfo=UTC)
SENT = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
"""When CloudFormation sent the event."""
SINCE = datetime(2026, 1, 1, 13, tzinfo=UTC)

BEGAN = SENT - timedelta(seconds=20)
"""When the stack's running phase began."""
RESTED = SENT - timedelta(days=1)
"""When the stack last came to rest."""
LONG_AGO = SENT - timedelta(days=30)


def channel(
    *, enabled: bool, created: datetime = BEFORE, modified: datetime | None = None, archived: bool = False
) -> dict[str, Any]:
    """Return the API's VoiceChannelResponse."""
    return {
        "ApplicationId": APPLICATION,
        "CreationDate": created.isoformat(),
        "Enabled": enabled,
        "IsArchived": archived,
        "LastModifiedDate": (modified or created).isoformat(),
        "Platform": "VOICE",
    }


def api_error(code: str, status: int) -> ClientError:
    """Return an error of the API, as boto3 raises it."""
    response: Any = {
        "Error": {"Code": code, "Message": f"{code} for a test."},
        "ResponseMetadata": {"RequestId": "request-1", "HTTPStatusCode": status},
    }
    return ClientError(response, "Operation")


def resource(
    logical_id: str,
    physical_id: str,
    status: str = "UPDATE_COMPLETE",
    kind: str = "Custom::PinpointVoiceChannel",
) -> dict[str, Any]:
    """Return an entry of ListStackResources."""
    return {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical_id,
        "ResourceStatus": status,
        "ResourceType": kind,
    }


def row(
    status: str,
    moment: datetime,
    logical_id: str = "",
    physical_id: str = "",
    reason: str = "",
    stack_id: str = STACK_ID,
) -> dict[str, Any]:
    """Return an entry of DescribeStackEvents: of the stack itself, unless it names a resource."""
    return {
        "StackId": stack_id,
        "LogicalResourceId": logical_id or "Voice",
        "PhysicalResourceId": physical_id if logical_id else stack_id,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "Timestamp": moment,
    }


class ExpectedCalls:
    """Lets through the calls that are expected, in that order.

    Args:
        calls: What is expected, e.g. "GET" or "PUT true".
    """

    def __init__(self, calls: Iterable[str]) -> None:
        self._left = list(calls)

    def made(self, call: str) -> None:
        """Take note of a call, or refuse it."""
        if not self._left or self._left[0] != call:
            raise AssertionError(
                f"{call!r} was called, but expected was {self._left[:1] or 'no further call'}"
            )
        self._left.pop(0)

    def assert_all_made(self) -> None:
        """Fail where an expected call was not made."""
        assert self._left == []


class FakeVoiceChannelClient:
    """boto3's Pinpoint client.

    Args:
        calls: The calls that are expected: "GET", "PUT true", "PUT false", "DELETE"; those to
            `OTHER_APPLICATION` with its name behind: "GET other".
        channels: The channels by application; an application without one has none.
        errors: What the first calls of an operation raise, by its name: "GET", "PUT", "DELETE".
    """

    def __init__(
        self,
        calls: ExpectedCalls,
        channels: Mapping[str, dict[str, Any]],
        errors: Mapping[str, list[Exception]],
    ) -> None:
        self._calls = calls
        self._channels = dict(channels)
        self._errors = {operation: list(raised) for operation, raised in errors.items()}

    def get_voice_channel(self, *, ApplicationId: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return the channel."""
        self._made("GET", "", ApplicationId)
        return self._response(ApplicationId)

    def update_voice_channel(
        self,
        *,
        ApplicationId: str,  # noqa: N803, boto3's spelling
        VoiceChannelRequest: VoiceChannelRequest,  # noqa: N803, boto3's spelling
    ) -> Mapping[str, Any]:
        """Make or change the channel."""
        enabled = VoiceChannelRequest["Enabled"]
        self._made("PUT", f" {enabled}".lower(), ApplicationId)
        self._channels[ApplicationId] = channel(enabled=enabled, created=SINCE)
        return self._response(ApplicationId)

    def delete_voice_channel(self, *, ApplicationId: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Delete the channel."""
        self._made("DELETE", "", ApplicationId)
        response = self._response(ApplicationId)
        del self._channels[ApplicationId]
        return response

    def _made(self, operation: str, argument: str, application_id: str) -> None:
        self._calls.made(operation + argument + (" other" if application_id == OTHER_APPLICATION else ""))
        if self._errors.get(operation):
            raise self._errors[operation].pop(0)

    def _response(self, application_id: str) -> Mapping[str, Any]:
        if application_id not in self._channels:
            raise api_error("NotFoundException", 404)
        return {"VoiceChannelResponse": {**self._channels[application_id], "ApplicationId": application_id}}


class FakeStackClient:
    """boto3's CloudFormation client.

    By default the stack came to rest a day ago, and by its log waits for the answer to what it has asked.

    Args:
        calls: The calls that are expected, e.g. "DescribeStacks"; None to expect any.
        status: The stack's status.
        asked: What it has asked of the resource: "CREATE", "UPDATE" or "DELETE".
        root_status: The status of the root stack; None for a stack that is not nested.
        log: The entries of DescribeStackEvents, the newest first; None for what is said above.
        root_log: The same of the root stack.
        resources: The entries of ListStackResources, of which each page has one.
        nested: The same of stacks that are nested in it, by their ids.
        deleted: When its deletion began.
        error: What every call raises.
    """

    def __init__(
        self,
        calls: ExpectedCalls | None = None,
        *,
        status: str = "UPDATE_IN_PROGRESS",
        asked: str = "UPDATE",
        root_status: str | None = None,
        log: Sequence[dict[str, Any]] | None = None,
        root_log: Sequence[dict[str, Any]] | None = None,
        resources: Sequence[dict[str, Any]] = (),
        nested: Mapping[str, Sequence[dict[str, Any]]] | None = None,
        deleted: datetime | None = None,
        error: Exception | None = None,
    ) -> None:
        self._calls = calls
        self._status = status
        self._root_status = root_status
        self._logs = {STACK_ID: log, ROOT_ID: root_log}
        self._resources = {STACK_ID: resources, ROOT_ID: resources, **(nested or {})}
        self._deleted = deleted
        self._error = error
        self.asked = asked
        self.logical_id = "VoiceChannel"

    def become(self, **state: Any) -> None:  # noqa: ANN401, those of the class
        """Go on to another state, with the arguments of the class."""
        self.__init__(self._calls, **state)  # type: ignore[misc]  # it is as good as new

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return the stack or its root."""
        self._made("DescribeStacks")
        if StackName not in self._resources or (StackName == ROOT_ID and self._root_status is None):
            raise api_error("ValidationError", 400)
        if StackName == ROOT_ID:
            return {"Stacks": [{"StackStatus": self._root_status}]}
        root = {} if self._root_status is None else {"ParentId": ROOT_ID, "RootId": ROOT_ID}
        deleted = {"DeletionTime": self._deleted} if self._deleted else {}
        return {"Stacks": [{"StackStatus": self._status, **root, **deleted}]}

    def describe_stack_events(self, *, StackName: str, NextToken: str = "0") -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return one page."""
        self._made("DescribeStackEvents")
        log = self._logs[StackName]
        if log is None:
            of_root = StackName == ROOT_ID
            log = (
                root_log(self._root_status or "")
                if of_root
                else usual_log(self._status, self.asked, logical_id=self.logical_id)
            )
        return _page("StackEvents", log, NextToken, size=100)

    def list_stack_resources(self, *, StackName: str, NextToken: str = "0") -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        """Return one page."""
        self._made("ListStackResources")
        return _page("StackResourceSummaries", self._resources[StackName], NextToken)

    def _made(self, call: str) -> None:
        if self._calls:
            self._calls.made(call)
        if self._error:
            raise self._error


def usual_log(status: str, asked: str, *, logical_id: str = "VoiceChannel") -> list[dict[str, Any]]:
    """Return the log of a stack that came to rest once, and now waits for what it has asked of a resource."""
    return [
        row(f"{asked}_IN_PROGRESS", SENT, logical_id),
        row(status, BEGAN),
        row("UPDATE_COMPLETE", RESTED),
    ]


def root_log(status: str) -> list[dict[str, Any]]:
    """Return the log of a root stack that came to rest once."""
    return [row(status, BEGAN, stack_id=ROOT_ID), row("UPDATE_COMPLETE", RESTED, stack_id=ROOT_ID)]


def _page(name: str, entries: Sequence[dict[str, Any]], token: str, size: int = 1) -> Mapping[str, Any]:
    start = int(token)
    more = {"NextToken": str(start + size)} if start + size < len(entries) else {}
    return {name: list(entries[start : start + size]), **more}
