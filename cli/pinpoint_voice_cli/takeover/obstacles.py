"""What is in the way of a step, and what to do about it."""

from collections.abc import Sequence

from pinpoint_voice_channel_handler.physical_id import PhysicalId
from pinpoint_voice_channel_handler.state import State
from pinpoint_voice_cli.takeover.channels import (
    NATIVE,
    OURS,
    Channel,
    check_shape,
    in_place_of,
    of_type,
    resources_of,
    said,
)
from pinpoint_voice_cli.takeover.check import differences
from pinpoint_voice_cli.takeover.data import mapping
from pinpoint_voice_cli.takeover.dependencies import dependencies, transforms
from pinpoint_voice_cli.takeover.deployed import Deployed
from pinpoint_voice_cli.takeover.errors import CannotTakeOver, NotDeployedYet
from pinpoint_voice_cli.takeover.template import Template
from pinpoint_voice_cli.takeover.values import properties_of, values_of

_AT_REST = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
_NEVER_DEPLOYED = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE")


def refuse_unless_at_rest(deployed: Deployed) -> None:
    """Raise CannotTakeOver where the stack cannot be updated now."""
    if deployed.status in _AT_REST:
        return
    what_to_do = "Repair the stack first, so that CloudFormation can update it."
    if deployed.status in _NEVER_DEPLOYED:
        what_to_do = "It has no resources: deploy it first."
    elif deployed.status.endswith("_IN_PROGRESS"):
        what_to_do = "Wait until CloudFormation has finished, and run this command again."
    raise CannotTakeOver(f"The stack {deployed.name} is {deployed.status}. {what_to_do}")


def refuse_hidden(template: Template, deployed: Deployed) -> None:
    """Raise CannotTakeOver where native channels do not come from the template itself."""
    known = {*resources_of(said(template)), *resources_of(deployed.template)}
    for name in _live(deployed, NATIVE):
        if deployed.resources[name].in_module:
            raise CannotTakeOver(
                f"{name} in the stack {deployed.name} comes from a CloudFormation module. Declare the "
                "channel in the template instead of the module, or take it over in the module: "
                "docs/takeover.md has the two steps."
            )
        if name not in known:
            raise CannotTakeOver(
                f"{name} in the stack {deployed.name} is not in the template: a transform creates it, such "
                "as Fn::ForEach, AWS::Include or a macro. Take it over in the input of the transform: "
                "docs/takeover.md has the two steps."
            )
    for name, resource in resources_of(said(template)).items():
        made_by_cdk = "aws:cdk:path" in mapping(mapping(resource).get("Metadata"))
        if made_by_cdk and mapping(resource).get("Type") == NATIVE:
            raise CannotTakeOver(
                f"The CDK writes {name} in {template.name}, and would overwrite an edit. Take the channel "
                "over in the app: docs/takeover.md has the two steps."
            )


def refuse_removed(template: Template, deployed: Deployed) -> None:
    """Raise CannotTakeOver where the stack has native channels that the template lacks."""
    resources = resources_of(said(template))
    for native in set(_live(deployed, NATIVE)) - set(of_type(resources, NATIVE)):
        ours = in_place_of(deployed.template, native)
        kept = mapping(resources_of(deployed.template).get(native)).get("DeletionPolicy") == "Retain"
        application_id = deployed.resources[native].physical_id
        if kept and ours in resources and _manages(deployed, ours, application_id):
            refuse_differences(template, deployed, ours)
            raise NotDeployedYet(
                f"{template.name} no longer has {native}, but the stack {deployed.name} still does: the "
                "template of the second step is not deployed yet. Deploy it, and run this command again."
            )
        raise CannotTakeOver(
            f"{template.name} does not have {native}, but the stack {deployed.name} does: deploying this "
            f"template would delete the voice channel. Put {native} back into the template, and run this "
            "command again."
        )


def refuse_nothing(template: Template, deployed: Deployed) -> None:
    """Raise CannotTakeOver where there is neither a native channel nor one of ours."""
    if not _live(deployed, OURS) and not of_type(resources_of(said(template)), OURS):
        raise CannotTakeOver(
            f"Neither {template.name} nor the stack {deployed.name} has a resource of {NATIVE}. "
            "There is nothing to take over."
        )


def refuse_changed(template: Template, deployed: Deployed, native: str) -> None:
    """Raise CannotTakeOver where a native channel of the template is not the one that is deployed."""
    check_shape(template, native)
    live = resources_of(deployed.template).get(native)
    if live is None or mapping(live).get("Type") != NATIVE:
        raise CannotTakeOver(
            f"{native} in {template.name} is not in the stack {deployed.name}. A channel that is not "
            f"deployed needs no takeover: declare it as {OURS}, as docs/cloudformation.md says. "
            "Otherwise, deploy it first."
        )
    refuse_differences(template, deployed, native)
    resource = deployed.resources.get(native)
    exists = values_of(said(template), deployed).exists(native)
    if resource is None and exists is True:
        raise CannotTakeOver(
            f"The stack {deployed.name} has no {native}, although its template does. Check the stack's "
            "events."
        )
    if resource and exists is False:
        raise CannotTakeOver(
            f"The stack {deployed.name} has {native}, although its condition does not hold: the deployment "
            "would delete the voice channel. Check the stack's events."
        )
    if resource and not resource.status.endswith("_COMPLETE"):
        raise CannotTakeOver(
            f"{native} in the stack {deployed.name} is {resource.status}. Repair it first, with an update."
        )
    application_id = properties_of(said(template), deployed, native).get("ApplicationId")
    if resource and isinstance(application_id, str) and application_id != resource.physical_id:
        raise CannotTakeOver(
            f"{native} in the stack {deployed.name} manages the voice channel of the application "
            f"{resource.physical_id}, and the ApplicationId in {template.name} is {application_id}: the "
            "deployment would switch applications. Set ApplicationId to the application that it manages."
        )


