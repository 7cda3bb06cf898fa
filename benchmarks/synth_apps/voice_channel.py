"""A channel by this project."""

import aws_cdk as cdk

from pinpoint_voice_channel import VoiceChannel

app = cdk.App()
stack = cdk.Stack(app, "Calls")
VoiceChannel(stack, "VoiceChannel", application_id="0123456789abcdef0123456789abcdef", enabled=True)
app.synth()
