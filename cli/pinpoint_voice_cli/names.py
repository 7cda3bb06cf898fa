"""The names that CloudFormation has for what the commands look for."""

from pinpoint_voice_channel_handler.request import ResourceType

NATIVE = "AWS::Pinpoint::VoiceChannel"
"""The type that this library takes the place of."""

OURS = str(ResourceType.VOICE_CHANNEL)
"""The type of this library's channels, where the template names it."""

GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
"""The statuses of resources that a stack has deleted, or left to themselves."""
