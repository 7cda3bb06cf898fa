"""Errors of the voice channel API, named as in the service model that AWS's SDKs are built from."""

from moto.pinpoint.exceptions import PinpointExceptions


class VoiceChannelNotFound(PinpointExceptions):
    """When the application has no voice channel."""

    code = 404

    def __init__(self) -> None:
        super().__init__("NotFoundException", "Resource not found")


class InvalidVoiceChannelRequest(PinpointExceptions):
    """When the body of a request is not a VoiceChannelRequest."""

    code = 400

    def __init__(self, problem: str) -> None:
        super().__init__("BadRequestException", problem)


class VoiceChannelMethodNotAllowed(PinpointExceptions):
    """When the resource has no such method."""

    code = 405

    def __init__(self, method: str) -> None:
        super().__init__("MethodNotAllowedException", f"Method {method} is not allowed for a voice channel")


class PayloadTooLarge(PinpointExceptions):
    """When the body of a request exceeds Pinpoint's quota.

    The API reference calls this error RequestEntityTooLargeException, the service model
    PayloadTooLargeException; an SDK raises its own exception for the latter only.
    """

    code = 413

    def __init__(self, size: int, limit: int) -> None:
        super().__init__("PayloadTooLargeException", f"The body has {size} bytes, more than {limit}")
