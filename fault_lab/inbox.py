"""The endpoint for answers: what CloudFormation's bucket is to the handler, with TLS and faults."""

import json
import ssl
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fault_lab.faults import Fault
from fault_lab.proxy import FaultyServer, Request, Response


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
    """

    def __init__(
        self, certificate: Path, faults: Iterable[Fault], kill: Callable[[], None], *, refusing: bool
    ) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        bucket = Bucket()
        super().__init__(bucket, faults, kill, tls=tls, refusing=refusing)
        self.accepted = bucket.accepted

    @property
    def host(self) -> str:
        """The `host:port` to answer."""
        return f"localhost:{self.port}"


def make_certificate(directory: Path) -> Path:
    """Make a certificate for localhost, with its key in the same file, by the openssl command."""
    key, certificate = directory / "localhost.key", directory / "localhost.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)  # noqa: S603  # our own command
    with certificate.open("a") as file:
        file.write(key.read_text())
    return certificate
