"""AWS's own validator finds nothing above INFO in any template that the project ships or writes."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from harness.documents import code_blocks
from local_cloud.runtime import PROJECT
from pinpoint_voice_channel.checks import REGIONS
from provider_package.build import build

APPS = [PROJECT / "cdk.json", *sorted(PROJECT.glob("examples/*/cdk.json"))]
CONTEXT = {"application_id": "a" * 32, "application_ids": f"{'a' * 32},{'b' * 32}"}
"""What the apps of the project ask for on the command line."""

DOCUMENTS = [
    document
    for pattern in ("*.md", "docs/*.md", "provider_package/*.md", "examples/*/*.md")
    for document in sorted(PROJECT.glob(pattern))
]

SUNSET = "Type: AWS::Pinpoint::VoiceChannel"
"""In the template from which docs/takeover.md starts. The validator warns of the type, hence that page."""

Validate = Callable[[Iterable[Path]], None]


@pytest.fixture(scope="session")
def validate(python_of: Callable[[str], Path]) -> Validate:
    """Return a function that fails with what the validator finds in templates, in any Region of Pinpoint."""

    def validate(templates: Iterable[Path]) -> None:
        paths = [str(template) for template in templates]
        assert paths
        script = PROJECT / "tests" / "external" / "validate_templates.py"
        python = python_of("cloudformation_validate")
        command = [str(python), str(script), ",".join(sorted(REGIONS)), *paths]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        if done.stdout:
            pytest.fail(done.stdout, pytrace=False)

    return validate


def synthesize(cdk_json: Path, outdir: Path) -> list[Path]:
    """Run an app as the cdk CLI does, and return its templates."""
    settings = json.loads(cdk_json.read_text())
    environment = {
        **os.environ,
        # The `python3` of cdk.json is this one.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "CDK_CONTEXT_JSON": json.dumps({**settings.get("context", {}), **CONTEXT}),
        "CDK_OUTDIR": str(outdir),
    }
    subprocess.run(shlex.split(settings["app"]), cwd=cdk_json.parent, env=environment, check=True)
    return sorted(outdir.glob("*.template.json"))


@pytest.mark.parametrize("cdk_json", APPS, ids=lambda path: str(path.parent.relative_to(PROJECT)))
def test_nothing_is_found_in_the_templates_of_an_app(
    cdk_json: Path, validate: Validate, tmp_path: Path
) -> None:
    validate(synthesize(cdk_json, tmp_path))


def test_nothing_is_found_in_the_package(validate: Validate, tmp_path: Path) -> None:
    validate([build(tmp_path).template])


def test_nothing_is_found_in_the_plain_templates(validate: Validate) -> None:
    validate(PROJECT.glob("examples/cloudformation/*.yaml"))


def test_nothing_is_found_in_the_templates_of_the_documents(validate: Validate, tmp_path: Path) -> None:
    templates = []
    for document in DOCUMENTS:
        for number, block in enumerate(code_blocks(document.read_text())):
            is_template = block.language == "yaml" and "Resources:" in block.code.splitlines()
            if is_template and SUNSET not in block.code:
                template = tmp_path / f"{document.stem}-{number}.yaml"
                template.write_text(block.code)
                templates.append(template)

    validate(templates)
