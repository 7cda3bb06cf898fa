"""An account of AWS for the command `pinpoint-voice`, over the small cloud in memory."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from harness.model_cloud import SmallCloud, SmallStack, Template
from pinpoint_voice_channel_handler.request import ResourceType
from pinpoint_voice_cli.account import Account

STACK = "AWS::CloudFormation::Stack"
TOKEN = "arn:aws:lambda:us-east-1:123456789012:function:Provider"  # noqa: S105, an ARN


def account_of(cloud: SmallCloud) -> type[Account]:
    """Return the class of an account that reads a small cloud."""

    class ModelAccount(Account):
        def __init__(self, profile: str | None = None, region: str | None = None) -> None:
            super().__init__(profile, region or "us-east-1")

        def _client(self, service: str, region: str) -> Any:  # noqa: ANN401, ARG002, as in Account
            return _CloudFormation(cloud) if service == "cloudformation" else _Pinpoint(cloud)

    return ModelAccount


def write_template(cloud: SmallCloud, template: Template, folder: Path, name: str = "next") -> Path:
    """Write the file of a template, and those of its nested stacks next to it, as the CDK names them."""
    resources: dict[str, Any] = {}
    for logical_id, wanted in template.items():
        if isinstance(wanted, Mapping):
            path = write_template(cloud, wanted, folder, f"{name}-{logical_id}")
            metadata = {"aws:asset:path": path.name}
            resources[logical_id] = {"Type": STACK, "Metadata": metadata, "Properties": {}}
        else:
            resources[logical_id] = _channel(cloud.properties(wanted))
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"Resources": resources}))
    return path


def _channel(properties: Mapping[str, str]) -> dict[str, Any]:
    return {"Type": str(ResourceType.VOICE_CHANNEL), "Properties": {"ServiceToken": TOKEN, **properties}}


class _Paginator:
    def __init__(self, call: Any) -> None:  # noqa: ANN401, a method of a client
        self._call = call

    def paginate(self, **arguments: str) -> Iterator[Mapping[str, Any]]:
        page = self._call(**arguments)
        yield page
        while token := page.get("NextToken"):
            page = self._call(**arguments, NextToken=token)
            yield page


class _CloudFormation:
    """boto3's CloudFormation client; a stack's name is that of its ARN, or the ARN itself."""

    def __init__(self, cloud: SmallCloud) -> None:
        self._cloud = cloud
        self.list_stack_resources = cloud.cloudformation.list_stack_resources
        self.describe_stack_events = cloud.cloudformation.describe_stack_events

    def get_paginator(self, operation: str) -> _Paginator:
        return _Paginator(getattr(self, operation))

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        stack = self._stack(StackName)
        [told] = self._cloud.cloudformation.describe_stacks(StackName=stack.stack_id)["Stacks"]
        name = stack.stack_id.split("/")[1]
        return {"Stacks": [{"StackName": name, "StackId": stack.stack_id, **told}]}

    def get_template(self, *, StackName: str, TemplateStage: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        assert TemplateStage == "Processed"
        stack = self._stack(StackName)
        channels = {key: _channel(self._cloud.properties(one.wanted)) for key, one in stack.resources.items()}
        nested = {key: {"Type": STACK, "Properties": {}} for key in stack.nested}
        return {"TemplateBody": {"Resources": {**channels, **nested}}}

    def _stack(self, name: str) -> SmallStack:
        for stack in self._cloud.cloudformation.stacks.values():
            if name in (stack.stack_id, stack.stack_id.split("/")[1]) and stack.status != "DELETE_COMPLETE":
                return stack
        error = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
        raise ClientError({"Error": error, "ResponseMetadata": {"RequestId": "1"}}, "DescribeStacks")  # type: ignore[typeddict-item]  # what is read


class _Pinpoint:
    """boto3's Pinpoint client; each application exists."""

    def __init__(self, cloud: SmallCloud) -> None:
        self.get_voice_channel = cloud.pinpoint.get_voice_channel

    def get_app(self, *, ApplicationId: str) -> Mapping[str, Any]:  # noqa: N803, boto3's spelling
        return {"ApplicationResponse": {"Id": ApplicationId}}
