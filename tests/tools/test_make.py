"""What make does before Python has anything to do with it, and the installation that it starts."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from local_cloud import installation, locks
from local_cloud.environments import install
from local_cloud.errors import InstallationFailedError
from local_cloud.installation import is_done, npm_environment
from local_cloud.runtime import PROJECT

DEAD = "http://127.0.0.1:9/"


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A folder in which nothing is installed, with what make reads of this project."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    for example in ("first", "second"):
        (tmp_path / "examples" / example).mkdir(parents=True)
        (tmp_path / "examples" / example / "README.md").touch()
    return tmp_path


def make(directory: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run make where each attempt to install something fails."""
    command = ["make", "--no-print-directory", "PYTHON=false", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


# Targets


@pytest.mark.parametrize("arguments", [(), ("help",)])
def test_make_lists_its_targets(fresh: Path, arguments: tuple[str, ...]) -> None:
    [phony] = [line for line in (fresh / "Makefile").read_text().splitlines() if line.startswith(".PHONY:")]

    listed = [line.split(maxsplit=2) for line in make(fresh, *arguments).stdout.splitlines()]

    assert sorted(name for _, name, _ in listed) == sorted(phony.split()[1:])


@pytest.mark.parametrize("name", ["", "NAME=", "NAME=third", "NAME=first second"])
def test_an_example_that_does_not_exist_is_answered_with_those_that_do(fresh: Path, name: str) -> None:
    done = make(fresh, "example", *filter(None, [name]))

    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == "make example NAME=… needs one of: first second"
    assert done.stdout == ""


def test_an_example_that_exists_is_run(fresh: Path) -> None:
    done = make(
        fresh, "--dry-run", "--old-file=.venv/ready", "--old-file=node_modules/ready", "example", "NAME=first"
    )

    assert done.stdout == ".venv/bin/python -m local_cloud example first\n"


@pytest.mark.parametrize("target", ["clean", "cloud-stop"])
def test_nothing_is_installed_to_be_removed(fresh: Path, target: str) -> None:
    (fresh / "dist").mkdir()

    done = make(fresh, target)

    assert (done.returncode, done.stderr) == (0, "The local cloud is down.\n")
    assert (fresh / "dist").exists() == (target != "clean")


# Installation


def test_an_installation_is_done_when_it_is_newer_than_what_it_is_made_from(tmp_path: Path) -> None:
    ready, source = tmp_path / "ready", tmp_path / "requirements.txt"
    source.touch()

    before = is_done(ready, [source])
    ready.touch()
    after = is_done(ready, [source])
    ready.rename(tmp_path / "older")
    source.touch()
    (tmp_path / "older").rename(ready)
    changed = is_done(ready, [source])

    assert (before, after, changed) == (False, True, False)


def test_whoever_waits_for_an_installation_does_not_repeat_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = tmp_path / ".venv" / "ready"
    installed: list[str] = []
    monkeypatch.setattr(installation, "LOGS", tmp_path)
    monkeypatch.setattr(installation, "_INSTALLERS", {".venv": lambda: installed.append("again")})
    monkeypatch.setattr(sys, "argv", ["installation", str(ready)])

    with locks.exclusive(tmp_path / "installation.lock"):
        waiting = threading.Thread(target=installation.main)
        waiting.start()
        while "waiting for it" not in capsys.readouterr().err:
            pass
        ready.parent.mkdir()
        ready.touch()
    waiting.join()

    assert installed == []


def test_a_failed_installation_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise InstallationFailedError("The packages", "pip", "ERROR: no space left", tmp_path / "pip.log")

    ready = tmp_path / ".venv" / "ready"
    monkeypatch.setattr(installation, "LOGS", tmp_path)
    monkeypatch.setattr(installation, "_INSTALLERS", {".venv": fail})
    monkeypatch.setattr(sys, "argv", ["installation", str(ready)])

    assert installation.main() == 1
    assert not ready.exists()
    assert capsys.readouterr().err == (
        "The packages cannot be installed: pip said “ERROR: no space left”. Put that right, and try again. "
        f"All that pip said is in {tmp_path}/pip.log.\n"
    )


PIP = [sys.executable, "-m", "pip", "install", "--retries", "0", "--dry-run", "nothing-of-ours"]
NPM = ["npm", "view", "nothing-of-ours", "--fetch-retries", "0"]


@pytest.mark.parametrize(
    ("command", "setting"),
    [(PIP, "PIP_INDEX_URL"), (NPM, "NPM_CONFIG_REGISTRY")],
    ids=["pip", "npm"],
)
def test_a_dead_package_index_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], setting: str
) -> None:
    monkeypatch.setenv(setting, DEAD)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    log = tmp_path / "logs" / "tool.log"

    with pytest.raises(InstallationFailedError) as raised:
        install("The packages", command, log)

    [line] = str(raised.value).splitlines()
    assert "reached no package index that has what is needed" in line
    assert f"Set {setting} to one that answers, or HTTPS_PROXY to a proxy" in line
    assert line.endswith(f"is in {log}.")
    assert "nothing-of-ours" in log.read_text()


# The machine's own settings of npm


@pytest.fixture
def machines_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The machine's npmrc."""
    npmrc = tmp_path / "npmrc"
    npmrc.touch()
    monkeypatch.setattr(installation, "_GLOBAL_NPMRC", (str(tmp_path / "missing"), str(npmrc)))
    return str(npmrc)


def test_the_npm_of_the_environment_takes_the_machines_settings(machines_settings: str) -> None:
    environment = npm_environment(str(installation.VENV / "bin" / "npm"), {"KEPT": "yes"})

    assert environment == {"KEPT": "yes", "NPM_CONFIG_GLOBALCONFIG": machines_settings}


@pytest.mark.usefixtures("machines_settings")
@pytest.mark.parametrize(
    ("npm", "environment"),
    [
        ("/usr/bin/npm", {}),
        (str(installation.VENV / "bin" / "npm"), {"NPM_CONFIG_GLOBALCONFIG": "mine"}),
        (str(installation.VENV / "bin" / "npm"), {"npm_config_globalconfig": "mine"}),
    ],
)
def test_other_settings_of_npm_are_left_alone(npm: str, environment: dict[str, str]) -> None:
    assert npm_environment(npm, environment) == environment
