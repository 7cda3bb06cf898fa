"""The AWS CLI runs the commands of the documents, as printed, on the local cloud."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.documents import code_blocks
from harness.provider import newer_package
from local_cloud.cloud import LocalCloud
from local_cloud.example import EXAMPLES, create_application
from local_cloud.plain_stacks import PlainStacks
from provider_package.build import INSTRUCTIONS, build

README = EXAMPLES / "cloudformation" / "README.md"
APPLICATION_OF_THE_README = "0123456789abcdef0123456789abcdef"
BUCKET_OF_THE_INSTRUCTIONS = "my-bucket"
PROVIDER = "PinpointVoiceChannelProvider"

NOT_RUN = {
    "make example NAME=cloudformation": (
        "It is not the AWS CLI's; tests/deployed/test_examples.py runs what it does."
    ),
}
"""Why a command of the documents is not run."""

NOT_SENT = (
    "create-stack-set",
    "create-stack-instances",
    "update-stack-set",
    "delete-stack-instances",
    "delete-stack-set",
)
"""Operations that are not sent, because the local cloud has no StackSets. Their arguments are checked."""

# With this option the AWS CLI checks the arguments by the API's model, and sends nothing.
ONLY_CHECKED = 'aws() { command aws "$@" --generate-cli-skeleton output; }'


def commands(markdown: str) -> list[str]:
    """Return the commands of a document; one that a backslash continues has several lines."""
    blocks = [block.code for block in code_blocks(markdown) if block.language not in ("json", "yaml")]
    return [line for code in blocks for line in re.split(r"(?<!\\)\n", code) if line]


class Shell:
    """A reader's shell, where a variable that a command sets is there for all that follow."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._variables: list[str] = []

    def run(self, markdown: str, folder: Path) -> str:
        """Run the commands of a document in a folder, and return what they print."""
        wanted = [command for command in commands(markdown) if command not in NOT_RUN]
        return "".join(self._run(command, folder) for command in wanted)

    def _run(self, command: str, folder: Path) -> str:
        if re.fullmatch(r"\w+=\S+", command):
            self._variables.append(command)
        is_sent = set(NOT_SENT).isdisjoint(command.split())
        script = "\n".join([*self._variables, *([] if is_sent else [ONLY_CHECKED]), command])
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\nends with {done.returncode}:\n{done.stdout}"
        return done.stdout


def test_the_commands_of_the_documents_install_the_provider_use_it_update_it_and_remove_it(
    python_of: Callable[[str], Path], tmp_path: Path
) -> None:
    package = build(tmp_path / "package")
    folder = package.template.parent
    ends = "|".join(["## Install it in an organization", "## Remove it", "Delete their voice channels first"])
    instructions = re.split(f"^(?:{ends})", package.instructions.read_text(), flags=re.MULTILINE)
    for_one_account, for_an_organization, before_removal, removal = instructions
    with LocalCloud() as cloud:
        stacks, lambda_, pinpoint = PlainStacks(cloud), cloud.client("lambda"), cloud.client("pinpoint")
        path = os.pathsep.join([str(python_of("aws_cli").parent), cloud.environment["PATH"]])
        shell = Shell({**cloud.environment, "PATH": path, "HOME": str(tmp_path)})
        cloud.client("s3").create_bucket(Bucket=BUCKET_OF_THE_INSTRUCTIONS)
        application_id = create_application(cloud)

        shell.run(for_one_account, folder)
        shell.run(for_an_organization, folder)
        service_token = stacks.outputs(PROVIDER)["ServiceToken"]
        installed = lambda_.get_function_configuration(FunctionName=service_token)

        shell.run(README.read_text().replace(APPLICATION_OF_THE_README, application_id), README.parent)
        channel = pinpoint.get_voice_channel(ApplicationId=application_id)["VoiceChannelResponse"]
        assert stacks.outputs("Voice")["CreationDate"] == channel["CreationDate"]
        assert stacks.outputs("VoiceStatus")["Exists"] == "true"

        shell.run(for_one_account, newer_package(package, tmp_path).template.parent)
        updated = lambda_.get_function_configuration(FunctionName=service_token)
        assert updated["CodeSha256"] != installed["CodeSha256"]

        assert re.findall(r'"(Voice\w*)"', shell.run(before_removal, folder)) == ["Voice", "VoiceStatus"]
        for stack in ("VoiceStatus", "Voice"):
            stacks.delete(stack)
        with pytest.raises(pinpoint.exceptions.NotFoundException):
            pinpoint.get_voice_channel(ApplicationId=application_id)

        shell.run(removal, folder)
        deleted = cloud.client("cloudformation").get_waiter("stack_delete_complete")
        deleted.wait(StackName=PROVIDER, WaiterConfig={"Delay": 1})
        with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
            lambda_.get_function_configuration(FunctionName=service_token)


def test_what_is_not_run_is_in_the_documents() -> None:
    documents = INSTRUCTIONS.read_text() + README.read_text()

    assert [command for command in [*NOT_RUN, *NOT_SENT] if command not in documents] == []
