"""Copies the packages that the Lambda function consists of, as installed, and nothing else."""

import importlib.metadata
import re
from collections.abc import Mapping
from pathlib import Path

import pinpoint_voice_channel_handler

HANDLER_PACKAGE = "pinpoint_voice_channel_handler"
"""The package of the handler."""
_VENDORED_PACKAGE = "crhelper"


def find() -> Mapping[str, Path]:
    """Return the folder of each package that the function needs, by its name.

    Raises:
        ModuleNotFoundError: crhelper is not installed beside the CDK.
        ImportError: What is installed is another release of crhelper, or in a zip.
    """
    return {HANDLER_PACKAGE: _handler(), _VENDORED_PACKAGE: _vendored()}


def copy(packages: Mapping[str, Path], target: Path) -> None:
    """Copy the modules of packages into a folder."""
    for name, package in packages.items():
        _copy_modules(package, target / name)


def _handler() -> Path:
    """Return the folder of the handler that belongs to this library."""
    beside = Path(__file__).parents[1] / HANDLER_PACKAGE  # as the wheel installs them
    if _is_package(beside):
        return beside
    imported = Path(pinpoint_voice_channel_handler.__file__).parent
    if _is_package(imported):
        return imported
    raise ImportError(
        f"The Lambda function's code is copied from the folder of {HANDLER_PACKAGE}. Found: {imported}, "
        "which is in a zip. Install pinpoint-voice-channel with pip, or unpack the zip."
    )


def _vendored() -> Path:
    """Return the folder of crhelper.

    It is looked for by what pip has written of it, not by its name: an app may have a crhelper.py of its own,
    or a copy of which nobody knows the release.
    """
    unfit = []
    for distribution in importlib.metadata.distributions(name=_VENDORED_PACKAGE):
        folder = Path(str(distribution.locate_file(_VENDORED_PACKAGE)))
        release = re.match(r"2\.0\.(\d+)", str(distribution.version))
        if release and int(release[1]) >= 12 and _is_package(folder):
            return folder
        unfit.append(f"{distribution.version} as {folder}")
    if not unfit:
        raise ModuleNotFoundError(
            f"{_VENDORED_PACKAGE} is not installed. The Lambda function's code is copied from the "
            "environment in which the CDK app runs: install pinpoint-voice-channel there."
        )
    raise ImportError(
        f"The Lambda function's code is copied from a folder with {_VENDORED_PACKAGE} 2.0.12, or a later "
        f"release of 2.0. Found: {', '.join(unfit)}. Install pinpoint-voice-channel with pip, and not in a "
        "zip."
    )


def _is_package(folder: Path) -> bool:
    """Whether it is the folder of a package; one inside a zip does not count."""
    return (folder / "__init__.py").is_file()


def _copy_modules(source: Path, target: Path) -> None:
    """Copy a package's Python modules, and nothing that somebody has put beside them, such as an `.env`.

    Some installers link each module to a cache, so links to modules are followed.
    """
    target.mkdir()
    target.chmod(0o755)  # whatever the umask
    for path in sorted(source.iterdir()):
        # What cannot be imported is a backup, or what macOS writes beside a file: `._utils.py`.
        if not path.stem.isidentifier():
            continue
        if _is_package(path) and not path.is_symlink():
            _copy_modules(path, target / path.name)
        elif path.suffix == path.resolve().suffix == ".py" and path.is_file():
            # With the same line ends in each checkout.
            (target / path.name).write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
            # Permissions and times differ between machines; permissions would be in the zip, not in its hash.
            (target / path.name).chmod(0o644)
