"""An account of AWS for the command `pinpoint-voice`, on a local cloud."""

import functools
from typing import Any

from local_cloud.cloud import LocalCloud
from local_cloud.environment import REGION
from pinpoint_voice_cli.account import Account


@functools.cache  # clients take a while to make
def local_account(cloud: LocalCloud) -> type[Account]:
    """Return the class of an account that reads a local cloud, and nothing of this process's environment."""
    make_client = functools.cache(cloud.client)

    class LocalAccount(Account):
        def __init__(self, profile: str | None = None, region: str | None = None) -> None:
            super().__init__(profile, region or REGION)

        def _client(self, service: str, region: str) -> Any:  # noqa: ANN401, ARG002, as in Account
            return make_client(service)

    return LocalAccount
