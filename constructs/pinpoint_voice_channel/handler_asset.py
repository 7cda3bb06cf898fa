"""The Lambda asset: what installed_packages.py copies at synth, without Docker and without a network.

The hash is taken from what was copied, so it is the same in every virtual environment and checkout, and
changes with crhelper's version.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda

from pinpoint_voice_channel import installed_packages

HANDLER = f"{installed_packages.HANDLER_PACKAGE}.handler.handle"
"""The function's entry point inside the asset."""


def handler_code() -> aws_lambda.Code:
    """Return the handler's code, ready for a Lambda function.

    Raises:
        ModuleNotFoundError: crhelper is not installed beside the CDK.
        ImportError: What is installed is another release of crhelper, or in a zip.
    """
    packages = installed_packages.find()
    return aws_lambda.Code.from_asset(
        str(packages[installed_packages.HANDLER_PACKAGE]),
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
        installed_packages.copy(self._packages, Path(output_dir))
        return True
