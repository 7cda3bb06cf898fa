"""The events of CloudFormation."""

import uuid
from datetime import datetime
from typing import Any

from fault_lab.case import Kind
from local_cloud.environment import ACCOUNT, REGION

INVENTED_ID = "Voice-VoiceChannel-1QHOCAW3FKL5D"
"""The PhysicalResourceId that CloudFormation makes up where it got no answer to a Create."""

STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Voice/51af3dc0-da77-11e4-872e-1234567db123"
_PROVIDER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:Provider"

Event = dict[str, Any]


def event(
    kind: Kind, application_id: str, host: str, physical_id: str, signed: datetime, *, enabled: bool = True
) -> Event:
    """Return a new event.

    Args:
        kind: What is asked for.
        application_id: The Pinpoint application.
        host: The `host:port` to answer.
        physical_id: The resource's PhysicalResourceId; not sent with a Create.
        signed: When CloudFormation signed the event's ResponseURL.
        enabled: What the channel is to be; before an Update it was the opposite.
    """
    request_id = str(uuid.uuid4())
    content: Event = {
        "RequestType": kind.value,
        "ServiceToken": _PROVIDER,
        "ResponseURL": f"https://{host}/{request_id}?X-Amz-Date={signed:%Y%m%dT%H%M%SZ}&X-Amz-Signature=0123456789abcdef",
        "StackId": STACK_ID,
        "RequestId": request_id,
        "LogicalResourceId": "VoiceChannel",
        "ResourceType": "Custom::PinpointVoiceChannel",
        "ResourceProperties": _properties(application_id, enabled=enabled),
    }
    if kind is not Kind.CREATE:
        content["PhysicalResourceId"] = physical_id
    if kind is Kind.UPDATE:
        content["OldResourceProperties"] = _properties(application_id, enabled=not enabled)
    return content


def _properties(application_id: str, *, enabled: bool) -> dict[str, str]:
    return {"ServiceToken": _PROVIDER, "ApplicationId": application_id, "Enabled": str(enabled).lower()}
