"""The grammar of PhysicalResourceId: `<application id>/voice/<found>/<moment>`; `…/voice/status` of a status.

`<found>` is what Create found before it changed anything; `<moment>` is when CloudFormation sent that Create.
CloudFormation hands the id back with the Delete, which then knows what to put back, with no store of its own.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from pinpoint_voice_channel_handler.application_id import APPLICATION_ID
from pinpoint_voice_channel_handler.state import State

_UNTOUCHED = "untouched"
_MOMENT = "%Y%m%dT%H%M%SZ"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_GRAMMAR = re.compile(
    rf"(?P<application_id>{APPLICATION_ID.pattern})/voice/(?P<found>{'|'.join((*State, _UNTOUCHED))})"
    r"(?:/(?P<moment>[0-9]{8}T[0-9]{6}Z))?"
)


@dataclass(frozen=True)
class PhysicalId:
    """A PhysicalResourceId of ours.

    Args:
        application_id: The Pinpoint application whose voice channel is managed.
        found: What Create found; None where it failed before it changed anything.
        moment: When CloudFormation sent that Create, in whole seconds. The ids of version 0.1.0 have none,
            which counts as long ago.
    """

    application_id: str
    found: State | None
    moment: datetime = _LONG_AGO

    def __str__(self) -> str:
        text = f"{self.application_id}/voice/{self.found or _UNTOUCHED}"
        return text if self.moment == _LONG_AGO else f"{text}/{self.moment:{_MOMENT}}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read an id, or return None for one that we did not write."""
        match = _GRAMMAR.fullmatch(text)
        if match is None:
            return None
        found = None if match["found"] == _UNTOUCHED else State(match["found"])
        moment = parse_moment(match["moment"]) if match["moment"] else _LONG_AGO
        return None if moment is None else cls(match["application_id"], found, moment)

    def manages(self, application_id: str) -> bool:
        """Tell whether the resource with this id manages an application's voice channel."""
        return self.application_id == application_id and self.found is not None


def parse_moment(text: str) -> datetime | None:
    """Read a moment as AWS's signatures and our ids have it, e.g. 20261125T034333Z; None if it is not one."""
    try:
        return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def status_id(application_id: str) -> str:
    """Return the id of a status; PhysicalId does not read it, so it passes for no manager of the channel."""
    return f"{application_id}/voice/status"


NOTHING_DONE = str(PhysicalId("invalid", None))
"""The id of a Create that failed before it could tell the application."""

_STATUS = re.compile(status_id(APPLICATION_ID.pattern))


def leaves_nothing_to_undo(text: str) -> bool:
    """Tell whether the resource with this id has changed no channel: its Create failed, or it is a status."""
    mine = PhysicalId.parse(text)
    return _STATUS.fullmatch(text) is not None or (mine is not None and mine.found is None)
