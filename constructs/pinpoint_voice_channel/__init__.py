"""The voice channel of an Amazon Pinpoint application, as an AWS CDK construct."""

from pinpoint_voice_channel.provider import VoiceChannelProvider
from pinpoint_voice_channel.voice_channel import VoiceChannel
from pinpoint_voice_channel_handler.request import OnExisting

__all__ = ["OnExisting", "VoiceChannel", "VoiceChannelProvider"]
