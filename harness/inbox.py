"""The endpoint for answers: what CloudFormation's bucket is to the handler, with TLS and faults."""

import json
import ssl
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.events import signed_url
from harness.faults import Fault
from harness.proxy import FaultyServer, Request, Response


@dataclass(frozen=True)
class Accepted:
    """An answer that was accepted.

    Args:
        content: What it says.
        at: When, on this machine's monotonic clock.
    """

    content: dict[str, Any]
    at: float


class Bucket:
    """Takes answers.

    Attributes:
        accepted: The answers that were accepted, in order.
    """

    def __init__(self) -> None:
        self.accepted: list[Accepted] = []

    def answer(self, request: Request) -> Response:
        """Accept an answer."""
        self.accepted.append(Accepted(json.loads(request.body), time.monotonic()))
        return Response(200)

    def error(self, status: int) -> Response:
        """Return an error."""
        return Response(status)


class Inbox(FaultyServer):
    """Takes answers over TLS, as long as its ``with`` block lasts.

    Args:
        certificate: A certificate for localhost, with its key in the same file.
        faults: What goes wrong, in this order.
        kill: Kills the handler's process.
        refusing: Whether connections are refused until `open` is called.

    Attributes:
        accepted: The answers that were accepted, in order.
        signed: When CloudFormation signed the URL, and so sent the event; None for now.
    """

    def __init__(
        self,
        certificate: Path,
        faults: Iterable[Fault] = (),
        kill: Callable[[], None] = lambda: None,
        *,
        refusing: bool = False,
    ) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        bucket = Bucket()
        super().__init__(bucket, faults, kill, tls=tls, refusing=refusing)
        self.accepted = bucket.accepted
        self.signed: datetime | None = None

    @property
    def host(self) -> str:
        """The `host:port` to answer."""
        return f"localhost:{self.port}"

    @property
    def url(self) -> str:
        """The URL to answer."""
        return signed_url(self.host, self.signed or datetime.now(UTC))

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What CloudFormation sees."""
        return [answer.content for answer in self.accepted]

    @property
    def received(self) -> list[bytes]:
        """The bodies of all requests."""
        return [request.body for request in self.requests]


def make_certificate(directory: Path) -> Path:
    """Make a certificate for localhost, with its key in the same file, by the openssl command."""
    key, certificate = directory / "localhost.key", directory / "localhost.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)  # our own command
    with certificate.open("a") as file:
        file.write(key.read_text())
    return certificate
