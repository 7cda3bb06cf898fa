"""The variables that clients of the local cloud, and its servers, run with."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from local_cloud import certificates
from pinpoint_voice_channel_handler.response import LOCAL_HOST_VARIABLE

ACCOUNT = "123456789012"
REGION = "us-east-1"

# Whatever is configured for the real AWS in the files of this machine's user must not leak in.
_NO_AWS_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
_LOCAL_HOSTS = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Endpoints:
    """Where a local cloud is reached: the ports of 127.0.0.1, and the directory of its files."""

    ministack_port: int
    pinpoint_port: int
    directory: Path

    @property
    def ministack_url(self) -> str:
        """The endpoint of all services but Pinpoint."""
        # By name, as in CloudFormation's ResponseURLs.
        return f"https://localhost:{self.ministack_port}"

    @property
    def pinpoint_url(self) -> str:
        """The endpoint of Pinpoint."""
        return f"http://127.0.0.1:{self.pinpoint_port}"

    @property
    def temporary(self) -> Path:
        """The servers' directory for temporary files."""
        return self.directory / "tmp"

    @property
    def certificate(self) -> Path:
        """The certificate that MiniStack makes for itself."""
        return self.temporary / "ministack-tls" / "server.crt"

    @property
    def ca_bundle(self) -> Path:
        """What clients trust: this certificate, and what they trust without a local cloud."""
        return self.directory / "ca-bundle.pem"


def client_variables(endpoints: Endpoints) -> dict[str, str]:
    """Return what a client needs to reach the local cloud, and nothing but it."""
    return {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoints.ministack_url,
        "AWS_ENDPOINT_URL_PINPOINT": endpoints.pinpoint_url,
        **_NO_AWS_FILES,
        **_without_proxy(os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""),
        **dict.fromkeys(certificates.VARIABLES, str(endpoints.ca_bundle)),
        # Where the cdk CLI caches, in place of ~/.cdk, and that it reports to nobody what happens here.
        "CDK_HOME": str(endpoints.directory / "cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        # Node 20 is past its end of life, which jsii and the AWS SDK say at length at every start.
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "NODE_NO_WARNINGS": "1",
    }


def _without_proxy(hosts: str = "") -> dict[str, str]:
    """Reach the local cloud without a proxy, and keep the hosts that already do without one."""
    all_hosts = ",".join(dict.fromkeys([*filter(None, hosts.split(",")), *_LOCAL_HOSTS]))
    return {"NO_PROXY": all_hosts, "no_proxy": all_hosts}


def leaking_variables() -> list[str]:
    """Return the names of this process's variables for the real AWS."""
    return sorted(name for name in os.environ if name.startswith("AWS_"))


def client_environment(endpoints: Endpoints) -> dict[str, str]:
    """Return this process's environment, turned from the real AWS to the local cloud.

    The directory of this Python comes first in PATH: a Node from PyPI is there, and ``python3`` of cdk.json.
    """
    kept = {name: value for name, value in os.environ.items() if name not in leaking_variables()}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**kept, **client_variables(endpoints), "PATH": path}


def pinpoint_environment() -> dict[str, str]:
    """Return the environment of the Pinpoint server."""
    kept = {name: value for name, value in os.environ.items() if name not in leaking_variables()}
    return {**kept, "MOTO_ACCOUNT_ID": ACCOUNT}


def ministack_environment(endpoints: Endpoints) -> dict[str, str]:
    """Return the environment of MiniStack, which its Lambda workers inherit; of this process's only PATH.

    In particular it has no certificates: MiniStack hands its own to its workers only where none are set.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(endpoints.directory),
        "TMPDIR": str(endpoints.temporary),
        "STATE_DIR": str(endpoints.temporary),
        "S3_DATA_DIR": str(endpoints.temporary),
        # At start MiniStack removes containers that look like its own; none of this machine's are.
        "DOCKER_HOST": f"unix://{endpoints.temporary}/no-docker.sock",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "GATEWAY_PORT": str(endpoints.ministack_port),
        "USE_SSL": "1",
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AWS_ENDPOINT_URL_PINPOINT": endpoints.pinpoint_url,
        # The handler answers no host outside AWS but this one.
        LOCAL_HOST_VARIABLE: f"localhost:{endpoints.ministack_port}",
        "PYTHONUNBUFFERED": "1",
        **_without_proxy(),
    }
