"""A provider on the local cloud."""

import pytest

from harness.provider import deploy_provider
from local_cloud.cloud import LocalCloud


@pytest.fixture(scope="session")
def service_token(bootstrapped_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Deploy a provider over boto3, and return its service token."""
    return deploy_provider(bootstrapped_cloud, tmp_path_factory.mktemp("provider"))
