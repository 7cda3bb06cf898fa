"""The errors of `takeover`: what is in the way, and what to do."""

from pinpoint_voice_cli.errors import CommandError


class UnreadableTemplate(CommandError):
    """When a file is no template that can be read."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"{name} cannot be read as a template: {cause.rstrip('.')}.")


class CannotTakeOver(CommandError):
    """When a template or its stack is not as the next step needs it; nothing was written."""


class NotDeployedYet(CannotTakeOver):
    """When a template is that of a step already, and its stack does not have it."""


class CannotWrite(CommandError):
    """When a file cannot be written."""

    def __init__(self, path: str, cause: OSError) -> None:
        super().__init__(f"{path} cannot be written: {cause.strerror or cause}. It was not changed.")
