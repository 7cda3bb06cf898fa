"""A channel by the native type."""

import aws_cdk as cdk
from aws_cdk import aws_pinpoint as pinpoint

app = cdk.App()
stack = cdk.Stack(app, "Calls")
pinpoint.CfnVoiceChannel(
    stack, "VoiceChannel", application_id="0123456789abcdef0123456789abcdef", enabled=True
)
app.synth()
