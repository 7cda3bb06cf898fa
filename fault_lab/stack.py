"""A stand-in for CloudFormation that knows one stack, in whatever status a case needs."""

import urllib.parse
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from fault_lab.proxy import Request, Response

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
_ERRORS = {400: "Throttling", 403: "AccessDenied", 500: "InternalFailure", 503: "ServiceUnavailable"}


class Stack:
    """A stack without other resources, as DescribeStacks and ListStackResources of the query API tell of it.

    Attributes:
        status: What it is doing.
    """

    def __init__(self) -> None:
        self.status = ""
        self._started = datetime.now(UTC).isoformat(timespec="milliseconds")

    def answer(self, request: Request) -> Response:
        """Describe the stack, or list its resources: none but the one of the event."""
        query = dict(urllib.parse.parse_qsl(request.body.decode()))
        content = {
            "DescribeStacks": f"<Stacks><member>{self._members(query)}</member></Stacks>",
            "ListStackResources": "<StackResourceSummaries/>",
        }[query["Action"]]
        return _xml(
            200,
            f'<{query["Action"]}Response xmlns="{_NAMESPACE}"><{query["Action"]}Result>{content}'
            f"</{query['Action']}Result></{query['Action']}Response>",
        )

    def error(self, status: int) -> Response:
        """Return an error as the query API has it."""
        error = f"<Code>{_ERRORS[status]}</Code><Message>This is a fault of the lab.</Message>"
        return _xml(
            status,
            f'<ErrorResponse xmlns="{_NAMESPACE}"><Error>{error}</Error>'
            "<RequestId>9f4c1a52-fault-lab</RequestId></ErrorResponse>",
        )

    def _members(self, query: dict[str, str]) -> str:
        members = {
            "StackId": query.get("StackName", ""),
            "StackName": "Voice",
            "StackStatus": self.status,
            "CreationTime": self._started,
            "LastUpdatedTime": self._started,
        }
        return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in members.items())


def _xml(status: int, content: str) -> Response:
    return Response(status, content.encode(), {"Content-Type": "text/xml"})
