"""Tells what CloudFormation would do to delete a stack, or a part of it, and what it leaves alone."""

from collections.abc import Iterator
from dataclasses import replace

from pinpoint_voice_cli.plan.stacks import Deployed, Resource
from pinpoint_voice_cli.plan.step import CHANNEL, RETAINS, TAKES, Step
from pinpoint_voice_cli.plan.template import references


def deletion_steps(
    deployed: Deployed, prefix: str = "", *, retains: bool = False, needs: frozenset[str] = frozenset()
) -> Iterator[Step]:
    """Yield what would be done to each channel if a stack, and all that is nested in it, were deleted.

    Args:
        deployed: The stack.
        prefix: What stands before the logical ids: those of the stacks around it.
        retains: Whether a stack around it is retained.
        needs: What the stacks around it refer to.
    """
    for logical_id in deployed.resources:
        yield from leaving_steps(deployed, logical_id, prefix, retains=retains, needs=needs)


def leaving_steps(
    deployed: Deployed,
    logical_id: str,
    prefix: str,
    *,
    retains: bool = False,
    needs: frozenset[str] = frozenset(),
) -> Iterator[Step]:
    """Yield what would be done to the channels of a resource that goes."""
    declared = deployed.template["Resources"].get(logical_id, {})
    retains = retains or declared.get("DeletionPolicy") in RETAINS
    resource = deployed.resources.get(logical_id)
    needs = needs.union(prefix + other for other in references(deployed.template, logical_id))
    if logical_id in deployed.nested:
        inner = f"{prefix}{logical_id}/"
        yield from deletion_steps(deployed.nested[logical_id], inner, retains=retains, needs=needs)
    elif resource and resource.type == CHANNEL:
        yield replace(_step(deployed, logical_id, prefix), after=None, retains=retains, needs=needs)
    elif resource and resource.type in TAKES and not retains:
        yield from taking_steps(resource, prefix + logical_id)


def taking_steps(resource: Resource, path: str) -> Iterator[Step]:
    """Yield that a resource goes which takes a channel with it, if it was ever made."""
    if resource.physical_id:
        before = {"ApplicationId": resource.physical_id}
        yield Step(path, before=before, takes=TAKES[resource.type])


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
