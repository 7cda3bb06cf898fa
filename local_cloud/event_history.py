"""CloudTrail's event history on the local cloud: MiniStack's LookupEvents, which pages and refuses as AWS's.

Run in MiniStack's own virtual environment, beside ministack_server.py. It holds what trail.py tells.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

Record = dict[str, Any]  # MiniStack's own records are JSON
Answer = tuple[int, dict[str, str], bytes]

_DAYS = 90
_MOST = 50
_ATTRIBUTES = frozenset({"AccessKeyId", "EventId", "EventName", "EventSource", "ReadOnly", "Username"})
"""The attributes that a look-up may have; the events of trail.py name no resources."""


def look_up_as_aws_does() -> None:
    """Let LookupEvents page, and refuse what AWS refuses."""
    # Not in mypy's environment.
    from ministack.services import cloudtrail  # type: ignore[import-not-found]

    def looked_up(request: Record) -> Answer:
        return _look_up(reversed(list(cloudtrail._get_event_queue())), request)  # noqa: SLF001  # no public way

    cloudtrail._DISPATCH["LookupEvents"] = looked_up  # noqa: SLF001  # as above


def keep(put_events: bytes) -> None:
    """Keep the events of a PutEvents of trail.py."""
    from ministack.services import cloudtrail  # as above

    for entry in json.loads(put_events)["Entries"]:
        cloudtrail._get_event_queue().append(event_of(json.loads(entry["Detail"])))  # noqa: SLF001  # as above


def event_of(record: Record) -> Record:
    """Return the Event of LookupEvents for a record of CloudTrail."""
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "AccessKeyId": record["userIdentity"]["accessKeyId"],
        "EventTime": datetime.fromisoformat(record["eventTime"]).timestamp(),
        "EventSource": record["eventSource"],
        "Username": record["userIdentity"]["userName"],
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }


def _look_up(newest_first: Iterable[Record], request: Record) -> Answer:
    attributes = request.get("LookupAttributes", [])
    if len(attributes) > 1 or any(one["AttributeKey"] not in _ATTRIBUTES for one in attributes):
        return _refused("InvalidLookupAttributesException", "One attribute may be given, of those supported.")
    most = request.get("MaxResults", _MOST)
    if not 1 <= most <= _MOST:
        return _refused("InvalidMaxResultsException", f"MaxResults must be 1 to {_MOST}.")
    token = str(request.get("NextToken", "0"))
    if not token.isdecimal():
        return _refused("InvalidNextTokenException", "The token is not one of LookupEvents.")
    found = [event for event in newest_first if _matches(event, request, attributes)]
    page = {"Events": found[int(token) : int(token) + most]}
    more = {"NextToken": str(int(token) + most)} if int(token) + most < len(found) else {}
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({**page, **more}).encode()


def _matches(event: Record, request: Record, attributes: list[Record]) -> bool:
    earliest = max(request.get("StartTime", 0), time.time() - _DAYS * 24 * 3600)
    in_time = earliest <= event["EventTime"] <= request.get("EndTime", time.time())
    return in_time and all(event[one["AttributeKey"]] == one["AttributeValue"] for one in attributes)


def _refused(code: str, message: str) -> Answer:
    body = json.dumps({"__type": code, "message": message}).encode()
    return 400, {"Content-Type": "application/x-amz-json-1.1"}, body
