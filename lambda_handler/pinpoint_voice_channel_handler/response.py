"""The one place that answers CloudFormation: by a PUT to the presigned URL that came with the event.

The URL is a credential. http.client carries it because it logs nothing, while urllib3 logs whole URLs. Where
the environment names a proxy, it goes through a tunnel.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import contextlib
import http.client
import json
import logging
import os
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from pinpoint_voice_channel_handler.bounded import bounded
from pinpoint_voice_channel_handler.physical_id import NOTHING_DONE
from pinpoint_voice_channel_handler.proxy import Proxy, UnusableProxy
from pinpoint_voice_channel_handler.request import LONGEST_URL

_log = logging.getLogger(__name__)

LOCAL_HOST_VARIABLE = "PINPOINT_VOICE_CHANNEL_RESPONSE_HOST"
"""Names the one `host:port` outside AWS that may be answered: a local CloudFormation's. Not set on AWS."""

_URL = re.compile(r"https://(?P<host>[A-Za-z0-9.:-]+)(?P<target>/[!-~]*)")
_AWS_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.)+amazonaws\.com(?:\.cn)?(?::443)?", re.IGNORECASE)

# Made once, as it reads the certificates of all authorities.
_TLS = ssl.create_default_context()

# As http.client says it, with a reason of the proxy's own behind it, which is not repeated.
_REFUSED_TUNNEL = re.compile("Tunnel connection failed: (?P<status>[0-9]+)")

_BODY_LIMIT = 4096
_PHYSICAL_ID_LIMIT = 1024
# Longer than any that CloudFormation makes, so that only what others make up is cut.
_ECHO_LIMITS = {"StackId": 300, "RequestId": 128, "LogicalResourceId": 258}

_TIMEOUT_SECONDS = 5
_SPARE_SECONDS = 1
_FIRST_DELAY_SECONDS = 0.25
_LONGEST_DELAY_SECONDS = 8


class UnusableResponseUrl(ValueError):
    """When an event's ResponseURL is not a URL, or leads somewhere that must not be answered."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"CloudFormation cannot be answered, so nothing was done: the event's ResponseURL {problem}."
        )


class ResponseNotDelivered(RuntimeError):
    """When CloudFormation's bucket refused the answer, or could not be reached in time."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"CloudFormation did not get the answer: {cause}. The resource fails at its ServiceTimeout, "
            "unless Lambda's next attempt gets through; then deploy again."
        )


@dataclass(frozen=True)
class Recipient:
    """Where an event is answered.

    Args:
        host: `host` or `host:port`.
        target: The path and query to PUT to; a credential.
        echoed: What the answer repeats of the event: StackId, RequestId and LogicalResourceId.
    """

    host: str
    target: str
    echoed: Mapping[str, str]

    @classmethod
    def of(cls, event: Mapping[str, object]) -> Self:
        """Tell where to answer an event, of which nothing but the ResponseURL needs to be sound.

        Raises:
            UnusableResponseUrl: The event must not be answered.
        """
        if _is_of_sns(event):
            raise UnusableResponseUrl(
                "is inside a message of Amazon SNS. Set the ServiceToken to the ARN of the function, not to "
                "that of a topic"
            )
        host, target = _checked(event.get("ResponseURL"))
        return cls(host, target, {key: _text(event.get(key)) for key in _ECHO_LIMITS})


@dataclass(frozen=True)
class Outcome:
    """What to answer.

    Args:
        status: Whether the event succeeded.
        reason: Why it did not.
        data: The attributes of the resource.
    """

    status: Literal["SUCCESS", "FAILED"]
    reason: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


class Answer:
    """The answer to one event, which is given once.

    Args:
        recipient: Where to deliver it.
        physical_id: The event's PhysicalResourceId, if any.
        seconds_left: Tells how long the function may go on.
        redact: Takes credentials out of a text.

    Attributes:
        physical_id: With which PhysicalResourceId to answer.
    """

    def __init__(
        self,
        recipient: Recipient,
        physical_id: object,
        seconds_left: Callable[[], float],
        redact: Callable[[str], str],
    ) -> None:
        self._recipient = recipient
        self.physical_id = _text(physical_id) or NOTHING_DONE
        self.seconds_left = seconds_left
        self._redact = redact
        self._body = b""

    def becomes(self, physical_id: str) -> None:
        """Answer with this PhysicalResourceId from now on."""
        self.physical_id = physical_id

    def give(self, outcome: Outcome) -> None:
        """Deliver the answer. One that was begun before, and may have arrived, is delivered in its place.

        Raises:
            ResponseNotDelivered: The answer did not arrive.
        """
        if not self._body:
            reason = self._redact(outcome.reason)
            self._body = _body(outcome.status, reason, self.physical_id, self._recipient.echoed, outcome.data)
            level = logging.INFO if outcome.status == "SUCCESS" else logging.ERROR
            told = reason or dict(outcome.data)
            _tell(level, "Answering %s as %s: %s", outcome.status, self.physical_id, told)
        try:
            _send(self._recipient, self._body, self.seconds_left)
        except ResponseNotDelivered as failure:
            _tell(logging.ERROR, "%s", failure)
            raise


