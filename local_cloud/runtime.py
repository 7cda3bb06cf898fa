"""MiniStack's virtual environment: what its Lambda workers can import, as in AWS's Python runtime."""

from pathlib import Path

from local_cloud.environments import python_with

PROJECT = Path(__file__).resolve().parent.parent
HOME = PROJECT / ".local_cloud"
"""Where everything is that the local cloud makes; not in version control."""


def ensure_runtime() -> Path:
    """Return the environment's Python. Raises InstallationFailedError."""
    return python_with(PROJECT / "local_cloud" / "runtime.txt", HOME / "runtime")
