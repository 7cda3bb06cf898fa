"""The Lambda asset: what is in it, and when its hash changes."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

import pinpoint_voice_channel_handler
from pinpoint_voice_channel import VoiceChannel, installed_packages

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


ASSEMBLE = """
import importlib.util, pathlib, sys
module = importlib.util.spec_from_file_location("installed_packages", sys.argv[1])
installed_packages = importlib.util.module_from_spec(module)
module.loader.exec_module(installed_packages)
installed_packages.copy(installed_packages.find(), pathlib.Path(sys.argv[2]))
"""


def assemble(installation: Path, app: Path) -> Path:
    """Copy what the asset holds, without the CDK, for an app that uses an installation; return the folder."""
    made = app / "asset"
    made.mkdir()
    module = installation / "pinpoint_voice_channel" / "installed_packages.py"
    subprocess.run(
        [sys.executable, "-c", ASSEMBLE, module, made],
        check=True,
        cwd=app,
        env={**os.environ, "PYTHONPATH": str(installation)},
    )
    return made


def copied_installation(directory: Path, release: str | None = "2.0.99") -> Path:
    """Install copies of the packages in a folder.

    Args:
        directory: The folder, which is made.
        release: The release of crhelper that is written beside its copy. None for a copy by hand.
    """
    for package in ("pinpoint_voice_channel", "pinpoint_voice_channel_handler", "crhelper"):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(spec.origin).parent, directory / package, ignore=ignored)
    if release is not None:
        metadata = directory / f"crhelper-{release}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: crhelper\nVersion: {release}\n")
    return directory


PACKAGES = ("pinpoint_voice_channel_handler", "crhelper")


def with_leftovers(installation: Path) -> None:
    """Put beside the modules what editors, systems and people leave there."""
    for package in PACKAGES:
        folder = installation / package
        for name in (
            ".DS_Store",
            ".env",
            "notes.txt",
            "utils.pyi",
            "utils.py~",
            "utils.py.orig",
            ".utils.py.swp",
            "#utils.py#",
            "._utils.py",
            "utils copy.py",
            "utils-old.py",
            "data/other.py",
            "__pycache__/utils.cpython-313.pyc",
            "._inner/__init__.py",
        ):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("secret = 1")
        (folder / ".#utils.py").symlink_to("somebody@somewhere.1234")  # a lock of Emacs
        (folder / "linked.py").symlink_to(folder / "notes.txt")
        (folder / "linked").symlink_to(installation.parent, target_is_directory=True)


def with_linked_modules(installation: Path) -> None:
    """Put the modules into a cache and link them, as some installers do."""
    for package in PACKAGES:
        cache = installation / f"{package}-cache"
        cache.mkdir()
        for module in list((installation / package).glob("*.py")):
            module.rename(cache / module.name)
            module.symlink_to(cache / module.name)


def with_linked_folders(installation: Path) -> None:
    """Put the packages elsewhere and link them, as Nix does."""
    for package in PACKAGES:
        elsewhere = installation.parent / "store" / package
        elsewhere.parent.mkdir(exist_ok=True)
        (installation / package).rename(elsewhere)
        (installation / package).symlink_to(elsewhere, target_is_directory=True)


def read_only(installation: Path) -> None:
    for path in [installation, *installation.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def private(installation: Path) -> None:
    for path in [installation, *installation.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)


def with_line_ends_of_windows(installation: Path) -> None:
    for package in PACKAGES:
        for module in (installation / package).glob("*.py"):
            module.write_bytes(module.read_bytes().replace(b"\n", b"\r\n"))


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


@pytest.mark.parametrize(
    "change",
    [
        with_leftovers,
        with_linked_modules,
        with_linked_folders,
        read_only,
        private,
        with_line_ends_of_windows,
    ],
)
def test_however_the_packages_are_installed_the_asset_is_the_same(
    asset: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    installation = copied_installation(tmp_path / "site-packages")
    change(installation)

    again = assemble(installation, tmp_path)

    assert contents(again) == contents(asset)
    assert modes(again) == modes(asset)


def contents(asset: Path) -> dict[str, bytes]:
    return {str(path.relative_to(asset)): path.read_bytes() for path in asset.rglob("*") if path.is_file()}


def modes(asset: Path) -> set[tuple[bool, str]]:
    """Return which permissions the folders and files within an asset have."""
    return {(path.is_dir(), oct(path.stat().st_mode & 0o777)) for path in asset.rglob("*")}


def test_whatever_the_umask_the_asset_can_be_read_by_all_and_removed_by_its_owner(tmp_path: Path) -> None:
    installation = copied_installation(tmp_path / "site-packages")
    (tmp_path / "app").mkdir()
    before = os.umask(0o277)
    try:
        made = assemble(installation, tmp_path / "app")
    finally:
        os.umask(before)

    assert modes(made) == {(True, "0o755"), (False, "0o644")}


def test_a_change_of_crhelper_changes_the_hash(asset: Path, tmp_path: Path) -> None:
    installation = copied_installation(tmp_path / "site-packages")
    with (installation / "crhelper" / "utils.py").open("a") as file:
        file.write("# a newer release\n")

    changed = synthesize(tmp_path / "cdk.out", PYTHONPATH=str(installation))

    assert changed.name != asset.name


def module_of_the_app(app: Path) -> None:
    (app / "crhelper.py").write_text("raise SystemExit('the module of the app')")


def copy_of_an_unknown_release(app: Path) -> None:
    (copied_installation(app / "copied", release=None) / "crhelper").rename(app / "crhelper")
    (app / "crhelper" / "utils.py").write_text("raise SystemExit('a copy')")


def copy_of_another_release(app: Path) -> None:
    installation = copied_installation(app / "copied", release="2.1.0")
    for path in installation.glob("crhelper*"):
        path.rename(app / path.name)
    (app / "crhelper" / "utils.py").write_text("raise SystemExit('another release')")


def handler_of_another_release(app: Path) -> None:
    (app / "pinpoint_voice_channel_handler").mkdir()
    for module in (PROJECT / "lambda_handler" / "pinpoint_voice_channel_handler").glob("*.py"):
        copy = app / "pinpoint_voice_channel_handler" / module.name
        copy.write_text(module.read_text() + "# another release\n")


@pytest.mark.parametrize(
    "put",
    [module_of_the_app, copy_of_an_unknown_release, copy_of_another_release, handler_of_another_release],
)
def test_what_lies_beside_the_app_is_not_taken_for_an_installed_package(
    asset: Path, tmp_path: Path, put: Callable[[Path], None]
) -> None:
    installation = copied_installation(tmp_path / "site-packages")
    app = tmp_path / "app"
    app.mkdir()
    put(app)

    # Python looks into the folder of the app first.
    again = assemble(installation, app)

    assert contents(again) == contents(asset)


def test_another_installation_has_the_same_hash_and_needs_no_docker(asset: Path, tmp_path: Path) -> None:
    installation = copied_installation(tmp_path / "site-packages")
    python_and_node = tmp_path / "bin"
    python_and_node.mkdir()
    node = shutil.which("node")
    assert node is not None
    (python_and_node / "node").symlink_to(node)

    again = synthesize(tmp_path / "cdk.out", PATH=str(python_and_node), PYTHONPATH=str(installation))

    assert again.name == asset.name


def test_crhelper_that_is_not_installed_is_an_error_that_says_where_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    with pytest.raises(ModuleNotFoundError) as refused:
        installed_packages.find()

    assert str(refused.value) == (
        "crhelper is not installed. The Lambda function's code is copied from the environment in which the "
        "CDK app runs: install pinpoint-voice-channel there."
    )


def zipped(installation: Path) -> Path:
    return Path(shutil.make_archive(str(installation), "zip", installation))


def without_its_folder(installation: Path) -> Path:
    shutil.rmtree(installation / "crhelper")
    return installation


@pytest.mark.parametrize(
    ("release", "change"),
    [
        ("2.0.11", lambda installation: installation),
        ("2.1.0", lambda installation: installation),
        ("2.0.12", zipped),
        ("2.0.12", without_its_folder),
    ],
    ids=["older", "newer", "zipped", "elsewhere"],
)
def test_crhelper_that_cannot_be_used_is_an_error_that_says_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, change: Callable[[Path], Path]
) -> None:
    path = change(copied_installation(tmp_path / "site-packages", release=release))
    monkeypatch.setattr(sys, "path", [str(path)])

    with pytest.raises(ImportError) as refused:
        installed_packages.find()

    assert str(refused.value) == (
        "The Lambda function's code is copied from a folder with crhelper 2.0.12, or a later release of 2.0. "
        f"Found: {release} as {path / 'crhelper'}. Install pinpoint-voice-channel with pip, and not in a zip."
    )


def test_the_releases_of_crhelper_are_those_that_the_library_requires() -> None:
    dependencies = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]

    assert "crhelper>=2.0.12,<2.1" in dependencies


def refusal_of_a_zip(archive: Path) -> str:
    return (
        "The Lambda function's code is copied from the folder of pinpoint_voice_channel_handler. Found: "
        f"{archive}/pinpoint_voice_channel_handler, which is in a zip. Install pinpoint-voice-channel with "
        "pip, or unpack the zip."
    )


def test_an_installation_in_a_zip_is_an_error_that_says_so(tmp_path: Path) -> None:
    archive = zipped(copied_installation(tmp_path / "site-packages"))

    done = subprocess.run(
        [sys.executable, "-c", SYNTH, str(tmp_path / "cdk.out")],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(archive)},
    )

    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == f"ImportError: {refusal_of_a_zip(archive)}"


def run_from(monkeypatch: pytest.MonkeyPatch, installation: Path) -> None:
    """Let the library and the handler of this process seem to be those of an installation."""
    for module in (installed_packages, pinpoint_voice_channel_handler):
        assert module.__file__ is not None
        name = Path(module.__file__).name
        package = module.__name__.split(".")[0]
        monkeypatch.setattr(module, "__file__", str(installation / package / name))


def test_a_handler_in_a_zip_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(copied_installation(tmp_path / "site-packages"))
    run_from(monkeypatch, archive)

    with pytest.raises(ImportError) as refused:
        installed_packages.find()

    assert str(refused.value) == refusal_of_a_zip(archive)


def test_the_handler_is_that_of_the_librarys_installation_with_the_packages_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = copied_installation(tmp_path / "site-packages")
    with_leftovers(installation)
    inner = installation / "pinpoint_voice_channel_handler" / "inner"
    inner.mkdir()
    (inner / "__init__.py").write_text("")
    run_from(monkeypatch, installation)
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))

    VoiceChannel(cdk.Stack(app, "Stack"), "VoiceChannel", application_id="0" * 32)
    app.synth()

    [made] = (tmp_path / "cdk.out").glob("asset.*/pinpoint_voice_channel_handler")
    handler = PROJECT / "lambda_handler" / "pinpoint_voice_channel_handler"
    expected = {path.name for path in handler.glob("*.py")} | {"inner/__init__.py"}
    assert {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()} == expected
