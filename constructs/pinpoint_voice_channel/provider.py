"""The Lambda function behind the voice channels, with its role and its log group."""

from collections.abc import Sequence
from typing import Any, Protocol, Self

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from pinpoint_voice_channel.checks import (
    check_application_ids,
    check_log,
    check_network,
    check_role,
    check_service_token,
    check_type,
)
from pinpoint_voice_channel.handler_asset import HANDLER, handler_code
from pinpoint_voice_channel.permissions import allow, network_statement, provider_statements

_SINGLETON_ID = "PinpointVoiceChannelProvider"

_TIMEOUT = cdk.Duration.minutes(2)
_MAX_EVENT_AGE = cdk.Duration.minutes(5)
SERVICE_TIMEOUT = cdk.Duration.minutes(8)
"""How long CloudFormation waits for an answer: until the last asynchronous retry of Lambda, started at the
greatest event age, has timed out, and a minute more."""


class IVoiceChannelProvider(Protocol):
    """What makes the changes that CloudFormation asks for, whether it is in this app or elsewhere.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html,
    ServiceToken

    Example:
        >>> def manage(provider: IVoiceChannelProvider) -> None:
        ...     VoiceChannel(stack, "VoiceChannel", application_id=application_id, provider=provider)
        >>> token = cdk.Fn.import_value("PinpointVoiceChannelServiceToken")
        >>> manage(VoiceChannelProvider.from_service_token(stack, "Provider", token))
    """

    @property
    def service_token(self) -> str:
        """ARN of the function: what a template gives as ServiceToken."""


