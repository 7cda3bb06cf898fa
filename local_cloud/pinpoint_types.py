"""CloudFormation's own types of Amazon Pinpoint that MiniStack lacks: an app, and its voice channel.

Run in MiniStack's own virtual environment, beside ministack_server.py.

Properties, return values and what an update replaces are those of AWS's template reference
(aws-resource-pinpoint-app, aws-resource-pinpoint-voicechannel). What Create does to a channel that is there
already is not documented; here it sends UpdateVoiceChannel, as Terraform does for Pinpoint's other channels.
"""

import functools
import os
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_pinpoint import PinpointClient

Properties = dict[str, Any]  # a template's are JSON
Created = tuple[str, dict[str, str]]
"""What Ref returns, and what Fn::GetAtt does."""

APP = "AWS::Pinpoint::App"
VOICE_CHANNEL = "AWS::Pinpoint::VoiceChannel"

_SCALARS = (str, bool, int, float)  # CloudFormation makes texts of the others


class InvalidProperties(Exception):
    """When the properties of a resource are not those of its type; in CloudFormation's words."""

    def __init__(self, logical_id: str, problem: str) -> None:
        super().__init__(f"Properties validation failed for resource {logical_id} with message: {problem}")


def add_pinpoint_types() -> None:
    """Add the types to those that MiniStack's CloudFormation knows."""
    # Not in mypy's environment.
    from ministack.services.cloudformation import provisioners  # type: ignore[import-not-found]

    handlers = provisioners._RESOURCE_HANDLERS  # noqa: SLF001  # no public way to add a type
    handlers[APP] = {
        "create": _create_app,
        "update": _update_app,
        "update_with_logical_id": True,
        "delete": _delete_app,
    }
    handlers[VOICE_CHANNEL] = {
        "create": _create_channel,
        "update": _update_channel,
        "update_with_logical_id": True,
        "delete": _delete_channel,
    }
    replacing = provisioners._REPLACING_PROPERTIES  # noqa: SLF001  # as above
    replacing[APP] = ("Name",)
    replacing[VOICE_CHANNEL] = ("ApplicationId",)


def _create_app(logical_id: str, properties: Properties, _stack_name: str) -> Created:
    _check(logical_id, properties, required="Name", optional="Tags")
    request = {"Name": str(properties["Name"]), "tags": _tags(logical_id, properties)}
    app = _pinpoint().create_app(CreateApplicationRequest=request)["ApplicationResponse"]  # type: ignore[arg-type]  # a dict is what boto3 takes
    return app["Id"], {"Arn": app["Arn"], "Id": app["Id"]}


def _update_app(app_id: str, old: Properties, new: Properties, _stack_name: str, logical_id: str) -> Created:
    _check(logical_id, new, required="Name", optional="Tags")
    tags, gone = _tags(logical_id, new), _tags(logical_id, old).keys() - _tags(logical_id, new).keys()
    arn = _pinpoint().get_app(ApplicationId=app_id)["ApplicationResponse"]["Arn"]
    if gone:
        _pinpoint().untag_resource(ResourceArn=arn, TagKeys=list(gone))
    _pinpoint().tag_resource(ResourceArn=arn, TagsModel={"tags": tags})
    return app_id, {"Arn": arn, "Id": app_id}


def _delete_app(app_id: str, _properties: Properties) -> None:
    try:
        _pinpoint().delete_app(ApplicationId=app_id)
    except _pinpoint().exceptions.NotFoundException:
        return  # what is gone is deleted


def _create_channel(logical_id: str, properties: Properties, _stack_name: str) -> Created:
    return _put_channel(logical_id, properties)


def _update_channel(
    _app_id: str, _old: Properties, new: Properties, _stack_name: str, logical_id: str
) -> Created:
    return _put_channel(logical_id, new)


def _put_channel(logical_id: str, properties: Properties) -> Created:
    _check(logical_id, properties, required="ApplicationId", optional="Enabled")
    request = {}
    if "Enabled" in properties:
        request["Enabled"] = _boolean(logical_id, "Enabled", properties["Enabled"])
    app_id = str(properties["ApplicationId"])
    channel = _pinpoint().update_voice_channel(ApplicationId=app_id, VoiceChannelRequest=request)  # type: ignore[arg-type]  # a dict is what boto3 takes
    return app_id, {"Id": channel["VoiceChannelResponse"]["Id"]}


def _delete_channel(app_id: str, _properties: Properties) -> None:
    try:
        _pinpoint().delete_voice_channel(ApplicationId=app_id)
    except _pinpoint().exceptions.NotFoundException:
        return  # what is gone is deleted


def _pinpoint() -> "PinpointClient":
    """Return a client of the local Pinpoint in the Region of the stack that is worked at."""
    from ministack.core.responses import get_region  # type: ignore[import-not-found]

    return _pinpoint_in(get_region())


@functools.cache
def _pinpoint_in(region: str) -> "PinpointClient":
    return boto3.client(
        "pinpoint",
        region,
        endpoint_url=os.environ["AWS_ENDPOINT_URL_PINPOINT"],
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106  # the local cloud takes any
    )


def _check(logical_id: str, properties: Properties, *, required: str, optional: str) -> None:
    if required not in properties:
        raise InvalidProperties(logical_id, f"#: required key [{required}] not found")
    for unknown in sorted(properties.keys() - {required, optional}):
        raise InvalidProperties(logical_id, f"#: extraneous key [{unknown}] is not permitted")
    if not isinstance(properties[required], _SCALARS):
        found = type(properties[required]).__name__
        raise InvalidProperties(logical_id, f"#/{required}: expected type: String, found: {found}")


def _boolean(logical_id: str, name: str, value: object) -> bool:
    texts = {"true": True, "false": False}
    if str(value).lower() not in texts:
        raise InvalidProperties(logical_id, f"#/{name}: expected type: Boolean, found: {value!r}")
    return texts[str(value).lower()]


def _tags(logical_id: str, properties: Properties) -> dict[str, str]:
    """Return the tags: a map in the schema of the type, a list of tags in the template reference."""
    tags = properties.get("Tags", {})
    pairs: list[tuple[object, object]] | None = None
    if isinstance(tags, dict):
        pairs = list(tags.items())
    elif isinstance(tags, list) and all(
        isinstance(tag, dict) and tag.keys() == {"Key", "Value"} for tag in tags
    ):
        pairs = [(tag["Key"], tag["Value"]) for tag in tags]
    if pairs is None or not all(isinstance(value, _SCALARS) for _, value in pairs):
        raise InvalidProperties(
            logical_id, f"#/Tags: expected a map of texts or a list of tags, found: {tags}"
        )
    return {str(key): str(value) for key, value in pairs}
