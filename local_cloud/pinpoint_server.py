"""Serves moto's Pinpoint with voice channels, and lets a test read the requests and force failures.

Beside Pinpoint's own routes there are:

- ``GET /_local/health``
- ``GET /_local/requests``: what was asked, in order; ``DELETE`` forgets it
- ``POST /_local/faults`` with ``{"operation": "PUT", "status": 429, "times": 3}``: the next requests of
  this method to a voice channel get this error; ``DELETE`` forgets what is left of them
- ``POST /_local/limit`` with ``{"requests_per_second": 10}``: requests to voice channels beyond that many get
  TooManyRequestsException; ``DELETE`` lifts the limit
"""

import argparse
import io
import json
import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from local_cloud.lifeline import end_with_parent
from local_cloud.moto_pinpoint import install
from local_cloud.trail import Trail

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ERRORS = {
    400: "BadRequestException",
    403: "ForbiddenException",
    404: "NotFoundException",
    405: "MethodNotAllowedException",
    413: "PayloadTooLargeException",
    429: "TooManyRequestsException",
    500: "InternalServerErrorException",
}
_HOSTS = ("127.0.0.1", "localhost")
_MOST_FAULTS = 1_000
_HIGHEST_RATE = 1_000_000
_METHODS = ("DELETE", "GET", "OPTIONS", "PUT")
_VOICE_CHANNEL = re.compile(r"/v1/apps/[^/]+/channels/voice")


@dataclass(frozen=True)
class _LoggedRequest:
    method: str
    path: str
    body: object
    status: int
    time: str


@dataclass(frozen=True)
class _Fault:
    operation: str
    status: int

    def matches(self, request: Request) -> bool:
        return request.method == self.operation and _is_to_a_voice_channel(request)


