"""What a user should know before the template of a step is deployed."""

from collections.abc import Iterator, Sequence

from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.takeover.channels import Channel, Takeover, resources_of, said
from pinpoint_voice_cli.takeover.check import differences
from pinpoint_voice_cli.takeover.data import Data, mapping
from pinpoint_voice_cli.takeover.dependencies import dependencies, looked_up, macros
from pinpoint_voice_cli.takeover.deployed import Deployed
from pinpoint_voice_cli.takeover.obstacles import wanted_state
from pinpoint_voice_cli.takeover.references import referring
from pinpoint_voice_cli.takeover.template import Template

_MOST_DIFFERENCES = 5


def notes_on_first_step(
    template: Template, first: Template, deployed: Deployed, channels: Sequence[Channel]
) -> tuple[str, ...]:
    """Return what to know before the first step is deployed."""
    names = {name for each in channels for name in (each.native, each.ours)}
    return (
        *_nested(deployed),
        *_other_differences(template, deployed, names),
        *_looked_up(template, [each.native for each in channels]),
        *_macros(template),
        *_unknown(first, deployed, channels),
        *_policies_alone(template, channels),
    )


def notes_on_second_step(
    first: Template, deployed: Deployed, takeovers: Sequence[Takeover]
) -> tuple[str, ...]:
    """Return what to know before the second step is deployed."""
    names = {name for each in takeovers for name in (each.native, each.ours)}
    return (
        *_nested(deployed),
        *_other_differences(first, deployed, names),
        *_looked_up(first, [each.ours for each in takeovers]),
        *_macros(first),
        *_of_transforms(first, deployed, takeovers),
    )


def _nested(deployed: Deployed) -> Iterator[str]:
    if deployed.root:
        yield (
            f"The stack is nested. Deploy it with its root stack, {deployed.root}, as you always do, not on "
            "its own."
        )


def _other_differences(template: Template, deployed: Deployed, names: set[str]) -> Iterator[str]:
    found = list(differences(_without(said(template), names), _without(deployed.template, names)))
    if found:
        more = f" and {len(found) - _MOST_DIFFERENCES} more" if len(found) > _MOST_DIFFERENCES else ""
        yield (
            f"{template.name} also differs from what is deployed in "
            f"{', '.join(found[:_MOST_DIFFERENCES])}{more}. The deployment makes these changes, too."
        )


def _without(document: Data, names: set[str]) -> Data:
    resources = {name: each for name, each in resources_of(document).items() if name not in names}
    return {**mapping(document), "Resources": resources}


def _looked_up(template: Template, logical_ids: Sequence[str]) -> Iterator[str]:
    document = said(template)
    for logical_id in logical_ids:
        parts = [str(part) for part in dependencies(document, logical_id) if looked_up(part.of(document))]
        if parts:
            yield (
                f"{logical_id} depends on {' and '.join(parts)}, with a value that CloudFormation looks up "
                "again in each deployment. Make sure that the value has not changed; otherwise the "
                "deployment changes the channel."
            )


def _macros(template: Template) -> Iterator[str]:
    if names := macros(said(template)):
        yield (
            f"{' and '.join(names)} transforms the template again in the deployment, and only CloudFormation "
            "knows the result. Deploy with --no-execute-changeset, and look at the change set first."
        )


def _unknown(first: Template, deployed: Deployed, channels: Sequence[Channel]) -> Iterator[str]:
    for each in channels:
        if each.state is not None and wanted_state(first, deployed, each) is None:
            yield (
                f"Only CloudFormation can tell the value of Enabled of {each.ours}. Make sure it is "
                f"{str(each.state is State.ENABLED).lower()}, because the channel is {each.state}; otherwise "
                "the deployment changes the channel."
            )


def _policies_alone(template: Template, channels: Sequence[Channel]) -> Iterator[str]:
    """Where ours is there already, only policies change."""
    if all(each.ours in resources_of(said(template)) for each in channels):
        yield (
            "Only policies change. If CloudFormation says that there is nothing to update, change a tag of "
            "the stack in the same deployment."
        )


def _of_transforms(first: Template, deployed: Deployed, takeovers: Sequence[Takeover]) -> Iterator[str]:
    natives = [each.native for each in takeovers]
    unseen = referring(deployed.processed, natives) - referring(said(first), natives)
    if unseen:
        yield (
            f"After its transforms, the template also refers to {' and '.join(natives)} in "
            f"{', '.join(sorted(unseen))}. If that comes from AWS::Include or a macro, change it there."
        )
