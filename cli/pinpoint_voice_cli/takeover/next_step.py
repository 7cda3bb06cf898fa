"""Decides which template comes next, from what a template says and from what is deployed."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.takeover import obstacles
from pinpoint_voice_cli.takeover.channels import (
    NATIVE,
    Channel,
    Takeover,
    in_place_of,
    new_id,
    of_type,
    resources_of,
    said,
)
from pinpoint_voice_cli.takeover.check import checked_first_step, checked_second_step
from pinpoint_voice_cli.takeover.data import mapping
from pinpoint_voice_cli.takeover.deployed import Deployed
from pinpoint_voice_cli.takeover.errors import CannotTakeOver, NotDeployedYet
from pinpoint_voice_cli.takeover.notes import notes_on_first_step, notes_on_second_step
from pinpoint_voice_cli.takeover.service_token import ServiceToken
from pinpoint_voice_cli.takeover.template import Template


class Step(StrEnum):
    """Which template comes next."""

    FIRST = "first"
    """The native resources say Retain, and ours stand beside them."""
    SECOND = "second"
    """The native resources are gone."""
    DONE = "done"
    """None: the stack has no native voice channel any more."""


@dataclass(frozen=True)
class Decision:
    """What comes next.

    Args:
        step: Which template.
        channels: The channels that it takes over.
        template: The template; None where none comes next.
        notes: What the user should know before it is deployed.
    """

    step: Step
    channels: tuple[Channel, ...] = ()
    template: Template | None = None
    notes: tuple[str, ...] = ()


def decide(
    template: Template, deployed: Deployed, token: ServiceToken, state_of: Callable[[str], State]
) -> Decision:
    """Decide what comes next.

    Args:
        template: The template.
        deployed: Its stack.
        token: What ours are to say of their provider.
        state_of: Tells what the channel of an application is.

    Raises:
        CannotTakeOver: Nothing can be written; the text says why, and what to do.
    """
    obstacles.refuse_unless_at_rest(deployed)
    obstacles.refuse_hidden(template, deployed)
    natives = of_type(resources_of(said(template)), NATIVE)
    obstacles.refuse_removed(template, deployed)
    if not natives:
        obstacles.refuse_nothing(template, deployed)
        return Decision(Step.DONE)
    for native in natives:
        obstacles.refuse_changed(template, deployed, native)
    channels = tuple(_channel(template, deployed, native, state_of) for native in natives)
    obstacles.refuse_two_of_one_application(channels)
    takeovers = [_takeover(template, each) for each in channels]
    first = checked_first_step(template, takeovers, token)
    is_deployed = all(obstacles.is_deployed(first, deployed, each) for each in channels)
    for each in channels:
        obstacles.refuse_unless_as_wanted(first, deployed, each)
    if is_deployed:
        for each in channels:
            obstacles.refuse_differences(first, deployed, each.ours)
        second = checked_second_step(first, takeovers)
        return Decision(Step.SECOND, channels, second, notes_on_second_step(first, deployed, takeovers))
    if first.text == template.text:
        raise NotDeployedYet(
            f"{template.name} is the template of the first step, and the stack {deployed.name} does not have "
            "it yet. Deploy it, and run this command again."
        )
    return Decision(Step.FIRST, channels, first, notes_on_first_step(template, first, deployed, channels))


def _channel(
    template: Template, deployed: Deployed, native: str, state_of: Callable[[str], State]
) -> Channel:
    document = said(template)
    taken = {*resources_of(document), *mapping(mapping(document).get("Parameters"))}
    ours = in_place_of(document, native) or in_place_of(deployed.template, native)
    # A resource that is deployed keeps its type.
    ours = ours or new_id(native, taken | set(resources_of(deployed.template)))
    # What Ref gives of the native type, which is the application's id.
    resource = deployed.resources.get(native)
    application_id = resource.physical_id if resource else None
    state = state_of(application_id) if application_id else None
    return Channel(native, ours, application_id, state)


def _takeover(template: Template, channel: Channel) -> Takeover:
    properties = mapping(mapping(resources_of(said(template))[channel.native]).get("Properties"))
    if "Enabled" in properties:
        return Takeover(channel.native, channel.ours)
    if channel.state is None:
        raise CannotTakeOver(
            f"{channel.native} in {template.name} has no Enabled, and its condition keeps it out of the "
            "stack, so there is no channel to read Enabled from. Add Enabled to its Properties."
        )
    return Takeover(channel.native, channel.ours, str(channel.state is State.ENABLED).lower())