class _Limit:
    """A bucket of tokens, one for each request: it holds those of a second, and is filled at their rate."""

    def __init__(self, requests_per_second: float) -> None:
        self._rate = requests_per_second
        self._capacity = max(1.0, requests_per_second)
        self._tokens = self._capacity
        self._filled = time.monotonic()

    def allows_one_more(self) -> bool:
        now = time.monotonic()
        self._tokens = min(self._capacity, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class PinpointServer:
    """A WSGI application around Pinpoint's: logs its requests and fails those that were asked to fail.

    One request is answered at a time, for moto's state is not made for threads.

    Args:
        pinpoint: Pinpoint's application.
        trail: Hears of each change; None for nobody.
    """

    def __init__(self, pinpoint: "WSGIApplication", trail: Trail | None = None) -> None:
        self._pinpoint = pinpoint
        self._trail = trail
        self._lock = Lock()
        self._log: list[_LoggedRequest] = []
        self._faults: list[_Fault] = []
        self._limit: _Limit | None = None
        self._control: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/_local/health"): lambda _: {"status": "ok"},
            ("GET", "/_local/requests"): lambda _: [asdict(entry) for entry in self._log],
            ("DELETE", "/_local/requests"): lambda _: self._log.clear(),
            ("POST", "/_local/faults"): lambda request: self._faults.extend(_requested_faults(request)),
            ("DELETE", "/_local/faults"): lambda _: self._faults.clear(),
            ("POST", "/_local/limit"): lambda request: self._set_limit(_requested_limit(request)),
            ("DELETE", "/_local/limit"): lambda _: self._set_limit(None),
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request, as WSGI has it."""
        request = Request(environ)
        request.get_data()  # and keep it; a slow client must not hold the lock
        with self._lock:
            if _may_come_of_a_web_page(request):
                response = _json_response({"error": "Web pages are not answered"}, HTTPStatus.FORBIDDEN)
            elif request.path.startswith("/_local/"):
                response = self._answer_control(request)
            else:
                response = self._answer_pinpoint(request)
                self._log.append(_logged(request, response))
                if self._trail:
                    self._trail.tell(request, response)
        return response(environ, start_response)

    def _answer_control(self, request: Request) -> Response:
        control = self._control.get((request.method, request.path))
        if control is None:
            return _json_response({"error": "There is no such control"}, HTTPStatus.NOT_FOUND)
        try:
            return _json_response(control(request))
        except (BadRequest, UnsupportedMediaType) as error:
            return _json_response({"error": error.description}, error.code)

    def _answer_pinpoint(self, request: Request) -> Response:
        body = request.get_data()
        for fault in self._faults:
            if fault.matches(request):
                self._faults.remove(fault)
                return _error_response(fault.status, "was asked for by a test")
        if self._limit and _is_to_a_voice_channel(request) and not self._limit.allows_one_more():
            return _error_response(HTTPStatus.TOO_MANY_REQUESTS, "comes of the limit that was set")
        # Pinpoint takes every body as JSON; moto would parse away one that comes as a form, as curl sends it.
        environ = {**request.environ, "wsgi.input": io.BytesIO(body), "CONTENT_TYPE": "application/json"}
        return Response.from_app(self._pinpoint, environ, buffered=True)

    def _set_limit(self, limit: _Limit | None) -> None:
        self._limit = limit


def _may_come_of_a_web_page(request: Request) -> bool:
    """Tell whether a browser may have sent it: it names a page's origin, or a host that was rebound."""
    return "Origin" in request.headers or urlsplit(f"//{request.host}").hostname not in _HOSTS


def _is_to_a_voice_channel(request: Request) -> bool:
    return _VOICE_CHANNEL.fullmatch(request.path) is not None


def _error_response(status: int, reason: str) -> Response:
    request_id = str(uuid.uuid4())
    error = _ERRORS[status]
    return _json_response(
        {"Message": f"{error} {reason}", "RequestID": request_id},
        status,
        {"X-Amzn-ErrorType": error, "x-amzn-RequestId": request_id},
    )


def _json_response(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(content), status, headers, mimetype="application/json")


def _logged(request: Request, response: Response) -> _LoggedRequest:
    now = datetime.now(UTC).isoformat()
    return _LoggedRequest(request.method, request.path, _logged_body(request), response.status_code, now)


def _logged_body(request: Request) -> object:
    """Return a request's body: as JSON where it is JSON, else as text; None if it is empty."""
    text = request.get_data(as_text=True)
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text


def _requested_faults(request: Request) -> list[_Fault]:
    match request.get_json():
        case {"operation": str(operation), "status": int(status), **rest} if (
            operation in _METHODS and status in _ERRORS
        ):
            times = rest.pop("times", 1)
            if not rest and type(times) is int and 0 < times <= _MOST_FAULTS:
                return [_Fault(operation, status)] * times
    raise BadRequest(
        f'A fault is {{"operation": one of {", ".join(_METHODS)}, "status": one of '
        f'{", ".join(map(str, _ERRORS))}, "times": 1 to {_MOST_FAULTS}, by default 1}}'
    )


def _requested_limit(request: Request) -> _Limit:
    match request.get_json():
        case {"requests_per_second": int() | float() as rate, **rest} if (
            not rest and not isinstance(rate, bool) and 0 < rate <= _HIGHEST_RATE
        ):
            return _Limit(rate)
    raise BadRequest(f'A limit is {{"requests_per_second": a positive number, at most {_HIGHEST_RATE}}}')


def main() -> None:
    """Serve on a socket that the parent process has bound."""
    parser = argparse.ArgumentParser(prog="local_cloud.pinpoint_server", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the listening socket's file descriptor")
    parser.add_argument(
        "--end-with-parent", action="store_true", help="end as soon as standard input is closed"
    )
    parser.add_argument("--trail", help="EventBridge's endpoint, which hears of each change")
    parser.add_argument("--certificate", type=Path, help="the certificate of that endpoint")
    arguments = parser.parse_args()
    if arguments.end_with_parent:
        end_with_parent()
    install()
    # Of one backend, so that a request needs no signature to be routed to it.
    trail = Trail(arguments.trail, arguments.certificate) if arguments.trail else None
    application = PinpointServer(create_backend_app("pinpoint"), trail)
    make_server("127.0.0.1", 0, application, threaded=True, fd=arguments.fd).serve_forever()


if __name__ == "__main__":
    main()
