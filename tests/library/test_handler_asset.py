"""The Lambda asset: what is in it, and when its hash changes."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest

from pinpoint_voice_channel import VoiceChannel, handler_asset

PROJECT = Path(__file__).parents[2]

SYNTH = """
import sys
import aws_cdk as cdk
from pinpoint_voice_channel import VoiceChannel
app = cdk.App(outdir=sys.argv[1])
VoiceChannel(cdk.Stack(app, "Stack"), "VoiceChannel", application_id="0" * 32)
app.synth()
"""


def synthesize(outdir: Path, **environment: str) -> Path:
    """Synthesize in a process of its own and return the asset's directory, whose name has the hash."""
    subprocess.run(
        [sys.executable, "-c", SYNTH, str(outdir)],
        check=True,
        cwd=outdir.parent,
        env={**os.environ, **environment},
    )
    [asset] = outdir.glob("asset.*")
    return asset


def link_module(module: Path, cache: Path) -> None:
    """Put a module into a cache and link it, as some installers do."""
    cache.mkdir()
    module.rename(cache / module.name)
    module.symlink_to(cache / module.name)


def copied_installation(directory: Path) -> Path:
    """Copy the packages as another environment may hold them: other permissions, times and leftovers."""
    for package in ("pinpoint_voice_channel_handler", "crhelper"):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        shutil.copytree(Path(spec.origin).parent, directory / package, copy_function=shutil.copyfile)
        (directory / package / "__init__.py").chmod(0o600)
        (directory / package / "__pycache__").mkdir(exist_ok=True)
        (directory / package / "__pycache__" / "other.cpython-313.pyc").write_bytes(b"\0")
        link_module(directory / package / "__init__.py", cache=directory / f"{package}-cache")
        (directory / package / ".env").write_text("AWS_SECRET_ACCESS_KEY=secret")
        (directory / package / "notes.txt").write_text("Notes.")
        (directory / package / "data").mkdir()
        (directory / package / "data" / "other.py").write_text("secret = 1")
        (directory / package / "linked.py").symlink_to(directory / package / "notes.txt")
        (directory / package / "linked").symlink_to(directory.parent, target_is_directory=True)
    return directory


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("first") / "cdk.out")


def test_the_asset_holds_the_handler_and_crhelper_and_nothing_else(asset: Path) -> None:
    handler = PROJECT / "lambda_handler" / "pinpoint_voice_channel_handler"
    expected = {f"pinpoint_voice_channel_handler/{path.name}" for path in handler.glob("*.py")} | {
        f"crhelper/{name}.py" for name in ("__init__", "log_helper", "resource_helper", "utils")
    }

    files = {str(path.relative_to(asset)) for path in asset.rglob("*") if path.is_file()}

    assert files == expected


def run_in(asset: Path, command: str) -> str:
    """Run Python code where the asset is unpacked, in an environment like Lambda's; return its output."""
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    process = [sys.executable, "-c", command]
    done = subprocess.run(process, check=True, cwd=asset, capture_output=True, text=True, env=variables)
    return done.stdout.strip()


def test_the_asset_imports_with_nothing_but_what_lambda_has(asset: Path) -> None:
    command = "from pinpoint_voice_channel_handler import dispatcher, handler; print(handler.__file__)"

    assert run_in(asset, command) == str(asset / "pinpoint_voice_channel_handler" / "handler.py")


def test_the_start_of_the_function_makes_the_client_of_pinpoint_and_no_other(asset: Path) -> None:
    command = (
        "import boto3, gc, json\n"
        "make, made = boto3.client, []\n"
        "boto3.client = lambda name, **options: made.append(name) or make(name, **options)\n"
        "from pinpoint_voice_channel_handler import handler\n"
        "print(json.dumps([made, gc.isenabled(), gc.get_freeze_count() > 10_000]))"
    )

    assert json.loads(run_in(asset, command)) == [["pinpoint"], True, True]


def test_another_synth_in_another_environment_has_the_same_hash(asset: Path, tmp_path: Path) -> None:
    installation = copied_installation(tmp_path / "site-packages")

    again = synthesize(tmp_path / "cdk.out", PYTHONPATH=str(installation))

    assert again.name == asset.name


def test_a_change_of_crhelper_changes_the_hash(asset: Path, tmp_path: Path) -> None:
    installation = copied_installation(tmp_path / "site-packages")
    with (installation / "crhelper" / "utils.py").open("a") as file:
        file.write("# a newer release\n")

    changed = synthesize(tmp_path / "cdk.out", PYTHONPATH=str(installation))

    assert changed.name != asset.name


def test_synth_needs_no_docker(tmp_path: Path) -> None:
    python_and_node = tmp_path / "bin"
    python_and_node.mkdir()
    node = shutil.which("node")
    assert node is not None
    (python_and_node / "node").symlink_to(node)

    assert synthesize(tmp_path / "cdk.out", PATH=str(python_and_node)).exists()


def asset_with(vendored: str, outdir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Synthesize in this process, with another package in the place of crhelper."""
    monkeypatch.setattr(handler_asset, "_VENDORED_PACKAGE", vendored)
    app = cdk.App(outdir=str(outdir))
    VoiceChannel(cdk.Stack(app, "Stack"), "VoiceChannel", application_id="0" * 32)
    app.synth()
    [asset] = outdir.glob("asset.*")
    return asset


def test_packages_within_a_package_are_in_the_asset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "vendored" / "inner"
    inner.mkdir(parents=True)
    for package in (inner.parent, inner):
        (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)

    asset = asset_with("vendored", tmp_path / "cdk.out", monkeypatch)

    assert (asset / "vendored" / "inner" / "__init__.py").is_file()


def test_a_package_that_is_not_installed_is_an_error_that_says_where_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModuleNotFoundError, match="missing_package is not installed"):
        asset_with("missing_package", tmp_path / "cdk.out", monkeypatch)
