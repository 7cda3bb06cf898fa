"""A provider on the local cloud, and what drives its stacks: `--planned` plans each operation first."""

import pytest

from harness.engine import Engine
from harness.planned_engine import PlannedEngine
from harness.provider import deploy_provider
from local_cloud.cloud import LocalCloud


@pytest.fixture(scope="session")
def service_token(bootstrapped_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Deploy a provider over boto3, and return its service token."""
    return deploy_provider(bootstrapped_cloud, tmp_path_factory.mktemp("provider"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --planned."""
    parser.addoption(
        "--planned", action="store_true", help="plan each operation on a stack first, and compare"
    )


@pytest.fixture(scope="session")
def engine_type(pytestconfig: pytest.Config) -> type[Engine]:
    """Return what drives the stacks of the scenarios."""
    return PlannedEngine if pytestconfig.getoption("--planned") else Engine
