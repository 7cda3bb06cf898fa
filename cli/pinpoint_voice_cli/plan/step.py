"""What CloudFormation would do in a deployment to one resource that a voice channel depends on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pinpoint_voice_channel_handler.request import ResourceType
from pinpoint_voice_cli.plan.values import Unknown, Value

CHANNEL = str(ResourceType.VOICE_CHANNEL)
APPLICATION = "AWS::Pinpoint::App"
NATIVE = "AWS::Pinpoint::VoiceChannel"

TAKES = {
    APPLICATION: "Its application is deleted, and the channel with it.",
    NATIVE: "The native resource is removed, and deletes the channel.",
}
"""The types, not of ours, that take a channel with them when they go; their ids are the application's."""

RETAINS = ("Retain", "RetainExceptOnCreate")
"""The policies with which CloudFormation sends no Delete."""


@dataclass(frozen=True)
class Step:
    """A resource of a voice channel, or one that takes a channel with it, before and after the deployment.

    Args:
        path: Its logical id, after those of the stacks that it is nested in: `Nested/Voice`.
        stack_id: The ARN of its stack; empty where that is yet to be created.
        before: The properties that it is deployed with; None where it is not.
        after: Its properties from then on; None where it goes.
        physical_id: Its PhysicalResourceId; empty where it has none.
        since: When it was created or updated last.
        retains: Whether CloudFormation sends no Delete for it, should it go or be replaced.
        retains_failed: Whether CloudFormation sends no Delete even if the deployment that creates it fails.
        refused: Why CloudFormation itself refuses it; empty where it does not.
        unknown: Why nobody knows what CloudFormation would do; empty where that is known.
        takes: What it does to a channel when it goes, where its type is one of `TAKES`; else empty.
        needs: The paths of the resources that it refers to, which CloudFormation deletes after it.
    """

    path: str
    stack_id: str = ""
    before: Mapping[str, Value] | None = None
    after: Mapping[str, Value] | None = None
    physical_id: str = ""
    since: datetime | None = None
    retains: bool = False
    retains_failed: bool = False
    refused: str = ""
    unknown: str = ""
    takes: str = ""
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NewApplication(Unknown):
    """The id of an application that the deployment makes, so that it has no channel yet."""
