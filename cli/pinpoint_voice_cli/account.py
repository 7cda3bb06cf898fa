"""The AWS account that a command reads: its clients, and its errors in the words of the command."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    UnknownRegionError,
)

from pinpoint_voice_channel_handler.aws_error import AwsError
from pinpoint_voice_cli.errors import (
    BadConfiguration,
    NoCredentials,
    NoRegion,
    NoSuchProfile,
    Refused,
    Unreachable,
)

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    # CloudFormation answers few calls a second, and shares them with the deployments of the account.
    retries={"mode": "adaptive", "max_attempts": 10},
)
_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    MetadataRetrievalError,
    SSOError,
    TokenRetrievalError,
)


class Account:
    """Calls AWS.

    Args:
        profile: The profile of the AWS configuration; None for what the environment says.
        region: The Region; None for that of the environment or profile. As the AWS CLI does, and boto3 does
            not, AWS_REGION counts, and comes first.

    Raises:
        NoSuchProfile: There is no such profile.
        BadConfiguration: The AWS configuration cannot be read.
    """

    def __init__(self, profile: str | None = None, region: str | None = None) -> None:
        try:
            region = region or os.environ.get("AWS_REGION")
            self._session = boto3.Session(profile_name=profile, region_name=region)
        except ProfileNotFound as error:
            # boto3's session cannot be made without the profile, which may be that of AWS_PROFILE.
            known = botocore.session.Session().available_profiles
            raise NoSuchProfile(error.kwargs["profile"], known) from error
        except BotoCoreError as error:
            raise BadConfiguration(str(error)) from error
        # boto3's sessions are not safe for threads, its clients are.
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def region(self) -> str:
        """The Region where nothing else is said; raises NoRegion."""
        if not self._session.region_name:
            raise NoRegion
        return self._session.region_name

    def regions(self) -> list[str]:
        """Return the Regions in which Pinpoint has an endpoint, of the partition of the account's Region."""
        return sorted(self._session.get_available_regions("pinpoint", self._partition))

    def regions_elsewhere(self) -> list[str]:
        """Return those of other partitions, where credentials of this one are worth nothing."""
        others = [one for one in self._session.get_available_partitions() if one != self._partition]
        return sorted(
            region for other in others for region in self._session.get_available_regions("pinpoint", other)
        )

    @property
    def _partition(self) -> str:
        try:
            return self._session.get_partition_for_region(self.region)
        except (NoRegion, UnknownRegionError):
            return "aws"

    def call(self, service: str, operation: str, region: str | None = None, **arguments: object) -> Any:  # noqa: ANN401, botocore's
        """Call an API.

        Args:
            service: Its name as boto3 has it, such as `cloudformation`.
            operation: The operation as IAM spells it, such as `ListStacks`.
            region: The Region; None for the account's.
            arguments: As boto3 takes them.

        Raises:
            CommandError: AWS refused, or could not be reached.
        """
        return self._asked(service, operation, region, lambda client: _method(client, operation)(**arguments))

    def pages(
        self, service: str, operation: str, region: str | None = None, **arguments: object
    ) -> Iterator[Mapping[str, Any]]:
        """Call an API whose answer has several pages, and yield each; raises CommandError."""
        pages = self._asked(
            service,
            operation,
            region,
            lambda client: iter(client.get_paginator(_snake(operation)).paginate(**arguments)),
        )
        while page := self._asked(service, operation, region, lambda _: next(pages, None)):
            yield page

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401, boto3's clients are made at run time
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._made(service, region)
            return self._clients[service, region]

    def _made(self, service: str, region: str) -> Any:  # noqa: ANN401, as above
        """Return a new client, whose credentials were got, so that what is raised tells of the configuration.

        botocore lets through, unchanged, the ValueErrors and OSErrors of whatever the configuration names.
        """
        try:
            client = self._session.client(service, region, config=_CONFIG)  # type: ignore[call-overload]  # any service
            _check_port(client.meta.endpoint_url)
            if credentials := self._session.get_credentials():
                credentials.get_frozen_credentials()
        except (*_CREDENTIALS, ConnectionError, HTTPClientError, InvalidRegionError):
            raise
        except ClientError as error:  # of the service that gives the credentials
            raise NoCredentials(f"{error}.") from error
        except (BotoCoreError, OSError, ValueError) as error:
            raise BadConfiguration(str(error)) from error
        return client

    def _asked(self, service: str, operation: str, region: str | None, ask: Callable[[Any], Any]) -> Any:  # noqa: ANN401, botocore's
        region = region or self.region
        action = f"{_IAM.get(service, service)}:{operation}"
        try:
            return ask(self._client(service, region))
        except ClientError as error:
            raise Refused(action, region, AwsError.of(error.response)) from error
        except _CREDENTIALS as error:
            raise NoCredentials(f"{error}.") from error
        except BotoCoreError as error:
            raise Unreachable(action, region, str(error)) from error


# The prefix of a service's actions in IAM, where it is not boto3's name of the service.
_IAM = {"pinpoint": "mobiletargeting"}


def _check_port(url: str) -> None:
    """Raise ValueError, as botocore does only when it signs a call, if a URL has a port that cannot be."""
    _ = urlsplit(url).port


def _method(client: Any, operation: str) -> Callable[..., Any]:  # noqa: ANN401, boto3's clients are made at run time
    method: Callable[..., Any] = getattr(client, _snake(operation))
    return method


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
