"""The name under which the provider calls AWS. It needs no boto3, so that the constructs may use it."""

USER_AGENT = "pinpoint-voice-channel/provider"
"""Part of the user agent of each call, so that CloudTrail's events tell the provider's own changes."""