class VoiceChannelProvider(Construct):
    """Makes the changes that CloudFormation asks for: a Lambda function, its role and its log group.

    The voice channels of a stack share one provider, which the first of them makes; pass one to share it
    between stacks, or to set its options. Its `node.default_child` is the function's `lambda_.CfnFunction`.
    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html,
    ServiceToken

    Args:
        scope: The parent construct.
        construct_id: The id within the parent. Changing it replaces the function, and CloudFormation refuses
            to change the service token of a resource that exists.
        application_ids: The applications whose voice channels the function may read and change. Keep an
            application here for as long as a stack manages its channel: without the permission, the Delete
            fails. Default: all of the account and Region.
        log_group: Where the function logs. Its encryption and retention are yours, and it stays when the
            provider goes. Default: a log group of the provider's own, which goes with it.
        log_retention: How long the log group of the provider's own keeps the log; not with `log_group`.
            Default: one month.
        memory_size: The function's memory in MiB. Default: 256.
        role: The role that the function runs with; Lambda must be able to assume it. It gets a policy with
            what the function needs; where the app cannot change the role, a warning has that policy.
            Default: a role of the provider's own.
        security_groups: The security groups of the function in the VPC. They must let it reach port 443 of
            Pinpoint, CloudFormation and S3. Default: one that allows all outbound traffic.
        vpc: The VPC that the function is connected to. It needs a way to Pinpoint, CloudFormation and S3, by
            NAT or by endpoints: docs/organizations.md. Default: none.
        vpc_subnets: The subnets of the VPC; not public ones, from which Lambda has no way out.
            Default: private ones.

    Raises:
        TypeError: An argument has another type, or `application_ids` is a token for a list. An id that cannot
            be one, an empty list, and arguments that contradict each other are error annotations: the cdk CLI
            refuses to deploy them.

    Example:
        >>> provider = VoiceChannelProvider(stack, "Provider", log_retention=logs.RetentionDays.ONE_YEAR)
        >>> token = cdk.CfnOutput(
        ...     stack,
        ...     "ServiceToken",
        ...     value=provider.service_token,
        ...     export_name="PinpointVoiceChannelServiceToken",
        ... )
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        application_ids: Sequence[str] | None = None,
        log_group: logs.ILogGroup | None = None,
        log_retention: logs.RetentionDays | None = None,
        memory_size: int = 256,
        role: iam.IRole | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if application_ids is not None:
            check_application_ids(self, application_ids)
        check_log(self, log_group, log_retention)
        check_type("memory_size", memory_size, (int, float), "a number of MiB")  # a token is a float
        if role is not None:
            check_role(self, role)
        check_network(self, vpc, vpc_subnets, security_groups)
        self._application_ids = None if application_ids is None else tuple(application_ids)
        self._log_group = self._make_log_group(log_retention) if log_group is None else log_group
        statements = provider_statements(cdk.Stack.of(self), application_ids, self._log_group)
        self._role = self._make_role(statements) if role is None else role
        self._function = self._make_function(memory_size, vpc, vpc_subnets, security_groups)
        self.node.default_child = self._function.node.default_child
        if role is not None:
            self._need(allow(self, "Policy", role, statements))
        if vpc is not None:
            # A policy of its own also on our own role: where `vpc` is left out again, CloudFormation deletes
            # it after Lambda has disconnected the function with it (aws/aws-cdk#34400).
            self._need(allow(self, "NetworkPolicy", self._role, [network_statement()]))
            # With all that its construct has made, such as routes and endpoints.
            self._need(vpc, *security_groups or ())

    @classmethod
    def of(cls, scope: Construct) -> Self:
        """Return the provider of the stack that a construct is in; the first call makes it.

        Args:
            scope: The construct.
        """
        stack = cdk.Stack.of(scope)
        existing = stack.node.try_find_child(_SINGLETON_ID)
        return existing if isinstance(existing, cls) else cls(stack, _SINGLETON_ID)

    @staticmethod
    def from_service_token(scope: Construct, construct_id: str, service_token: str) -> IVoiceChannelProvider:
        """Refer to a provider of another stack or app; no resource is made.

        Args:
            scope: The parent construct.
            construct_id: The id within the parent.
            service_token: ARN of the provider's function, or of an alias or version of it, in the account and
                Region of the stack; often `Fn.import_value(…)`.

        Raises:
            TypeError: The token is not a string. One that is not the ARN of a Lambda function is an error
                annotation: the cdk CLI refuses to deploy it.
        """
        return _ReferredProvider(scope, construct_id, service_token)

    def serve(self, resource: cdk.CustomResource) -> None:
        """Have a custom resource made after the limits on Lambda's retries, and deleted before them.

        The resource refers to the function, but not to the limits, which are a resource of their own.

        Args:
            resource: A custom resource with the service token of this provider.
        """
        resource.node.add_dependency(self._function.node.find_child("EventInvokeConfig"))

    @property
    def service_token(self) -> str:
        """ARN of the function: what a template gives as ServiceToken."""
        return self._function.function_arn

    @property
    def application_ids(self) -> Sequence[str] | None:
        """The applications whose voice channels the function may read and change. None for all."""
        return self._application_ids

    @property
    def function(self) -> lambda_.Function:
        """The function, for alarms, policies and whatever else the CDK offers for functions."""
        return self._function

    @property
    def role(self) -> iam.IRole:
        """The role that the function runs with."""
        return self._role

    @property
    def log_group(self) -> logs.ILogGroup:
        """The log group that the function writes to."""
        return self._log_group

    def metric_invocations(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401, as wide as jsii's
        """Return how often the function was run.

        Args:
            options: Those of `cloudwatch.MetricOptions`. Default: the sum over 5 minutes.
        """
        return self._function.metric_invocations(**options)

    def metric_errors(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401, as wide as jsii's
        """Return how often the function failed: CloudFormation got no answer, unless a retry gave it.

        An answer that fails a resource does not count as an error of the function.

        Args:
            options: Those of `cloudwatch.MetricOptions`. Default: the sum over 5 minutes.
        """
        return self._function.metric_errors(**options)

    def metric_throttles(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401, as wide as jsii's
        """Return how often Lambda did not run the function, because too many functions ran at once.

        Args:
            options: Those of `cloudwatch.MetricOptions`. Default: the sum over 5 minutes.
        """
        return self._function.metric_throttles(**options)

    def metric_duration(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401, as wide as jsii's
        """Return how long the function ran, in milliseconds; at 120,000 Lambda ends it.

        Args:
            options: Those of `cloudwatch.MetricOptions`. Default: the average over 5 minutes.
        """
        return self._function.metric_duration(**options)

    def _make_log_group(self, retention: logs.RetentionDays | None) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "LogGroup",
            retention=retention or logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _make_role(self, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
        return iam.Role(
            self,
            "Role",
            description="Lets CloudFormation's provider of Amazon Pinpoint voice channels do its work",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            # Inline, so that the permissions are there as soon as the role is, and last until it goes.
            inline_policies={"VoiceChannels": iam.PolicyDocument(statements=statements)},
        )

    def _make_function(
        self,
        memory_size: int,
        vpc: ec2.IVpc | None,
        vpc_subnets: ec2.SubnetSelection | None,
        security_groups: Sequence[ec2.ISecurityGroup] | None,
    ) -> lambda_.Function:
        return lambda_.Function(
            self,
            "Function",
            description="Manages the voice channels of Amazon Pinpoint applications for CloudFormation",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=HANDLER,
            code=handler_code(),
            memory_size=memory_size,
            timeout=_TIMEOUT,
            retry_attempts=2,
            max_event_age=_MAX_EVENT_AGE,
            role=self._role,
            log_group=self._log_group,
            vpc=vpc,
            # Without a vpc, which is an error annotation by now, the CDK would raise.
            vpc_subnets=vpc_subnets if vpc else None,
            security_groups=security_groups if vpc else None,
        )

    def _need(self, *needed: IDependable) -> None:
        """Let the function be made after, and deleted before, and so the custom resources that refer to it.

        Just the function: its security group may be what the others refer to.
        """
        self._function.node.find_child("Resource").node.add_dependency(*needed)


class _ReferredProvider(Construct):
    def __init__(self, scope: Construct, construct_id: str, service_token: str) -> None:
        super().__init__(scope, construct_id)
        check_service_token(self, service_token)
        self._service_token = service_token

    @property
    def service_token(self) -> str:
        return self._service_token
