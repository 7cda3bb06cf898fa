"""Lets MiniStack's CloudFormation say what it does as AWS's says it.

Run in MiniStack's own virtual environment, beside ministack_server.py.

- The ResponseURL of an event says when it was signed, as one of Signature Version 4 does.
- DescribeStacks and ListStacks give ParentId, RootId and DeletionTime.
- What is asked of a custom resource stands in the log as that, also the Create of one that an update adds.
- A clean-up after an update has its own status and, like each deletion, its rows in the log.
- What is being deleted has that status in ListStackResources.
- A stack does not come to rest in the same second in which it has asked something of a custom resource.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]  # MiniStack's own records are JSON

_SIGNED = "%Y%m%dT%H%M%SZ"
_STACK = "AWS::CloudFormation::Stack"


def tell_as_aws_does() -> None:
    """Replace the functions of MiniStack that say less than AWS, or something else."""
    # Not in mypy's environment, nor in this one before its version is checked.
    from ministack.services.cloudformation import (  # type: ignore[import-not-found]
        _stack_events,
        _stacks,
        custom_resource,
        handlers,
        provisioners,
        stacks,
    )

    told = _Told(_stacks, _stack_events, stacks._add_event)  # noqa: SLF001  # internals of that version
    custom_resource._response_url = told.signed(custom_resource._response_url)  # noqa: SLF001  # as above
    custom_resource.invoke_custom_resource = told.invoking(custom_resource.invoke_custom_resource)
    for action in ("DescribeStacks", "ListStacks"):
        handlers._ACTION_HANDLERS[action] = told.describing(handlers._ACTION_HANDLERS[action])  # noqa: SLF001  # as above
    delete = told.deleting(provisioners._delete_resource)  # noqa: SLF001  # as above
    for module in (stacks, provisioners):
        module._delete_resource = delete  # noqa: SLF001  # as above
    nested = provisioners._RESOURCE_HANDLERS[_STACK]  # noqa: SLF001  # as above
    nested["delete"] = told.deleting_nested(nested["delete"])
    for module in (stacks, handlers):
        module._add_event = told.adding(module._add_event)  # noqa: SLF001  # as above


class _Told:
    """Wraps the functions of MiniStack.

    Args:
        stacks: MiniStack's stacks, by name.
        events: Its rows, by stack id.
        add_event: Writes a row.
    """

    def __init__(
        self, stacks: dict[str, Record], events: dict[str, list[Record]], add_event: Callable[..., None]
    ) -> None:
        self._stacks = stacks
        self._events = events
        self._add_event = add_event
        self._last_signed = ""

    def signed(self, response_url: Callable[[str], str]) -> Callable[[str], str]:
        """Let a ResponseURL tell when it was signed."""

        def url(token: str) -> str:
            self._last_signed = datetime.now(UTC).strftime(_SIGNED)
            query = f"X-Amz-Date={self._last_signed}&X-Amz-Expires=7200&X-Amz-SignedHeaders=host"
            return f"{response_url(token)}?{query}&X-Amz-Signature={token}"

        return url

    def invoking(self, invoke: Callable[..., object]) -> Callable[..., object]:
        """Let the log tell what is asked of a custom resource."""

        def invoked(
            request_type: str,
            logical_id: str,
            properties: Record,
            stack_name: str,
            stack_id: str,
            kind: str,
            physical_id: str | None = None,
            old_props: Record | None = None,
        ) -> object:
            row = (logical_id, kind, f"{request_type.upper()}_IN_PROGRESS", "", physical_id or "")
            if not self._tells(self._stacks[stack_name], row):
                self._log(self._stacks[stack_name], *row)
            return invoke(
                request_type,
                logical_id,
                properties,
                stack_name,
                stack_id,
                kind,
                physical_id=physical_id,
                old_props=old_props,
            )

        return invoked

    def describing(
        self, describe: Callable[[Record], tuple[int, object, bytes]]
    ) -> Callable[[Record], tuple[int, object, bytes]]:
        """Let DescribeStacks or ListStacks tell what a stack is nested in, and when its deletion began."""

        def described(parameters: Record) -> tuple[int, object, bytes]:
            status, headers, body = describe(parameters)
            for stack in self._stacks.values():
                told = f"<StackId>{stack['StackId']}</StackId>"
                more = "".join(f"<{name}>{value}</{name}>" for name, value in self._more(stack))
                body = body.replace(told.encode(), f"{told}{more}".encode())
            return status, headers, body

        return described

    def deleting(self, delete: Callable[..., None]) -> Callable[..., None]:
        """Let the log tell of a deletion, and of the clean-up of which it is a part."""

        def deleted(
            kind: str, physical_id: str, properties: Record, stack_name: str = "", logical_id: str = ""
        ) -> None:
            stack = self._stacks.get(stack_name)
            row = (logical_id, kind, "DELETE_IN_PROGRESS", "", physical_id)
            is_told = stack is None or self._tells(stack, row)
            if stack is not None:
                self._begin_cleanup(stack)
                resource = stack.get("_resources", {}).get(logical_id, {})
                if resource.get("PhysicalResourceId") == physical_id:
                    resource["ResourceStatus"] = "DELETE_IN_PROGRESS"
                if not is_told:
                    self._log(stack, *row)
            delete(kind, physical_id, properties, stack_name, logical_id)
            if stack is not None and not is_told:
                self._log(stack, logical_id, kind, "DELETE_COMPLETE", "", physical_id)

        return deleted

    def deleting_nested(self, delete: Callable[[str, Record], None]) -> Callable[[str, Record], None]:
        """Let a nested stack tell of its deletion."""

        def deleted(physical_id: str, properties: Record) -> None:
            stack = self._by_id(physical_id)
            if stack:
                self._become(stack, "DELETE_IN_PROGRESS")
            delete(physical_id, properties)
            if stack:
                self._become(stack, "DELETE_COMPLETE")

        return deleted

    def adding(self, add_event: Callable[..., None]) -> Callable[..., None]:
        """Let a stack come to rest no sooner than AWS's can."""

        def added(
            stack_id: str, name: str, logical_id: str, kind: str, status: str, *more: str, **even: str
        ) -> None:
            if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE") and logical_id == name:
                now = datetime.now(UTC)
                if now.strftime(_SIGNED) == self._last_signed:
                    time.sleep(1 - now.microsecond / 1_000_000)
            add_event(stack_id, name, logical_id, kind, status, *more, **even)

        return added

    def _more(self, stack: Record) -> Iterator[tuple[str, str]]:
        if "ParentId" in stack:
            yield "ParentId", stack["ParentId"]
            yield "RootId", self._root_id(stack)
        deletions = [
            row["Timestamp"] for row in self._rows(stack) if row["ResourceStatus"] == "DELETE_IN_PROGRESS"
        ]
        if stack["StackStatus"].startswith("DELETE_") and deletions:
            yield "DeletionTime", deletions[-1]

    def _root_id(self, stack: Record) -> str:
        while parent := self._by_id(stack.get("ParentId", "")):
            stack = parent
        return str(stack["StackId"])

    def _by_id(self, stack_id: str) -> Record | None:
        return next((stack for stack in self._stacks.values() if stack["StackId"] == stack_id), None)

    def _rows(self, stack: Record) -> list[Record]:
        """Return the rows that tell of a stack itself."""
        rows = self._events.get(stack["StackId"], [])
        return [row for row in rows if row["PhysicalResourceId"] == stack["StackId"]]

    def _begin_cleanup(self, stack: Record) -> None:
        if stack["StackStatus"] == "UPDATE_IN_PROGRESS":
            self._become(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

    def _become(self, stack: Record, status: str) -> None:
        stack["StackStatus"] = status
        self._log(stack, stack["StackName"], _STACK, status, "", stack["StackId"])

    def _log(self, stack: Record, *row: str) -> None:
        self._add_event(stack["StackId"], stack["StackName"], *row)

    def _tells(self, stack: Record, row: tuple[str, ...]) -> bool:
        """Tell whether a row is the last of its resource already."""
        logical_id, _, status, _, physical_id = row
        rows = self._events.get(stack["StackId"], [])
        last = next((it for it in reversed(rows) if it["LogicalResourceId"] == logical_id), {})
        return (last.get("ResourceStatus"), last.get("PhysicalResourceId")) == (status, physical_id)
