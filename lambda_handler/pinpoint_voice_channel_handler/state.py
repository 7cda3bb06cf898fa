"""The three states of a voice channel."""

from enum import StrEnum


class State(StrEnum):
    """What a voice channel is; `absent` also stands for an archived one."""

    ABSENT = "absent"
    DISABLED = "disabled"
    ENABLED = "enabled"

    @classmethod
    def of(cls, *, enabled: bool) -> "State":
        """Return the state of a channel that exists."""
        return cls.ENABLED if enabled else cls.DISABLED
