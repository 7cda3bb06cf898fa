"""What `make release` writes, with the tool that writes the software bill of materials."""

import hashlib
import json
import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from release.build import PROJECT, build

VERSION: str = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a release."""
    directory = tmp_path_factory.mktemp("release") / "release"
    build(directory)
    return directory


def test_its_files_have_the_version_of_the_project(release: Path) -> None:
    assert sorted(file.name for file in release.iterdir()) == [
        "SHA256SUMS",
        f"pinpoint-voice-channel-{VERSION}.cdx.json",
        f"pinpoint-voice-channel-provider-{VERSION}.zip",
        f"pinpoint_voice_channel-{VERSION}-py3-none-any.whl",
    ]


def test_its_checksums_are_those_of_all_its_other_files(release: Path) -> None:
    listed = (line.split("  ") for line in (release / "SHA256SUMS").read_text().splitlines())
    others = {file for file in release.iterdir() if file.name != "SHA256SUMS"}

    assert {name: checksum for checksum, name in listed} == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in others
    }


def test_its_bill_of_materials_has_each_pinned_package(release: Path) -> None:
    bill = json.loads((release / f"pinpoint-voice-channel-{VERSION}.cdx.json").read_text())

    assert (bill["metadata"]["component"]["name"], bill["metadata"]["component"]["version"]) == (
        "pinpoint-voice-channel",
        VERSION,
    )
    assert {f"{it['name']}=={it['version']}" for it in bill["components"]} == set(
        re.findall(r"^[\w.-]+==[\w.]+", (PROJECT / "requirements.txt").read_text(), re.MULTILINE)
    )


def test_its_provider_package_is_what_make_package_writes(release: Path) -> None:
    with zipfile.ZipFile(release / f"pinpoint-voice-channel-provider-{VERSION}.zip") as package:
        names = set(package.namelist())

    assert {"provider.json", "INSTALL.md", "LICENSE", "NOTICE"} < names
    assert len([name for name in names if name.endswith(".zip")]) == 1


def test_the_changelog_has_the_version() -> None:
    assert f"\n## [{VERSION}]" in (PROJECT / "CHANGELOG.md").read_text()
