"""A provider with a role, a VPC and a log group of the same stack, from its creation to its deletion."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from harness.engine import Engine
from harness.provider import provider_template, upload
from local_cloud.cloud import LocalCloud
from pinpoint_voice_channel import VoiceChannelProvider

CAPABILITIES = {"Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]}
LOG_GROUP = "/team/voice-channels"

Template = dict[str, Any]


def declare(stack: cdk.Stack, *, in_vpc: bool) -> VoiceChannelProvider:
    isolated = ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        availability_zones=["us-east-1a"],
        nat_gateways=0,
        restrict_default_security_group=False,
        subnet_configuration=[isolated],
    )
    vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
    for name, service in (
        ("Pinpoint", ec2.InterfaceVpcEndpointAwsService.PINPOINT_V1),
        ("CloudFormation", ec2.InterfaceVpcEndpointAwsService.CLOUDFORMATION),
    ):
        # MiniStack has no Fn::GetAtt of a VPC's CidrBlock, which `open` takes.
        endpoint = vpc.add_interface_endpoint(name, service=service, open=False)
        endpoint.connections.allow_from(ec2.Peer.ipv4("10.0.0.0/16"), ec2.Port.tcp(443))
    return VoiceChannelProvider(
        stack,
        "Provider",
        log_group=logs.LogGroup(
            stack, "Log", log_group_name=LOG_GROUP, removal_policy=cdk.RemovalPolicy.DESTROY
        ),
        role=iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
        vpc=vpc if in_vpc else None,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED) if in_vpc else None,
    )


@pytest.fixture(scope="module")
def templates(bootstrapped_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> list[Template]:
    """Return the template in the VPC, and the one out of it."""
    outdir: Path = tmp_path_factory.mktemp("organization")
    made = []
    for in_vpc in (True, False):

        def declare_it(stack: cdk.Stack, *, in_vpc: bool = in_vpc) -> VoiceChannelProvider:
            return declare(stack, in_vpc=in_vpc)

        template, asset = provider_template(outdir / str(in_vpc), declare_it)
        made.append(template)
    upload(bootstrapped_cloud, asset)
    return made


@pytest.fixture
def engine(bootstrapped_cloud: LocalCloud, templates: list[Template]) -> Iterator[Engine]:
    [function] = [
        key for key, it in templates[0]["Resources"].items() if it["Type"] == "AWS::Lambda::Function"
    ]
    engine = Engine(bootstrapped_cloud, {"Fn::GetAtt": [function, "Arn"]})
    yield engine
    engine.delete()


def with_channel(engine: Engine, template: Template, application_id: str) -> Template:
    channels = engine.template({"Voice": {"ApplicationId": application_id}})["Resources"]
    # First, as MiniStack takes what depends on nothing in the order of the template.
    return {**copy.deepcopy(template), "Resources": {**channels, **template["Resources"]}}


class Events:
    """What CloudFormation did in a stack.

    Args:
        cloud: The local cloud.
        stack: The stack, which is there.
    """

    def __init__(self, cloud: LocalCloud, stack: str) -> None:
        self._cloudformation = cloud.client("cloudformation")
        [described] = self._cloudformation.describe_stacks(StackName=stack)["Stacks"]
        self._stack_id = described["StackId"]

    def resources(self, status: str) -> list[str]:
        """Return the logical ids of the resources that came to a status, the last one first, each once."""
        events = self._cloudformation.describe_stack_events(StackName=self._stack_id)["StackEvents"]
        return list(dict.fromkeys(e["LogicalResourceId"] for e in events if e["ResourceStatus"] == status))


def needed(template: Template) -> set[str]:
    """Return what the function needs to work: its permissions, and its way out of the VPC."""
    types = {"AWS::IAM::Policy": 2, "AWS::EC2::VPCEndpoint": 3, "AWS::EC2::SecurityGroup": 3}
    found = {key for key, resource in template["Resources"].items() if resource["Type"] in types}
    assert len(found) == sum(types.values())
    return found


def policies(cloud: LocalCloud, engine: Engine, template: Template) -> int:
    """Return how many policies the given role has."""
    [role] = [key for key, resource in template["Resources"].items() if resource["Type"] == "AWS::IAM::Role"]
    names = cloud.client("iam").list_role_policies(RoleName=engine.physical_id(role))["PolicyNames"]
    return len(names)


def test_what_is_given_serves_the_channel_from_its_creation_to_its_deletion(
    bootstrapped_cloud: LocalCloud, engine: Engine, templates: list[Template]
) -> None:
    application_id = engine.application()
    in_vpc, out_of_it = (with_channel(engine, template, application_id) for template in templates)

    assert engine.create_from(in_vpc, **CAPABILITIES) == "CREATE_COMPLETE", engine.reasons()
    events = Events(bootstrapped_cloud, engine.stack)
    after_creation = events.resources("CREATE_COMPLETE")
    assert needed(in_vpc) <= set(after_creation[after_creation.index("Voice") :])
    assert engine.channel(application_id) == "enabled"
    assert policies(bootstrapped_cloud, engine, in_vpc) == 2
    logged = bootstrapped_cloud.client("logs").describe_log_streams(logGroupName=LOG_GROUP)
    assert logged["logStreams"] != []

    assert engine.update_to(out_of_it, **CAPABILITIES) == "UPDATE_COMPLETE"
    assert engine.happened(application_id) == []
    assert policies(bootstrapped_cloud, engine, in_vpc) == 1
    assert engine.update_to(in_vpc, **CAPABILITIES) == "UPDATE_COMPLETE"
    assert policies(bootstrapped_cloud, engine, in_vpc) == 2

    assert engine.delete() == "DELETE_COMPLETE"
    after_deletion = events.resources("DELETE_COMPLETE")
    assert needed(in_vpc) <= set(after_deletion[: after_deletion.index("Voice")])
    assert engine.channel(application_id) == "absent"
