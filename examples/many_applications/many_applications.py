"""A voice channel for each application of a list, in many accounts and Regions."""

import hashlib
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import aws_cdk as cdk

from applications import Application, Applications, read
from pinpoint_voice_channel import VoiceChannel

# CloudFormation has 500 resources a stack; the provider takes four of them, the metadata of the CDK one.
MOST_CHANNELS = 490


class VoiceChannels(cdk.Stack):
    """The voice channels of some applications of an account and Region, and the provider that they share."""

    def __init__(self, scope: cdk.App, construct_id: str, applications: Sequence[Application]) -> None:
        environment = cdk.Environment(account=applications[0].account, region=applications[0].region)
        super().__init__(scope, construct_id, env=environment)
        for application in applications:
            VoiceChannel(self, application.id, application_id=application.id, enabled=application.enabled)


def stack_name(application: Application, stacks: int) -> str:
    """Return the stack that an application's channel is in.

    It depends on the application alone, so that another one in the list moves none.
    """
    number = int(hashlib.sha256(application.id.encode()).hexdigest(), 16) % stacks + 1
    return f"VoiceChannels-{application.account}-{application.region}-{number}-of-{stacks}"


def placed(applications: Applications) -> dict[str, list[Application]]:
    """Return the applications of each stack, by its name.

    Raises:
        ValueError: A stack would have more channels than CloudFormation allows.
    """
    stacks: dict[str, list[Application]] = defaultdict(list)
    for application in applications.entries:
        stacks[stack_name(application, applications.stacks)].append(application)
    for name, members in stacks.items():
        if len(members) > MOST_CHANNELS:
            raise ValueError(
                f"{name} would have {len(members)} voice channels, but a stack can have {MOST_CHANNELS}. "
                f"Raise stacks, which is {applications.stacks}; README.md has how if it is deployed already."
            )
    return stacks


def main() -> None:
    """Synthesize the stacks of the list that `-c applications=<file>` names."""
    app = cdk.App()
    path = app.node.try_get_context("applications") or Path(__file__).with_name("applications.yaml")
    for name, applications in placed(read(Path(path))).items():
        VoiceChannels(app, name, applications)
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
