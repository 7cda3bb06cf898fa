"""In which Regions a command looks."""

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
