"""What a check event asks for. A rule of EventBridge sends it; whoever may invoke the function can forge it.

{"Check": {"StackId": "arn:…", "Monitor": "Voice/Monitor", "Heal": false, "Channels": {"<id>": "true"}}}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pinpoint_voice_channel_handler.application_id import APPLICATION_ID, APPLICATION_ID_RULE
from pinpoint_voice_channel_handler.errors import InvalidCheck
from pinpoint_voice_channel_handler.request import BOOLEANS
from pinpoint_voice_channel_handler.state import State

KEY = "Check"
"""The one key of a check event; no event of CloudFormation has it."""

MOST_CHANNELS = 500
"""More than the input of a target holds. The report on them fits into one event of CloudWatch's logs."""

_MEMBERS = ("StackId", "Monitor", "Heal", "Channels")
_STACK_ID = re.compile(
    r"arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:[0-9]{12}:stack/[A-Za-z0-9-]{1,128}/[A-Za-z0-9-]{1,64}"
)
# What CloudWatch takes as a dimension's value, and no longer than the CDK takes.
_MONITOR = re.compile(r"(?!:)[ -~]{1,255}")


@dataclass(frozen=True)
class CheckRequest:
    """One check.

    Args:
        stack_id: The ARN of the stack that manages the channels.
        monitor: The monitor's name, the dimension of its metrics.
        heal: Whether what differs is changed to what is wanted.
        wanted: What each channel is to be, by its application: enabled or disabled.
    """

    stack_id: str
    monitor: str
    heal: bool
    wanted: Mapping[str, State]

    @classmethod
    def parse(cls, event: Mapping[str, object]) -> Self:
        """Read an event.

        Raises:
            InvalidCheck: It is not exactly a check event.
        """
        if set(event) != {KEY}:
            raise InvalidCheck("The content", ", ".join(map(str, event)), f"{KEY} alone")
        check = event[KEY]
        if not isinstance(check, Mapping) or set(check) != set(_MEMBERS):
            raise InvalidCheck(KEY, check, f"an object of {', '.join(_MEMBERS)}")
        return cls(
            stack_id=_matching(check, "StackId", _STACK_ID, "the ARN of a stack"),
            monitor=_matching(check, "Monitor", _MONITOR, "1 to 255 printable ASCII characters"),
            heal=_flag("Heal", check["Heal"]),
            wanted=_wanted(check["Channels"]),
        )


def _matching(check: Mapping[str, object], name: str, pattern: re.Pattern[str], allowed: str) -> str:
    value = check[name]
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise InvalidCheck(name, value, allowed)


def _wanted(channels: object) -> Mapping[str, State]:
    if not isinstance(channels, Mapping) or not 0 < len(channels) <= MOST_CHANNELS:
        raise InvalidCheck("Channels", channels, f"an object with 1 to {MOST_CHANNELS} applications")
    for application_id in channels:
        if not isinstance(application_id, str) or not APPLICATION_ID.fullmatch(application_id):
            raise InvalidCheck("A name in Channels", application_id, APPLICATION_ID_RULE)
    return {
        application_id: State.of(enabled=_flag(f"Channels.{application_id}", enabled))
        for application_id, enabled in channels.items()
    }


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in BOOLEANS:
        return BOOLEANS[value]
    raise InvalidCheck(name, value, "true or false")
