"""MiniStack 1.5.33, fixed where this project needs it to do as AWS does.

Run by path with the Python of MiniStack's own virtual environment, which has nothing of this project.

- When the Create of a custom resource fails, CloudFormation sends a Delete with the PhysicalResourceId of the
  FAILED answer, while the stack rolls back (or is deleted, if it was told not to roll back). MiniStack drops
  that id and sends no Delete. Here it keeps the id, and the rollback deletes the resource with the others.
- What CloudFormation tells about its work is as on AWS: see cloudformation_log.py.
- Its change sets tell what they change: see change_set_values.py.
- Its own types of Amazon Pinpoint are there: see pinpoint_types.py.
- EventBridge takes the events of AWS's services from the local Pinpoint, which tells what CloudTrail would;
  CloudTrail's own event history has them, too: see event_history.py.
- MiniStack's own ``main`` also takes 127.0.0.1:443 when it serves TLS. Here it serves one given socket.

All lean on internals, so another version is refused.
"""

# ruff: noqa: SLF001  # internals of that version are what is fixed here

import argparse
import asyncio
import importlib.metadata
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

# Siblings, since this file is run by path.
from change_set_values import tell_values_of_change_sets  # type: ignore[import-not-found]
from cloudformation_log import tell_as_aws_does  # type: ignore[import-not-found]
from event_history import keep, look_up_as_aws_does  # type: ignore[import-not-found]
from lifeline import end_with_parent  # type: ignore[import-not-found]
from pinpoint_types import add_pinpoint_types  # type: ignore[import-not-found]

MINISTACK_VERSION = "1.5.33"
_KEEP_ALIVE_SECONDS = 75  # as in MiniStack's own main
_TRAIL_HEADER = "x-local-cloud-trail"  # as trail.py sends it


Record = dict[str, Any]  # MiniStack's own records and events are JSON


class FailedCreates:
    """Custom resources whose Create answered FAILED, from that answer to the Delete in the rollback.

    Its methods take the place of MiniStack's functions that they call.
    """

    def __init__(self) -> None:
        # Not in mypy's environment, nor in this one before its version is checked.
        from ministack.services.cloudformation import (  # type: ignore[import-not-found]
            _stacks,
            handlers,
            stacks,
        )
        from ministack.services.cloudformation import custom_resource as answers

        self._stacks = _stacks
        self._physical_ids: dict[tuple[object, object], str] = {}
        self._deliver, answers.deliver_response = answers.deliver_response, self.deliver
        self._invoke, answers.invoke_custom_resource = answers.invoke_custom_resource, self.invoke
        self._roll_back, self._delete = stacks._roll_back_operation, stacks._delete_stack_async
        for module in (stacks, handlers):
            module._roll_back_operation, module._delete_stack_async = self.roll_back, self.delete

    def deliver(self, token: str, response: Record) -> bool:
        """Take an answer to a ResponseURL; remember the physical id of a failed one."""
        if response.get("Status") == "FAILED" and response.get("PhysicalResourceId"):
            key = (response.get("StackId"), response.get("LogicalResourceId"))
            self._physical_ids[key] = response["PhysicalResourceId"]
        return bool(self._deliver(token, response))

    def invoke(
        self,
        request_type: str,
        logical_id: str,
        properties: Record,
        stack_name: str,
        stack_id: str,
        resource_type: str,
        **old: object,
    ) -> object:
        """Send an event to a custom resource; keep the resource when its Create answers FAILED."""
        try:
            return self._invoke(
                request_type, logical_id, properties, stack_name, stack_id, resource_type, **old
            )
        except RuntimeError:
            physical_id = self._physical_ids.pop((stack_id, logical_id), None)
            if request_type == "Create" and physical_id:
                kept = self._stacks[stack_name].setdefault("_failed_creates", {})
                kept[logical_id] = _failed_resource(logical_id, resource_type, physical_id, properties)
            raise

    async def roll_back(
        self, name: str, stack_id: str, stack: Record, operation: Record, **reason: str
    ) -> None:
        """Roll a stack back; what failed to be created counts as created last, so it is deleted first."""
        created = [*operation.get("created", []), *_put_back(stack)]
        await self._roll_back(name, stack_id, stack, {**operation, "created": created}, **reason)

    async def delete(self, name: str, *arguments: object, **options: object) -> None:
        """Delete a stack, with what an operation that was told not to roll back has left in it."""
        if name in self._stacks:
            _put_back(self._stacks[name])
        await self._delete(name, *arguments, **options)


def _failed_resource(logical_id: str, resource_type: str, physical_id: str, properties: Record) -> Record:
    return {
        "PhysicalResourceId": physical_id,
        "ResourceType": resource_type,
        "ResourceStatus": "CREATE_FAILED",
        "LogicalResourceId": logical_id,
        "Properties": properties,
        "Attributes": {},
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def _put_back(stack: Record) -> list[str]:
    """Make the kept resources part of their stack, and return their logical ids.

    Not any sooner: a later operation is to create them, and MiniStack sends an Update to what a stack has.
    """
    resources = stack.setdefault("_resources", {})
    failed = {key: value for key, value in stack.pop("_failed_creates", {}).items() if key not in resources}
    resources.update(failed)
    return list(failed)


def take_events_of_the_trail() -> None:
    """Let PutEvents with the header of trail.py have an AWS service for its source."""
    # Not in mypy's environment either.
    from ministack.services import eventbridge  # type: ignore[import-not-found]

    of_the_trail = ContextVar("of_the_trail", default=False)
    handle_request, put_events = eventbridge.handle_request, eventbridge._put_events

    async def handled(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Record
    ) -> tuple[int, object, bytes]:
        of_the_trail.set(_TRAIL_HEADER in headers)
        if of_the_trail.get():
            keep(body)
        return await handle_request(method, path, headers, body, query)  # type: ignore[no-any-return]

    eventbridge.handle_request = handled
    eventbridge._put_events = lambda data: put_events(data, allow_aws_source=of_the_trail.get())


def serve(fd: int) -> None:
    """Serve MiniStack over TLS on a listening socket, until a signal."""
    # Not in mypy's environment either.
    from hypercorn.asyncio import serve  # type: ignore[import-not-found]
    from hypercorn.config import Config  # type: ignore[import-not-found]
    from ministack.app import app  # type: ignore[import-not-found]
    from ministack.core.tls import resolve_tls_material  # type: ignore[import-not-found]

    config = Config()
    config.bind = [f"fd://{fd}"]
    config.certfile, config.keyfile = resolve_tls_material()
    config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
    asyncio.run(serve(app, config))


def main() -> None:
    """Serve on a socket that the parent process has bound; GATEWAY_PORT must name its port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the listening socket's file descriptor")
    parser.add_argument(
        "--end-with-parent", action="store_true", help="end as soon as standard input is closed"
    )
    arguments = parser.parse_args()
    installed = importlib.metadata.version("ministack")
    if installed != MINISTACK_VERSION:
        sys.exit(
            f"This server fixes MiniStack {MINISTACK_VERSION}, but {installed} is installed: check the fixes"
        )
    if arguments.end_with_parent:
        end_with_parent()
    FailedCreates()
    tell_as_aws_does()
    tell_values_of_change_sets()
    add_pinpoint_types()
    take_events_of_the_trail()
    look_up_as_aws_does()
    serve(arguments.fd)


if __name__ == "__main__":
    main()
