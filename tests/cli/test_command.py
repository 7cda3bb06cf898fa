"""The command as a whole: its help, its version, wrong usage, its exit codes, and how it calls AWS."""

import contextlib
import io
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ClientError, EndpointConnectionError, MetadataRetrievalError
from rich.console import Console
from rich.table import Table

from harness.command import run_command
from harness.fake_account import Call, account_that_answers
from harness.fake_region import APPLICATION, Stack, account
from pinpoint_voice_channel_handler.aws_error import AwsError
from pinpoint_voice_cli import __main__, main
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.errors import CommandError, Refused
from pinpoint_voice_cli.report import Output, progress, show

HISTORY = ("history", "a" * 32)


def test_help_names_the_commands() -> None:
    ended = run_command("--help")

    assert ended.code == 0
    assert "Usage: pinpoint-voice" in ended.output


def test_help_has_the_purpose_of_each_command_in_one_line_of_80_columns() -> None:
    _, _, commands = run_command("--help").output.partition("Commands:\n")

    lines = commands.splitlines()
    assert len(lines) == len(main.cli.commands) == 4
    for line in lines:
        assert len(line) <= 80
        assert line.endswith(".")
        assert not line.endswith("...")


def test_its_version_is_that_of_the_library() -> None:
    assert version("pinpoint-voice-channel") in run_command("--version").output


@pytest.mark.parametrize("arguments", [("unknown",), ("--unknown",)], ids=str)
def test_wrong_usage_ends_with_1_and_says_what_is_wrong(arguments: tuple[str, ...]) -> None:
    ended = run_command(*arguments)

    assert ended.code == 1
    assert "unknown" in ended.errors
    assert "--help" in ended.errors


def test_an_unknown_profile_is_an_error_that_names_those_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[profile operations]\nregion = us-east-1\n")
    unconfigured = run_command(*HISTORY, "--profile", "operation")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    ended = run_command(*HISTORY, "--profile", "operation")

    assert (ended.code, unconfigured.code) == (1, 1)
    assert "no profile 'operation'. It has operations." in ended.errors
    assert "It has no profiles." in unconfigured.errors


def test_a_profile_of_the_environment_may_be_unknown_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nosuch")

    ended = run_command(*HISTORY)

    assert (ended.code, ended.output) == (1, "")
    assert "no profile 'nosuch'. It has no profiles." in ended.errors


CONFIGURATION = r"""
[profile keys]
aws_access_key_id = test
aws_secret_access_key = test
[profile unknown-source]
role_arn = arn:aws:iam::123456789012:role/Any
source_profile = nosuch
[profile no-process]
credential_process = /nosuch/process
[profile no-json]
credential_process = echo hello
[profile no-token]
role_arn = arn:aws:iam::123456789012:role/Any
web_identity_token_file = /nosuch/token
[profile no-session]
sso_session = nosuch
sso_account_id = 123456789012
sso_role_name = Any
[profile no-services]
services = nosuch
"""


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"AWS_CONFIG_FILE": "broken"}, "Unable to parse config file"),
        ({"AWS_SHARED_CREDENTIALS_FILE": "broken"}, "Unable to parse config file"),
        ({"AWS_CONFIG_FILE": "binary"}, "Unable to parse config file"),
        ({"AWS_PROFILE": "keys", "AWS_ENDPOINT_URL": "foo"}, "Invalid endpoint: foo"),
        (
            {"AWS_PROFILE": "keys", "AWS_ENDPOINT_URL_CLOUDTRAIL": "http://a b"},
            "endpoint: http://a b",
        ),
        ({"AWS_PROFILE": "keys", "AWS_ENDPOINT_URL": "http://127.0.0.1:99999"}, "Port out of range"),
        ({"AWS_PROFILE": "keys", "AWS_DEFAULTS_MODE": "odd"}, "invalid defaults mode: odd"),
        ({"AWS_PROFILE": "unknown-source"}, '"nosuch" referenced in the profile'),
        ({"AWS_PROFILE": "no-process"}, "No such file or directory: '/nosuch/process'"),
        ({"AWS_PROFILE": "no-json"}, "Expecting value"),
        ({"AWS_PROFILE": "no-token"}, "No such file or directory: '/nosuch/token'"),
        ({"AWS_PROFILE": "no-session"}, 'sso-session does not exist: "nosuch"'),
        ({"AWS_PROFILE": "no-services"}, '"nosuch" services configuration does not exist'),
        (
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://nosuch.invalid/"},
            "Unsupported host 'nosuch",
        ),
    ],
    ids=str,
)
def test_a_configuration_that_cannot_be_used_is_an_error_that_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: Mapping[str, str], says: str
) -> None:
    (tmp_path / "broken").write_text("[profile x\nregion")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "config").write_text(CONFIGURATION)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value) if name.endswith("_FILE") else value)

    ended = run_command(*HISTORY)

    assert (ended.code, ended.output) == (1, "")
    assert ended.errors.startswith("Error: Your AWS configuration cannot be used: ")
    assert says in ended.errors
    assert "Check the AWS_ variables of the environment" in ended.errors


