"""Runs an example on a local cloud.

It is deployed, its outputs are shown, and it is removed. An example with a cdk.json is a CDK app, which takes
its applications from the context `application_ids` or `applications`; the others are plain templates.
"""

# ruff: noqa: T201  # printing is what this command is for

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local_cloud import children
from local_cloud.cloud import LocalCloud
from local_cloud.environment import ACCOUNT, REGION
from local_cloud.errors import LocalCloudError
from local_cloud.plain_stacks import Outputs, PlainStacks
from local_cloud.runtime import PROJECT
from provider_package.build import build

EXAMPLES = PROJECT / "examples"


class ExampleFailedError(LocalCloudError):
    """When a command of an example fails, which says why itself."""

    def __init__(self, command: str, returned: int) -> None:
        super().__init__(f"{command} ended with {returned}.")


def create_application(cloud: LocalCloud, region: str = REGION) -> str:
    """Create a Pinpoint application, without a voice channel, and return its id."""
    response = cloud.client("pinpoint", region).create_app(CreateApplicationRequest={"Name": "calls"})
    return response["ApplicationResponse"]["Id"]


def cdk(cloud: LocalCloud, directory: Path, *arguments: str) -> None:
    """Run the cdk CLI on an example's app, as whoever is in its directory; the output is not caught.

    Raises:
        ExampleFailedError: It failed.
    """
    print(f"\n$ npx cdk {' '.join(arguments)}", flush=True)
    command = [str(PROJECT / "node_modules/.bin/cdk"), "--output", str(cloud.endpoints.directory / "example")]
    done = children.run(
        [*command, *arguments], directory=directory, environment=cloud.environment, captured=False
    )
    if done.returncode != 0:
        raise ExampleFailedError(f"cdk {arguments[0]}", done.returncode)


def deploy_templates(
    stacks: PlainStacks, directory: Path, application_id: str
) -> Iterator[tuple[str, Outputs]]:
    """Deploy the plain templates; yield what was done, each time with the outputs of the stack."""
    status, channel = directory / "status.yaml", directory / "channel.yaml"
    application = {"ApplicationId": application_id}
    yield "status.yaml, without a channel", stacks.deploy("Status", status, **application)
    yield "channel.yaml", stacks.deploy("Channel", channel, **application)
    again = {**application, "Trigger": "second"}
    yield "status.yaml, with another Trigger", stacks.deploy("Status", status, **again)


def delete_templates(stacks: PlainStacks) -> None:
    """Delete what `deploy_templates` has deployed."""
    for stack in ("Status", "Channel"):
        stacks.delete(stack)


def _run_app(cloud: LocalCloud, directory: Path) -> None:
    cloud.bootstrap()
    context = _context(cloud, create_application(cloud), create_application(cloud))
    cdk(cloud, directory, "deploy", "--all", "--require-approval", "never", *context)
    cdk(cloud, directory, "destroy", "--all", "--force", *context)


def _context(cloud: LocalCloud, *application_ids: str) -> list[str]:
    """Return what tells the examples' apps the applications: their ids, and a list with more of each."""
    entries = [{"id": id_, "account": ACCOUNT, "region": REGION} for id_ in application_ids]
    file = cloud.endpoints.directory / "applications.json"
    file.write_text(json.dumps({"stacks": 2, "applications": entries}))
    return ["-c", f"application_ids={','.join(application_ids)}", "-c", f"applications={file}"]


def _run_templates(cloud: LocalCloud, directory: Path) -> None:
    stacks = PlainStacks(cloud)
    with tempfile.TemporaryDirectory() as package:
        outputs = stacks.install(build(Path(package)), "Provider", bucket="provider-packages")
    _show("The provider's package", outputs)
    for title, outputs in deploy_templates(stacks, directory, create_application(cloud)):
        _show(title, outputs)
    delete_templates(stacks)
    stacks.delete("Provider")
    print("\nAll three stacks are deleted.")


def _show(title: str, outputs: Outputs) -> None:
    print(f"\n{title}:")
    for name, value in outputs.items():
        print(f"  {name} = {value or '(empty)'}")


def run(name: str) -> int:
    """Run the example with this name and return the exit code; raises LocalCloudError."""
    directory = EXAMPLES / name
    run_it = _run_app if (directory / "cdk.json").exists() else _run_templates
    with LocalCloud() as cloud:
        run_it(cloud, directory)
    print("\nNothing is left running.")
    return 0
