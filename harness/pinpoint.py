"""The local Pinpoint behind a faulty server, and what the lab itself does to it and reads of it."""

import http.client
import json
import socket
import subprocess
import sys
from typing import Self

import urllib3

from harness.proxy import Request, Response
from local_cloud.environment import pinpoint_environment
from local_cloud.runtime import PROJECT

_ERRORS = {
    403: "ForbiddenException",
    429: "TooManyRequestsException",
    500: "InternalServerErrorException",
    503: "ServiceUnavailableException",
}
_START_SECONDS = 30


class Pinpoint:
    """The local cloud's Pinpoint in a process of its own, as long as the ``with`` block lasts."""

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self._host = f"127.0.0.1:{listening.getsockname()[1]}"
            command = [
                "-m",
                "local_cloud.pinpoint_server",
                "--fd",
                str(listening.fileno()),
                "--end-with-parent",
            ]
            self._process = subprocess.Popen(  # our own command
                [sys.executable, *command],
                env=pinpoint_environment(),
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[listening.fileno()],
                start_new_session=True,
            )
        try:
            # The socket listens already, so this waits until the server takes the connection.
            urllib3.request(
                "GET", f"http://{self._host}/_local/health", timeout=_START_SECONDS, retries=False
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # It ends as soon as its standard input is closed.
        self._process.communicate()

    def new_application(self) -> str:
        """Make an application and return its id."""
        response = urllib3.request("POST", f"http://{self._host}/v1/apps", json={"Name": "calls"})
        return str(response.json()["Id"])

    def put(self, application_id: str, state: str) -> None:
        """Bring an application's new channel to a state: absent, disabled or enabled."""
        if state != "absent":
            urllib3.request("PUT", self._channel(application_id), json={"Enabled": state == "enabled"})

    def state(self, application_id: str) -> str:
        """Return the state of an application's channel."""
        response = urllib3.request("GET", self._channel(application_id))
        if response.status == http.client.NOT_FOUND:
            return "absent"
        return "enabled" if response.json()["Enabled"] else "disabled"

    def answer(self, request: Request) -> Response:
        """Pass a request on."""
        connection = http.client.HTTPConnection(self._host, timeout=_START_SECONDS)
        try:
            connection.request(request.method, request.target, request.body, dict(request.headers))
            response = connection.getresponse()
            kept = {name: value for name, value in response.getheaders() if name.lower() in _KEPT_HEADERS}
            return Response(response.status, response.read(), kept)
        finally:
            connection.close()

    def error(self, status: int) -> Response:
        """Return an error as the API has it."""
        body = {"Message": "This is a fault of the lab.", "RequestID": "9f4c1a52-fault-lab"}
        return Response(status, json.dumps(body).encode(), {"X-Amzn-ErrorType": _ERRORS[status]})

    def _channel(self, application_id: str) -> str:
        return f"http://{self._host}/v1/apps/{application_id}/channels/voice"


_KEPT_HEADERS = ("content-type", "x-amzn-errortype", "x-amzn-requestid")
