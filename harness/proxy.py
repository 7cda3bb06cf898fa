"""A server that acts out faults, and else answers what stands behind it: as a proxy, or by itself.

microburst 0.10.0 (PyPI, MIT) was tried in its place. It does not tell Pinpoint's operations apart, so that no
fault can be of the PUT alone; when it resets after a request was applied, the headers of a success are out
already; it can neither drip nor kill a process at a given request; and it would add eleven packages.
"""

import contextlib
import http.server
import itertools
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from harness.faults import Act, Fault

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    """A request.

    Args:
        method: The HTTP method.
        target: The path and query.
        headers: The headers.
        body: The body.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """A response.

    Args:
        status: The HTTP status.
        body: The body.
        headers: The headers, without Content-Length.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Upstream(Protocol):
    """What stands behind a server."""

    def answer(self, request: Request) -> Response:
        """Apply a request."""

    def error(self, status: int) -> Response:
        """Return the error with this HTTP status, in the form that clients of this service expect."""


class FaultyServer:
    """Serves on a free port of 127.0.0.1 as long as its ``with`` block lasts.

    Args:
        upstream: What stands behind it.
        faults: What goes wrong, in this order.
        kill: Kills the handler's process.
        tls: What it encrypts with; None to serve plain HTTP.
        refusing: Whether connections are refused until `open` is called.

    Attributes:
        requests: The requests that arrived, in order.
    """

    def __init__(
        self,
        upstream: Upstream,
        faults: Iterable[Fault] = (),
        kill: Callable[[], None] = lambda: None,
        *,
        tls: ssl.SSLContext | None = None,
        refusing: bool = False,
    ) -> None:
        self._upstream = upstream
        self._faults = list(faults)
        self._kill = kill
        self._lock = threading.Lock()
        self._refusing = refusing
        self._server = _Server(self._serve, tls)
        self._thread = threading.Thread(target=self._server.serve_until_ended)
        self._over = threading.Event()
        self.requests: list[Request] = []

    def __enter__(self) -> Self:
        # Bound but not listening, a port is ours and refuses connections.
        self._server.server_bind()
        if not self._refusing:
            self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self.is_open:
            self._server.end()
            self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """The endpoint, for plain HTTP."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_open(self) -> bool:
        """Whether it takes connections."""
        return self._thread.is_alive()

    @property
    def has_failed_enough(self) -> bool:
        """Whether every fault that is for a number of requests has been acted out as often."""
        with self._lock:
            return all(fault.times is None for fault in self._faults)

    def open(self) -> None:
        """Refuse connections no longer."""
        if not self.is_open:
            self._server.server_activate()
            self._thread.start()

    def fail(self, *faults: Fault) -> None:
        """Let these faults follow those that are left."""
        with self._lock:
            self._over.clear()
            self._faults += faults

    def recover(self) -> None:
        """End all faults, also those that are being acted out."""
        with self._lock:
            self._faults.clear()
        self._over.set()
        self.open()

    def _serve(self, connection: "_Connection", request: Request) -> None:
        with self._lock:
            self.requests.append(request)
            fault = self._next_fault(request.method)
        if fault is None:
            connection.send(self._upstream.answer(request))
            if request.method == "CONNECT":
                connection.tunnel(request.target)
            return
        response = self._upstream.answer(request) if fault.applied else None
        match fault.act:
            case Act.STATUS:
                connection.send(self._upstream.error(fault.status))
            case Act.RESET:
                connection.reset()
            case Act.WAIT:
                self._over.wait(fault.seconds)
                connection.send(response or self._upstream.error(500))
            case Act.DRIP:
                connection.drip(response or Response(200), self._over)
            case Act.TRICKLE:
                connection.trickle(itertools.cycle(fault.parts), fault.seconds, self._over)
            case Act.KILL:
                self._kill()
                connection.reset()

    def _next_fault(self, method: str) -> Fault | None:
        for index, fault in enumerate(self._faults):
            if fault.method in ("", method):
                if fault.times is not None:
                    self._faults[index : index + 1] = (
                        [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    )
                return fault
        return None


class _Connection(http.server.BaseHTTPRequestHandler):
    """One connection of a client, and what can be done to it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or the body would wait until the client has acknowledged the head
    server: "_Server"

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.serve(self, Request(self.command, self.path, dict(self.headers), body))

    do_GET = do_PUT = do_POST = do_DELETE = do_CONNECT = _take  # noqa: N815, names of http.server

    def send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in {**response.headers, "Content-Length": str(len(response.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)

    def tunnel(self, target: str) -> None:
        self.close_connection = True
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as other:
            ends = {self.connection: other, other: self.connection}
            while all(self._pass_on(end, ends[end]) for end in select.select(list(ends), [], [])[0]):
                pass

    def _pass_on(self, source: socket.socket, target: socket.socket) -> bytes:
        content = source.recv(65536)
        target.sendall(content)
        return content

    def reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def drip(self, response: Response, over: threading.Event) -> None:
        self.send_response(response.status)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.trickle((bytes([byte]) for byte in response.body), 1, over)

    def trickle(self, parts: Iterable[bytes], seconds: float, over: threading.Event) -> None:
        for part in parts:
            self.wfile.write(part)
            if over.wait(seconds):
                self.close_connection = True
                return

    def handle(self) -> None:
        # A client that gave up, or was killed, is what the lab is for.
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class _Server(http.server.ThreadingHTTPServer):
    def __init__(self, serve: Callable[[_Connection, Request], None], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Connection, bind_and_activate=False)
        self.serve = serve
        self._tls = tls
        self._ended = threading.Event()

    def serve_until_ended(self) -> None:
        # Not serve_forever, which looks every now and then whether it is to end. The lab has hundreds of
        # servers at once, which would take a processor for nothing but that.
        while not self._ended.is_set():
            self.handle_request()

    def end(self) -> None:
        self._ended.set()
        # A connection is what it waits for.
        socket.create_connection(("127.0.0.1", self.server_port)).close()

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, as socketserver has it
        # In the connection's own thread, so that a slow handshake keeps nobody else waiting.
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            connection = self._tls.wrap_socket(request, server_side=True) if self._tls else request
            with contextlib.closing(connection):
                super().finish_request(connection, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401, as socketserver has it
        # Without the FIN that socketserver sends first, which a client would take for an orderly end.
        request.close()
