"""The environment of a candidate's process."""

from pathlib import Path

import certifi

from fault_lab.function import environment as lab_environment


def environment(
    pinpoint: str = "", cloudformation: str = "", inbox: str = "", authorities: Path | None = None
) -> dict[str, str]:
    """Return an environment that leads to the local services, with nothing of this process's but PATH.

    Args:
        pinpoint: The endpoint of Pinpoint.
        cloudformation: The endpoint of CloudFormation.
        inbox: The `host:port` that may be answered.
        authorities: The certificates to trust. Default: those of all authorities.
    """
    trusted = str(authorities or certifi.where())
    variables = lab_environment(pinpoint, cloudformation, inbox, Path(trusted))
    variables.pop("PYTHONPATH", None)
    kept = {name: value for name, value in variables.items() if value}
    return {**kept, "REQUESTS_CA_BUNDLE": trusted}
