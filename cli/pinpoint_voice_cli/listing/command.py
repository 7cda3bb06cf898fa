"""The command `list`."""

import threading
from collections.abc import Sequence

import click

from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.listing.region import RegionListing, Say, read_region
from pinpoint_voice_cli.listing.report import Listing
from pinpoint_voice_cli.options import output_option, profile_option
from pinpoint_voice_cli.parallel import in_parallel
from pinpoint_voice_cli.regions import choose_regions
from pinpoint_voice_cli.report import Output, progress, show

INCOMPLETE = 1


@click.command("list", short_help="Show every voice channel, and who manages it.")
@click.option(
    "--region",
    "regions",
    metavar="REGION",
    multiple=True,
    help="A Region; repeatable. Default: that of your environment or profile.",
)
@click.option("--all-regions", is_flag=True, help="All Regions in which Pinpoint has an endpoint.")
@click.option("--stacks-only", is_flag=True, help="Only what stacks manage, without calling GetApps.")
@profile_option
@output_option
@click.pass_obj
def list_channels(
    make_account: type[Account],
    regions: Sequence[str],
    all_regions: bool,
    stacks_only: bool,
    profile: str | None,
    output: Output,
) -> int:
    """List the applications with their voice channels, and who manages them.

    For each application: whether its channel is enabled, disabled, archived or not there; who changed it
    last, and when; the stack that manages it, by this library or by the native type
    AWS::Pinpoint::VoiceChannel, or that nobody does, or that it is contested by two; and whether it differs
    from what the template wants. Where a stack could not be read, or has failed to delete a channel that it
    may still delete, "nobody" becomes "unknown".

    All stacks of a Region are read, at the pace that CloudFormation allows: some seconds for 100 of them.
    If something cannot be read, the error is shown with the rest, and the exit code is 1.

    \b
    Examples:
      pinpoint-voice list --region us-east-1 --region eu-west-1
      pinpoint-voice list --all-regions --profile operations --output json
    """  # noqa: D301, click's \b
    if regions and all_regions:
        raise click.UsageError("Give either --region or --all-regions.")
    account = make_account(profile, None)
    chosen = choose_regions(account, regions, all_regions=all_regions)
    with progress("Reading …") as say:
        found = _read(account, chosen, stacks_only, say)
    not_asked = account.regions_elsewhere() if all_regions else []
    listing = Listing(tuple(found), tuple(not_asked), stacks_only)
    show(listing, output)
    if listing.is_complete:
        return 0
    click.echo("Error: Some of it could not be read; see above.", err=True)
    return INCOMPLETE


def _read(account: Account, regions: Sequence[str], stacks_only: bool, say: Say) -> list[RegionListing]:
    done: list[str] = []
    lock = threading.Lock()

    def read(region: str) -> RegionListing:
        def say_of(text: str) -> None:
            with lock:
                say(f"{len(done)} of {len(regions)} Regions read; {text}" if len(regions) > 1 else text)

        found = read_region(account, region, stacks_only=stacks_only, say=say_of)
        done.append(region)
        return found

    return list(in_parallel(read, regions, len(regions)))
