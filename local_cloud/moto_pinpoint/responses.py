"""Handles requests to the voice channel resource, in the shapes of its API reference."""

import json
import re
from typing import cast
from urllib.parse import unquote

from moto.core.common_types import TYPE_RESPONSE
from moto.pinpoint.responses import PinpointResponse

from .exceptions import InvalidVoiceChannelRequest, PayloadTooLarge, VoiceChannelMethodNotAllowed
from .models import PinpointVoiceBackend

MAX_PAYLOAD_BYTES = 7 * 1024 * 1024
"""The largest payload of an invocation, from AWS's page "Amazon Pinpoint quotas"."""

_ACTIONS = {
    "DELETE": "DeleteVoiceChannel",
    "GET": "GetVoiceChannel",
    "OPTIONS": "OptionsVoiceChannel",
    "PUT": "UpdateVoiceChannel",
}
_APPLICATION_ID = re.compile(r"/v1/apps/(?P<application_id>[^/]+)/channels/voice")


class VoiceChannelResponse(PinpointResponse):
    """Handler for the voice channel of an application."""

    # A body that is not even text must get the API's 400, not a failure of moto's to decode it.
    use_raw_body = True

    @property
    def pinpoint_backend(self) -> PinpointVoiceBackend:
        """The backend of this request's account and region, which ``install`` has put in place."""
        return cast("PinpointVoiceBackend", super().pinpoint_backend)

    @property
    def _application_id(self) -> str:
        match = _APPLICATION_ID.search(self.path)
        assert match is not None, self.path  # noqa: S101  # the route that led here has this form
        return unquote(match["application_id"])

    # moto asks botocore's model for the action, which has neither OPTIONS nor an answer to other methods.
    def _get_action(self) -> str:
        return _ACTIONS.get(self.method, "RefuseMethod")

    def call_action(self) -> TYPE_RESPONSE:
        """Answer errors as the API's MessageBody, whose RequestID is that of the header."""
        self.response_headers["Content-Type"] = "application/json"
        status, headers, body = super().call_action()
        if "X-Amzn-ErrorType" in headers:
            message = json.loads(body)["message"]
            body = json.dumps({"Message": message, "RequestID": headers["x-amzn-requestid"]})
        return status, headers, body

    def get_voice_channel(self) -> str:
        """Answer GET."""
        return json.dumps(self.pinpoint_backend.get_voice_channel(self._application_id).to_json())

    def update_voice_channel(self) -> str:
        """Answer PUT."""
        enabled = self._requested_enabled()
        channel = self.pinpoint_backend.update_voice_channel(
            self._application_id, enabled, modified_by=self.current_account
        )
        return json.dumps(channel.to_json())

    def delete_voice_channel(self) -> str:
        """Answer DELETE."""
        return json.dumps(self.pinpoint_backend.delete_voice_channel(self._application_id).to_json())

    def options_voice_channel(self) -> TYPE_RESPONSE:
        """Answer OPTIONS."""
        return 200, {"Allow": ", ".join(_ACTIONS)}, ""

    def refuse_method(self) -> str:
        """Answer any other method."""
        raise VoiceChannelMethodNotAllowed(self.method)

    def _requested_enabled(self) -> bool | None:
        """Return ``Enabled`` of the VoiceChannelRequest in the body, None where it is absent."""
        if len(self.body) > MAX_PAYLOAD_BYTES:
            raise PayloadTooLarge(len(self.body), MAX_PAYLOAD_BYTES)
        try:
            request = json.loads(self.body)
        except (ValueError, RecursionError):
            raise InvalidVoiceChannelRequest("The body is not JSON") from None
        if not isinstance(request, dict):
            raise InvalidVoiceChannelRequest("The body is not a JSON object")
        if "Enabled" not in request:
            return None
        if not isinstance(request["Enabled"], bool):
            raise InvalidVoiceChannelRequest("Enabled is not a boolean")
        return request["Enabled"]
