"""Tells what CloudFormation would do to delete a stack, or a part of it, and what it leaves alone."""

from collections.abc import Iterator

from pinpoint_voice_channel_handler.request import ResourceType
from pinpoint_voice_cli.plan.stacks import Deployed, Resource
from pinpoint_voice_cli.plan.step import RETAINS, Step

CHANNEL = str(ResourceType.VOICE_CHANNEL)


def deletion_steps(deployed: Deployed, prefix: str = "", *, retains: bool = False) -> Iterator[Step]:
    """Yield what would be done to each channel if a stack, and all that is nested in it, were deleted.

    Args:
        deployed: The stack.
        prefix: What stands before the logical ids: those of the stacks around it.
        retains: Whether a stack around it is retained.
    """
    for logical_id in deployed.resources:
        yield from leaving_steps(deployed, logical_id, prefix, retains=retains)


def leaving_steps(
    deployed: Deployed, logical_id: str, prefix: str, *, retains: bool = False
) -> Iterator[Step]:
    """Yield what would be done to the channels of a resource that goes."""
    declared = deployed.template["Resources"].get(logical_id, {})
    retains = retains or declared.get("DeletionPolicy") in RETAINS
    if logical_id in deployed.nested:
        yield from deletion_steps(deployed.nested[logical_id], f"{prefix}{logical_id}/", retains=retains)
    elif deployed.resources.get(logical_id) and deployed.resources[logical_id].type == CHANNEL:
        step = _step(deployed, logical_id, prefix)
        yield Step(**{**vars(step), "after": None, "retains": retains})


def staying_steps(deployed: Deployed, logical_id: str, prefix: str) -> Iterator[Step]:
    """Yield the channels of a resource that stays as it is."""
    resource = deployed.resources.get(logical_id)
    if logical_id in deployed.nested:
        nested = deployed.nested[logical_id]
        for inner in nested.resources:
            yield from staying_steps(nested, inner, f"{prefix}{logical_id}/")
    elif resource and resource.type == CHANNEL and not is_left_behind(resource):
        yield _step(deployed, logical_id, prefix)


def is_left_behind(resource: Resource) -> bool:
    """Tell whether a resource failed to be created, so that the next deployment creates it anew."""
    return resource.status == "CREATE_FAILED"


def _step(deployed: Deployed, logical_id: str, prefix: str) -> Step:
    resource = deployed.resources[logical_id]
    known = logical_id in deployed.template["Resources"]
    properties = deployed.resolver().properties(logical_id) if known else {}
    return Step(
        path=prefix + logical_id,
        stack_id=deployed.stack_id,
        before=properties,
        after=properties,
        physical_id=resource.physical_id,
        since=resource.updated,
    )