def test_a_region_that_cannot_be_one_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")

    ended = run_command("plan", "Calls", "--delete", "--region", "../us-east-1")

    assert ended.code == 1
    assert "Provided region_name '../us-east-1' doesn't match" in ended.errors
    assert "Check the network, the settings of proxy and endpoint, and the Region's name." in ended.errors


@pytest.mark.parametrize(
    ("raised", "says"),
    [
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole"),
            "No usable AWS credentials: An error occurred (AccessDenied) when calling the AssumeRole",
        ),
        (EndpointConnectionError(endpoint_url="https://sts.invalid"), "got no answer: Could not connect"),
        (
            MetadataRetrievalError(error_msg="odd"),
            "AWS credentials: Error retrieving metadata: odd",
        ),
    ],
    ids=["denied", "unreachable", "container"],
)
def test_where_the_credentials_cannot_be_got_it_is_not_the_call_that_was_refused(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, says: str
) -> None:
    def cannot(_: object) -> None:
        raise raised

    monkeypatch.setattr("boto3.Session.get_credentials", cannot)

    ended = run_command(*HISTORY)

    assert ended.code == 1
    assert says in ended.errors
    assert "Allow cloudtrail:LookupEvents" not in ended.errors


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDenied", "Allow cloudtrail:LookupEvents to"),
        ("AccessDeniedException", "Allow cloudtrail:LookupEvents to"),
        ("ForbiddenException", "Allow cloudtrail:LookupEvents to"),
        ("ExpiredToken", "have expired: renew them, such as with aws sso login"),
        ("ExpiredTokenException", "have expired: renew them, such as with aws sso login"),
        ("InvalidClientTokenId", "does not accept your credentials"),
        ("UnrecognizedClientException", "does not accept your credentials"),
        ("InvalidSignatureException", "your clock is right"),
        ("Throttling", "try again when fewer others call"),
        ("ThrottlingException", "try again when fewer others call"),
        ("TooManyRequestsException", "try again when fewer others call"),
        ("ServiceUnavailable", "Try again later."),
    ],
)
def test_an_error_of_aws_says_what_to_do_about_it(code: str, says: str) -> None:
    status = 503 if code == "ServiceUnavailable" else 400

    error = Refused("cloudtrail:LookupEvents", "us-east-1", AwsError(code, "It is so.", "1", status))

    assert str(error).startswith(f"cloudtrail:LookupEvents in us-east-1 was refused: {code} (RequestID 1)")
    assert says in str(error)


def test_without_credentials_it_says_how_to_get_some() -> None:
    ended = run_command(*HISTORY)

    assert ended.code == 1
    assert "No usable AWS credentials: Unable to locate credentials. Pass --profile" in ended.errors


class Throttled(Account):
    """An account whose CloudTrail throttles the first call."""

    calls = 0

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401, boto3's clients are made at run time
        client = super()._client(service, region)
        client.meta.events.register("before-send", self._answer, unique_id="once")
        return client

    def _answer(self, request: Any, **_: object) -> AWSResponse:  # noqa: ANN401, botocore's
        type(self).calls += 1
        if self.calls > 1:
            return _response(request.url, 200, {"Events": []})
        return _response(request.url, 400, {"__type": "ThrottlingException", "message": "Rate exceeded"})


