"""The errors of the command `plan`."""

from pinpoint_voice_cli.errors import CommandError


class UnreadableTemplate(CommandError):
    """When a file or an answer is no template of CloudFormation."""

    def __init__(self, source: str, cause: str) -> None:
        super().__init__(f"{source} is not a CloudFormation template: {cause.rstrip('.')}.")


class NoSuchStack(CommandError):
    """When there is no stack of the name, and only one that is there can be planned so."""

    def __init__(self, name: str, region: str) -> None:
        super().__init__(
            f"There is no stack {name} in {region}. Check the name, the Region and the account (--profile). "
            "Plan a stack that is yet to be created with --template."
        )


class NestedStack(CommandError):
    """When the stack is a part of another."""

    def __init__(self, name: str, root_id: str) -> None:
        super().__init__(
            f"{name} is nested in {root_id}, and what is done to its channels depends on that whole tree. "
            f"Plan {root_id.split('/')[1]} instead."
        )


class StackBusy(CommandError):
    """When the stack is in the middle of an operation."""

    def __init__(self, name: str, status: str) -> None:
        super().__init__(
            f"{name} is {status}, so what there is now is not what a deployment would begin with. "
            "Plan again when it has come to rest."
        )


class TerminationProtected(CommandError):
    """When CloudFormation does not delete a stack."""

    def __init__(self, name: str, options: str) -> None:
        super().__init__(
            f"{name} has termination protection, so CloudFormation does not delete it. To delete it, first "
            "run aws cloudformation update-termination-protection --no-enable-termination-protection "
            f"--stack-name {name} {options}, and plan again."
        )


_DELETE_FIRST = "Delete it first, which cdk deploy may do by itself: plan that with --delete"

NOT_UPDATABLE = {
    "ROLLBACK_COMPLETE": _DELETE_FIRST,
    "ROLLBACK_FAILED": _DELETE_FIRST,
    "DELETE_FAILED": _DELETE_FIRST,
    "IMPORT_ROLLBACK_FAILED": "Look in its events for what failed, and ask AWS Support to repair the stack: "
    "CloudFormation continues the rollback of updates only",
    "UPDATE_ROLLBACK_FAILED": "Continue its rollback (aws cloudformation continue-update-rollback), and plan "
    "again",
}
"""The statuses in which a stack cannot be updated, and what to do instead."""


class NotUpdatable(CommandError):
    """When CloudFormation does not update a stack in its status."""

    def __init__(self, name: str, status: str) -> None:
        super().__init__(
            f"{name} is {status}, and CloudFormation does not update such a stack. {NOT_UPDATABLE[status]}."
        )


class NoSuchChangeSet(CommandError):
    """When the stack has no change set of the name."""

    def __init__(self, name: str, stack: str, region: str, options: str) -> None:
        super().__init__(
            f"The stack {stack} in {region} has no change set {name}. List those that it has with aws "
            f"cloudformation list-change-sets --stack-name {stack} {options}."
        )


class ChangeSetNotReady(CommandError):
    """When a change set cannot be executed."""

    def __init__(self, name: str, status: str, reason: str) -> None:
        why = f": {reason.rstrip('.')}" if reason else ""
        super().__init__(
            f"The change set {name} is {status}{why}. Plan one that can be executed: wait until it is "
            "created, or create it again."
        )


class UnknownParameters(CommandError):
    """When --parameter names what the template does not have."""

    def __init__(self, names: list[str], known: list[str]) -> None:
        has = f"It has {', '.join(known)}." if known else "It has no parameters."
        super().__init__(f"The template has no parameter {', '.join(names)}. {has}")
