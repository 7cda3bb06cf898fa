"""Tells EventBridge of the changes that the local Pinpoint was asked for, as a trail of CloudTrail does.

MiniStack takes what it is told into the event history, too: see event_history.py.

Source: https://docs.aws.amazon.com/pinpoint/latest/developerguide/logging-using-cloudtrail.html
"""

import json
import queue
import re
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError
from werkzeug.wrappers import Request, Response

from local_cloud.environment import ACCOUNT, REGION

HEADER = "X-Local-Cloud-Trail"
"""With it, MiniStack takes an event whose source is an AWS service, which a client may not send."""

_CHANGES = {
    ("PUT", "/channels/voice"): "UpdateVoiceChannel",
    ("DELETE", "/channels/voice"): "DeleteVoiceChannel",
    ("DELETE", ""): "DeleteApp",
}
_PATH = re.compile(r"/v1/apps/(?P<application_id>[^/]+)(?P<rest>/channels/voice)?")
# The scope of a signature: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/,]+)/[0-9]+/(?P<region>[^/]+)/")


class Trail:
    """Sends an event for each change, in order, from a thread of its own.

    Args:
        url: MiniStack's endpoint.
        certificate: The certificate that MiniStack makes when it starts.
    """

    def __init__(self, url: str, certificate: Path) -> None:
        self._url = url
        self._certificate = certificate
        self._events: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._send, daemon=True).start()

    def tell(self, request: Request, response: Response) -> None:
        """Tell of a request, if it was for a change."""
        match = _PATH.fullmatch(request.path)
        name = match and _CHANGES.get((request.method, match["rest"] or ""))
        if match and name:
            self._events.put(record(request, name, match["application_id"], response))

    def _send(self) -> None:
        clients: dict[str, Any] = {}
        while True:
            event = self._events.get()
            entry = {
                "Source": "aws.mobiletargeting",
                "DetailType": "AWS API Call via CloudTrail",
                "Detail": json.dumps(event),
            }
            try:
                region = event["awsRegion"]
                clients[region] = clients.get(region) or self._client(region)
                clients[region].put_events(Entries=[entry])
            except (BotoCoreError, ClientError, OSError) as error:
                print(f"The trail lost an event: {error}", flush=True)  # noqa: T201  # into the server's log

    def _client(self, region: str) -> Any:  # noqa: ANN401  # no stubs are installed for EventBridge
        client = botocore.session.Session().create_client(
            "events",
            region_name=region,
            endpoint_url=self._url,
            verify=str(self._certificate),
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106  # the local cloud takes any
        )
        client.meta.events.register(
            "before-sign", lambda request, **_: request.headers.add_header(HEADER, "1")
        )
        return client


def record(request: Request, name: str, application_id: str, response: Response) -> dict[str, object]:
    """Return CloudTrail's record of a request."""
    credential = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    user = credential["key"] if credential else "anonymous"
    answer = response.get_json(silent=True)
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "accountId": ACCOUNT,
            "accessKeyId": user,
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "userName": user,
        },
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "pinpoint.amazonaws.com",
        "eventName": name,
        "awsRegion": credential["region"] if credential else REGION,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": request.headers.get("User-Agent", ""),
        **_failure(response, answer),
        "requestParameters": {**_members(request.get_json(silent=True)), "application-id": application_id},
        "responseElements": answer if response.status_code < 400 else None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }


def _failure(response: Response, answer: object) -> dict[str, str]:
    if response.status_code < 400:
        return {}
    message = _members(answer).get("Message") or _members(answer).get("message") or ""
    return {
        "errorCode": response.headers.get("X-Amzn-ErrorType", "ClientError"),
        "errorMessage": str(message),
    }


def _members(document: object) -> dict[str, object]:
    """Return the members of an object of JSON, which a client may have sent wrong."""
    return document if isinstance(document, dict) else {}
