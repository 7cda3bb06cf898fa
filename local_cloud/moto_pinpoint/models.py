"""Applications as the API has them, and their voice channels, on moto's Pinpoint backend."""

from dataclasses import dataclass, replace
from typing import Any

from moto.core.common_models import BaseModel
from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.pinpoint.models import App, PinpointBackend
from moto.utilities.tagging_service import TaggingService

from .exceptions import VoiceChannelNotFound


class Application(App):
    """An application whose ApplicationResponse is the API's: moto's has a number as its date, and no tags."""

    def __init__(self, account_id: str, region_name: str, name: str, tagger: TaggingService) -> None:
        super().__init__(account_id, region_name, name)
        self.creation_date = iso_8601_datetime_with_milliseconds()
        self._tagger = tagger

    def to_json(self) -> dict[str, Any]:
        """Return the ApplicationResponse of the API."""
        tags = self._tagger.get_tag_dict_for_resource(self.arn)
        return {**super().to_json(), "CreationDate": self.creation_date, "tags": tags}


@dataclass(frozen=True)
class VoiceChannel(BaseModel):
    """The state of one application's voice channel."""

    application_id: str
    creation_date: str
    last_modified_by: str
    last_modified_date: str
    enabled: bool = False
    version: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the VoiceChannelResponse of the API."""
        return {
            "ApplicationId": self.application_id,
            "CreationDate": self.creation_date,
            "Enabled": self.enabled,
            "HasCredential": False,
            "Id": "voice",
            "IsArchived": False,
            "LastModifiedBy": self.last_modified_by,
            "LastModifiedDate": self.last_modified_date,
            "Platform": "VOICE",
            "Version": self.version,
        }


class PinpointVoiceBackend(PinpointBackend):
    """moto's Pinpoint with voice channels, at most one per application."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.voice_channels: dict[str, VoiceChannel] = {}

    def create_app(self, name: str, tags: dict[str, str]) -> Application:
        """Create an application."""
        app = Application(self.account_id, self.region_name, name, self.tagger)
        self.apps[app.application_id] = app
        self.tag_resource(app.arn, tags)
        return app

    def get_voice_channel(self, application_id: str) -> VoiceChannel:
        """Return the channel of an application; raises ApplicationNotFound, VoiceChannelNotFound."""
        self.get_app(application_id)
        if application_id not in self.voice_channels:
            raise VoiceChannelNotFound
        return self.voice_channels[application_id]

    def update_voice_channel(
        self, application_id: str, enabled: bool | None, modified_by: str
    ) -> VoiceChannel:
        """Create or change a channel; ``enabled`` None keeps the present value, on a new channel false."""
        self.get_app(application_id)
        now = iso_8601_datetime_with_milliseconds()
        present = self.voice_channels.get(application_id) or VoiceChannel(
            application_id, creation_date=now, last_modified_by=modified_by, last_modified_date=now
        )
        self.voice_channels[application_id] = replace(
            present,
            enabled=present.enabled if enabled is None else enabled,
            last_modified_by=modified_by,
            last_modified_date=now,
            version=present.version + 1,
        )
        return self.voice_channels[application_id]

    def delete_voice_channel(self, application_id: str) -> VoiceChannel:
        """Remove a channel and return its last state, disabled."""
        channel = self.get_voice_channel(application_id)
        del self.voice_channels[application_id]
        return replace(channel, enabled=False)

    def delete_app(self, application_id: str) -> App:
        """Delete an application and its channel."""
        app = super().delete_app(application_id)
        self.voice_channels.pop(application_id, None)
        return app
