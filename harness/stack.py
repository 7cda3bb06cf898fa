"""A stand-in for CloudFormation that knows one stack, in whatever status a case needs."""

import urllib.parse
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from harness.fakes import STACK_ID
from harness.proxy import Request, Response

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
_PAGE = 100
_ERRORS = {400: "Throttling", 403: "AccessDenied", 500: "InternalFailure", 503: "ServiceUnavailable"}


class Stack:
    """A stack without other resources, as the query API tells of it."""

    def __init__(self) -> None:
        self._status = ""
        self._rows: list[str] = []

    def ask(self, status: str, request_type: str, moment: datetime) -> None:
        """Go on to a status, and ask something of the resource.

        Args:
            status: What the stack is doing.
            request_type: What it asks for.
            moment: When.
        """
        if not self._rows and request_type != "Create":
            self.become("UPDATE_COMPLETE", moment - timedelta(days=1))
        self.become(status, moment)
        self.log("VoiceChannel", "", f"{request_type.upper()}_IN_PROGRESS", moment)

    def become(self, status: str, moment: datetime) -> None:
        """Go on to a status, and log it."""
        self._status = status
        self.log("Voice", STACK_ID, status, moment)

    def log(self, logical_id: str, physical_id: str, status: str, moment: datetime) -> None:
        """Write a row of the log."""
        members = {
            "StackId": STACK_ID,
            "EventId": str(len(self._rows)),
            "StackName": "Voice",
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceStatus": status,
            "Timestamp": moment.isoformat(timespec="milliseconds"),
        }
        self._rows.insert(0, f"<member>{_xml_of(members)}</member>")

    def answer(self, request: Request) -> Response:
        """Describe the stack, its log, or its resources: none but the one of the event."""
        query = dict(urllib.parse.parse_qsl(request.body.decode()))
        content = {
            "DescribeStacks": f"<Stacks><member>{self._members()}</member></Stacks>",
            "DescribeStackEvents": self._page(int(query.get("NextToken", "0"))),
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

    def _page(self, start: int) -> str:
        end = start + _PAGE
        more = f"<NextToken>{end}</NextToken>" if end < len(self._rows) else ""
        return f"<StackEvents>{''.join(self._rows[start:end])}</StackEvents>{more}"

    def _members(self) -> str:
        return _xml_of({"StackId": STACK_ID, "StackName": "Voice", "StackStatus": self._status})


def _xml_of(members: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in members.items())


def _xml(status: int, content: str) -> Response:
    return Response(status, content.encode(), {"Content-Type": "text/xml"})
