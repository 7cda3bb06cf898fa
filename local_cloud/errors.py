"""What can go wrong with the local cloud, in the words of whoever wants to use it."""

from pathlib import Path

_LOG_LINES = 20


class LocalCloudError(Exception):
    """Any failure of the local cloud that a person can do something about."""


class ProgramNotFoundError(LocalCloudError):
    """When a program that the local cloud needs is not installed."""

    def __init__(self, program: str, purpose: str, remedy: str) -> None:
        super().__init__(f"The program {program} was not found; {purpose}. {remedy}")


class InstallationFailedError(LocalCloudError):
    """When a virtual environment could not be made."""

    def __init__(self, command: str, output: str) -> None:
        super().__init__(f"A virtual environment could not be made: {command} said\n{_tail(output)}")


class ServerNotHealthyError(LocalCloudError):
    """When a server ended while it was starting, or did not answer in time."""

    def __init__(self, name: str, problem: str, log: Path) -> None:
        output = log.read_text(errors="replace")
        super().__init__(f"The {name} server {problem}. The end of {log}:\n{_tail(output)}")


class BootstrapFailedError(LocalCloudError):
    """When ``cdk bootstrap`` did not succeed."""

    def __init__(self, output: str) -> None:
        super().__init__(f"cdk bootstrap failed:\n{_tail(output)}")


class CdkTimedOutError(LocalCloudError):
    """When the cdk CLI did not end in time."""

    def __init__(self, command: str, seconds: float, output: str) -> None:
        super().__init__(f"{command} took more than {seconds:g} seconds. It said\n{_tail(output)}")


class StateUnreadableError(LocalCloudError):
    """When the file that says what ``up`` has started is damaged."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged. End the servers it was about by hand, and remove it")


def _tail(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-_LOG_LINES:]) or "(nothing)"
