"""The events of CloudFormation."""

import json
import uuid
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

INVENTED_ID = "Voice-VoiceChannel-1QHOCAW3FKL5D"
"""The PhysicalResourceId that CloudFormation makes up where it got no answer to a Create."""

SIGNATURE = "SIGNATURE-5ec4e7" * 4
SESSION_TOKEN = "SESSION-TOKEN-5ec4e7" * 12
SECRET_ACCESS_KEY = "SECRET-KEY-5ec4e7" * 2

_EVENTS = Path(__file__).parent / "events"

Event = dict[str, Any]


class Kind(StrEnum):
    """What CloudFormation asks for."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


def event(kind: str, **changes: Any) -> Event:  # noqa: ANN401, any JSON
    """Return CloudFormation's event of that kind, with the properties or keys in `changes` set."""
    content: Event = json.loads((_EVENTS / f"{kind.lower()}.json").read_text())
    for name, value in changes.items():
        target = content if name in content else content["ResourceProperties"]
        target[name] = value
    if "OldResourceProperties" in content and "ApplicationId" in changes:
        content["OldResourceProperties"]["ApplicationId"] = changes["ApplicationId"]
    return content


def signed_url(host: str, signed: datetime) -> str:
    """Return a URL to answer, with credentials that must never be seen anywhere.

    Args:
        host: The `host:port`.
        signed: When CloudFormation signed it, and so sent the event.
    """
    secrets = f"X-Amz-Security-Token={SESSION_TOKEN}&X-Amz-Signature={SIGNATURE}"
    return f"https://{host}/answer?X-Amz-Date={signed:%Y%m%dT%H%M%SZ}&{secrets}"


def new_event(
    kind: Kind, application_id: str, host: str, physical_id: str, signed: datetime, *, enabled: bool = True
) -> Event:
    """Return an event that was not sent before.

    Args:
        kind: What is asked for.
        application_id: The Pinpoint application.
        host: The `host:port` to answer.
        physical_id: The resource's PhysicalResourceId; not sent with a Create.
        signed: When CloudFormation signed the event's ResponseURL.
        enabled: What the channel is to be; before an Update it was the opposite.
    """
    content = event(
        kind,
        ApplicationId=application_id,
        Enabled=str(enabled).lower(),
        RequestId=str(uuid.uuid4()),
        ResponseURL=signed_url(host, signed),
    )
    if kind is not Kind.CREATE:
        content["PhysicalResourceId"] = physical_id
    if kind is Kind.UPDATE:
        content["OldResourceProperties"]["Enabled"] = str(not enabled).lower()
    return content
