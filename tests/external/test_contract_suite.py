"""CloudFormation's own contract tests of resource providers, run by `cfn test` on the deployed function.

Source: https://github.com/aws-cloudformation/cloudformation-cli, src/rpdk/core/contract/suite/resource; what
they test is written at
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html

harness/contract_adapter.py makes a resource provider of the custom resource.
"""

import json
import os
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.contract_adapter import ContractAdapter, Model, schema
from harness.provider import deploy_provider
from local_cloud.cloud import LocalCloud
from local_cloud.environment import REGION, client_variables

TYPE_NAME = "Amazon::Pinpoint::VoiceChannel"

PASSED = "passed"
DOES_NOT_FAIL = "failure: AssertionError: status should be FAILED"

OUTCOMES = {
    "contract_check_asserts_work": PASSED,
    "contract_create_create": PASSED,
    "contract_create_delete": PASSED,
    "contract_create_list": PASSED,
    "contract_create_read": PASSED,
    # A voice channel has no tags. That it refuses them is shown in tests/handler/test_contract.py.
    "contract_create_taggable": "skipped: Resource is not taggable. Skipping test.",
    "contract_delete_create": PASSED,
    # The contract wants NotFound. Lambda delivers an event more than once, and a Delete that fails stops the
    # deletion of its stack: docs/lifecycle.md, "Delete".
    "contract_delete_delete": DOES_NOT_FAIL,
    "contract_delete_list": PASSED,
    "contract_delete_read": PASSED,
    # The contract wants NotFound. A channel that was deleted behind CloudFormation's back is made again, as
    # drift that the next deployment repairs: docs/lifecycle.md, "Update".
    "contract_delete_update": DOES_NOT_FAIL,
    "contract_update_list": PASSED,
    "contract_update_read": PASSED,
    # As contract_create_taggable.
    "contract_update_tag_updatable": "skipped: Resource is not tagUpdatable. Skipping test.",
    # As contract_delete_update.
    "contract_update_without_create": DOES_NOT_FAIL,
}
"""Every contract test, and how it ends."""

# The contract wants AlreadyExists. A channel that is there is adopted unless the template says otherwise, so
# that one made by hand or by the native type can be managed too: docs/lifecycle.md, "Create".
OUTCOMES_OF_ADOPTING = {**OUTCOMES, "contract_create_create": DOES_NOT_FAIL}


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """Start a local cloud of its own, as the adapter configures the function that is deployed."""
    with LocalCloud() as started:
        yield started


@pytest.fixture(scope="module")
def adapter(
    cloud: LocalCloud, certificate: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ContractAdapter]:
    """Deploy a provider, and start an adapter to its function."""
    service_token = deploy_provider(cloud, tmp_path_factory.mktemp("provider"))
    with ContractAdapter(cloud, service_token, certificate) as started:
        yield started


def project(cloud: LocalCloud, created: Model, updated: Model) -> dict[str, object]:
    """Return the files of the folder in which `cfn test` runs, which is also its home."""
    return {
        ".rpdk-config": {
            "typeName": TYPE_NAME,
            "language": "python39",
            "runtime": "python3.9",
            "entrypoint": None,
            "testEntrypoint": None,
        },
        "amazon-pinpoint-voicechannel.json": schema(TYPE_NAME),
        "inputs/inputs_1_create.json": created,
        "inputs/inputs_1_update.json": updated,
        # Where it asks for its account; no variable and no option leads it to another STS.
        ".aws/models/endpoints.json": boto_endpoints(cloud.endpoints.ministack_url.removeprefix("https://")),
    }


def boto_endpoints(sts: str) -> dict[str, object]:
    """Return a table of endpoints as boto has it, with this STS."""
    partition = {
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "regionRegex": REGION,
        "regions": {REGION: {}},
        "defaults": {"hostname": "{service}.{region}.{dnsSuffix}"},
        "services": {"sts": {"endpoints": {REGION: {"hostname": sts}}}},
    }
    return {"version": 3, "partitions": [partition]}


def outcome(case: ET.Element) -> tuple[str, str]:
    """Return a contract test's name and how it ended, from JUnit's report."""
    said = [f"{part.tag}: {part.attrib['message']}" for part in case]
    return case.attrib["name"], "; ".join(said) or PASSED


@pytest.mark.parametrize(
    ("on_existing", "enabled", "expected"),
    [("fail", ("false", "true"), OUTCOMES), ("adopt", ("true", "false"), OUTCOMES_OF_ADOPTING)],
    ids=["fail", "adopt"],
)
def test_the_function_keeps_the_contract_but_where_the_documents_say_otherwise(
    cloud: LocalCloud,
    adapter: ContractAdapter,
    python_of: Callable[[str], Path],
    tmp_path: Path,
    on_existing: str,
    enabled: tuple[str, str],
    expected: dict[str, str],
) -> None:
    application = cloud.client("pinpoint").create_app(CreateApplicationRequest={"Name": "contract"})
    application_id = application["ApplicationResponse"]["Id"]
    created, updated = (
        {"ApplicationId": application_id, "Enabled": value, "OnExisting": on_existing} for value in enabled
    )
    for name, content in project(cloud, created, updated).items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
    home = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PATH": os.defpath}
    cfn = python_of("contract_suite").with_name("cfn")

    subprocess.run(
        [cfn, "test", "--endpoint", adapter.url, "--", "--junitxml=report.xml", "--override-ini=log_cli=0"],
        cwd=tmp_path,
        # With a session token it asks STS for no other.
        env={**client_variables(cloud.endpoints), **home, "AWS_SESSION_TOKEN": "local"},
        check=False,  # it fails where the documents say so
    )

    report = ET.parse(tmp_path / "report.xml")  # noqa: S314  # of our own process
    assert dict(map(outcome, report.iter("testcase"))) == expected
