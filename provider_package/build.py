"""Writes the package: the provider's template, the zip of its function, and how to install them."""

import importlib.metadata
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk

from provider_package.archive import ARCHIVE_NAME, archive
from provider_package.stack import ProviderStack

INSTRUCTIONS = Path(__file__).parent / "INSTALL.md"
_LICENCE = Path(__file__).parent.parent / "LICENSE"
_STACK = "Provider"


@dataclass(frozen=True)
class Package:
    """What was written.

    Args:
        template: The CloudFormation template, in JSON.
        archive: The zip of the function.
        instructions: How to install them.
    """

    template: Path
    archive: Path
    instructions: Path


def build(directory: Path) -> Package:
    """Write the package into a directory, in place of an earlier one.

    Args:
        directory: It is made where it is missing.
    """
    with tempfile.TemporaryDirectory() as scratch:
        template, (name, contents) = _synthesize(Path(scratch))
    directory.mkdir(parents=True, exist_ok=True)
    for earlier in directory.glob(f"{ARCHIVE_NAME}-*.zip"):
        earlier.unlink()
    package = Package(directory / "provider.json", directory / name, directory / INSTRUCTIONS.name)
    package.template.write_text(template)
    package.archive.write_bytes(contents)
    shutil.copyfile(INSTRUCTIONS, package.instructions)
    shutil.copyfile(_LICENCE, directory / _LICENCE.name)
    # The licence of crhelper, which is in the zip, asks for its notice; its text is the LICENSE above.
    notice = importlib.metadata.distribution("crhelper").read_text("NOTICE") or ""
    (directory / "NOTICE").write_text(notice)
    return package


def _synthesize(outdir: Path) -> tuple[str, tuple[str, bytes]]:
    app = cdk.App(outdir=str(outdir), analytics_reporting=False)
    stack = ProviderStack(app, _STACK)
    # The code is copied when the provider is made, so what it is named after is there before the synthesis.
    [code] = outdir.glob("asset.*")
    name, contents = archive(code)
    stack.take_code_from(name)
    app.synth()
    template = json.loads((outdir / f"{_STACK}.template.json").read_text())
    return json.dumps(template, indent=2) + "\n", (name, contents)