def refuse_differences(template: Template, deployed: Deployed, logical_id: str) -> None:
    """Raise CannotTakeOver where a deployment could change a resource, or what it depends on."""
    mine, live = mapping(said(template)), mapping(deployed.template)
    for section in ("Transform", "Fn::Transform"):
        if mine.get(section) != live.get(section):
            raise _differing(template, logical_id, section)
    for part in dependencies(mine, logical_id):
        found = part.of(mine)
        if part.name is None or found is None or transforms(found):
            what = str(part) if part.name else f"a computed name in {part.section}"
            raise CannotTakeOver(
                f"{logical_id} depends on {what}, which {template.name} does not spell out. If a transform "
                "makes it, only CloudFormation knows what a deployment would do to the voice channel. Write "
                "it out in the template, and deploy."
            )
        for path in differences(found, part.of(live), str(part)):
            raise _differing(template, logical_id, path)


def _differing(template: Template, logical_id: str, path: str) -> CannotTakeOver:
    return CannotTakeOver(
        f"{template.name} differs from what is deployed in {path}, on which {logical_id} depends, so that "
        "the deployment could change or delete its voice channel. Undo that for the takeover; or, if the "
        "channel is meant to change, deploy it first."
    )


def refuse_two_of_one_application(channels: Sequence[Channel]) -> None:
    """Raise CannotTakeOver where two native channels are of one application."""
    first_of: dict[str, str] = {}
    for each in channels:
        other = first_of.setdefault(each.application_id or each.native, each.native)
        if other != each.native:
            raise CannotTakeOver(
                f"{other} and {each.native} manage the same voice channel, that of the application "
                f"{each.application_id}. Give one of them DeletionPolicy: Retain, and deploy. Then remove "
                "it, and deploy again."
            )


def is_deployed(first: Template, deployed: Deployed, channel: Channel) -> bool:
    """Tell whether the first step is deployed for a channel; raises CannotTakeOver where it is another."""
    live = resources_of(deployed.template)
    kept = mapping(live.get(channel.native)).get("DeletionPolicy") == "Retain"
    ours = live.get(channel.ours)
    if not kept or ours is None:
        return False
    for path in differences(ours, resources_of(said(first))[channel.ours]):
        raise CannotTakeOver(
            f"{channel.ours} in the stack {deployed.name} differs from {first.name} in {path}. Deploy "
            f"{first.name} first, or pass the template that is deployed."
        )
    if not _manages(deployed, channel.ours, channel.application_id):
        raise CannotTakeOver(
            f"{channel.ours} in the stack {deployed.name} does not manage the channel of {channel.native}: "
            f"it is {_told(deployed, channel.ours)}, and {channel.native} is "
            f"{_told(deployed, channel.native)}. Check the stack's events."
        )
    return True


def refuse_unless_as_wanted(first: Template, deployed: Deployed, channel: Channel) -> None:
    """Raise CannotTakeOver where a channel is not as the template wants it, or has another manager."""
    if channel.state is None or channel.application_id is None:
        return
    where = f"the application {channel.application_id} ({channel.native})"
    if channel.state is State.ABSENT:
        raise CannotTakeOver(
            f"There is no voice channel in {where}: somebody has deleted it. Restore it first, with aws "
            f"pinpoint update-voice-channel --application-id {channel.application_id} "
            "--voice-channel-request Enabled=…, and run this command again."
        )
    for name in _live(deployed, OURS):
        if name != channel.ours and _is_of(deployed, name, channel.application_id):
            raise CannotTakeOver(
                f"{name} also manages the voice channel of {where}, but its ApplicationId or Condition in "
                f"{first.name} differs. Make both the same as those of {channel.native}, and deploy."
            )
    wanted = wanted_state(first, deployed, channel)
    if wanted is not None and wanted is not channel.state:
        raise CannotTakeOver(
            f"The voice channel of {where} is {channel.state}, but the template wants it {wanted}, so the "
            "takeover would change it. Make them agree first: change Enabled in the template, or change the "
            "channel."
        )


def wanted_state(first: Template, deployed: Deployed, channel: Channel) -> State | None:
    """Return what the template wants a channel to be; None where only CloudFormation can tell."""
    enabled = properties_of(said(first), deployed, channel.ours).get("Enabled", "true")
    return State.of(enabled=enabled.lower() == "true") if isinstance(enabled, str) else None


def _live(deployed: Deployed, resource_type: str) -> list[str]:
    return [name for name, resource in deployed.resources.items() if resource.type == resource_type]


def _manages(deployed: Deployed, ours: str | None, application_id: str | None) -> bool:
    """Tell whether ours is settled with a channel, or is kept out by a condition as the native one is."""
    mine = deployed.resources.get(ours or "")
    if mine is None or application_id is None:
        return mine is None and application_id is None
    return mine.status.endswith("_COMPLETE") and _is_of(deployed, ours or "", application_id)


def _is_of(deployed: Deployed, ours: str, application_id: str) -> bool:
    physical_id = PhysicalId.parse(deployed.resources[ours].physical_id)
    return physical_id is not None and physical_id.manages(application_id)


def _told(deployed: Deployed, name: str) -> str:
    resource = deployed.resources.get(name)
    return f"{resource.status} with the id {resource.physical_id}" if resource else "missing"
