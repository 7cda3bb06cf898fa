"""A resource provider, as CloudFormation's contract tests want one, made of the function that is deployed.

Each request becomes an event of a custom resource, and its answer that of a resource provider:

- A model has the names and the text that a template gives the custom resource and gets from it.
- Read is the Create of a status, which changes nothing. List reads each application.
- A failure gets its error code by its reason, for a custom resource has no codes.
- CloudFormation takes an Update that answers with a new PhysicalResourceId for a replacement: NotUpdatable.
"""

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from harness.events import Event, Kind, new_event
from harness.inbox import Inbox
from harness.proxy import FaultyServer, Request, Response
from harness.stack import Stack
from local_cloud.cloud import LocalCloud
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES
from pinpoint_voice_channel_handler.request import ResourceType
from pinpoint_voice_channel_handler.response import LOCAL_HOST_VARIABLE

Model = dict[str, str]
Progress = dict[str, Any]

_TEMPLATE = ("ApplicationId", "Enabled", "OnExisting")
_STATUS = {
    Kind.CREATE: "UPDATE_IN_PROGRESS",
    Kind.UPDATE: "UPDATE_IN_PROGRESS",
    Kind.DELETE: "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
}


def schema(type_name: str) -> dict[str, Any]:
    """Return the schema of the resource; in a custom resource every property is text."""
    pointers = {name: f"/properties/{name}" for name in (*ATTRIBUTES, "OnExisting")}
    return {
        "typeName": type_name,
        "description": "The voice channel of an Amazon Pinpoint application.",
        "properties": {name: {"type": "string"} for name in pointers},
        "additionalProperties": False,
        "required": ["ApplicationId"],
        "primaryIdentifier": [pointers["ApplicationId"]],
        "createOnlyProperties": [pointers["ApplicationId"]],
        "writeOnlyProperties": [pointers["OnExisting"]],
        "readOnlyProperties": [pointer for name, pointer in pointers.items() if name not in _TEMPLATE],
        "tagging": {"taggable": False},
        "handlers": {name: {"permissions": []} for name in ("create", "read", "update", "delete", "list")},
    }


class ContractAdapter:
    """Serves Lambda's Invoke to `cfn test`, one request after the other, as long as its ``with`` block lasts.

    It takes the function's answers, and is the CloudFormation that the function asks about its stack.

    Args:
        cloud: The local cloud.
        service_token: The provider that is deployed there; its function is configured for this adapter.
        certificate: A certificate for localhost, with its key in the same file.
    """

    def __init__(self, cloud: LocalCloud, service_token: str, certificate: Path) -> None:
        self._lambda = cloud.client("lambda")
        self._pinpoint = cloud.client("pinpoint")
        self._function = service_token
        self._certificate = certificate
        self._stack = Stack()
        self._cloudformation = FaultyServer(self._stack)
        self._inbox = Inbox(certificate)
        self._invoke = FaultyServer(self)
        self._undo = ExitStack()
        self._physical_ids: dict[str, str] = {}

    def __enter__(self) -> Self:
        for server in (self._cloudformation, self._inbox, self._invoke):
            self._undo.enter_context(server)
        variables = {
            "AWS_ENDPOINT_URL_CLOUDFORMATION": self._cloudformation.url,
            "SSL_CERT_FILE": str(self._certificate),
            LOCAL_HOST_VARIABLE: self._inbox.host,
        }
        self._lambda.update_function_configuration(
            FunctionName=self._function, Environment={"Variables": variables}
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    @property
    def url(self) -> str:
        """The endpoint for `cfn test`."""
        return self._invoke.url

    def answer(self, request: Request) -> Response:
        """Do what is asked for."""
        asked = json.loads(request.body)
        model = asked["requestData"]["resourceProperties"]
        match asked["action"]:
            case "READ":
                progress = self._read(model["ApplicationId"])
            case "LIST":
                progress = self._list()
            case action:
                previous = asked["requestData"]["previousResourceProperties"] or {}
                progress = self._change(Kind(action.capitalize()), model, previous)
        return Response(200, json.dumps(progress).encode(), {"Content-Type": "application/json"})

    def error(self, status: int) -> Response:
        """Return an error."""
        return Response(status)

    def _change(self, kind: Kind, model: Model, previous: Model) -> Progress:
        application_id = model["ApplicationId"]
        physical_id = self._physical_ids.get(application_id, f"{application_id}/voice/absent")
        signed = datetime.now(UTC)
        content = new_event(kind, application_id, self._inbox.host, physical_id, signed)
        content["ResourceProperties"] = _template(model)
        if kind is Kind.UPDATE:
            content["OldResourceProperties"] = _template(previous)
        self._stack.ask(_STATUS[kind], kind, signed)
        answer = self._deliver(content)
        if answer["Status"] == "FAILED":
            exists = "has a voice channel already" in answer["Reason"]
            return _failed("AlreadyExists" if exists else "GeneralServiceException", answer["Reason"])
        match kind:
            case Kind.CREATE:
                # The tests see one resource for each application, so a second one that adopts is not kept.
                self._physical_ids.setdefault(application_id, answer["PhysicalResourceId"])
            case Kind.UPDATE if answer["PhysicalResourceId"] != physical_id:
                return _failed("NotUpdatable", f"{physical_id} became {answer['PhysicalResourceId']}.")
            case Kind.DELETE:
                self._physical_ids.pop(application_id, None)
                return {"status": "SUCCESS"}
        return {"status": "SUCCESS", "resourceModel": answer["Data"]}

    def _read(self, application_id: str) -> Progress:
        content = new_event(Kind.CREATE, application_id, self._inbox.host, "", datetime.now(UTC))
        content["ResourceType"] = ResourceType.STATUS
        content["ResourceProperties"] = {"ApplicationId": application_id}
        answer = self._deliver(content)
        if answer["Status"] == "FAILED":
            return _failed("GeneralServiceException", answer["Reason"])
        model = answer["Data"]
        if model.pop("Exists") == "false":
            return _failed("NotFound", f"Application {application_id} has no voice channel.")
        return {"status": "SUCCESS", "resourceModel": model}

    def _list(self) -> Progress:
        applications = self._pinpoint.get_apps()["ApplicationsResponse"]["Item"]
        found = [self._read(application["Id"]) for application in applications]
        models = [progress["resourceModel"] for progress in found if progress["status"] == "SUCCESS"]
        return {"status": "SUCCESS", "resourceModels": models}

    def _deliver(self, content: Event) -> dict[str, Any]:
        self._inbox.accepted.clear()
        self._lambda.invoke(FunctionName=self._function, Payload=json.dumps(content))
        [answer] = self._inbox.answers
        return answer


def _template(model: Model) -> Model:
    """Return what a template would say for a model, which also has what was read."""
    return {name: model[name] for name in _TEMPLATE if name in model}


def _failed(code: str, message: str) -> Progress:
    return {"status": "FAILED", "errorCode": code, "message": message}
