"""The command `plan`."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from pinpoint_voice_channel_handler.request import RequestType
from pinpoint_voice_channel_handler.rules import Cancelled
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.options import account_options, output_option
from pinpoint_voice_cli.plan.channels import Channels, this_moment
from pinpoint_voice_cli.plan.decide import History, Planner
from pinpoint_voice_cli.plan.errors import NOT_UPDATABLE, NoSuchStack, NotUpdatable, TerminationProtected
from pinpoint_voice_cli.plan.from_change_set import change_set_steps, read_change_set
from pinpoint_voice_cli.plan.from_deletion import deletion_steps
from pinpoint_voice_cli.plan.from_template import NextTemplate
from pinpoint_voice_cli.plan.outcome import Action, Outcome, Plan
from pinpoint_voice_cli.plan.stacks import Deployed, Logs, read_deployed
from pinpoint_voice_cli.plan.step import Step
from pinpoint_voice_cli.plan.template import read
from pinpoint_voice_cli.report import Output, progress, show

FOUND = 3
"""The exit code where --fail-on finds something."""


_DEPLOY = "If that is what you want, deploy it soon; to deploy just what was planned, plan a change set."
_DEPLOY_UNKNOWN = "Before you deploy it, plan a change set, which tells more, or do what the reasons say."
_EXECUTE_UNKNOWN = "Before you execute it, find out what it cannot tell; the reasons say why."
_DELETE_UNKNOWN = "Before you delete it, find out what it cannot tell; the reasons say why."
_NOTHING_TO_EXECUTE = "The change set changes nothing, so there is nothing to execute."
_REFUSED = "Change what is refused, as the reasons say, and plan again."
_DELETE = "If that is what you want, delete it. To keep a channel, first deploy DeletionPolicy: Retain on it."


class _Actions(click.ParamType[tuple[Action, ...]]):
    name = "actions"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Action, ...]:
        names = [name.strip() for name in str(value).split(",")]
        if unknown := [name for name in names if name not in set(Action)]:
            self.fail(f"{', '.join(unknown)} is not among {', '.join(Action)}.", param, ctx)
        return tuple(map(Action, names))


class _Parameter(click.ParamType[tuple[str, str]]):
    name = "parameter"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        key, equals, text = str(value).partition("=")
        if not key or not equals:
            self.fail(f"{value!r} is not of the form Key=Value", param, ctx)
        return key, text


_EXAMPLES = """\b
Examples:
  pinpoint-voice plan Calls --template cdk.out/Calls.template.json
  pinpoint-voice plan Calls --change-set release-7 --fail-on disable,delete
  pinpoint-voice plan Calls --delete
