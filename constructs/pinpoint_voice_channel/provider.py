"""The Lambda function behind the voice channels, with its role and its log group."""

from collections.abc import Sequence
from typing import Protocol, Self

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from pinpoint_voice_channel.checks import check_application_ids, check_service_token, check_type
from pinpoint_voice_channel.handler_asset import HANDLER, handler_code

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
    between stacks, or to set its options.
    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html,
    ServiceToken

    Args:
        scope: The parent construct.
        construct_id: The id within the parent. Changing it replaces the function, and CloudFormation refuses
            to change the service token of a resource that exists.
        application_ids: The applications whose voice channels the function may read and change. Keep an
            application here for as long as a stack manages its channel: without the permission, the Delete
            fails. Default: all of the account and Region.
        log_retention: How long the function's log is kept. Default: one month.
        memory_size: The function's memory in MiB. Default: 256.

    Raises:
        TypeError: An argument has another type, or `application_ids` is a token for a list. An id that cannot
            be one, and an empty list, are error annotations: the cdk CLI refuses to deploy them.

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
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        memory_size: int = 256,
    ) -> None:
        super().__init__(scope, construct_id)
        if application_ids is not None:
            check_application_ids(self, application_ids)
        check_type("log_retention", log_retention, logs.RetentionDays, "one of RetentionDays")
        check_type("memory_size", memory_size, (int, float), "a number of MiB")  # a token is a float
        self._log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # Without an application, which is an error, the name is empty: nothing, and not all.
        self._role = self._make_role(["*"] if application_ids is None else application_ids or [""])
        self._application_ids = None if application_ids is None else tuple(application_ids)
        self._function = lambda_.Function(
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
        )
        self.node.default_child = self._function.node.default_child

    @classmethod
    def of(cls, scope: Construct) -> Self:
        """Return the provider of the stack that a construct is in; the first call makes it."""
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
        """Let a custom resource be made after, and deleted before, the limits on Lambda's retries.

        It refers to the function, but to nothing that says how long an event may be retried.

        Args:
            resource: A resource of this provider's.
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
        """The function, for alarms, policies and what else the CDK has for one."""
        return self._function

    @property
    def role(self) -> iam.Role:
        """The role that the function runs with."""
        return self._role

    @property
    def log_group(self) -> logs.LogGroup:
        """The log group that the function writes to."""
        return self._log_group

    def _make_role(self, application_ids: Sequence[str]) -> iam.Role:
        return iam.Role(
            self,
            "Role",
            description="Lets CloudFormation's provider of Amazon Pinpoint voice channels do its work",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            # Inline, so that the permissions are there as soon as the role is, and last until it goes.
            inline_policies={
                "VoiceChannels": iam.PolicyDocument(
                    statements=[
                        self._manage_voice_channels(application_ids),
                        self._read_stacks(),
                        self._write_logs(),
                    ]
                )
            },
        )

    def _manage_voice_channels(self, application_ids: Sequence[str]) -> iam.PolicyStatement:
        # By default not just the applications in use: CloudFormation changes a policy before it deletes what
        # was removed, so the Delete of the removed channel would be denied.
        return iam.PolicyStatement(
            actions=[
                "mobiletargeting:GetVoiceChannel",
                "mobiletargeting:UpdateVoiceChannel",
                "mobiletargeting:DeleteVoiceChannel",
            ],
            resources=[
                self._arn("mobiletargeting", "apps", f"{application_id}/channels/voice")
                for application_id in application_ids
            ],
        )

    def _read_stacks(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=[
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStacks",
                "cloudformation:ListStackResources",
            ],
            resources=[self._arn("cloudformation", "stack", "*")],
        )

    def _write_logs(self) -> iam.PolicyStatement:
        # Not logs:CreateLogGroup: a function that may create its log group does so again after its deletion.
        return iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self._log_group.log_group_arn]
        )

    def _arn(self, service: str, resource: str, name: str) -> str:
        return cdk.Stack.of(self).format_arn(service=service, resource=resource, resource_name=name)


class _ReferredProvider(Construct):
    def __init__(self, scope: Construct, construct_id: str, service_token: str) -> None:
        super().__init__(scope, construct_id)
        check_service_token(self, service_token)
        self._service_token = service_token

    @property
    def service_token(self) -> str:
        return self._service_token
