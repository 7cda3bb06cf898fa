"""The answer's way out through a proxy: as boto3 finds it, with TLS from end to end, and no password seen."""

import base64
import logging
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.httpsession import ProxyConfiguration
from botocore.utils import get_environ_proxies

from harness import faults
from harness.connect_proxy import ConnectProxy
from harness.context import Context
from harness.events import event
from harness.faults import Fault
from harness.inbox import Inbox
from pinpoint_voice_channel_handler import handler, response
from pinpoint_voice_channel_handler.proxy import Proxy
from pinpoint_voice_channel_handler.redaction import redactor
from pinpoint_voice_channel_handler.response import Answer, Outcome, Recipient, ResponseNotDelivered

SUCCESS = Outcome("SUCCESS")
USER, PASSWORD = "the-user", "s3cr/t@:é"
IN_URL = "the-user:s3cr%2Ft%40%3A%C3%A9"


@pytest.fixture
def proxy() -> Iterator[ConnectProxy]:
    with ConnectProxy() as started:
        yield started


@pytest.fixture
def way_out(proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch) -> ConnectProxy:
    """Let the function's environment name the proxy, with a password."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://{IN_URL}@127.0.0.1:{proxy.port}")
    return proxy


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let nothing be waited for, and return for how long it would have been."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def answer_to(url: str, waits: list[float]) -> Answer:
    recipient = Recipient.of({**event("Create"), "ResponseURL": url})
    return Answer(recipient, "app/voice/absent", lambda: 120 - sum(waits), str)


def tunnels(proxy: ConnectProxy) -> list[str]:
    return [f"{request.method} {request.target}" for request in proxy.requests]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
@pytest.mark.parametrize("beginning", ["http://", "//", ""])
def test_an_answer_takes_the_way_that_the_environment_names(
    inbox: Inbox,
    proxy: ConnectProxy,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    beginning: str,
) -> None:
    monkeypatch.setenv(variable, f"{beginning}127.0.0.1:{proxy.port}")

    answer_to(inbox.url, waits).give(SUCCESS)

    assert tunnels(proxy) == [f"CONNECT {inbox.host}"]
    assert [answer["Status"] for answer in inbox.answers] == ["SUCCESS"]
    assert "Proxy-Authorization" not in proxy.requests[0].headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NO_PROXY", "localhost"),
        ("no_proxy", "example.com, localhost"),
        ("NO_PROXY", "*"),
        ("HTTPS_PROXY", ""),
    ],
)
def test_an_answer_takes_the_straight_way_where_the_environment_says_so(
    inbox: Inbox,
    way_out: ConnectProxy,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)

    answer_to(inbox.url, waits).give(SUCCESS)

    assert (len(inbox.answers), way_out.requests) == (1, [])


def test_a_password_reaches_the_proxy_and_not_the_recipient(
    inbox: Inbox, way_out: ConnectProxy, waits: list[float]
) -> None:
    answer_to(inbox.url, waits).give(SUCCESS)

    scheme, credentials = way_out.requests[0].headers["Proxy-Authorization"].split(" ")
    assert (scheme, base64.b64decode(credentials).decode()) == ("Basic", f"{USER}:{PASSWORD}")
    assert "Proxy-Authorization" not in inbox.requests[0].headers


def test_a_proxy_cannot_take_the_place_of_the_recipient(
    inbox: Inbox, way_out: ConnectProxy, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "_TLS", ssl.create_default_context())

    with pytest.raises(ResponseNotDelivered, match="SSLCertVerificationError from "):
        answer_to(inbox.url, waits).give(SUCCESS)

    assert inbox.received == []
    assert way_out.requests


REFUSALS = [faults.status(status) for status in (403, 407, 429, 500, 503)]


@pytest.mark.parametrize("fault", REFUSALS, ids=lambda fault: str(fault.status))
def test_a_proxy_that_refuses_is_asked_again(
    inbox: Inbox,
    way_out: ConnectProxy,
    waits: list[float],
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    way_out.fail(replace(fault, times=2))

    answer_to(inbox.url, waits).give(SUCCESS)

    assert (len(inbox.answers), waits) == (1, [0.25, 0.5])
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        f"The answer did not arrive (HTTP {fault.status} from the proxy 127.0.0.1:{way_out.port}); "
        f"trying again in {delay} s."
        for delay in waits
    ]


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (faults.reset("CONNECT", applied=False), "(ConnectionResetError|RemoteDisconnected)"),
        (faults.slow(60, "CONNECT"), "(TimeoutError|StillRunning)"),
        (faults.slow_headers("CONNECT", 0.05), "(TimeoutError|StillRunning)"),
        (faults.drip_all("CONNECT", 0.02), "(TimeoutError|StillRunning)"),
    ],
    ids=["reset", "silent", "a header at a time", "a byte at a time"],
)
def test_a_proxy_that_is_reset_or_silent_is_left_and_asked_again(
    inbox: Inbox,
    way_out: ConnectProxy,
    waits: list[float],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    problem: str,
) -> None:
    monkeypatch.setattr(response, "_TIMEOUT_SECONDS", 0.3)
    way_out.fail(replace(fault, times=1))

    answer_to(inbox.url, waits).give(SUCCESS)

    assert (len(inbox.answers), waits) == (1, [0.25])
    [warning] = [record for record in caplog.records if record.levelno == logging.WARNING]
    place = f"from {inbox.host} through the proxy 127.0.0.1:{way_out.port}"
    assert re.search(f"{problem} {place}", warning.getMessage())


def test_a_proxy_that_cannot_be_reached_is_named_without_its_password(
    inbox: Inbox,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ConnectProxy(refusing=True) as closed:
        place = f"127.0.0.1:{closed.port}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://{IN_URL}@{place}")

        with pytest.raises(ResponseNotDelivered) as raised:
            answer_to(inbox.url, waits).give(SUCCESS)

    told = f"did not get the answer: ConnectionRefusedError from {inbox.host} through the proxy {place}."
    assert told in str(raised.value)
    assert len(waits) == 18
    assert "s3cr" not in caplog.text


def test_what_the_recipient_refuses_is_told_with_the_way_to_it(
    inbox: Inbox, way_out: ConnectProxy, waits: list[float]
) -> None:
    inbox.fail(faults.status(500, times=1), faults.status(403, times=1))

    with pytest.raises(ResponseNotDelivered) as raised:
        answer_to(inbox.url, waits).give(SUCCESS)

    assert (
        f"HTTP 403 from {inbox.host} through the proxy 127.0.0.1:{way_out.port}, so the URL has expired"
    ) in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://the-user:s3cr3t@proxy.example.com:3128",
        "socks5://the-user:s3cr3t@proxy.example.com:1080",
        "http://the-user:s3cr/3t@proxy.example.com:3128",
        "http://the-user:12/s3cr3t@proxy.example.com:3128",
        "http://the-user:12?s3cr3t@proxy.example.com:3128",
        "http://the-user:12#s3cr3t@proxy.example.com:3128",
        "http://the-user:s3cr3t@",
        "http://the-user:s3cr3t@proxy.example.com:port",
        "http://the-user:s3cr3t@proxy.example.com:99999",
        "http://the-user:s3cr3t@proxy example.com",
        "http://the-user:s3cr3t@[::1",
        "http://",
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_at_once_without_a_word_of_its_url(
    inbox: Inbox,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    url: str,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)

    with pytest.raises(ResponseNotDelivered) as raised:
        answer_to(inbox.url, waits).give(SUCCESS)

    assert str(raised.value) == (
        "CloudFormation did not get the answer: HTTPS_PROXY is not the URL of an HTTP proxy, such as "
        "http://user:password@proxy.example.com:3128. Write special characters of the password as in any "
        "URL, for example / as %2F. The resource fails at its ServiceTimeout, unless Lambda's next attempt "
        "gets through; then deploy again."
    )
    assert (inbox.received, waits) == ([], [])
    assert "s3cr" not in caplog.text


ENVIRONMENTS = [
    {},
    {"HTTPS_PROXY": "http://a.example.com:3128"},
    {"https_proxy": "http://a.example.com:3128", "HTTPS_PROXY": "http://b.example.com:3128"},
    {"HTTP_PROXY": "http://a.example.com:3128"},
    {"ALL_PROXY": "http://a.example.com:3128"},
    {"HTTPS_PROXY": "http://a.example.com"},
    {"HTTPS_PROXY": "a.example.com:3128"},
    {"HTTPS_PROXY": "//a.example.com:3128/"},
    {"HTTPS_PROXY": "http://[::1]:3128"},
    {"HTTPS_PROXY": "http://us%40er:pass%2Fword@a.example.com:3128"},
    {"HTTPS_PROXY": "http://user@a.example.com:3128"},
    {"HTTPS_PROXY": "http://:password@a.example.com:3128"},
    {"HTTPS_PROXY": "http://a.example.com:3128", "NO_PROXY": "amazonaws.com"},
    {"HTTPS_PROXY": "http://a.example.com:3128", "NO_PROXY": ".amazonaws.com"},
    {"HTTPS_PROXY": "http://a.example.com:3128", "NO_PROXY": "zonaws.com"},
    {"HTTPS_PROXY": "http://a.example.com:3128", "NO_PROXY": "s3.amazonaws.com:443"},
    {"HTTPS_PROXY": "http://a.example.com:3128", "NO_PROXY": "S3.AMAZONAWS.COM"},
    {"HTTPS_PROXY": "http://a.example.com:3128", "NO_PROXY": "example.com,localhost"},
    {"HTTPS_PROXY": "http://a.example.com:3128", "no_proxy": "*"},
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
@pytest.mark.parametrize("host", ["s3.amazonaws.com", "s3.amazonaws.com:443"])
def test_the_way_out_is_the_one_of_boto3(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], host: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    configuration = ProxyConfiguration(get_environ_proxies(f"https://{host}/"))
    url = configuration.proxy_url_for(f"https://{host}/")

    proxy = Proxy.on_the_way_to(host)

    # Without a port, urllib3 takes that of http.
    named = url and url.rpartition("@")[2].removeprefix("http://").rstrip("/").replace(".com:80", ".com")
    assert (proxy and str(proxy).removesuffix(":80")) == named
    assert (proxy and proxy.headers) == (url and configuration.proxy_headers_for(url))


@pytest.mark.parametrize(
    "url",
    [
        f"http://{IN_URL}@proxy.example.com:3128",
        "http://a:b@proxy.example.com:3128",
        "a:long-password-of-a-proxy@proxy.example.com",
        "http://user:pa/ss:word@proxy.example.com:3128",
        "socks5://user:a://b@proxy.example.com",
        f"https://{'p' * 40}@proxy.example.com",
    ],
)
def test_the_password_of_a_proxy_is_redacted_in_its_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    place = url.rpartition("@")[2]
    beginning = re.match("([a-z0-9]+:)?//", url)

    shown = redactor(None)(f"Failed to parse: {url} arn:aws:cloudformation")

    assert shown == (
        f"Failed to parse: {beginning[0] if beginning else ''}[redacted]@{place} arn:aws:cloudformation"
    )


def test_the_password_of_a_proxy_is_redacted_where_it_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://user:long%2Fpassword-of-a-proxy@proxy.example.com:3128")
    redact = redactor(None)
    sent = base64.b64encode(b"user:long/password-of-a-proxy").decode()

    for secret in ("long/password-of-a-proxy", "long%2Fpassword-of-a-proxy", sent):
        assert redact(f"'{secret}' and on") == "'[redacted]' and on"


@pytest.mark.usefixtures("stack")
def test_an_event_is_answered_through_the_proxy_and_no_line_has_its_password(
    inbox: Inbox, application_id: str, way_out: ConnectProxy, caplog: pytest.LogCaptureFixture
) -> None:
    way_out.fail(faults.status(407, "CONNECT", times=1))
    request = event("Create", ApplicationId=application_id, ResponseURL=inbox.url)

    handler.handle(request, Context())

    assert [answer["Status"] for answer in inbox.answers] == ["SUCCESS"]
    assert tunnels(way_out) == [f"CONNECT {inbox.host}"] * 2
    assert f"HTTP 407 from the proxy 127.0.0.1:{way_out.port}" in caplog.text
    assert "s3cr" not in caplog.text
