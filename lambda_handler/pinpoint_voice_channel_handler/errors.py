"""One exception for each cause of a failure; its text is the reason that CloudFormation shows to the user."""

import os
import reprlib
from collections.abc import Iterable, Sequence


class VoiceChannelError(Exception):
    """Base of the errors whose text is meant for the user: what was asked, what came back, what to do."""


class InvalidProperty(VoiceChannelError):
    """When a property of the resource is missing, unknown or has a value that is not allowed."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"Property {name} is {_shown(value)}, but must be {allowed}.")


class UnknownProperties(VoiceChannelError):
    """When the template gives the resource properties that it does not have."""

    def __init__(self, names: Sequence[str], resource_type: str, known: Sequence[str]) -> None:
        super().__init__(
            f"Unknown property {_shortened(', '.join(map(_shown, names)))}. "
            f"{resource_type} has the properties {', '.join(known)}."
        )


class UnknownRequestType(VoiceChannelError):
    """When an event asks for something other than Create, Update or Delete."""

    def __init__(self, request_type: object) -> None:
        super().__init__(f"RequestType is {_shown(request_type)}, but must be Create, Update or Delete.")


class UnknownResourceType(VoiceChannelError):
    """When a template gives the provider's service token to another type of resource."""

    def __init__(self, resource_type: str, known: Iterable[str]) -> None:
        super().__init__(f"ResourceType is {_shown(resource_type)}, but must be {' or '.join(known)}.")


class IncompleteEvent(VoiceChannelError):
    """When an event lacks something that every event of CloudFormation has."""

    def __init__(self, key: str, value: object) -> None:
        super().__init__(f"{key} of the event is {_shown(value)}, but must be text. Nothing was changed.")


class ApplicationNotFound(VoiceChannelError):
    """When Pinpoint has no application with the given id in the function's Region."""

    def __init__(self, application_id: str, region: str, request_id: str) -> None:
        super().__init__(
            f"Amazon Pinpoint has no application {application_id} in {region} (RequestID {request_id}). "
            "Check ApplicationId, and that the stack is deployed to the application's account and Region."
        )


class ChannelExists(VoiceChannelError):
    """When a voice channel is there already and `OnExisting` is `fail`."""

    def __init__(self, application_id: str) -> None:
        super().__init__(
            f"Application {application_id} has a voice channel already, and OnExisting is fail; nothing was "
            "changed. To manage the existing channel with this stack, set OnExisting to adopt."
        )


class ChannelProtected(VoiceChannelError):
    """When a deployment would disable or delete a voice channel that its template protects."""

    def __init__(self, application_id: str, what: str, instead: str) -> None:
        super().__init__(
            f"The voice channel of application {_shortened(application_id)} is Protected, so it was not "
            f"{what}. If you do want that, {instead}."
        )


class AccessDenied(VoiceChannelError):
    """When IAM does not allow the function to call an API operation."""

    def __init__(self, action: str, message: str, request_id: str) -> None:
        super().__init__(
            f"{action} was denied (RequestID {request_id}): {_sentence(message)} Allow {action} in the role "
            "of the provider's function, and look for a permissions boundary or an organization's policy."
        )


class PinpointRefused(VoiceChannelError):
    """When Pinpoint rejected a request for good, so that it changed nothing."""

    def __init__(self, operation: str, application_id: str, code: str, message: str, request_id: str) -> None:
        super().__init__(
            f"{operation} for application {application_id} was refused with {code} (RequestID {request_id}): "
            f"{_sentence(message)}"
        )


class PinpointUnavailable(VoiceChannelError):
    """When Pinpoint failed or did not answer, after retries: the request may or may not have been applied."""

    def __init__(self, operation: str, application_id: str, cause: str) -> None:
        super().__init__(
            f"{operation} for application {application_id} failed after retries: {_sentence(cause)} "
            "Deploy again once Amazon Pinpoint answers."
        )


