"""The command `takeover`."""

from functools import partial
from pathlib import Path

import click
from rich.console import Console

from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.options import account_options, output_option
from pinpoint_voice_cli.report import Output, progress, show
from pinpoint_voice_cli.takeover import files
from pinpoint_voice_cli.takeover.deployed import channel_state, has_export, read_stack
from pinpoint_voice_cli.takeover.deployment import deployment
from pinpoint_voice_cli.takeover.errors import CannotTakeOver, NotDeployedYet
from pinpoint_voice_cli.takeover.next_step import Step, decide
from pinpoint_voice_cli.takeover.report import STANDARD_OUTPUT, Request, TakeoverReport
from pinpoint_voice_cli.takeover.service_token import DEFAULT, ServiceToken
from pinpoint_voice_cli.takeover.template import Template

_EXAMPLE = """\b
Example:
  pinpoint-voice takeover hotline.yaml --stack Hotline --write hotline.yaml
"""


@click.command(epilog=_EXAMPLE, short_help="Move native voice channels to this library.")
@click.argument("template", type=click.Path(exists=True, dir_okay=False, readable=True))
@click.option("--stack", metavar="NAME", required=True, help="The stack that has the template.")
@click.option(
    "--write",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Where to write the next template: a file, which may be TEMPLATE itself, or - for standard output. "
    "Without it, the changes are shown, and nothing is written.",
)
@click.option(
    "--service-token",
    metavar="VALUE",
    default=DEFAULT,
    show_default=True,
    help="The ServiceToken of our resources: the ARN of the provider's function, or an expression.",
)
@account_options
@output_option
@click.pass_obj
def takeover(  # its options
    make_account: type[Account],
    template: str,
    stack: str,
    write: str | None,
    service_token: str,
    region: str | None,
    profile: str | None,
    output: Output,
) -> None:
    """Write the next template of a takeover.

    It moves resources of AWS::Pinpoint::VoiceChannel to this library's type in two deployments, neither of
    which touches a voice channel. The first gives the native resources DeletionPolicy: Retain, and adds ours.
    When it is deployed, and the channels are as wanted, the second removes the native resources, and points
    what refers to them to ours.

    The command finds out which step is next, and edits TEMPLATE, in YAML or JSON, in those places only. It
    changes nothing in AWS: you deploy what it writes, with the command that it prints.
    """
    if write == STANDARD_OUTPUT and output is Output.JSON:
        raise click.UsageError("Both --write - and --output json would write to standard output.")
    before, token = Template.read(Path(template)), ServiceToken(service_token)
    account = make_account(profile, region)
    with progress(f"Reading the stack {stack}"):
        deployed = read_stack(account, stack)
        try:
            decision = decide(before, deployed, token, partial(channel_state, account))
        except NotDeployedYet as error:
            raise CannotTakeOver(f"{error}\n\n  {deployment(before, template, deployed, profile)}") from error
        if decision.step is Step.FIRST:
            _refuse_without_provider(account, token)
    options = _options(service_token, region, profile)
    report = TakeoverReport(Request(template, stack, write, profile, options), before, deployed, decision)
    if write == STANDARD_OUTPUT:
        # Even where nothing comes next, a pipeline gets a template.
        click.echo((decision.template or before).text, nl=False)
        report.print(Console(stderr=True, highlight=False, emoji=False))
        return
    if write and decision.template:
        files.write(Path(write), decision.template.encoded())
    show(report, output)


def _refuse_without_provider(account: Account, token: ServiceToken) -> None:
    if token.imported is not None and not has_export(account, token.imported):
        raise CannotTakeOver(
            f"No stack in {account.region} exports {token.imported}, the service token of the provider. "
            "Install the provider there first (provider_package/INSTALL.md), or pass --service-token."
        )


def _options(service_token: str, region: str | None, profile: str | None) -> tuple[str, ...]:
    """Return the options that the next step needs, too."""
    given = {
        "--service-token": service_token if service_token != DEFAULT else None,
        "--region": region,
        "--profile": profile,
    }
    return tuple(text for name, value in given.items() if value for text in (name, value))
