"""A local cloud for as long as a ``with`` block lasts.

    with LocalCloud() as cloud:
        cloud.bootstrap()                                       # the real cdk bootstrap
        subprocess.run(["npx", "cdk", "deploy"], env=cloud.environment)
        cloud.client("pinpoint").create_app(...)                # or "cloudformation", "lambda", …
        cloud.pinpoint.fail("PUT", status=429, times=3)         # force errors of the voice channel API
        cloud.pinpoint.requests()                               # what Pinpoint was sent

Nothing of it is left after the block, however it ends, and nothing is written outside ``.local_cloud``.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import botocore.loaders
import botocore.session
from botocore.config import Config

from local_cloud import children
from local_cloud.control import PinpointControl
from local_cloud.environment import ACCOUNT, REGION, Endpoints, client_environment
from local_cloud.errors import BootstrapFailedError, CdkTimedOutError, ProgramNotFoundError
from local_cloud.runtime import HOME, PROJECT
from local_cloud.servers import Servers, start

if TYPE_CHECKING:
    from types import TracebackType

    from botocore.client import BaseClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_pinpoint import PinpointClient

_CDK_SECONDS = 300
# What botocore knows of the services. Each session would read it again, which takes most of a client's time.
_MODELS = botocore.loaders.create_loader()


class LocalCloud:
    """MiniStack and a Pinpoint with voice channels on free ports of 127.0.0.1, empty at first.

    Entering the block takes about a second, the first time ever longer, for then it installs MiniStack. It
    raises LocalCloudError. Should this process be killed, the servers end with it.
    """

    _servers: Servers | None = None

    def __enter__(self) -> Self:
        self._servers = start(HOME / "runs", detached=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        if self._servers:
            self._servers.end()

    @property
    def has_started(self) -> bool:
        """Whether its block has been entered."""
        return self._servers is not None

    @property
    def endpoints(self) -> Endpoints:
        """Where it is reached, and where its files are."""
        assert self._servers is not None, "The block has not been entered."  # noqa: S101  # a mistake in our code
        return self._servers.endpoints

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment for a process that is to use it, made from this process's."""
        return client_environment(self.endpoints)

    @property
    def pinpoint(self) -> PinpointControl:
        """What Pinpoint was sent, and what it is to fail."""
        return PinpointControl(self.endpoints.pinpoint_url)

    @overload
    def client(self, service: Literal["cloudformation"], region: str = ...) -> "CloudFormationClient": ...
    @overload
    def client(self, service: Literal["lambda"], region: str = ...) -> "LambdaClient": ...
    @overload
    def client(self, service: Literal["pinpoint"], region: str = ...) -> "PinpointClient": ...
    @overload
    def client(self, service: str, region: str = ...) -> Any: ...  # noqa: ANN401  # no stubs are installed for other services
    def client(self, service: str, region: str = REGION) -> "BaseClient":
        """Return a client of a service; nothing that is configured here for the real AWS leaks in."""
        nothing = (None, None, os.devnull, None)
        session = botocore.session.Session(
            {"profile": (None, None, None, None), "config_file": nothing, "credentials_file": nothing}
        )
        session.register_component("data_loader", _MODELS)
        return session.create_client(
            service,
            region_name=region,
            endpoint_url=self.endpoints.pinpoint_url
            if service == "pinpoint"
            else self.endpoints.ministack_url,
            verify=str(self.endpoints.certificate),
            config=Config(proxies={}),  # none of this process's environment
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106  # the local cloud takes any
        )

    def bootstrap(self) -> None:
        """Prepare it for ``cdk deploy``, as a new account is; raises LocalCloudError."""
        bootstrap(self.endpoints)

    def cdk(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the project's cdk CLI on its app; ``stdout`` of what returns has all it printed."""
        output = self.endpoints.directory / "cdk.out"
        return _cdk(self.endpoints, PROJECT, *arguments, "--output", str(output))


def bootstrap(endpoints: Endpoints) -> None:
    """Run ``cdk bootstrap`` of the project's own cdk CLI; raises LocalCloudError."""
    # Away from cdk.json, whose app would be synthesized.
    done = _cdk(endpoints, endpoints.directory, "bootstrap", f"aws://{ACCOUNT}/{REGION}")
    if done.returncode != 0:
        raise BootstrapFailedError(done.stdout)


def _cdk(endpoints: Endpoints, directory: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = client_environment(endpoints)
    cdk = PROJECT / "node_modules" / ".bin" / "cdk"
    if not cdk.exists():
        raise ProgramNotFoundError("cdk", "it is pinned in package.json", "Run npm ci.")
    if shutil.which("node", path=environment["PATH"]) is None:
        raise ProgramNotFoundError("node", "the cdk CLI runs on it", "Install Node.js 22 or later.")
    try:
        return children.run(
            [str(cdk), *arguments], directory=directory, environment=environment, seconds=_CDK_SECONDS
        )
    except subprocess.TimeoutExpired as timeout:
        # What a process has said by then comes as bytes, whatever `text` asks for.
        output = (timeout.stdout or b"").decode(errors="replace")
        raise CdkTimedOutError(f"cdk {arguments[0]}", _CDK_SECONDS, output) from timeout
