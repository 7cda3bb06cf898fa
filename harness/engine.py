"""Stacks of voice channels on a local cloud's CloudFormation, over boto3."""

import itertools
import json
import time
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.cloud import LocalCloud

NOBODY = "0" * 32
"""An application that does not exist."""

Properties = dict[str, Any]


class Engine:
    """CloudFormation and Pinpoint of a local cloud, in the words of the scenarios.

    Args:
        cloud: The local cloud, in which a provider is deployed.
        service_token: The provider's; any, where no template has a channel of ours.
    """

    _names = (f"Scenario{number}" for number in itertools.count())
    _keys = itertools.count()

    def __init__(self, cloud: LocalCloud, service_token: Any) -> None:  # noqa: ANN401, any JSON
        self._cloudformation = cloud.client("cloudformation")
        self._pinpoint = cloud.client("pinpoint")
        self._s3: Any = cloud.client("s3")
        self._s3_url = cloud.endpoints.ministack_url
        self._control = cloud.pinpoint
        self._service_token = service_token
        self.stack = next(self._names)

    def application(self, *, enabled: bool | None = None) -> str:
        """Create an application, with a channel where `enabled` says of what kind; return its id."""
        created = self._pinpoint.create_app(CreateApplicationRequest={"Name": "calls"})
        application_id = created["ApplicationResponse"]["Id"]
        if enabled is not None:
            self.put(application_id, enabled=enabled)
        return application_id

    def put(self, application_id: str, *, enabled: bool) -> None:
        """Change a channel behind CloudFormation's back."""
        request = {"Enabled": enabled}
        self._pinpoint.update_voice_channel(ApplicationId=application_id, VoiceChannelRequest=request)  # type: ignore[arg-type]  # a dict is what boto3 takes

    def delete_channel(self, application_id: str) -> None:
        """Delete a channel behind CloudFormation's back."""
        self._pinpoint.delete_voice_channel(ApplicationId=application_id)

    def delete_application(self, application_id: str) -> None:
        """Delete an application behind CloudFormation's back."""
        self._pinpoint.delete_app(ApplicationId=application_id)

    def channel(self, application_id: str) -> str:
        """Return what the channel is: absent, enabled or disabled."""
        try:
            response = self._pinpoint.get_voice_channel(ApplicationId=application_id)
        except self._pinpoint.exceptions.NotFoundException:
            return "absent"
        return "enabled" if response["VoiceChannelResponse"]["Enabled"] else "disabled"

    def attributes(self, application_id: str) -> dict[str, Any]:
        """Return all that Pinpoint says of a channel that is there."""
        return dict(self._pinpoint.get_voice_channel(ApplicationId=application_id)["VoiceChannelResponse"])

    def has_application(self, application_id: str) -> bool:
        """Tell whether an application exists."""
        found = self._pinpoint.get_apps(PageSize="1000")["ApplicationsResponse"]["Item"]
        return application_id in [application["Id"] for application in found]

    def template(self, channels: dict[str, Properties], *, failing: bool = False) -> dict[str, Any]:
        """Return a template with these channels and, if it is to fail, a resource that fails after them."""
        resources = {logical_id: self._resource(properties) for logical_id, properties in channels.items()}
        if failing:
            last = self._resource({"ApplicationId": NOBODY})
            resources["Failing"] = {**last, "DependsOn": list(channels)}
        return {"Resources": resources or {"Nothing": {"Type": "AWS::SNS::Topic"}}}

    def create(self, channels: dict[str, Properties], *, failing: bool = False, **options: Any) -> str:  # noqa: ANN401
        """Create the stack and return the status in which it ends."""
        return self.create_from(self.template(channels, failing=failing), **options)

    def create_from(self, template: dict[str, Any] | str, **options: Any) -> str:  # noqa: ANN401, boto3's
        """Create the stack from a template, or its text, and return the status in which it ends."""
        self._control.clear_requests()
        self._cloudformation.create_stack(StackName=self.stack, TemplateBody=_body(template), **options)
        return self._settled()

    def update(self, channels: dict[str, Properties], *, failing: bool = False) -> str:
        """Update the stack and return the status in which it ends."""
        return self.update_to(self.template(channels, failing=failing))

    def update_to(self, template: dict[str, Any] | str, **options: Any) -> str:  # noqa: ANN401, boto3's
        """Update the stack to a template, or its text, and return the status in which it ends."""
        self._control.clear_requests()
        self._cloudformation.update_stack(StackName=self.stack, TemplateBody=_body(template), **options)
        return self._settled()

    def roll_back(self) -> str:
        """Roll a failed stack back by hand and return the status in which it ends."""
        self._cloudformation.rollback_stack(StackName=self.stack)
        return self._settled()

    def delete(self) -> str:
        """Delete the stack and return the status in which it ends."""
        self._control.clear_requests()
        self._cloudformation.delete_stack(StackName=self.stack)
        return self._settled()

    def nested(self, template: dict[str, Any]) -> dict[str, Any]:
        """Return a resource that is a stack of its own with this template."""
        key = f"{self.stack}-{next(self._keys)}.json"
        self._s3.put_object(Bucket="assets", Key=key, Body=json.dumps(template).encode())
        url = f"{self._s3_url}/assets/{key}"
        return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}

    def fail(self, operation: Any, **options: Any) -> None:  # noqa: ANN401, the control's
        """Let Pinpoint fail the next requests."""
        self._control.fail(operation, **options)

    def happened(self, application_id: str) -> list[str]:
        """Return what changed the application's channel since the operation started, e.g. "PUT true"."""
        return [change for change, changed in self.changes() if changed == application_id]

    def calls(self) -> list[str]:
        """Return what was asked of voice channels since the operation started, e.g. "GET"."""
        requests = self._control.requests()
        return [entry["method"] for entry in requests if entry["path"].endswith("/channels/voice")]

    def changes(self) -> list[tuple[str, str]]:
        """Return each change of a channel since the operation started, with its application."""
        requests = [entry for entry in self._control.requests() if entry["path"].endswith("/channels/voice")]
        return [
            (_change(entry["method"], entry["body"]), entry["path"].split("/")[3])
            for entry in requests
            if entry["method"] != "GET"
        ]

    def reasons(self) -> str:
        """Return what CloudFormation shows of the failures of the stack."""
        events = self._cloudformation.describe_stack_events(StackName=self.stack)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stack."""
        [stack] = self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def statuses(self, logical_id: str) -> list[str]:
        """Return what a resource went through, the oldest first."""
        events = self._cloudformation.describe_stack_events(StackName=self.stack)["StackEvents"]
        return [
            event["ResourceStatus"] for event in reversed(events) if event["LogicalResourceId"] == logical_id
        ]

    def physical_id(self, logical_id: str) -> str:
        """Return a resource's id."""
        resources = self._cloudformation.list_stack_resources(StackName=self.stack)["StackResourceSummaries"]
        return next(
            entry["PhysicalResourceId"] for entry in resources if entry["LogicalResourceId"] == logical_id
        )

    def _resource(self, properties: Properties) -> dict[str, Any]:
        every = {"ServiceToken": self._service_token, "ServiceTimeout": 60}
        return {"Type": "Custom::PinpointVoiceChannel", "Properties": {**every, **properties}}

    def _settled(self) -> str:
        deadline = time.monotonic() + 60
        while (status := self._status()).endswith("_IN_PROGRESS"):
            assert time.monotonic() < deadline, f"{self.stack} stays {status}"
            time.sleep(0.02)
        return status

    def _status(self) -> str:
        try:
            return self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
        except ClientError:  # the stack is known by its name for as long as it exists
            return "DELETE_COMPLETE"


def _body(template: dict[str, Any] | str) -> str:
    return template if isinstance(template, str) else json.dumps(template)


def _change(method: str, body: Any) -> str:  # noqa: ANN401, any JSON
    return f"{method} {body['Enabled']}".lower().replace("put", "PUT") if method == "PUT" else method
