"""The command that deploys a template to its stack, as the stack is deployed."""

import shlex

from pinpoint_voice_cli.takeover.channels import said
from pinpoint_voice_cli.takeover.data import Data, mapping
from pinpoint_voice_cli.takeover.deployed import Deployed
from pinpoint_voice_cli.takeover.template import Template

_LARGEST_INLINE = 51_200
"""Bytes of a template that need no bucket; the AWS CLI's own limit."""


def deployment(template: Template, name: str, deployed: Deployed, profile: str | None) -> str:
    """Return the command of the AWS CLI that deploys a template.

    It keeps the values of the parameters by itself; without --tags, it would remove the tags of the stack.

    Args:
        template: The template.
        name: The name of its file.
        deployed: The stack.
        profile: The profile of the AWS configuration; None for what the environment says.
    """
    options = [
        *(["--profile", profile] if profile else []),
        *["--region", deployed.region, "--stack-name", deployed.name, "--template-file", name],
        *_capabilities(template, deployed),
        *_tags(deployed),
        *(["--s3-bucket", "BUCKET"] if len(template.encoded()) > _LARGEST_INLINE else []),
    ]
    return shlex.join(["aws", "cloudformation", "deploy", *options])


def _capabilities(template: Template, deployed: Deployed) -> list[str]:
    names = set(deployed.capabilities)
    if _is_transformed(said(template)):
        names.add("CAPABILITY_AUTO_EXPAND")
    return ["--capabilities", *sorted(names)] if names else []


def _is_transformed(document: Data) -> bool:
    if isinstance(document, list):
        return any(_is_transformed(inner) for inner in document)
    found = mapping(document)
    return bool({"Transform", "Fn::Transform"} & found.keys()) or any(map(_is_transformed, found.values()))


def _tags(deployed: Deployed) -> list[str]:
    # CloudFormation's own cannot be given.
    tags = [f"{key}={value}" for key, value in deployed.tags.items() if not key.startswith("aws:")]
    return ["--tags", *tags] if tags else []
