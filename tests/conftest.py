"""What all layers share: hypothesis's profiles, the workers, a guard of secrets, and the local cloud."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

# The handler makes a client as soon as it is imported, which would look for credentials over the network.
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
# The validator that the CDK runs at each synthesis takes longer than all the rest of it;
# test_cloudformation_validate.py runs it on every template.
os.environ["CDK_VALIDATION"] = "false"

import pytest
from hypothesis import Phase, settings

from harness.events import SECRET_ACCESS_KEY, SESSION_TOKEN, SIGNATURE
from harness.inbox import make_certificate
from local_cloud.cloud import LocalCloud

# What `make fuzz` and `make sequences` run with.
settings.register_profile("long", max_examples=20_000)
# What `make broken-rules` runs with: the first sequence that fails will do.
settings.register_profile("broken-rules", max_examples=4_000, phases=[Phase.generate])


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Start two workers for each processor: much of the time, a worker waits."""
    processors = yield
    return 2 * processors


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a token of the CDK the same in each process: its text has a number that differs."""
    return "token" if isinstance(val, str) and "${Token[" in val else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001, pytest's
    call: pytest.CallInfo[None],  # noqa: ARG001, pytest's
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail every test in whose output or log a credential is seen."""
    report = yield
    seen = "".join(text for _, text in report.sections)
    leaked = [secret for secret in (SIGNATURE, SESSION_TOKEN, SECRET_ACCESS_KEY) if secret[:14] in seen]
    if leaked and not report.failed:
        report.outcome = "failed"
        report.longrepr = f"The output or the log has the credentials {leaked}."
    return report


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate for localhost, with its key in the same file."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def bootstrapped_cloud() -> Iterator[LocalCloud]:
    """Start a local cloud that `cdk deploy` can use."""
    with LocalCloud() as cloud:
        cloud.bootstrap()
        yield cloud