def _tell(level: int, message: str, *arguments: object) -> None:
    with contextlib.suppress(BaseException):  # a log that fails must not cost the answer
        _log.log(level, message, *arguments)


def _is_of_sns(event: Mapping[str, object]) -> bool:
    # Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    records = event.get("Records")
    return isinstance(records, list) and any(isinstance(one, dict) and "Sns" in one for one in records)


def _checked(url: object) -> tuple[str, str]:
    if not isinstance(url, str) or not url.startswith("https://"):
        raise UnusableResponseUrl("is not https")
    if len(url) > LONGEST_URL:
        raise UnusableResponseUrl("is too long")
    match = _URL.fullmatch(url)
    if match is None:
        raise UnusableResponseUrl("is not a URL")
    host = match["host"]
    if not _AWS_HOST.fullmatch(host) and host != os.environ.get(LOCAL_HOST_VARIABLE):
        raise UnusableResponseUrl("leads to a host outside AWS")
    return host, match["target"]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _body(
    status: str, reason: str, physical_id: str, echoed: Mapping[str, str], data: Mapping[str, str]
) -> bytes:
    """Return the JSON that CloudFormation reads, with what does not fit into its limit cut.

    The reason is cut first. It has what is left by the ids and the attributes.
    """
    content: dict[str, object] = {
        "Status": status,
        "Reason": "",
        "PhysicalResourceId": _cut(physical_id, _PHYSICAL_ID_LIMIT),
        **{key: _cut(text, _ECHO_LIMITS[key]) for key, text in echoed.items()},
        "Data": dict(data),
    }
    longest = _BODY_LIMIT
    while _size(content) > _BODY_LIMIT:
        longest //= 2
        content["Data"] = {name: _cut(value, longest) for name, value in data.items()}
    content["Reason"] = _cut_reason(reason, _BODY_LIMIT - _size(content))
    return _json(content)


def _cut_reason(reason: str, size: int) -> str:
    request_ids = re.findall(r"RequestID:? [\w-]{1,64}", reason)
    mark = " … " + "".join(f"{request_id}; " for request_id in request_ids[:1]) + "the log has the rest"
    return _cut(reason, size + len('""'), mark)


def _cut(text: str, size: int, mark: str = "…") -> str:
    """Return the beginning of a text, so that as JSON it is no larger than `size` bytes."""
    if _size(text) <= size:
        return text
    kept = text[:size]
    while kept and _size(kept + mark) > size:
        kept = kept[: len(kept) * 15 // 16]
    return kept + mark if kept else ""


def _size(content: object) -> int:
    return len(_json(content))


def _json(content: object) -> bytes:
    # "replace", because a JSON event can hold what UTF-8 cannot: half of a surrogate pair.
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _send(recipient: Recipient, body: bytes, seconds_left: Callable[[], float]) -> None:
    """Deliver a body, again and again until it is delivered, refused or too late."""
    delay = _FIRST_DELAY_SECONDS
    while (problem := _tried(recipient, body, min(_TIMEOUT_SECONDS, _usable(seconds_left)))) is not None:
        if delay >= _usable(seconds_left):
            raise ResponseNotDelivered(problem)
        _tell(logging.WARNING, "The answer did not arrive (%s); trying again in %s s.", problem, delay)
        time.sleep(delay)
        delay = min(2 * delay, _LONGEST_DELAY_SECONDS)


def _usable(seconds_left: Callable[[], float]) -> float:
    return max(seconds_left() - _SPARE_SECONDS, _FIRST_DELAY_SECONDS)


def _tried(recipient: Recipient, body: bytes, seconds: float) -> str | None:
    """Put the body once: return None when it arrived, and else what is worth another try."""
    where = recipient.host
    try:
        if proxy := Proxy.on_the_way_to(recipient.host):
            where = f"{recipient.host} through the proxy {proxy}"
        status = bounded(lambda: _put(recipient, proxy, body, seconds), seconds)
    except UnusableProxy as error:
        raise ResponseNotDelivered(str(error)) from None
    except BaseException as error:  # noqa: BLE001, whatever it is, the answer may not have arrived
        refusal = _REFUSED_TUNNEL.match(str(error)) if isinstance(error, OSError) else None
        if refusal:
            return f"HTTP {refusal['status']} from the proxy {proxy}"
        return f"{type(error).__name__} from {where}"
    if 200 <= status < 300:
        return None
    if status == 429 or status >= 500:
        return f"HTTP {status} from {where}"
    raise ResponseNotDelivered(f"HTTP {status} from {where}, so the URL has expired or is not valid")


def _put(recipient: Recipient, proxy: Proxy | None, body: bytes, timeout: float) -> int:
    """Put the body once, and return the status of the response."""
    # TLS goes from end to end, so a proxy sees nothing of the URL but its host.
    host, port = (proxy.host, proxy.port) if proxy else (recipient.host, None)
    connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=_TLS)
    if proxy:
        connection.set_tunnel(recipient.host, headers=dict(proxy.headers))
    with contextlib.closing(connection):
        # An empty type, because the signature of CloudFormation's URL covers one.
        connection.request("PUT", recipient.target, body, {"Content-Type": ""})
        return connection.getresponse().status
