"""The voice channel API, which moto's Pinpoint backend lacks; laid out as moto lays out a service."""

from moto.pinpoint.models import pinpoint_backends

from .models import PinpointVoiceBackend


def install() -> None:
    """Give moto's Pinpoint voice channels, in ``mock_aws`` and in a server that is created afterwards.

    Applications that were created before are forgotten. Doing it again does nothing.
    """
    if pinpoint_backends.backend is not PinpointVoiceBackend:
        pinpoint_backends.backend = PinpointVoiceBackend
        pinpoint_backends.clear()
