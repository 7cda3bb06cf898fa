"""docs/cli.md is what the command says of itself."""

import boto3
import click
import pytest

from documentation.command import PAGE, help_of, json_shape, reference
from pinpoint_voice_channel.checks import REGIONS
from pinpoint_voice_cli.main import cli


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == reference(), "Run make docs, which writes the page."


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_each_command_has_an_example_and_a_documented_json_shape(name: str) -> None:
    help_ = help_of(cli.commands[name], name)

    assert f"\n  pinpoint-voice {name} " in help_.replace("    ", "  ")
    assert max(map(len, help_.splitlines())) <= 80
    assert json_shape(cli.commands[name]).startswith("- `")


def test_a_command_without_a_report_is_found() -> None:
    with pytest.raises(LookupError, match=r"test_cli_reference has 0 reports"):
        json_shape(click.Command("other", callback=test_the_page_is_current))


def test_the_command_reads_the_regions_that_the_constructs_know() -> None:
    session = boto3.Session()
    known = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("pinpoint", partition)
    }

    assert known == REGIONS
