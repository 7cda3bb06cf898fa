"""The local cloud: what it starts, what it leaves behind, and the fixes to MiniStack."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import botocore.httpsession
import pytest

from harness.inbox import make_certificate
from local_cloud import certificates, children, environments, locks, servers
from local_cloud import cloud as cloud_module
from local_cloud.certificates import write_bundle
from local_cloud.cloud import LocalCloud, bootstrap
from local_cloud.commands import NEXT
from local_cloud.environment import ACCOUNT, Endpoints, ministack_environment
from local_cloud.environments import python_with
from local_cloud.errors import (
    BootstrapFailedError,
    InstallationFailedError,
    ProgramNotFoundError,
    ServerNotHealthyError,
)
from local_cloud.runtime import PROJECT, ensure_runtime
from local_cloud.servers import start

Events = Callable[[], list[str]]

HTTPS = 443

HANDLER = """
import boto3, json, urllib.request

def handler(event, context):
    stack = boto3.client("cloudformation").describe_stacks(StackName=event["StackId"])["Stacks"][0]
    physical_id = event.get("PhysicalResourceId", event["LogicalResourceId"] + "-id")
    # Pinpoint's applications are this test's memory.
    name = " ".join([event["RequestType"], physical_id, stack["StackStatus"]])
    boto3.client("pinpoint").create_app(CreateApplicationRequest={"Name": name})
    fails = event["RequestType"] == "Create" and event["ResourceProperties"]["Fails"] == "true"
    answer = {
        "Status": "FAILED" if fails else "SUCCESS",
        "Reason": "as asked",
        "PhysicalResourceId": physical_id,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request)
