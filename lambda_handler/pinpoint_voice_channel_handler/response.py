"""The one place that answers CloudFormation: by a PUT to the presigned URL that came with the event.

The URL is a credential. http.client carries it because it logs nothing, while urllib3 logs whole URLs.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import http.client
import json
import logging
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_log = logging.getLogger(__name__)

LOCAL_HOST_VARIABLE = "PINPOINT_VOICE_CHANNEL_RESPONSE_HOST"
"""Names the one `host:port` outside AWS that may be answered: a local CloudFormation's. Not set on AWS."""

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn")
_BODY_LIMIT_BYTES = 4096
_SHORTENED = "… (the rest is in the function's log)"
_TIMEOUT_SECONDS = 5
_FIRST_DELAY_SECONDS = 0.25
_LONGEST_DELAY_SECONDS = 8


class UnusableResponseUrl(ValueError):
    """When an event's ResponseURL is none, or leads to somewhere that must not be answered."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"CloudFormation cannot be answered: the event's ResponseURL {problem}.")


class ResponseNotDelivered(RuntimeError):
    """When CloudFormation's bucket refused the answer, or could not be reached in time."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"CloudFormation did not get the answer: {cause}. The resource fails at its ServiceTimeout."
        )


@dataclass(frozen=True)
class Response:
    """An answer to CloudFormation.

    Args:
        status: SUCCESS or FAILED.
        reason: Why it failed; shown to the user.
        physical_id: The resource's PhysicalResourceId.
        stack_id, request_id, logical_id: As in the event.
        data: What `Fn::GetAtt` returns.
    """

    status: str
    reason: str
    physical_id: str
    stack_id: str
    request_id: str
    logical_id: str
    data: Mapping[str, str]

    def body(self) -> bytes:
        """Return the JSON that CloudFormation reads, with the reason cut at its end where it does not fit."""
        reason = self.reason
        while len(body := self._json(reason)) > _BODY_LIMIT_BYTES and reason != _SHORTENED:
            reason = reason.removesuffix(_SHORTENED)[: -len(reason) // 8] + _SHORTENED
        return body

    def _json(self, reason: str) -> bytes:
        content = {
            "Status": self.status,
            "Reason": reason,
            "PhysicalResourceId": self.physical_id,
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_id,
            "Data": dict(self.data),
        }
        return json.dumps(content).encode()


def send(url: str, response: Response, seconds_left: Callable[[], float]) -> None:
    """Deliver an answer, again and again while it is worth it.

    Args:
        url: The event's ResponseURL.
        response: The answer.
        seconds_left: Tells how long there is to go on trying.

    Raises:
        UnusableResponseUrl: The URL must not be answered.
        ResponseNotDelivered: The answer was refused, or time ran out.
    """
    target = _checked(url)
    body = response.body()
    delay = _FIRST_DELAY_SECONDS
    while (problem := _put(target, body)) is not None:
        if seconds_left() < delay + _TIMEOUT_SECONDS:
            raise ResponseNotDelivered(problem)
        _log.warning("The answer did not arrive (%s); trying again in %s s.", problem, delay)
        time.sleep(delay)
        delay = min(2 * delay, _LONGEST_DELAY_SECONDS)


def _checked(url: str) -> SplitResult:
    try:
        target = urlsplit(url)
        host = target.hostname or ""
        port = target.port
    except ValueError:
        raise UnusableResponseUrl("is not a URL") from None  # its text may hold the signature
    if target.scheme != "https":
        raise UnusableResponseUrl("is not https")
    on_aws = host.endswith(_AWS_DOMAINS) and port in (None, 443)
    if not on_aws and target.netloc != os.environ.get(LOCAL_HOST_VARIABLE):
        raise UnusableResponseUrl("leads to a host outside AWS")
    return target


def _put(target: SplitResult, body: bytes) -> str | None:
    """Put the body once: return None when it arrived, and else what is worth another try."""
    connection = http.client.HTTPSConnection(
        target.netloc, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context()
    )
    try:
        # An empty type, because the signature of CloudFormation's URL covers one.
        connection.request("PUT", f"{target.path}?{target.query}", body, {"Content-Type": ""})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__} from {target.hostname}"
    finally:
        connection.close()
    if 200 <= status < 300:
        return None
    if status == 429 or status >= 500:
        return f"HTTP {status} from {target.hostname}"
    raise ResponseNotDelivered(f"HTTP {status} from {target.hostname}")