"""


@click.command(epilog=_EXAMPLES, short_help="Show what a deployment would do to voice channels.")
@click.argument("stack")
@click.option("--change-set", metavar="NAME", help="Plan the execution of this change set.")
@click.option(
    "--template",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Plan the deployment of this template, in JSON or YAML.",
)
@click.option("--delete", is_flag=True, help="Plan the deletion of the stack.")
@click.option(
    "--parameter",
    "parameters",
    type=_Parameter(),
    multiple=True,
    metavar="KEY=VALUE",
    help="With --template: a parameter's value. One that is not given keeps its value in the stack, as with "
    "aws cloudformation deploy and cdk deploy; a new one has its default. Repeatable.",
)
@click.option(
    "--fail-on",
    type=_Actions(),
    metavar="ACTIONS",
    help="End with the exit code 3 if one of these actions is planned, separated by commas: "
    f"{', '.join(Action)}. delete and disable also match any other action with that effect. They match "
    "cannot-tell as well, since it may have that effect.",
)
@account_options
@output_option
@click.pass_obj
def plan(
    make_account: type[Account],
    stack: str,
    *,
    change_set: str | None,
    template: Path | None,
    delete: bool,
    parameters: tuple[tuple[str, str], ...],
    fail_on: tuple[Action, ...] | None,
    profile: str | None,
    region: str | None,
    output: Output,
) -> int:
    """Tell what a deployment of STACK will do to each voice channel.

    The provider's own code decides, given what there is now and what would be
    deployed, so that what is planned is what is done, unless something changes
    in the meantime. The plan also tells what the channels would be after the
    deployment has failed and was rolled back.

    If a template contains values that only CloudFormation can resolve (imports,
    transforms, dynamic references), its plan says cannot-tell; plan a change set
    instead. Templates of nested stacks are read where the template names a file,
    as the CDK's do.
    """
    if [bool(change_set), template is not None, delete].count(True) != 1:
        raise click.UsageError("Give one of --change-set, --template and --delete.")
    if parameters and template is None:
        raise click.UsageError("--parameter is for --template.")
    account = make_account(profile, region)
    options = _options(account, profile)
    with progress(f"Reading {stack}"):
        if template is not None:
            planned = plan_template(account, stack, template, dict(parameters))
        elif change_set:
            planned = plan_change_set(account, stack, change_set, options)
        else:
            planned = plan_deletion(account, stack, options)
    show(planned, output)
    return FOUND if planned.has(fail_on or ()) else 0


def plan_template(account: Account, name: str, template: Path, parameters: dict[str, str]) -> Plan:
    """Return what the deployment of a template does; raises CommandError."""
    deployed = _updatable(read_deployed(account, name))
    steps = NextTemplate(read(template), template.parent, deployed, parameters, account.region).steps()
    return _deployment(account, deployed, steps, f"with {template.name}", _DEPLOY, _DEPLOY_UNKNOWN)


def plan_change_set(account: Account, name: str, change_set: str, options: str) -> Plan:
    """Return what the execution of a change set does; raises CommandError.

    Args:
        account: The account.
        name: The stack's name.
        change_set: The change set's name, or its ARN.
        options: The options of the AWS CLI that choose the account and its Region.
    """
    deployed = _updatable(read_deployed(account, name))
    read_set = read_change_set(account, deployed, change_set, options)
    next_step, unknown = _NOTHING_TO_EXECUTE, _NOTHING_TO_EXECUTE
    if read_set.changes_anything:
        unknown = _EXECUTE_UNKNOWN
        next_step = (
            f"To execute it: aws cloudformation execute-change-set --stack-name {deployed.name} "
            f"--change-set-name {change_set} {options}"
        )
    steps = change_set_steps(account, read_set)
    return _deployment(account, deployed, steps, f"with the change set {change_set}", next_step, unknown)


def plan_deletion(account: Account, name: str, options: str) -> Plan:
    """Return what the deletion of a stack does; raises CommandError."""
    deployed = read_deployed(account, name)
    if not deployed.exists:
        raise NoSuchStack(name, account.region)
    if deployed.is_kept:
        raise TerminationProtected(deployed.name, options)
    outcomes, fails = _planner(account, deployed, deletion_steps(deployed)).deletion()
    next_step = _next_step(outcomes, _DELETE, _DELETE_UNKNOWN)
    return Plan(
        deployed.name, account.region, "to be deleted", outcomes, fails, rolls_back=False, next_step=next_step
    )


def _options(account: Account, profile: str | None) -> str:
    region = f"--region {account.region}"
    return f"{region} --profile {shlex.quote(profile)}" if profile else region


def _updatable(deployed: Deployed) -> Deployed:
    if deployed.status in NOT_UPDATABLE:
        raise NotUpdatable(deployed.name, deployed.status)
    return deployed


def _deployment(
    account: Account, deployed: Deployed, steps: Iterable[Step], what: str, next_step: str, unknown: str
) -> Plan:
    outcomes, fails = _planner(account, deployed, steps).deployment()
    next_step = _next_step(outcomes, next_step, unknown)
    return Plan(deployed.name, account.region, what, outcomes, fails, rolls_back=True, next_step=next_step)


def _next_step(outcomes: Sequence[Outcome], next_step: str, unknown: str) -> str:
    """Return what to do next, which is not to go on where something is refused, or unknown."""
    actions = {one.action for one in outcomes}
    if Action.REFUSED in actions:
        return _REFUSED
    return unknown if Action.CANNOT_TELL in actions else next_step


def _planner(account: Account, deployed: Deployed, steps: Iterable[Step]) -> Planner:
    logs = Logs(account)

    def cancelled(stack_id: str, logical_id: str, request_type: RequestType) -> Cancelled | None:
        return Cancelled.of(logs.of(stack_id), logical_id, request_type)

    history = History(lambda: logs.last_rest(deployed), cancelled)
    return Planner(list(steps), Channels(account), history, this_moment(), creates=not deployed.exists)