class ContradictoryResponse(VoiceChannelError):
    """When a response is not what was asked for, so that nobody knows what the channel is."""

    def __init__(
        self,
        operation: str,
        application_id: str,
        member: str,
        value: object,
        expected: object,
        request_id: str,
    ) -> None:
        super().__init__(
            f"{operation} for application {application_id} succeeded, but its response (RequestID "
            f"{request_id}) says that {member} is {_shown(value)}, where it must be {expected}. So the "
            "channel may or may not be as asked for. Deploy again. If that does not help, something else may "
            "answer in the place of Amazon Pinpoint.",
        )


class StackUnknown(VoiceChannelError):
    """When CloudFormation did not tell what the stack is doing, so that deleting could take voice down."""

    def __init__(self, operation: str, stack_id: str, cause: str) -> None:
        super().__init__(
            f"Nothing was changed, because {operation} of {stack_id} failed after retries: "
            f"{_sentence(cause)} Repeat the operation."
        )


class HistoryTooLong(StackUnknown):
    """When the events of a stack that are read do not show what matters of its past."""

    def __init__(self, stack_id: str, rows: int) -> None:
        VoiceChannelError.__init__(
            self,
            f"Nothing was changed, because the newest {rows:,} events of {stack_id} do not reach back far "
            "enough to decide. Delete the voice channel yourself, or retain the resource, and repeat the "
            "operation.",
        )


class StackElsewhere(VoiceChannelError):
    """When the stack belongs to another account or Region than the function, which cannot read it there."""

    def __init__(self, stack_id: str, function_arn: str) -> None:
        super().__init__(
            f"Nothing was changed, because {_shortened(stack_id, 300)} belongs to another account or Region "
            f"than the provider, {function_arn}, which can only ask CloudFormation about stacks of its own. "
            "Use a provider in the stack's account and Region. To delete a resource that exists already, "
            "delete its voice channel first, or retain the resource."
        )


class NoLongerAsked(VoiceChannelError):
    """When CloudFormation's record does not show that it waits for an enabled channel to be disabled."""

    def __init__(self, application_id: str) -> None:
        super().__init__(
            f"The voice channel of application {application_id} stays enabled, as the stack's events do not "
            "show that CloudFormation still waits for it to be disabled. Deploy again to disable it."
        )


class InvalidCheck(VoiceChannelError):
    """When a check event is not as a rule of EventBridge sends it."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(
            f"{name} of the check event is {_shortened(value)}, but must be {allowed}. Nothing was checked. "
            "Correct the input of the rule's target."
        )


class IncompleteCheck(VoiceChannelError):
    """When a check could not read, or not heal, all of its channels."""

    def __init__(self, monitor: str, failed: int, unreached: int) -> None:
        super().__init__(
            f"The check of {monitor} failed for {failed} channels or stacks, and did not reach {unreached} "
            "channels in time. The log has the reasons. Lambda repeats the check, and so does its schedule."
        )


class CheckOutOfTime(VoiceChannelError):
    """When the function's time runs out before a check is done."""

    def __init__(self) -> None:
        super().__init__(
            "The function's time ran out before Amazon Pinpoint or CloudFormation answered the check. A "
            "channel that was being healed may or may not have been changed."
        )


class OutOfTime(VoiceChannelError):
    """When the function's time runs out before it is done."""

    def __init__(self) -> None:
        super().__init__(
            "The function's time ran out before Amazon Pinpoint or CloudFormation answered, so the channel "
            "may or may not have been changed. Deploy again once they answer."
        )


class Unexpected(VoiceChannelError):
    """When something fails that none of the other errors is for: a defect, or a broken runtime."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"The provider failed with {type(error).__name__} (details in the stream "
            f"{os.environ.get('AWS_LAMBDA_LOG_STREAM_NAME', 'unknown')} of the log group "
            f"{os.environ.get('AWS_LAMBDA_LOG_GROUP_NAME', 'unknown')}): {_sentence(str(error))}"
        )


def _sentence(message: str) -> str:
    text = _shortened(message or "no message was given", 1000)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _shown(value: object) -> str:
    """Return a value as it is; with what would be hidden in a sentence, such as white space, in quotes."""
    if isinstance(value, str) and (value == "" or " " in value or not value.isprintable()):
        return repr(_shortened(value))
    return _shortened(value)


def _shortened(value: object, limit: int = 100) -> str:
    text = value if isinstance(value, str) else reprlib.repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
