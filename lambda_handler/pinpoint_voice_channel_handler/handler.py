"""Lambda entry point; the only module that knows crhelper.

crhelper watches the deadline, dispatches the event and catches what is raised; response.py answers
CloudFormation.
"""

import functools
import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from crhelper import CfnResource

from pinpoint_voice_channel_handler import response
from pinpoint_voice_channel_handler.lifecycle import NOTHING_DONE, Lifecycle
from pinpoint_voice_channel_handler.pinpoint import Pinpoint
from pinpoint_voice_channel_handler.request import Request
from pinpoint_voice_channel_handler.stack import Stacks

_CLIENT_CONFIG = Config(
    # At worst a call takes 5 x 7 s and 15 s of backoff: two of them end before the function's deadline.
    connect_timeout=2,  # seconds
    read_timeout=5,  # seconds
    # Unlike the default mode, `standard` retries Pinpoint's TooManyRequestsException.
    retries={"mode": "standard", "total_max_attempts": 5},
)


class _Resource(CfnResource):
    """crhelper's dispatcher with a sender of ours.

    crhelper's own takes any HTTP status for delivered, retries a dead endpoint for ever, keeps only the end
    of a long reason and does not limit the size.
    """

    def __call__(self, event: dict[str, Any], context: Any) -> None:  # noqa: ANN401, Lambda's own, untyped
        self._url = event["ResponseURL"]
        self._milliseconds_left = context.get_remaining_time_in_millis
        # Of this event, so that no failure is answered with what crhelper remembers of the one before.
        self.StackId = event.get("StackId", "")
        self.RequestId = event.get("RequestId", "")
        self.LogicalResourceId = event.get("LogicalResourceId", "")
        self.PhysicalResourceId = ""
        self.Data = {}
        self.first_physical_id = event.get("PhysicalResourceId") or NOTHING_DONE
        super().__call__(event, context)

    def _send(self, status: str | None = None, reason: str = "", **_: object) -> None:
        answer = response.Response(
            status=status or self.Status,
            reason=str(reason if status else self.Reason),
            physical_id=str(self.PhysicalResourceId or self.first_physical_id),
            stack_id=self.StackId,
            request_id=self.RequestId,
            logical_id=self.LogicalResourceId,
            data=self.Data,
        )
        response.send(self._url, answer, lambda: self._milliseconds_left() / 1000)


# For its polling, which is not used, crhelper would make clients of three services; under SAM it makes none.
os.environ["AWS_SAM_LOCAL"] = "true"

# At DEBUG, its default level, crhelper logs whole events; 120 s is what it sleeps on Delete unless told.
_resource = _Resource(json_logging=True, log_level="INFO", boto_level="ERROR", sleep_on_delete=0)


def handle(event: dict[str, Any], context: Any) -> None:  # noqa: ANN401, Lambda's own, untyped
    """Answer one event of CloudFormation."""
    _resource(event, context)


@_resource.create
@_resource.update
@_resource.delete
def _fulfil(event: Mapping[str, object], _context: object) -> str:
    # Before anything can fail: without an id crhelper would invent one.
    _answer_as(str(_resource.first_physical_id))
    lifecycle = Lifecycle(_pinpoint(), _stacks(), _answer_as)
    _resource.Data.update(lifecycle.handle(Request.parse(event)))
    return str(_resource.PhysicalResourceId)


def _answer_as(physical_id: str) -> None:
    _resource.PhysicalResourceId = physical_id


@functools.cache
def _pinpoint() -> Pinpoint:
    client = boto3.client("pinpoint", config=_CLIENT_CONFIG)
    return Pinpoint(client, client.meta.region_name)


@functools.cache
def _stacks() -> Stacks:
    return Stacks(boto3.client("cloudformation", config=_CLIENT_CONFIG))
