"""The voice channel of an Amazon Pinpoint application, as an AWS CDK construct."""

from pinpoint_voice_channel.monitor import VoiceChannelMonitor
from pinpoint_voice_channel.provider import IVoiceChannelProvider, VoiceChannelProvider
from pinpoint_voice_channel.status import VoiceChannelStatus
from pinpoint_voice_channel.voice_channel import IVoiceChannel, VoiceChannel
from pinpoint_voice_channel_handler.request import OnExisting

__all__ = [
    "IVoiceChannel",
    "IVoiceChannelProvider",
    "OnExisting",
    "VoiceChannel",
    "VoiceChannelMonitor",
    "VoiceChannelProvider",
    "VoiceChannelStatus",
]
