"""What app.py says about its context, as the person who runs it reads it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def run_app(outdir: Path, **context: str) -> subprocess.CompletedProcess[str]:
    """Run app.py as the cdk CLI does."""
    environment = {**os.environ, "CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(outdir)}
    return subprocess.run(
        [sys.executable, "app.py"], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("context", "message"),
    [
        (
            {},
            "Pass the application's id, e.g.: "
            "npx cdk deploy -c application_id=0123456789abcdef0123456789abcdef",
        ),
        ({"application_id": "0" * 32, "enabled": "no"}, "enabled is 'no', but must be true or false."),
    ],
)
def test_a_context_that_is_missing_or_malformed_ends_with_one_line_that_says_what_to_pass(
    tmp_path: Path, context: dict[str, str], message: str
) -> None:
    done = run_app(tmp_path, **context)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == message
    assert "Traceback" not in done.stderr


def test_the_cdk_cli_refuses_an_application_id_that_cannot_be_one(tmp_path: Path) -> None:
    cdk = str(PROJECT / "node_modules" / ".bin" / "cdk")
    command = [cdk, "synth", "--app", f"{sys.executable} app.py", "--output", str(tmp_path)]
    context = ["-c", "application_id=my application"]

    done = subprocess.run([*command, *context], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert (
        "application_id is 'my application', but must be the id of an Amazon Pinpoint application: "
        "1 to 64 letters, digits, '-' or '_'."
    ) in done.stderr
    assert "Traceback" not in done.stderr


def test_enabled_reaches_the_template(tmp_path: Path) -> None:
    run_app(tmp_path, application_id="0" * 32, enabled="false")

    template = json.loads((tmp_path / "PinpointVoiceChannel.template.json").read_text())
    [channel] = [
        resource for resource in template["Resources"].values() if resource["Type"].startswith("Custom::")
    ]
    assert channel["Properties"]["Enabled"] is False
