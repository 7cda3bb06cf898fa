"""What Create, Update and Delete of a status do: read the voice channel, and never change it."""

from collections.abc import Callable, Mapping

from pinpoint_voice_channel_handler.patience import patiently
from pinpoint_voice_channel_handler.physical_id import NOTHING_DONE, status_id
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES, Pinpoint
from pinpoint_voice_channel_handler.request import Request, RequestType, StatusProperties


class Status:
    """Handles one request for Custom::PinpointVoiceChannelStatus.

    Args:
        pinpoint: The voice channel API.
        answer_as: Takes the PhysicalResourceId with which CloudFormation is answered from then on.
        sleep: Waits for a number of seconds.
    """

    def __init__(
        self,
        pinpoint: Pinpoint,
        answer_as: Callable[[str], None],
        sleep: Callable[[float], None],
    ) -> None:
        self._pinpoint = pinpoint
        self._answer_as = answer_as
        self._sleep = sleep

    def handle(self, request: Request) -> Mapping[str, str]:
        """Return the channel's attributes and whether it exists; nothing on Delete.

        Raises:
            VoiceChannelError: Its text tells the user what happened and what to do.
        """
        self._answer_as(request.physical_id or NOTHING_DONE)
        if request.type is RequestType.DELETE:
            return {}
        application_id = StatusProperties.parse(request.properties).application_id
        self._answer_as(status_id(application_id))
        channel = patiently(lambda: self._pinpoint.get(application_id), self._sleep)
        if channel is None:
            return {"Exists": "false", **dict.fromkeys(ATTRIBUTES, "")}
        return {"Exists": "true", **channel.attributes}
