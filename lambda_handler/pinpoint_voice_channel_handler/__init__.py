"""The Lambda function behind Custom::PinpointVoiceChannel."""
