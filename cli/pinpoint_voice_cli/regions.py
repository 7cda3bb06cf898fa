"""In which Regions a command looks."""

from collections.abc import Sequence

from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import NoEndpoint


def check_region(account: Account, region: str) -> str:
    """Return a Region in which Pinpoint has an endpoint.

    Raises:
        NoEndpoint: It has none there: nothing would answer, or CloudTrail that nothing has happened.
    """
    known = account.regions() + account.regions_elsewhere()
    if region not in known:
        raise NoEndpoint(region, known)
    return region


def choose_regions(account: Account, given: Sequence[str], *, all_regions: bool) -> list[str]:
    """Return the Regions that are to be read: those given, else all of the partition, else the account's.

    Raises:
        CommandError: One has no Pinpoint, or none is given anywhere.
    """
    chosen = account.regions() if all_regions else given or [account.region]
    return [check_region(account, region) for region in dict.fromkeys(chosen)]
