"""What ``python -m local_cloud`` does: a local cloud for trying things by hand, the demo, the examples."""

# ruff: noqa: T201  # printing is what these commands are for

import argparse
import shlex
import sys
from pathlib import Path

from local_cloud import locks, state
from local_cloud.cloud import bootstrap
from local_cloud.environment import Endpoints, client_variables, leaking_variables
from local_cloud.errors import LocalCloudError
from local_cloud.runtime import HOME, PROJECT
from local_cloud.servers import Servers, start

_TURN = """
To turn this shell to it:

    eval "$(make --silent cloud)"
"""
NEXT = """
To deploy a voice channel there from a shell that is turned to it:

    source .venv/bin/activate
    application_id=$(python -c 'import boto3; print(boto3.client("pinpoint").create_app(
        CreateApplicationRequest={"Name": "calls"})["ApplicationResponse"]["Id"])')
    npx cdk deploy -c application_id=$application_id

To end it, and turn the shell back:

    eval "$(make --silent cloud-stop)"

What it does not enforce is in docs/local_cloud.md."""
"""What `up` says to do next."""


def up(directory: Path) -> int:
    """Start and bootstrap the cloud unless it is up, and print the lines that turn a shell to it."""
    with locks.exclusive(directory / "state.lock"):
        servers = state.load(_state_file(directory))
        if servers and servers.are_running():
            _tell("The local cloud is up already.")
        else:
            _end(directory)
            servers = _start(directory)
            _tell("The local cloud is up.")
    _print_exports(servers)
    if sys.stdout.isatty():  # else a shell's eval reads them
        _tell(_TURN)
    _tell(NEXT)
    return 0


def status(directory: Path) -> int:
    """Print what runs; 0 if the cloud is up, else 1."""
    servers = state.load(_state_file(directory))
    if servers is None:
        print("The local cloud is down.")
        return 1
    for server, url in (
        (servers.ministack, servers.endpoints.ministack_url),
        (servers.pinpoint, servers.endpoints.pinpoint_url),
    ):
        print(
            f"{server.name} at {url}: {'runs' if server.is_running() else 'has ended'}, process {server.pid}"
        )
    return 0 if servers.are_running() else 1


def env(directory: Path) -> int:
    """Print nothing but the lines for a shell's ``eval``; 1 if the cloud is down."""
    servers = state.load(_state_file(directory))
    if servers is None or not servers.are_running():
        _tell("The local cloud is down.")
        return 1
    _print_exports(servers)
    return 0


def down(directory: Path) -> int:
    """End what ``up`` has started, if anything, and print the line that turns a shell back."""
    with locks.exclusive(directory / "state.lock"):
        _end(directory)
    _tell("The local cloud is down.")
    if sys.stdout.isatty():
        _tell("In a shell that was turned to it, run this line, or open a new shell:")
    print("unset", *sorted(client_variables(Endpoints(0, 0, directory))))
    return 0


def _start(directory: Path) -> Servers:
    servers = start(directory / "runs", detached=True)
    state.save(_state_file(directory), servers)
    try:
        bootstrap(servers.endpoints)
    except (LocalCloudError, KeyboardInterrupt):
        _end(directory)
        raise
    return servers


def _end(directory: Path) -> None:
    servers = state.load(_state_file(directory))
    if servers:
        servers.end()
        _state_file(directory).unlink()


def _state_file(directory: Path) -> Path:
    return directory / "state.json"


def _print_exports(servers: Servers) -> None:
    variables = client_variables(servers.endpoints)
    for name in leaking_variables():
        if name not in variables:
            print(f"unset {name}")
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()


def _tell(message: str) -> None:
    """Tell a person something, apart from the lines that a shell may read."""
    print(message, file=sys.stderr)


def main() -> int:
    """Run one command and return the exit code."""
    arguments = _parser().parse_args()
    try:
        match arguments.command:
            # Loaded here, as an example loads the CDK, which starts Node.js.
            case "demo":
                from local_cloud import demo

                return demo.run()
            case "example":
                from local_cloud import example

                return example.run(arguments.name)
            case command:
                return _BY_HAND[command](arguments.directory.resolve())
    except LocalCloudError as error:
        _tell(str(error))
        return 1


_BY_HAND = {command.__name__: command for command in (up, status, env, down)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_cloud", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, command in _BY_HAND.items():
        by_hand = commands.add_parser(name, help=command.__doc__)
        by_hand.add_argument(
            "--directory", type=Path, default=HOME, help="where its files are kept, by default .local_cloud"
        )
    commands.add_parser("demo", help="Deploy, change and destroy a voice channel.")
    names = sorted(readme.parent.name for readme in (PROJECT / "examples").glob("*/README.md"))
    commands.add_parser("example", help="Run an example.").add_argument("name", choices=names)
    return parser
