"""What the demonstration prints."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from local_cloud import demo
from local_cloud.demo import StepFailed

APPLICATION_ID = "0123456789abcdef0123456789abcdef"
CHANNEL: dict[str, Any] = {
    "ApplicationId": APPLICATION_ID,
    "CreationDate": "2026-11-23T10:20:30.123Z",
    "Enabled": False,
    "HasCredential": False,
    "Id": "voice",
    "IsArchived": False,
    "LastModifiedBy": "123456789012",
    "LastModifiedDate": "2026-11-23T10:20:30.123Z",
    "Platform": "VOICE",
    "Version": 10,
}
OUTPUTS = {
    name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in CHANNEL.items()
}


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What is printed on a terminal of 80 columns."""
    screen = StringIO()
    monkeypatch.setattr(demo, "_console", Console(file=screen, width=80, highlight=False))
    return screen


def test_80_columns_hold_the_table_and_the_commands(printed: StringIO) -> None:
    with demo._step("Disable it", "deploy", "-c", f"application_id={APPLICATION_ID}", "-c", "enabled=false"):  # noqa: SLF001  # what prints
        pass
    demo._show(OUTPUTS, CHANNEL, enabled="false")  # noqa: SLF001  # as above

    lines = printed.getvalue().splitlines()
    assert len(lines) == 2 + 1 + len(CHANNEL)
    assert max(map(len, lines)) <= 80
    assert lines[1] == f"  cdk deploy -c application_id={APPLICATION_ID} -c enabled=false"
    assert lines[3].split() == ["ApplicationId", APPLICATION_ID, "the", "same"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"Version": 11}, "Not as Pinpoint says: Version"),
        ({"Enabled": True}, "Not as Pinpoint says: Enabled"),
    ],
)
def test_an_output_that_is_not_as_pinpoint_says_fails(
    printed: StringIO, changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(StepFailed, match=problem):
        demo._show(OUTPUTS, {**CHANNEL, **changed}, enabled="false")  # noqa: SLF001  # what prints

    assert str(next(iter(changed.values()))) in printed.getvalue()


def test_a_channel_that_is_not_as_the_template_says_fails(printed: StringIO) -> None:
    with pytest.raises(StepFailed, match="Enabled is false, not true"):
        demo._show(OUTPUTS, CHANNEL, enabled="true")  # noqa: SLF001  # what prints

    assert printed.getvalue()
