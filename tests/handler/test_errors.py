"""What a reason says: what was asked, what came back, and what to do; in whole sentences."""

from collections.abc import Callable

import pytest

from pinpoint_voice_channel_handler.errors import (
    AccessDenied,
    PinpointRefused,
    PinpointUnavailable,
    StackUnknown,
    VoiceChannelError,
)

APPLICATION = "a" * 32


@pytest.mark.parametrize(
    ("message", "quoted"),
    [
        ("Not allowed", "Not allowed."),
        ("Not allowed.", "Not allowed."),
        ("Why not?", "Why not?"),
        ("", "no message was given."),
    ],
)
@pytest.mark.parametrize(
    ("error", "before", "after"),
    [
        (
            lambda message: AccessDenied("mobiletargeting:GetVoiceChannel", message, "5f2c-01"),
            "mobiletargeting:GetVoiceChannel was denied (RequestID 5f2c-01): ",
            " Allow mobiletargeting:GetVoiceChannel in the role of the provider's function, and look for a "
            "permissions boundary or an organization's policy.",
        ),
        (
            lambda message: PinpointRefused("GetVoiceChannel", "app", "GoneException", message, "5f2c-01"),
            "GetVoiceChannel for application app was refused with GoneException (RequestID 5f2c-01): ",
            "",
        ),
        (
            lambda message: PinpointUnavailable("GetVoiceChannel", "app", message),
            "GetVoiceChannel for application app failed after retries: ",
            " Deploy again once Amazon Pinpoint answers.",
        ),
        (
            lambda message: StackUnknown("DescribeStacks", "the-stack", message),
            "Nothing was changed, because DescribeStacks of the-stack failed after retries: ",
            " Repeat the operation.",
        ),
    ],
    ids=["AccessDenied", "PinpointRefused", "PinpointUnavailable", "StackUnknown"],
)
def test_what_amazon_said_is_quoted_as_a_sentence(
    error: Callable[[str], VoiceChannelError], before: str, after: str, message: str, quoted: str
) -> None:
    assert str(error(message)) == f"{before}{quoted}{after}"


def test_the_end_of_a_denial_is_quoted_which_tells_the_policy() -> None:
    message = (
        f"User: arn:aws:sts::123456789012:assumed-role/{'r' * 64}/{'f' * 64} is not authorized to perform: "
        "mobiletargeting:GetVoiceChannel on resource: "
        f"arn:aws:mobiletargeting:us-east-1:123456789012:apps/{APPLICATION}/channels/voice "
        "with an explicit deny in a service control policy"
    )

    assert "explicit deny in a service control policy." in str(AccessDenied("action", message, "5f2c-01"))
