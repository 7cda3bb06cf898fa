"""The options that several commands have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from pinpoint_voice_cli.report import Output

F = TypeVar("F", bound=Callable[..., Any])


def profile_option(command: F) -> F:
    """Add --profile."""
    return click.option("--profile", metavar="NAME", help="The profile of your AWS configuration.")(command)


def account_options(command: F) -> F:
    """Add --profile and --region."""
    command = profile_option(command)
    return click.option(
        "--region", metavar="REGION", help="The Region. Default: that of your environment or profile."
    )(command)


def output_option(command: F) -> F:
    """Add --output."""
    return click.option(
        "--output",
        type=click.Choice(Output, case_sensitive=False),
        default=Output.TABLE,
        help="A table for people (default), or JSON for programs.",
    )(command)
