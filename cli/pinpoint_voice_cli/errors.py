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


class BadConfiguration(CommandError):
    """When the AWS configuration, or what it names, cannot be used."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"Your AWS configuration cannot be used: {cause.rstrip('.')}. Check the AWS_ variables of the "
            "environment, and your AWS config and credentials files."
        )


class NoCredentials(CommandError):
    """When there are no credentials to call AWS with."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"No usable AWS credentials: {cause} Pass --profile, or sign in with aws sso login.")


_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ForbiddenException",
        "UnauthorizedOperation",
    }  # the third: Pinpoint
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_INVALID = frozenset(
    {
        *("InvalidClientTokenId", "UnrecognizedClientException", "MissingAuthenticationToken"),
        *("MissingAuthenticationTokenException", "AuthFailure", "IncompleteSignature"),
        *("IncompleteSignatureException", "SignatureDoesNotMatch", "InvalidSignatureException"),
    }
)
_THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled"),
        *("RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException"),
    }
)


def _what_to_do(action: str, said: AwsError) -> str:
    if said.code in _DENIED:
        return f" Allow {action} to the identity that runs this command."
    if said.code in _EXPIRED:
        return " Your credentials have expired: renew them, such as with aws sso login."
    if said.code in _INVALID:
        return (
            " AWS does not accept your credentials: check that they are complete, active and for this "
            "partition, and that your clock is right, or pass --profile."
        )
    if said.code in _THROTTLED:
        return " The call was repeated, and throttled each time: try again when fewer others call this API."
    return " Try again later." if said.status >= 500 else ""


class Refused(CommandError):
    """When AWS has answered a call with an error."""

    def __init__(self, action: str, region: str, said: AwsError) -> None:
        said_so = f"{action} in {region} was refused: {str(said).rstrip('.')}."
        super().__init__(f"{said_so}{_what_to_do(action, said)}")
        self.action = action
        self.code = said.code


class Unreachable(CommandError):
    """When AWS could not be reached, or did not answer."""

    def __init__(self, action: str, region: str, cause: str) -> None:
        super().__init__(
            f"{action} in {region} got no answer: {cause.rstrip('.')}. "
            "Check the network, the settings of proxy and endpoint, and the Region's name."
        )
        self.action = action


class NoEndpoint(CommandError):
    """When Pinpoint has no endpoint in a Region."""

    def __init__(self, region: str, known: list[str]) -> None:
        super().__init__(f"Amazon Pinpoint has no endpoint in {region!r}. It has in {', '.join(known)}.")
