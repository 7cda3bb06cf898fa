"""Tells whether a stack belongs to the function's own account and Region, where alone it can be read.

A provider's service token may be used across accounts, and in another Region through Amazon SNS.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html
"""

import re

from pinpoint_voice_channel_handler.errors import StackElsewhere

# arn:partition:service:region:account:…
_PLACE = re.compile(r"arn:[^:]+:[^:]+:(?P<region>[^:]+):(?P<account>[^:]+):")


def stack_elsewhere(stack_id: str, function_arn: str) -> StackElsewhere | None:
    """Return the error of a stack that the function cannot read; None for one of its own place.

    Args:
        stack_id: The stack's ARN. One that is no ARN, as of an emulator, tells no place.
        function_arn: The ARN by which the function was called, also that of an alias or a version.
    """
    stack, function = _PLACE.match(stack_id), _PLACE.match(function_arn)
    if stack is None or function is None or stack.groups() == function.groups():
        return None
    return StackElsewhere(stack_id, function_arn)
