"""The commands of `pinpoint-voice`, and how it ends.

Exit codes: 0; 1 for any error, wrong usage included; 3 where `plan --fail-on` finds something; 130 after
Ctrl-C.
"""

import os
import sys
from collections.abc import Sequence

import click

from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import CommandError
from pinpoint_voice_cli.history import history
from pinpoint_voice_cli.listing.command import list_channels
from pinpoint_voice_cli.plan.command import plan
from pinpoint_voice_cli.takeover.command import takeover

FAILED, INTERRUPTED = 1, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(package_name="pinpoint-voice-channel")
def cli() -> None:
    """Inspect Amazon Pinpoint voice channels; read-only."""


cli.add_command(history)
cli.add_command(list_channels)
cli.add_command(plan)
cli.add_command(takeover)


def run(arguments: Sequence[str] | None = None, make_account: type[Account] = Account) -> int:
    """Run a command, and return its exit code.

    Args:
        arguments: Those of the command line; None for the process's own.
        make_account: Makes the account that the command reads.
    """
    try:
        code = cli.main(arguments, prog_name="pinpoint-voice", standalone_mode=False, obj=make_account)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. Nothing was changed.", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return FAILED
    except CommandError as error:
        click.echo(f"Error: {error}", err=True)
        return FAILED
    except BrokenPipeError:  # whoever reads, such as head, has enough
        sys.stdout = None  # so that nothing is flushed into it at the end
        return FAILED
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run the command of the process, and end it."""
    code = run()
    if code == INTERRUPTED:
        os._exit(code)  # without waiting for the calls of other threads, which only read
    sys.exit(code)
