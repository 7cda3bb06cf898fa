"""The channels of moto's Pinpoint, and how a test hands the handler an event against it."""

from typing import Any, Protocol

import boto3
import botocore.loaders
import botocore.session

from harness.events import Event

_MODELS = botocore.loaders.create_loader()


class Deliver(Protocol):
    """Hands an event to the Lambda handler, which has so many seconds, and returns the one answer to it."""

    def __call__(self, request: Event, seconds: float = 120) -> dict[str, Any]:
        """Deliver."""


def share_models() -> None:
    """Let boto3's clients share what botocore knows of the services, which takes long to read.

    moto makes boto3 forget its session, so it is done after moto has begun.
    """
    session = botocore.session.get_session()
    session.register_component("data_loader", _MODELS)
    boto3.setup_default_session(botocore_session=session)


def channel(application_id: str) -> dict[str, Any]:
    """Return a channel as the API tells of it."""
    response = boto3.client("pinpoint").get_voice_channel(ApplicationId=application_id)
    return dict(response["VoiceChannelResponse"])


def make_channel(application_id: str, *, enabled: bool) -> None:
    """Make or change a channel."""
    boto3.client("pinpoint").update_voice_channel(
        ApplicationId=application_id, VoiceChannelRequest={"Enabled": enabled}
    )


def state(application_id: str) -> str:
    """Return what a channel is: absent, disabled or enabled."""
    try:
        return "enabled" if channel(application_id)["Enabled"] else "disabled"
    except boto3.client("pinpoint").exceptions.NotFoundException:
        return "absent"
