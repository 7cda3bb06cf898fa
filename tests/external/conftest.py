"""The environments of the tools that others wrote, each with what its file of requirements pins."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local_cloud.environments import python_with
from local_cloud.runtime import PROJECT


@pytest.fixture(scope="session")
def python_of() -> Callable[[str], Path]:
    """Return a function that makes an environment by the name of its requirements, and returns its Python."""
    return lambda name: python_with(
        PROJECT / "tests" / "external" / f"{name}.txt", PROJECT / ".external" / name
    )