def _response(url: str, status: int, body: Mapping[str, object]) -> AWSResponse:
    headers: Any = HeadersDict()
    raw: Any = io.BytesIO(json.dumps(body).encode())
    raw.stream = lambda: iter([raw.getvalue()])  # as urllib3's responses have it
    return AWSResponse(url, status, headers, raw)


ODD = "[/x] [red]:smile: :id:"


@pytest.mark.parametrize("said_later", [(), (f"Now {ODD}",)])
def test_what_is_being_done_is_said_as_it_is(
    monkeypatch: pytest.MonkeyPatch, said_later: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    errors = io.StringIO()

    with contextlib.redirect_stderr(errors), progress(f"Reading {ODD}") as say:
        for text in said_later:
            say(text)

    assert (f"Now {ODD}" if said_later else f"Reading {ODD}") in errors.getvalue()


def test_an_odd_name_of_a_stack_is_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> Any:  # noqa: ANN401, it returns nothing
        raise CommandError("There is none")

    monkeypatch.setattr("pinpoint_voice_cli.plan.command.plan_deletion", missing)

    ended = run_command("plan", ODD, "--delete")

    assert (ended.code, ended.errors) == (1, "Error: There is none\n")


class Odd:
    """A report with odd texts."""

    def document(self) -> Mapping[str, object]:
        """Return nothing."""
        return {}

    def print(self, console: Console) -> None:
        """Print the text alone, and in a table."""
        table = Table("Name")
        table.add_row(ODD)
        console.print(ODD)
        console.print(table)


def test_a_report_has_texts_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show(Odd(), Output.TABLE)

    assert capsys.readouterr().out.count(ODD) == 2


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", "calls ? ?"), ("latin-1", "calls ? ?"), ("utf-8", "calls \N{BELL} ?")]
)
def test_what_the_terminal_cannot_show_is_a_question_mark(encoding: str, shown: str) -> None:
    output = io.TextIOWrapper(io.BytesIO(), encoding)
    names = account(Stack(), applications={APPLICATION: "calls \N{BELL} \ud800"})

    with contextlib.redirect_stdout(output):
        code = main.run(["list"], names)

    output.seek(0)
    assert code == 0
    assert shown in output.read()


def test_a_throttled_call_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")

    ended = run_command(*HISTORY, make_account=Throttled)

    assert ended.code == 0
    assert Throttled.calls == 4


def test_without_its_extra_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pinpoint_voice_cli.main")
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "click", None)

    with pytest.raises(SystemExit, match="needs click, which is not installed"):
        __main__.main()


def test_another_module_that_is_missing_is_a_bug_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pinpoint_voice_cli.main", None)

    with pytest.raises(ModuleNotFoundError):
        __main__.main()


def test_with_it_the_command_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["pinpoint-voice", "--help"])

    with pytest.raises(SystemExit) as ended:
        __main__.main()

    assert ended.value.code == 0
    assert "Usage: pinpoint-voice" in capsys.readouterr().out


@pytest.mark.parametrize("code", [0, 1])
def test_the_process_ends_with_the_exit_code(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(main, "run", lambda: code)

    with pytest.raises(SystemExit) as ended:
        main.main()

    assert ended.value.code == code


def test_after_ctrl_c_the_process_waits_for_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr(main, "run", lambda: main.INTERRUPTED)
    monkeypatch.setattr("os._exit", codes.append)

    with pytest.raises(SystemExit):
        main.main()

    assert codes == [130]


def test_a_reader_that_has_enough_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(_: Call) -> Mapping[str, Any]:
        return {"Events": []}

    def broken(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("pinpoint_voice_cli.history.show", broken)
    monkeypatch.setattr(sys, "stdout", sys.stdout)

    ended = run_command(*HISTORY, make_account=account_that_answers(answers))

    assert (ended.code, ended.errors) == (1, "")
