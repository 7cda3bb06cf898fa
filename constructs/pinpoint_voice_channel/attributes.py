"""The attributes of a voice channel, as tokens: what VoiceChannel and VoiceChannelStatus have in common.

Source: https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-channels-voice.html,
VoiceChannelResponse
"""

import aws_cdk as cdk


class VoiceChannelAttributes:
    """The ten attributes that the API returns: strings, empty where the API returned none."""

    _resource: cdk.CustomResource

    @property
    def voice_channel_application_id(self) -> str:
        """Id of the application that the channel belongs to."""
        return self._resource.get_att_string("ApplicationId")

    @property
    def voice_channel_creation_date(self) -> str:
        """When the channel was made: ISO 8601, UTC."""
        return self._resource.get_att_string("CreationDate")

    @property
    def voice_channel_enabled(self) -> str:
        """Whether the channel is enabled: "true" or "false"."""
        return self._resource.get_att_string("Enabled")

    @property
    def voice_channel_has_credential(self) -> str:
        """Not used by Pinpoint, kept for compatibility: "true" or "false"."""
        return self._resource.get_att_string("HasCredential")

    @property
    def voice_channel_id(self) -> str:
        """Deprecated by Pinpoint: an identifier of the channel."""
        return self._resource.get_att_string("Id")

    @property
    def voice_channel_is_archived(self) -> str:
        """Whether the channel is archived: "true" or "false"."""
        return self._resource.get_att_string("IsArchived")

    @property
    def voice_channel_last_modified_by(self) -> str:
        """Who changed the channel last."""
        return self._resource.get_att_string("LastModifiedBy")

    @property
    def voice_channel_last_modified_date(self) -> str:
        """When the channel was changed last: ISO 8601, UTC."""
        return self._resource.get_att_string("LastModifiedDate")

    @property
    def voice_channel_platform(self) -> str:
        """Type of the channel: VOICE."""
        return self._resource.get_att_string("Platform")

    @property
    def voice_channel_version(self) -> str:
        """Version of the channel, as a decimal number."""
        return self._resource.get_att_string("Version")
