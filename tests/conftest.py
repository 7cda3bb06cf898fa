"""What the tests share: events as CloudFormation sends them, and an endpoint that takes the answers."""

import http.server
import json
import os
import reprlib
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

# The handler makes a client as soon as it is imported, which would look for credentials over the network.
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import aws_cdk as cdk
import boto3
import pytest
from hypothesis import Phase, settings
from moto import mock_aws

from fakes import FakeStackClient
from local_cloud import moto_pinpoint
from local_cloud.cloud import LocalCloud
from pinpoint_voice_channel import VoiceChannelProvider
from pinpoint_voice_channel_handler import dispatcher, handler, response
from pinpoint_voice_channel_handler.response import LOCAL_HOST_VARIABLE
from pinpoint_voice_channel_handler.stack import Stacks

# What `make fuzz` and `make sequences` run with.
settings.register_profile("long", max_examples=20_000)
# What `make broken-rules` runs with: the first sequence that fails will do.
settings.register_profile("broken-rules", max_examples=4_000, phases=[Phase.generate])

EVENTS = Path(__file__).parent / "events"

Event = dict[str, Any]


class Deliver(Protocol):
    """Hands an event to the Lambda handler, which has so many seconds, and returns the one answer to it."""

    def __call__(self, request: Event, seconds: float = 120) -> dict[str, Any]:
        """Deliver."""


def event(request_type: str, **changes: Any) -> Event:  # noqa: ANN401, any JSON
    """Return CloudFormation's event of that type, with the properties or keys in `changes` set."""
    content: Event = json.loads((EVENTS / f"{request_type.lower()}.json").read_text())
    for name, value in changes.items():
        target = content if name in content else content["ResourceProperties"]
        target[name] = value
    if "OldResourceProperties" in content and "ApplicationId" in changes:
        content["OldResourceProperties"]["ApplicationId"] = changes["ApplicationId"]
    return content


SIGNATURE = "SIGNATURE-5ec4e7" * 4
SESSION_TOKEN = "SESSION-TOKEN-5ec4e7" * 12
SECRET_ACCESS_KEY = "SECRET-KEY-5ec4e7" * 2


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001, pytest's
    call: pytest.CallInfo[None],  # noqa: ARG001, pytest's
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail every test in whose output or log a credential is seen."""
    report = yield
    seen = "".join(text for _, text in report.sections)
    leaked = [secret for secret in (SIGNATURE, SESSION_TOKEN, SECRET_ACCESS_KEY) if secret[:14] in seen]
    if leaked and not report.failed:
        report.outcome = "failed"
        report.longrepr = f"The output or the log has the credentials {leaked}."
    return report


class Context:
    """Lambda's context of an invocation that begins now and has so many seconds."""

    aws_request_id = "f3a1c7d2-8a0e-4b55-9d6c-4e2f1b7a9c30"

    def __init__(self, seconds: float = 120) -> None:
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left."""
        return round((self._deadline - time.monotonic()) * 1000)


class Inbox:
    """Takes answers as CloudFormation's bucket does: over TLS, at a presigned URL.

    Attributes:
        heads: The path and the content type of each request.
        received: The body of each request.
        answers: What was taken, which is what CloudFormation sees.
        faults: What the next requests get.
        open: As long as it is not set, requests wait.
        signed: When CloudFormation signed the URL, and so sent the event; None for now.
    """

    def __init__(self, server: http.server.ThreadingHTTPServer) -> None:
        self._server = server
        self.heads: list[tuple[str, str | None]] = []
        self.received: list[bytes] = []
        self.answers: list[dict[str, Any]] = []
        self.faults: list[int | Literal["reset"]] = []
        self.open = threading.Event()
        self.open.set()
        self.signed: datetime | None = None

    @property
    def host(self) -> str:
        """Return the `host:port` to answer."""
        return f"localhost:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Return the URL to answer, with credentials that must never be seen anywhere."""
        signed = f"X-Amz-Date={self.signed or datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        secrets = f"X-Amz-Security-Token={SESSION_TOKEN}&X-Amz-Signature={SIGNATURE}"
        return f"https://{self.host}/answer?{signed}&{secrets}"

    def fail(self, *faults: int | Literal["reset"]) -> None:
        """Answer the next requests with these HTTP statuses, or close the connection."""
        self.faults.extend(faults)


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
    # The handshake is made in the connection's own thread, so that one that fails holds up no other.
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    box = Inbox(server)
    server.RequestHandlerClass = _handler_of(box)
    monkeypatch.setattr(response, "_TLS", ssl.create_default_context(cafile=str(certificate)))
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
            box.heads.append((self.path, self.headers["Content-Type"]))
            box.received.append(body)
            box.open.wait()
            status = box.faults.pop(0) if box.faults else 200
            if status == "reset":
                self.close_connection = True
                return
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
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION_TOKEN)
        dispatcher.clients.forget()  # clients of another test's moto
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
    monkeypatch.setattr(dispatcher.clients, "stacks", lambda: Stacks(client))
    return client


@pytest.fixture
def deliver(aws: None, inbox: Inbox, stack: FakeStackClient) -> Deliver:  # noqa: ARG001, it is in force
    """Return a function that hands an event to the Lambda handler and returns the one answer to it."""

    def deliver_event(request: Event, seconds: float = 120) -> dict[str, Any]:
        before = len(inbox.answers)
        stack.asked = reprlib.repr(request.get("RequestType")).strip("'").upper()
        stack.logical_id = reprlib.repr(request.get("LogicalResourceId")).strip("'")
        handler.handle({**request, "ResponseURL": inbox.url}, Context(seconds))
        [answer] = inbox.answers[before:]
        return answer

    return deliver_event


@pytest.fixture(scope="session")
def bootstrapped_cloud() -> Iterator[LocalCloud]:
    """Start a local cloud that `cdk deploy` can use."""
    with LocalCloud() as cloud:
        cloud.bootstrap()
        yield cloud


def provider_template(outdir: Path) -> tuple[dict[str, Any], Path]:
    """Synthesize a provider, and return its template and its asset's directory."""
    app = cdk.App(outdir=str(outdir))
    synthesizer = cdk.DefaultStackSynthesizer(
        file_assets_bucket_name="assets", generate_bootstrap_version_rule=False
    )
    stack = cdk.Stack(app, "Provider", synthesizer=synthesizer)
    cdk.CfnOutput(stack, "ServiceToken", value=VoiceChannelProvider(stack, "Provider").service_token)
    app.synth()
    [asset] = outdir.glob("asset.*")
    return json.loads((outdir / "Provider.template.json").read_text()), asset


@pytest.fixture(scope="session")
def service_token(bootstrapped_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Deploy a provider over boto3, as the stack `Provider`, and return its service token."""
    outdir = tmp_path_factory.mktemp("provider")
    template, asset = provider_template(outdir)
    archive = shutil.make_archive(str(asset), "zip", asset)
    s3: Any = bootstrapped_cloud.client("s3")
    s3.create_bucket(Bucket="assets")
    s3.put_object(
        Bucket="assets", Key=f"{asset.name.removeprefix('asset.')}.zip", Body=Path(archive).read_bytes()
    )
    cloudformation = bootstrapped_cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName="Provider", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="Provider", WaiterConfig={"Delay": 1})
    [output] = cloudformation.describe_stacks(StackName="Provider")["Stacks"][0]["Outputs"]
    return output["OutputValue"]
