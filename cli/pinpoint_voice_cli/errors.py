"""The errors of the command; the text of each says what was asked, what came back and what to do."""

from pinpoint_voice_channel_handler.aws_error import AwsError


class CommandError(Exception):
    """Base of the errors whose text is meant for the user."""


class NoRegion(CommandError):
    """When nobody says in which Region to look."""

    def __init__(self) -> None:
        super().__init__("No Region is given. Pass --region, or set AWS_REGION or a region in your profile.")


class NoSuchProfile(CommandError):
    """When the AWS configuration has no profile of the name."""

    def __init__(self, name: str, known: list[str]) -> None:
        has = f"It has {', '.join(known)}." if known else "It has no profiles."
        super().__init__(f"Your AWS configuration has no profile {name!r}. {has}")


class NoCredentials(CommandError):
    """When there are no credentials to call AWS with."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"No usable AWS credentials: {cause} Pass --profile, or sign in with aws sso login.")


class Refused(CommandError):
    """When AWS has answered a call with an error."""

    def __init__(self, action: str, region: str, said: AwsError) -> None:
        denied = said.code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
        instead = f" Allow {action} to the identity that runs this command." if denied else ""
        super().__init__(f"{action} in {region} was refused: {str(said).rstrip('.')}.{instead}")
        self.action = action
        self.code = said.code
        self.denied = denied


class Unreachable(CommandError):
    """When AWS could not be reached, or did not answer."""

    def __init__(self, action: str, region: str, cause: str) -> None:
        super().__init__(
            f"{action} in {region} got no answer: {cause.rstrip('.')}. "
            "Check the network, and the Region's name."
        )
        self.action = action


class NoEndpoint(CommandError):
    """When Pinpoint has no endpoint in a Region."""

    def __init__(self, region: str, known: list[str]) -> None:
        super().__init__(f"Amazon Pinpoint has no endpoint in {region!r}. It has in {', '.join(known)}.")
