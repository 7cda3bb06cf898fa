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
    """When pip or npm failed; in one line, since both say much, and the cause not last."""

    def __init__(self, what: str, tool: str, output: str, log: Path) -> None:
        if any(sign in output for sign in _UNREACHABLE):
            cause = f"{tool} reached no package index that has what is needed"
            remedy = (
                f"Set {_INDEX_SETTINGS[tool]} to one that answers, or HTTPS_PROXY to a proxy, and try again."
            )
        else:
            cause, remedy = f"{tool} said “{_first_error(output)}”", "Put that right, and try again."
        super().__init__(f"{what} cannot be installed: {cause}. {remedy} All that {tool} said is in {log}.")


_INDEX_SETTINGS = {"pip": "PIP_INDEX_URL", "npm": "NPM_CONFIG_REGISTRY"}
_UNREACHABLE = (
    *("connection broken by", "(from versions: none)"),  # pip, the latter also without retries
    *(
        "ECONNREFUSED",
        "ECONNRESET",
        "ENOTFOUND",
        "EAI_AGAIN",
        "ETIMEDOUT",
        "EHOSTUNREACH",
        "ENETUNREACH",
    ),  # npm
)


def _first_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["nothing"]
    return next((line for line in lines if line.lower().startswith(("error", "npm error"))), lines[0])


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
