"""What the tests share: events as CloudFormation sends them, and an endpoint that takes the answers."""

import http.server
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from fakes import FakeStackClient
from local_cloud import moto_pinpoint
from local_cloud.cloud import LocalCloud
from pinpoint_voice_channel_handler import handler
from pinpoint_voice_channel_handler.response import LOCAL_HOST_VARIABLE
from pinpoint_voice_channel_handler.stack import Stacks

EVENTS = Path(__file__).parent / "events"

Event = dict[str, Any]
Deliver = Callable[[Event], dict[str, Any]]


def event(request_type: str, **changes: Any) -> Event:  # noqa: ANN401, any JSON
    """Return CloudFormation's event of that type, with the properties or keys in `changes` set."""
    content: Event = json.loads((EVENTS / f"{request_type.lower()}.json").read_text())
    for name, value in changes.items():
        target = content if name in content else content["ResourceProperties"]
        target[name] = value
    return content


class Context:
    """Lambda's context, with as much time left as is wanted."""

    aws_request_id = "f3a1c7d2-8a0e-4b55-9d6c-4e2f1b7a9c30"

    def __init__(self, seconds_left: float = 60) -> None:
        self._seconds_left = seconds_left

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left."""
        return round(self._seconds_left * 1000)


class Inbox:
    """Takes answers as CloudFormation's bucket does: over TLS, at a presigned URL."""

    def __init__(self, server: http.server.ThreadingHTTPServer) -> None:
        self._server = server
        self.answers: list[dict[str, Any]] = []
        self.statuses: list[int] = []

    @property
    def host(self) -> str:
        """Return the `host:port` to answer."""
        return f"localhost:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Return the URL to answer, with a signature that must never be seen anywhere."""
        return f"https://{self.host}/answer?X-Amz-Signature=SIGNATURE"

    def fail(self, *statuses: int) -> None:
        """Answer the next requests with these HTTP statuses."""
        self.statuses.extend(statuses)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate for localhost, with its key in the same file."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    certificate = path.with_suffix(".crt")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(path), "-out", str(certificate)]
    subprocess.run(command + names + files, check=True, capture_output=True)
    with path.open("a") as file:
        file.write(certificate.read_text())
    return path


@pytest.fixture
def inbox(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """Start an endpoint for answers, and let the handler answer it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    box = Inbox(server)
    server.RequestHandlerClass = _handler_of(box)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv(LOCAL_HOST_VARIABLE, box.host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield box
    server.shutdown()
    thread.join()
    server.server_close()


def _handler_of(box: Inbox) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = box.statuses.pop(0) if box.statuses else 200
            if status == 200:
                box.answers.append(json.loads(body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put moto in the place of AWS, with the voice channel API, and forget the clients made before."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_PINPOINT", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    moto_pinpoint.install()
    with mock_aws():
        handler._pinpoint.cache_clear()  # noqa: SLF001, clients of another test's moto
        yield


@pytest.fixture
def application_id(aws: None) -> str:  # noqa: ARG001, made in it
    """Return the id of a new Pinpoint application."""
    application = boto3.client("pinpoint").create_app(CreateApplicationRequest={"Name": "calls"})
    return application["ApplicationResponse"]["Id"]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> FakeStackClient:
    """Put a stack that is being updated in the place of CloudFormation's."""
    client = FakeStackClient()
    monkeypatch.setattr(handler, "_stacks", lambda: Stacks(client))
    return client


@pytest.fixture
def deliver(aws: None, inbox: Inbox, stack: FakeStackClient) -> Deliver:  # noqa: ARG001, both are in force
    """Return a function that hands an event to the Lambda handler and returns the answer to it."""

    def deliver_event(request: Event) -> dict[str, Any]:
        received = len(inbox.answers)
        handler.handle({**request, "ResponseURL": inbox.url}, Context())
        assert len(inbox.answers) == received + 1
        return inbox.answers[-1]

    return deliver_event


@pytest.fixture(scope="session")
def bootstrapped_cloud() -> Iterator[LocalCloud]:
    """Start a local cloud that `cdk deploy` can use."""
    with LocalCloud() as cloud:
        cloud.bootstrap()
        yield cloud
