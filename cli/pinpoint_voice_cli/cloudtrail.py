"""Changes of voice channels, as CloudTrail's event history has them.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html,
https://docs.aws.amazon.com/pinpoint/latest/developerguide/understanding-pinpoint-entries.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pinpoint_voice_channel_handler.user_agent import USER_AGENT
from pinpoint_voice_cli.account import Account

DAYS = 90
"""How long CloudTrail keeps its event history."""

EVENTS = ("UpdateVoiceChannel", "DeleteVoiceChannel", "DeleteApp")
_SOURCES = frozenset({"pinpoint.amazonaws.com", "mobiletargeting.amazonaws.com"})

Record = Mapping[str, Any]  # CloudTrail's records are JSON


class Action(StrEnum):
    """What somebody did, or failed to do."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    UPDATED = "updated"
    DELETED = "deleted"
    APPLICATION_DELETED = "application deleted"


@dataclass(frozen=True)
class Caller:
    """Who made a call.

    Args:
        kind: CloudTrail's type of it, such as `AssumedRole`, `IAMUser` or `Root`.
        name: Its name, as people say it.
        arn: Its ARN; empty where CloudTrail has none.
        account: Its account; empty where CloudTrail has none.
        invoked_by: The AWS service that called for it; empty where it called itself.
    """

    kind: str
    name: str
    arn: str
    account: str
    invoked_by: str

    @classmethod
    def of(cls, identity: Record) -> Self:
        """Read CloudTrail's userIdentity.

        Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
        """
        kind, arn = identity.get("type") or "Unknown", identity.get("arn") or ""
        return cls(
            kind=kind,
            name=_name(kind, arn, identity),
            arn=arn,
            account=identity.get("accountId") or "",
            invoked_by=identity.get("invokedBy") or "",
        )


def _name(kind: str, arn: str, identity: Record) -> str:
    # arn:aws:sts::123456789012:assumed-role/Role/session, arn:aws:iam::123456789012:user/path/name
    _, *parts = arn.partition(":assumed-role/")[2].split("/", 1)
    if kind == "AssumedRole" and parts:
        return f"role {arn.split('/')[1]}, session {parts[0]}"
    if kind == "Root":
        return "root user"
    if kind == "IAMUser":
        return f"user {identity.get('userName') or arn.rpartition('/')[2]}"
    known = identity.get("userName") or arn or identity.get("invokedBy") or identity.get("principalId")
    return f"{kind} {known or identity.get('accountId') or '(no name)'}"


@dataclass(frozen=True)
class Change:
    """A call that changed a channel, or was meant to.

    Args:
        moment: When.
        event: The operation of Pinpoint.
        action: What it did; `updated` where CloudTrail does not say whether to enable or to disable.
        error: The code of the error that it failed with; empty where it did not.
        error_message: What was said about it.
        caller: Who made it.
        source_ip: The address it came from, or the AWS service.
        user_agent: The program it came from, as that says of itself.
        event_id: CloudTrail's id of it.
        request_id: Pinpoint's id of it.
    """

    moment: datetime
    event: str
    action: Action
    error: str
    error_message: str
    caller: Caller
    source_ip: str
    user_agent: str
    event_id: str
    request_id: str

    @classmethod
    def of(cls, record: Record) -> Self:
        """Read a record of CloudTrail."""
        return cls(
            moment=datetime.fromisoformat(record["eventTime"]),
            event=record["eventName"],
            action=_action(record),
            error=record.get("errorCode") or "",
            error_message=record.get("errorMessage") or "",
            caller=Caller.of(record.get("userIdentity") or {}),
            source_ip=record.get("sourceIPAddress") or "",
            user_agent=record.get("userAgent") or "",
            event_id=record.get("eventID") or "",
            request_id=record.get("requestID") or "",
        )

    @property
    def by_provider(self) -> bool:
        """Whether it carries the user agent of this library's provider."""
        return USER_AGENT in self.user_agent


def changes(account: Account, region: str, application_id: str) -> list[Change]:
    """Return the changes of an application's channel in the last 90 days, the newest first.

    Raises:
        CommandError: CloudTrail refused, or could not be reached.
    """
    records = (record for event in EVENTS for record in _records(account, region, event))
    found = [Change.of(record) for record in records if _application_id(record) == application_id]
    return sorted(found, key=lambda change: change.moment, reverse=True)


def _records(account: Account, region: str, event: str) -> Iterator[Record]:
    # CloudTrail looks up one attribute, and knows none for the application.
    attribute = {"AttributeKey": "EventName", "AttributeValue": event}
    for page in account.pages("cloudtrail", "LookupEvents", region, LookupAttributes=[attribute]):
        for found in page["Events"]:
            record = json.loads(found["CloudTrailEvent"])
            if record.get("eventSource") in _SOURCES:
                yield record


def _application_id(record: Record) -> object:
    return _member(record, "requestParameters", "applicationid")


def _action(record: Record) -> Action:
    if record["eventName"] == "DeleteApp":
        return Action.APPLICATION_DELETED
    if record["eventName"] == "DeleteVoiceChannel":
        return Action.DELETED
    enabled = _member(record, "requestParameters", "enabled")
    if enabled is None:  # a PUT without it keeps what was there
        enabled = _member(record, "responseElements", "enabled")
    actions = {"true": Action.ENABLED, "false": Action.DISABLED}
    return actions.get(str(enabled).lower(), Action.UPDATED)


def _member(record: Record, part: str, name: str) -> object:
    """Return a member of a request or an answer, or of a structure within it.

    AWS's examples have the id as `application-id`, beside the members of the body. Others of its services
    record `applicationId`, and the body under a name of its own.
    """
    todo = [record.get(part)]
    while todo:
        structure = todo.pop(0)
        if isinstance(structure, Mapping):
            plain = {key.lower().replace("-", "").replace("_", ""): value for key, value in structure.items()}
            if name in plain:
                return plain[name]
            todo += structure.values()
    return None
