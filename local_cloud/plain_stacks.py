"""Stacks of plain templates, deployed over boto3 alone: with neither the CDK nor its CLI."""

from pathlib import Path

from botocore.exceptions import ClientError

from local_cloud.cloud import LocalCloud
from provider_package.build import Package

Outputs = dict[str, str]


class PlainStacks:
    """The stacks of a local cloud.

    Args:
        cloud: The local cloud.
    """

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._cloudformation = cloud.client("cloudformation")

    def install(self, package: Package, stack: str, *, bucket: str, key_prefix: str = "") -> Outputs:
        """Install the provider's package, as its INSTALL.md says, and return the outputs of the stack.

        The bucket is made, unless it is there.
        """
        s3 = self._cloud.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(
            Bucket=bucket, Key=f"{key_prefix}{package.archive.name}", Body=package.archive.read_bytes()
        )
        return self.deploy(stack, package.template, Bucket=bucket, KeyPrefix=key_prefix)

    def deploy(self, stack: str, template: Path, **parameters: str) -> Outputs:
        """Create a stack, or update the one that is there, and return its outputs.

        Raises:
            ClientError: CloudFormation refuses it, as where there is nothing to update.
            WaiterError: It was rolled back.
        """
        is_there = self._is_there(stack)
        change = self._cloudformation.update_stack if is_there else self._cloudformation.create_stack
        change(
            StackName=stack,
            TemplateBody=template.read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        if is_there:
            updated = self._cloudformation.get_waiter("stack_update_complete")
            updated.wait(StackName=stack, WaiterConfig={"Delay": 1})
        else:
            created = self._cloudformation.get_waiter("stack_create_complete")
            created.wait(StackName=stack, WaiterConfig={"Delay": 1})
        return self.outputs(stack)

    def outputs(self, stack: str) -> Outputs:
        """Return the outputs of a stack."""
        [found] = self._cloudformation.describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def delete(self, stack: str) -> None:
        """Delete a stack.

        Raises:
            ClientError: CloudFormation refuses it, as where another stack imports an export of it.
            WaiterError: A resource could not be deleted.
        """
        self._cloudformation.delete_stack(StackName=stack)
        deleted = self._cloudformation.get_waiter("stack_delete_complete")
        deleted.wait(StackName=stack, WaiterConfig={"Delay": 1})

    def _is_there(self, stack: str) -> bool:
        try:
            self._cloudformation.describe_stacks(StackName=stack)
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
        return True