"""


CLIENT = """
import boto3
boto3.client("cloudformation").list_stacks()
print(boto3.client("pinpoint").get_apps()["ResponseMetadata"]["HTTPStatusCode"])
"""

URLLIB = """
import os, urllib.request
print(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_ministack/health").status)
"""

WORKER = """
import fcntl

def handler(path, context):
    global file
    file = open(path, "ab")
    fcntl.flock(file, fcntl.LOCK_EX)
"""


@pytest.fixture(scope="module")
def https_before() -> bool:
    return is_open(HTTPS)


@pytest.fixture(scope="module")
def cloud(https_before: bool) -> Iterator[LocalCloud]:  # noqa: ARG001  # it is asked before
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def events(cloud: LocalCloud) -> Events:
    """What the custom resources of the test were sent, and in which status of the stack."""
    pinpoint = cloud.client("pinpoint")
    for app in pinpoint.get_apps()["ApplicationsResponse"]["Item"]:
        pinpoint.delete_app(ApplicationId=app["Id"])
    return lambda: [app["Name"] for app in pinpoint.get_apps()["ApplicationsResponse"]["Item"]]


def template(**custom_resources: bool) -> str:
    """Return a template with a function and custom resources, which fail or not."""
    function: dict[str, object] = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"ZipFile": HANDLER},
            "Handler": "index.handler",
            "Runtime": "python3.13",
            "Role": f"arn:aws:iam::{ACCOUNT}:role/any",
        },
    }
    customs = {
        name: {
            "Type": "Custom::Tried",
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
                "ServiceTimeout": 20,
                "Fails": fails,
            },
        }
        for name, fails in custom_resources.items()
    }
    return json.dumps({"Resources": {"Function": function, **customs}})


def settled(cloud: LocalCloud, stack: str) -> str:
    """Wait until a stack is in no transition any more, and return its status."""
    cloudformation = cloud.client("cloudformation")
    while True:
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        if not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(0.05)


def is_open(port: int, address: str = "127.0.0.1") -> bool:
    with socket.socket() as client:
        return client.connect_ex((address, port)) == 0


def local_cloud(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command = [sys.executable, "-m", "local_cloud", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def seen_in_a_terminal(*arguments: str) -> str:
    """Run the command line with a terminal as its standard output, and return its standard error."""
    terminal, shown = os.openpty()
    command = [sys.executable, "-m", "local_cloud", *arguments]
    done = subprocess.run(command, cwd=PROJECT, stdout=shown, stderr=subprocess.PIPE, text=True, check=True)
    os.close(shown)
    os.close(terminal)
    return done.stderr


def is_running(cloud: LocalCloud) -> tuple[bool, bool]:
    directory = cloud.endpoints.directory
    return locks.is_held(directory / "ministack.lock"), locks.is_held(directory / "pinpoint.lock")


def start_worker(cloud: LocalCloud, lock: Path) -> None:
    """Let MiniStack start a worker process of a function, which holds a lock for as long as it lives."""
    code = BytesIO()
    with ZipFile(code, "w") as archive:
        archive.writestr("index.py", WORKER)
    functions = cloud.client("lambda")
    functions.create_function(
        FunctionName="worker",
        Runtime="python3.13",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
    )
    functions.invoke(FunctionName="worker", Payload=json.dumps(str(lock)))


def in_a_shell_of_the_cloud(directory: Path, command: str) -> str:
    lead = f'eval "$({sys.executable} -m local_cloud env --directory {directory})"; '
    environment = {**os.environ, "AWS_PROFILE": "production"}
    done = subprocess.run(
        ["sh", "-c", lead + command],
        env=environment,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout


# Running


def test_both_servers_have_one_account(cloud: LocalCloud) -> None:
    app = cloud.client("pinpoint").create_app(CreateApplicationRequest={"Name": "calls"})
    identity = cloud.client("sts").get_caller_identity()

    assert f":{ACCOUNT}:" in app["ApplicationResponse"]["Arn"]
    assert identity["Account"] == ACCOUNT


def test_the_environment_leads_to_the_cloud_only(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example")
    monkeypatch.setenv("KEPT", "yes")

    environment = cloud.environment

    bundle = str(cloud.endpoints.ca_bundle)
    assert environment.keys().isdisjoint({"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"})
    assert (
        environment.items()
        >= {
            "KEPT": "yes",
            "AWS_ENDPOINT_URL": f"https://localhost:{cloud.endpoints.ministack_port}",
            "AWS_ENDPOINT_URL_PINPOINT": f"http://127.0.0.1:{cloud.endpoints.pinpoint_port}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CA_BUNDLE": bundle,
            "CURL_CA_BUNDLE": bundle,
            "NODE_EXTRA_CA_CERTS": bundle,
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }.items()
    )


def test_a_process_with_the_environment_reaches_both_servers(cloud: LocalCloud) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLIENT], env=cloud.environment, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("200\n", "")


def test_clients_ignore_a_configured_profile(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")

    assert cloud.client("pinpoint").get_apps()["ResponseMetadata"]["HTTPStatusCode"] == 200


DEAD_PROXY = "http://127.0.0.1:9"


def test_no_proxy_stands_before_the_cloud(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, DEAD_PROXY)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    child = [sys.executable, "-c", CLIENT]
    done = subprocess.run(child, env=cloud.environment, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("200\n", "")
    assert cloud.client("cloudformation").list_stacks()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert cloud.client("pinpoint").get_apps()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_hosts_without_a_proxy_stay_without_one(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "intranet.example,localhost")

    assert cloud.environment["NO_PROXY"] == "intranet.example,localhost,127.0.0.1"
    assert cloud.environment["no_proxy"] == cloud.environment["NO_PROXY"]


def test_bootstrap_is_the_real_one(cloud: LocalCloud) -> None:
    cloud.bootstrap()

    assert settled(cloud, "CDKToolkit") == "CREATE_COMPLETE"


def test_only_the_loopback_address_is_bound(cloud: LocalCloud) -> None:
    ports = (cloud.endpoints.ministack_port, cloud.endpoints.pinpoint_port)

    assert [is_open(port) for port in ports] == [True, True]
    # Also of this machine, so a server that listens everywhere would answer.
    assert [is_open(port, "127.0.0.2") for port in ports] == [False, False]


def test_the_port_of_https_is_left_alone(https_before: bool, cloud: LocalCloud) -> None:
    assert cloud.endpoints.ministack_port != HTTPS
    assert is_open(HTTPS) == https_before


def test_clouds_are_apart(cloud: LocalCloud) -> None:
    with LocalCloud() as other:
        other.client("pinpoint").create_app(CreateApplicationRequest={"Name": "of the other"})
        here = cloud.client("pinpoint").get_apps()["ApplicationsResponse"]["Item"]
        there = other.client("pinpoint").get_apps()["ApplicationsResponse"]["Item"]

    assert "of the other" not in [app["Name"] for app in here]
    assert [app["Name"] for app in there] == ["of the other"]
    assert is_running(cloud) == (True, True)


def test_workers_see_nothing_but_what_lambda_has(cloud: LocalCloud) -> None:
    python = ensure_runtime()
    modules = "import boto3, ministack\nimport importlib.util as u\n"
    names = ["pip", "setuptools", "crhelper", "local_cloud", "pinpoint_voice_channel_handler"]

    found = subprocess.run(
        [python, "-c", modules + f"print([n for n in {names} if u.find_spec(n)])"],
        cwd=cloud.endpoints.directory,
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout == "[]\n"


# Certificates


def certificates_in(file: Path) -> set[bytes]:
    return set(ssl.create_default_context(cafile=str(file)).get_ca_certs(binary_form=True))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that somebody trusts, in a directory of its own."""
    return make_certificate(tmp_path_factory.mktemp("theirs"))


@pytest.mark.parametrize(
    ("variable", "is_directory"),
    [*((variable, False) for variable in certificates.VARIABLES), ("REQUESTS_CA_BUNDLE", True)],
)
def test_what_is_trusted_stays_trusted(
    certificate: Path,
    theirs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    is_directory: bool,
) -> None:
    monkeypatch.setenv(variable, str(theirs.parent if is_directory else theirs))

    write_bundle(tmp_path / "bundle.pem", certificate)

    trusted = certificates_in(tmp_path / "bundle.pem")
    assert trusted >= certificates_in(certificate) | certificates_in(theirs)
    assert trusted >= certificates_in(Path(botocore.httpsession.where()))


def test_what_the_system_trusts_stays_trusted(
    certificate: Path, theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in certificates.VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    system = ssl.get_default_verify_paths()._replace(cafile="", capath=str(theirs.parent))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: system)

    write_bundle(tmp_path / "bundle.pem", certificate)

    assert certificates_in(tmp_path / "bundle.pem") >= certificates_in(theirs)


def test_a_private_key_does_not_get_into_the_bundle(certificate: Path, tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle.pem", certificate)

    assert "PRIVATE KEY" in certificate.read_text()
    assert "PRIVATE KEY" not in (tmp_path / "bundle.pem").read_text()


def test_certificates_that_are_gone_are_no_failure(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "of-a-cloud-that-has-ended.pem"))

    write_bundle(tmp_path / "bundle.pem", certificate)

    assert certificates_in(tmp_path / "bundle.pem") >= certificates_in(certificate)


# Ending


def test_nothing_is_left_after_the_block(tmp_path: Path) -> None:
    with LocalCloud() as cloud:
        start_worker(cloud, tmp_path / "worker")
        during = (is_running(cloud), locks.is_held(tmp_path / "worker"))
    after = (is_running(cloud), locks.is_held(tmp_path / "worker"))

    assert during == ((True, True), True)
    assert after == ((False, False), False)
    assert not cloud.endpoints.directory.exists()


def test_nothing_is_left_after_an_exception() -> None:
    cloud = LocalCloud()

    with pytest.raises(ZeroDivisionError), cloud:
        1 / 0  # noqa: B018  # what a test's own failure does

    assert is_running(cloud) == (False, False)
    assert not cloud.endpoints.directory.exists()


def test_the_servers_end_with_a_killed_process() -> None:
    script = (
        "import os, signal\n"
        "from local_cloud.cloud import LocalCloud\n"
        "with LocalCloud() as cloud:\n"
        "    print(cloud.endpoints.directory, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    directory = Path(killed.stdout.strip())

    assert killed.returncode == -signal.SIGKILL
    # Not only to be seen: waits until both servers have dropped their locks, or the test's time is over.
    with locks.exclusive(directory / "ministack.lock"), locks.exclusive(directory / "pinpoint.lock"):
        shutil.rmtree(directory)


HOLDS_A_LOCK = "import fcntl, sys, time; file = open(sys.argv[1], 'ab'); fcntl.flock(file, 2); time.sleep(60)"


def holder(lock: Path) -> list[str]:
    """Return a command whose child holds a lock for as long as it lives."""
    return ["sh", "-c", '"$@"; true', "sh", sys.executable, "-c", HOLDS_A_LOCK, str(lock)]


def test_a_command_that_takes_too_long_leaves_no_child(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        children.run(holder(tmp_path / "lock"), directory=tmp_path, environment={}, seconds=1)

    assert (tmp_path / "lock").exists()
    with locks.exclusive(tmp_path / "lock"):  # waits for the child, or the test's time is over
        pass


def test_a_command_ends_with_a_killed_process(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from local_cloud import children; import sys\n"
        "children.run(sys.argv[1:], directory=Path('/'), environment={})"
    )
    with subprocess.Popen([sys.executable, "-c", script, *holder(tmp_path / "lock")], cwd=PROJECT) as parent:
        while not locks.is_held(tmp_path / "lock"):
            time.sleep(0.01)
        parent.kill()

    with locks.exclusive(tmp_path / "lock"):  # as above
        pass


def test_a_command_tells_how_it_ended(tmp_path: Path) -> None:
    done = children.run(["sh", "-c", "echo out; echo err >&2; exit 3"], directory=tmp_path, environment={})

    assert (done.returncode, done.stdout) == (3, "out\nerr\n")


def test_ctrl_c_ends_the_demo_with_one_line() -> None:
    command = [sys.executable, "-m", "local_cloud", "demo"]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # of which all get the signal, as from a terminal
    ) as demo:
        assert demo.stdout is not None
        started = demo.stdout.readline()  # the next step runs the cdk CLI
        os.killpg(demo.pid, signal.SIGINT)
        stdout, stderr = demo.communicate()

    assert started.startswith("✓ Start")
    assert "✗" not in stdout
    assert stderr == "Interrupted; nothing is left running.\n"


def test_an_interrupted_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(servers, "_answers", interrupt)

    with pytest.raises(KeyboardInterrupt):
        start(tmp_path, detached=False)

    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_does_not_interrupt_the_end() -> None:
    code = (
        "import os, signal; from local_cloud.interrupts import held_off\n"
        "@held_off()\n"
        "def end(): os.kill(os.getpid(), signal.SIGINT); print('ended', flush=True)\n"
        "end()\n"
        "os.kill(os.getpid(), signal.SIGINT)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.returncode) == ("ended\n", -signal.SIGINT)


def test_the_next_run_removes_what_a_killed_one_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("run-killed", "run-starting", "run-detached"):
        (tmp_path / name).mkdir()
    (tmp_path / "run-killed" / "ministack.lock").touch()
    monkeypatch.setattr(servers, "_answers", lambda *_: False)
    monkeypatch.setattr(servers, "_START_SECONDS", 0.01)

    with (
        locks.hold(tmp_path / "run-starting" / "owner.lock"),
        locks.hold(tmp_path / "run-detached" / "pinpoint.lock"),
        pytest.raises(ServerNotHealthyError),
    ):
        start(tmp_path, detached=False)

    left = {path.name for path in tmp_path.iterdir()}
    assert left >= {"run-starting", "run-detached"}
    assert "run-killed" not in left


# Failing to start


def test_a_missing_openssl_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ProgramNotFoundError, match="openssl was not found"):
        start(tmp_path, detached=False)


def test_a_server_that_ends_at_start_shows_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def without_key(endpoints: Endpoints) -> dict[str, str]:
        return {**ministack_environment(endpoints), "MINISTACK_SSL_CERT": "only.crt"}

    monkeypatch.setattr(servers, "ministack_environment", without_key)

    with pytest.raises(ServerNotHealthyError, match="MINISTACK_SSL_KEY must be set together"):
        start(tmp_path, detached=False)

    (directory,) = tmp_path.iterdir()
    assert not locks.is_held(directory / "pinpoint.lock")
    assert {path.suffix for path in directory.iterdir()} == {".log", ".lock"}


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(servers, "_answers", lambda *_: False)
    monkeypatch.setattr(servers, "_START_SECONDS", 0.01)

    with pytest.raises(ServerNotHealthyError, match=r"did not answer in 0\.01 seconds"):
        start(tmp_path, detached=False)


def test_another_version_of_ministack_is_refused(tmp_path: Path) -> None:
    metadata = tmp_path / "ministack-9.9.9.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Name: ministack\nVersion: 9.9.9\n")

    refused = subprocess.run(
        [ensure_runtime(), PROJECT / "local_cloud" / "ministack_server.py", "--fd", "0"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert "fixes MiniStack 1.5.33, but 9.9.9 is installed" in refused.stderr


@pytest.fixture
def endpoints_of_nothing(tmp_path: Path) -> Endpoints:
    return Endpoints(ministack_port=1, pinpoint_port=1, directory=tmp_path)


def test_a_missing_cdk_is_named(
    endpoints_of_nothing: Endpoints, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cloud_module, "PROJECT", tmp_path)

    with pytest.raises(ProgramNotFoundError, match=r"cdk was not found; .* Run npm ci"):
        bootstrap(endpoints_of_nothing)


def test_a_failing_bootstrap_shows_what_cdk_said(
    endpoints_of_nothing: Endpoints, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cdk = tmp_path / "node_modules" / ".bin" / "cdk"
    cdk.parent.mkdir(parents=True)
    cdk.write_text("#!/bin/sh\necho no credentials >&2\nexit 1\n")
    cdk.chmod(0o755)
    monkeypatch.setattr(cloud_module, "PROJECT", tmp_path)

    with pytest.raises(BootstrapFailedError, match="no credentials"):
        bootstrap(endpoints_of_nothing)


# MiniStack's environment


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    """Return a file that requires nothing."""
    file = tmp_path / "requirements.txt"
    file.write_text("")
    return file


def test_the_environment_is_made_again_when_it_is_not_what_is_wanted(
    requirements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = tmp_path / "environment"
    installed: list[str] = []

    def make(requirements: Path, environment: Path) -> None:
        environment.mkdir(exist_ok=True)
        installed.append(requirements.read_text())

    monkeypatch.setattr(environments, "_make", make)

    python_with(requirements, environment)
    python_with(requirements, environment)
    requirements.write_text("changed")
    python_with(requirements, environment)
    (environment / "installed").unlink()  # as an interrupted installation leaves it
    python_with(requirements, environment)

    assert installed == ["", "changed", "changed"]


def test_an_environment_has_nothing_but_what_is_required(requirements: Path, tmp_path: Path) -> None:
    python = python_with(requirements, tmp_path / "environment")

    listed = "import importlib.metadata as m; print([it.name for it in m.distributions()])"
    assert subprocess.run([python, "-c", listed], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_failing_installation_shows_what_pip_said(requirements: Path, tmp_path: Path) -> None:
    requirements.write_text("./does-not-exist\n")

    with pytest.raises(InstallationFailedError, match="does-not-exist"):
        python_with(requirements, tmp_path / "environment")

    assert not (tmp_path / "environment" / "installed").exists()


# By hand


def test_up_status_env_and_down(tmp_path: Path) -> None:
    here = ["--directory", str(tmp_path)]

    first = local_cloud("up", *here)
    second = local_cloud("up", *here)
    status = local_cloud("status", *here)
    seen = seen_in_a_terminal("up", *here)
    env = local_cloud("env", *here)
    used = in_a_shell_of_the_cloud(
        tmp_path,
        f"{sys.executable} -c '{CLIENT}'; {sys.executable} -c '{URLLIB}'; echo ${{AWS_PROFILE-unset}}",
    )
    down = local_cloud("down", *here)
    after = local_cloud("status", *here)

    assert [done.returncode for done in (first, second, status, env, down, after)] == [0, 0, 0, 0, 0, 1]
    assert "export AWS_ENDPOINT_URL=https://localhost:" in first.stdout
    assert first.stdout == second.stdout == env.stdout
    assert "up already" in second.stderr
    assert (first.stderr.endswith(NEXT + "\n"), second.stderr.endswith(NEXT + "\n")) == (True, True)
    turn = 'eval "$(make --silent cloud)"'
    assert (turn in seen, turn in second.stderr) == (True, False)
    assert status.stdout.count("runs") == 2
    assert used == "200\n200\nunset\n"
    assert_turned_back(down.stdout, first.stdout)
    assert "down" in after.stdout
    assert list((tmp_path / "runs").iterdir()) == []


def assert_turned_back(unset: str, exports: str) -> None:
    """See that a shell which runs both lines has nothing of the cloud left."""
    done = subprocess.run(
        ["sh", "-c", f"{exports}\n{unset}\nenv"], capture_output=True, text=True, check=True
    )
    names = {line.split("=")[0].removeprefix("export ") for line in exports.splitlines() if "export" in line}
    assert "AWS_ENDPOINT_URL" in names
    assert [line for line in done.stdout.splitlines() if line.split("=")[0] in names] == []


def test_down_tells_a_person_how_to_turn_a_shell_back(tmp_path: Path) -> None:
    here = ["--directory", str(tmp_path)]

    assert "run this line, or open a new shell" in seen_in_a_terminal("down", *here)
    assert local_cloud("down", *here).stderr == "The local cloud is down.\n"


def test_the_page_has_what_up_says_to_do_next() -> None:
    page = (PROJECT / "docs" / "local_cloud.md").read_text()
    commands = [line for line in NEXT.splitlines() if line.startswith("    ")]

    assert len(commands) == 5
    assert "\n".join(commands) in page


@pytest.mark.parametrize(("command", "code"), [("status", 1), ("env", 1), ("down", 0)])
def test_a_cloud_that_is_down_is_no_failure_to_end(tmp_path: Path, command: str, code: int) -> None:
    done = local_cloud(command, "--directory", str(tmp_path))

    assert done.returncode == code
    assert "is down" in done.stdout + done.stderr


def test_down_leaves_a_foreign_process_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as foreign:
        entry = {"pid": foreign.pid, "port": 1}
        (tmp_path / "state.json").write_text(
            json.dumps({"directory": str(tmp_path / "run"), "ministack": entry, "pinpoint": entry})
        )

        down = local_cloud("down", "--directory", str(tmp_path))

        alive = foreign.poll() is None
        foreign.kill()
    assert (down.returncode, alive) == (0, True)
    assert not (tmp_path / "state.json").exists()


@pytest.mark.parametrize("damaged", ["", "{", "[]", "{}", '{"directory": "/", "ministack": 1}'])
def test_a_damaged_state_is_named(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "state.json").write_text(damaged)

    done = local_cloud("down", "--directory", str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path}/state.json is damaged.")


# The Delete that follows a failed Create


def test_a_failed_create_is_deleted_while_the_stack_rolls_back(cloud: LocalCloud, events: Events) -> None:
    cloud.client("cloudformation").create_stack(StackName="create", TemplateBody=template(Tried=True))

    assert settled(cloud, "create") == "ROLLBACK_COMPLETE"
    assert events() == ["Create Tried-id CREATE_IN_PROGRESS", "Delete Tried-id ROLLBACK_IN_PROGRESS"]


def test_a_failed_create_is_deleted_in_the_cleanup_of_an_update(cloud: LocalCloud, events: Events) -> None:
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName="update", TemplateBody=template(Kept=False))
    settled(cloud, "update")
    cloudformation.update_stack(StackName="update", TemplateBody=template(Kept=False, Tried=True))

    assert settled(cloud, "update") == "UPDATE_ROLLBACK_COMPLETE"
    assert events() == [
        "Create Kept-id CREATE_IN_PROGRESS",
        "Create Tried-id UPDATE_IN_PROGRESS",
        "Delete Tried-id UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    ]


def test_without_a_rollback_a_failed_create_stays_until_the_stack_is_deleted(
    cloud: LocalCloud, events: Events
) -> None:
    cloudformation = cloud.client("cloudformation")
    stack = cloudformation.create_stack(
        StackName="kept", TemplateBody=template(Tried=True), DisableRollback=True
    )["StackId"]
    status = settled(cloud, "kept")
    before = events()
    cloudformation.delete_stack(StackName="kept")
    settled(cloud, stack)

    assert (status, before) == ("CREATE_FAILED", ["Create Tried-id CREATE_IN_PROGRESS"])
    assert events() == [*before, "Delete Tried-id DELETE_IN_PROGRESS"]


def test_a_later_rollback_deletes_a_failed_create(cloud: LocalCloud, events: Events) -> None:
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName="later", TemplateBody=template(Tried=True), DisableRollback=True)
    settled(cloud, "later")
    cloudformation.rollback_stack(StackName="later")

    assert settled(cloud, "later") == "ROLLBACK_COMPLETE"
    assert events() == ["Create Tried-id CREATE_IN_PROGRESS", "Delete Tried-id ROLLBACK_IN_PROGRESS"]


def test_a_failed_create_is_deleted_once(cloud: LocalCloud, events: Events) -> None:
    cloudformation = cloud.client("cloudformation")
    stack = cloudformation.create_stack(StackName="once", TemplateBody=template(Tried=True))["StackId"]
    settled(cloud, "once")
    cloudformation.delete_stack(StackName="once")

    assert settled(cloud, stack) == "DELETE_COMPLETE"
    assert len(events()) == 2
