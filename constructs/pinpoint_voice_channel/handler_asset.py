"""Assembles the Lambda asset at synth: the handler and crhelper, as installed, and nothing else.

Copying needs no Docker and no network. The hash is taken from what was copied, so it is the same in every
virtual environment, and changes with crhelper's version.
"""

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda

_HANDLER_PACKAGE = "pinpoint_voice_channel_handler"
_VENDORED_PACKAGE = "crhelper"

HANDLER = f"{_HANDLER_PACKAGE}.handler.handle"
"""The function's entry point inside the asset."""


def handler_code() -> aws_lambda.Code:
    """Return the handler's code, ready for a Lambda function.

    Raises:
        ModuleNotFoundError: crhelper is not installed beside the CDK.
    """
    packages = {name: _installed(name) for name in (_HANDLER_PACKAGE, _VENDORED_PACKAGE)}
    return aws_lambda.Code.from_asset(
        str(packages[_HANDLER_PACKAGE]),
        asset_hash_type=cdk.AssetHashType.OUTPUT,
        bundling=cdk.BundlingOptions(
            image=cdk.DockerImage.from_registry("unused"),  # required by the CDK; local bundling comes first
            local=_InstalledPackages(packages),
        ),
    )


@jsii.implements(cdk.ILocalBundling)
class _InstalledPackages:
    def __init__(self, packages: Mapping[str, Path]) -> None:
        self._packages = packages

    # The CDK passes its options as keywords whose names differ between its versions.
    def try_bundle(self, output_dir: str, *_args: Any, **_options: Any) -> bool:  # noqa: ANN401
        for name, package in self._packages.items():
            _copy_modules(package, Path(output_dir, name))
        return True


def _installed(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            f"{package} is not installed. The Lambda function's code is copied from the environment in which "
            "the CDK app runs: install pinpoint-voice-channel there."
        )
    return Path(spec.origin).parent


def _copy_modules(source: Path, target: Path) -> None:
    """Copy a package's Python modules, and nothing that somebody has put beside them, such as an `.env`.

    Some installers link each module to a cache, so links to modules are followed.
    """
    target.mkdir()
    for path in sorted(source.iterdir()):
        if (path / "__init__.py").is_file() and not path.is_symlink():
            _copy_modules(path, target / path.name)
        elif path.suffix == path.resolve().suffix == ".py" and path.is_file():
            # Permissions and times differ between machines; permissions would be in the zip, not in its hash.
            shutil.copyfile(path, target / path.name)
            (target / path.name).chmod(0o644)
