"""Deploys synthesized stacks to a local cloud, over boto3, and tells how long CloudFormation takes."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.apps import BUCKET, Synthesized
from benchmarks.peers import node_sdk
from local_cloud.cloud import LocalCloud
from local_cloud.environment import ACCOUNT, REGION

_POLL_SECONDS = 0.02


class Failed(Exception):
    """When a stack did not end as it should; its text says what CloudFormation said."""


class Deployer:
    """Creates, updates and deletes stacks.

    Args:
        cloud: The local cloud.
    """

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloudformation = cloud.client("cloudformation")
        self._pinpoint = cloud.client("pinpoint")
        self._s3: Any = cloud.client("s3")
        self._s3_url = cloud.endpoints.ministack_url
        self._s3.create_bucket(Bucket=BUCKET)

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[tuple["Deployer", LocalCloud]]:
        """Start a local cloud whose functions in Node.js have the AWS SDK, as in Lambda's runtime."""
        with LocalCloud() as cloud:
            # The functions' code is unpacked in here.
            (cloud.endpoints.temporary / "node_modules").symlink_to(node_sdk())
            yield cls(cloud), cloud

    def applications(self, count: int) -> list[str]:
        """Create so many applications."""
        request = {"Name": "calls"}
        created = [self._pinpoint.create_app(CreateApplicationRequest=request) for _ in range(count)]  # type: ignore[arg-type]  # a dict is what boto3 takes
        return [response["ApplicationResponse"]["Id"] for response in created]

    def enable(self, application_id: str) -> None:
        """Make an enabled channel behind CloudFormation's back."""
        self._pinpoint.update_voice_channel(
            ApplicationId=application_id, VoiceChannelRequest={"Enabled": True}
        )

    def upload(self, synthesized: Synthesized) -> None:
        """Upload a stack's assets."""
        with tempfile.TemporaryDirectory() as directory:
            for key, asset in synthesized.assets.items():
                archive = shutil.make_archive(str(Path(directory, key)), "zip", asset)
                self._s3.put_object(Bucket=BUCKET, Key=f"{key}.zip", Body=Path(archive).read_bytes())

    def create(self, stack: str, template: Mapping[str, Any]) -> float:
        """Create a stack and return the seconds until it is complete.

        Raises:
            Failed: It did not become complete.
        """
        started = time.monotonic()
        self.begin(stack, template)
        self._await(stack, "CREATE_COMPLETE")
        return time.monotonic() - started

    def begin(self, stack: str, template: Mapping[str, Any]) -> None:
        """Begin to create a stack."""
        self._cloudformation.create_stack(
            StackName=stack, TemplateURL=self._uploaded(stack, template), Capabilities=["CAPABILITY_IAM"]
        )

    def update(self, stack: str, template: Mapping[str, Any]) -> float:
        """Update a stack and return the seconds until it is complete.

        Raises:
            Failed: It did not become complete.
        """
        started = time.monotonic()
        self._cloudformation.update_stack(
            StackName=stack, TemplateURL=self._uploaded(stack, template), Capabilities=["CAPABILITY_IAM"]
        )
        self._await(stack, "UPDATE_COMPLETE")
        return time.monotonic() - started

    def delete(self, stack: str) -> float:
        """Delete a stack and return the seconds until it is gone.

        Raises:
            Failed: It is still there.
        """
        started = time.monotonic()
        self._cloudformation.delete_stack(StackName=stack)
        self._await(stack, "DELETE_COMPLETE")
        return time.monotonic() - started

    def settled(self, stack: str) -> str:
        """Wait until a stack is in no transition any more, and return its status."""
        while (status := self.status(stack)).endswith("_IN_PROGRESS"):
            time.sleep(_POLL_SECONDS)
        return status

    def function_arn(self, stack: str, logical_id: str) -> str:
        """Return the ARN of a function of a stack."""
        resource = self._cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
        name = resource["StackResourceDetail"]["PhysicalResourceId"]
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"

    def enabled(self, application_ids: Sequence[str]) -> int:
        """Return how many of the applications have an enabled channel."""
        return sum(self._is_enabled(application_id) for application_id in application_ids)

    def _is_enabled(self, application_id: str) -> bool:
        try:
            response = self._pinpoint.get_voice_channel(ApplicationId=application_id)
        except self._pinpoint.exceptions.NotFoundException:
            return False
        return response["VoiceChannelResponse"]["Enabled"]

    def _uploaded(self, stack: str, template: Mapping[str, Any]) -> str:
        # A request takes no more than 51,200 bytes of a template.
        self._s3.put_object(Bucket=BUCKET, Key=f"{stack}.json", Body=json.dumps(template).encode())
        return f"{self._s3_url}/{BUCKET}/{stack}.json"

    def _await(self, stack: str, wanted: str) -> None:
        if (status := self.settled(stack)) != wanted:
            raise Failed(f"{stack} is {status}, not {wanted}: {self._reasons(stack)}")

    def status(self, stack: str) -> str:
        """Return what a stack is doing."""
        try:
            return self._cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except ClientError:  # the stack is known by its name for as long as it exists
            return "DELETE_COMPLETE"

    def _reasons(self, stack: str) -> str:
        events = self._cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)
