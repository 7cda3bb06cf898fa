"""Checks of arguments at synth, in the user's terms; a token is left to the deployment."""

import aws_cdk as cdk
from constructs import Construct

from pinpoint_voice_channel_handler.application_id import APPLICATION_ID, APPLICATION_ID_RULE

REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "us-east-1",
        "us-east-2",
        "us-gov-west-1",
        "us-west-2",
    }
)
"""The Regions with an endpoint of Pinpoint: https://docs.aws.amazon.com/general/latest/gr/pinpoint.html"""


def check_application_id(application_id: str) -> None:
    """Refuse what cannot be the id of a Pinpoint application.

    Raises:
        ValueError: It cannot be one.
    """
    if not cdk.Token.is_unresolved(application_id) and not APPLICATION_ID.fullmatch(application_id):
        raise ValueError(f"application_id is {application_id!r}, but must be {APPLICATION_ID_RULE}.")


def warn_without_endpoint(construct: Construct) -> None:
    """Warn where the stack's Region has no Pinpoint."""
    region = cdk.Stack.of(construct).region
    if not cdk.Token.is_unresolved(region) and region not in REGIONS:
        cdk.Annotations.of(construct).add_warning_v2(
            "pinpoint-voice-channel:no-endpoint",
            f"Amazon Pinpoint has no endpoint in {region}, so the deployment will fail there. Deploy the "
            "stack to the Region of the application.",
        )
