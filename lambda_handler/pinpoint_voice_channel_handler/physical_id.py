"""The grammar of PhysicalResourceId: `<application id>/voice/<found>`.

`<found>` is what Create found before it changed anything. CloudFormation hands the id back with the Delete of
a rollback, which then knows what to put back, with no store of its own.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Found(StrEnum):
    """What Create found before it changed anything."""

    ABSENT = "absent"
    DISABLED = "disabled"
    ENABLED = "enabled"
    UNTOUCHED = "untouched"
    """Create failed before it changed anything, so there is nothing to put back."""


_GRAMMAR = re.compile(rf"(?P<application_id>[^/]+)/voice/(?P<found>{'|'.join(Found)})")


@dataclass(frozen=True)
class PhysicalId:
    """A PhysicalResourceId of ours.

    Args:
        application_id: The Pinpoint application whose voice channel is managed.
        found: What Create found.
    """

    application_id: str
    found: Found

    def __str__(self) -> str:
        return f"{self.application_id}/voice/{self.found}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read an id, or return None for one that we did not write."""
        match = _GRAMMAR.fullmatch(text)
        return cls(match["application_id"], Found(match["found"])) if match else None

    def manages(self, application_id: str) -> bool:
        """Tell whether the resource with this id manages an application's voice channel."""
        return self.application_id == application_id and self.found is not Found.UNTOUCHED


NOTHING_DONE = str(PhysicalId("invalid", Found.UNTOUCHED))
"""The id of a Create that failed before it could tell the application."""
