"""The local Pinpoint, case by case from the reference of the Voice Channel resource."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto import mock_aws
from moto.pinpoint.models import pinpoint_backends

from harness.with_moto import share_models
from local_cloud.control import PinpointControl
from local_cloud.environment import leaking_variables
from local_cloud.moto_pinpoint import install
from local_cloud.moto_pinpoint.models import PinpointVoiceBackend
from local_cloud.moto_pinpoint.responses import MAX_PAYLOAD_BYTES
from local_cloud.runtime import PROJECT

if TYPE_CHECKING:
    from mypy_boto3_pinpoint import PinpointClient
    from mypy_boto3_pinpoint.type_defs import VoiceChannelRequestTypeDef

REGION = "us-east-1"
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in leaking_variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


@pytest.fixture
def pinpoint() -> "Iterator[PinpointClient]":
    """A real client of moto in this process."""
    install()
    with mock_aws():
        share_models()
        yield boto3.client("pinpoint", REGION)


@pytest.fixture
def application(pinpoint: "PinpointClient") -> str:
    return create_application(pinpoint)


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    """The real server process; requests wait in the listening socket until it has started."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_cloud.pinpoint_server", "--fd", str(listening.fileno())],
            pass_fds=[listening.fileno()],
            cwd=PROJECT,
            stderr=subprocess.DEVNULL,
        )
        port = listening.getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture
def control(server_url: str) -> PinpointControl:
    control = PinpointControl(server_url)
    control.clear_failures()
    control.clear_requests()
    control.lift_limit()
    return control


@pytest.fixture
def served(server_url: str) -> "PinpointClient":
    """A real client of the server process."""
    return boto3.client("pinpoint", REGION, endpoint_url=server_url, config=ONE_ATTEMPT)


@pytest.fixture
def channel_url(server_url: str, served: "PinpointClient", control: PinpointControl) -> str:
    """The voice channel resource of a new application, which has no channel yet."""
    url = f"{server_url}/v1/apps/{create_application(served)}/channels/voice"
    control.clear_requests()
    return url


def create_application(pinpoint: "PinpointClient") -> str:
    return pinpoint.create_app(CreateApplicationRequest={"Name": "calls"})["ApplicationResponse"]["Id"]


def put(
    pinpoint: "PinpointClient", application: str, request: "VoiceChannelRequestTypeDef"
) -> dict[str, Any]:
    answer = pinpoint.update_voice_channel(ApplicationId=application, VoiceChannelRequest=request)
    return dict(answer["VoiceChannelResponse"])


def get(pinpoint: "PinpointClient", application: str) -> dict[str, Any]:
    return dict(pinpoint.get_voice_channel(ApplicationId=application)["VoiceChannelResponse"])


def wrong_types(shape: Shape | None, value: object, path: str) -> list[str]:
    """Return where an answer is not of the type that the service model says; boto3 takes any."""
    match shape, value:
        case StructureShape(), dict():
            missing = [f"{path}.{name} is missing" for name in shape.required_members if name not in value]
            return missing + [
                wrong
                for name, member in shape.members.items()
                if name in value
                for wrong in wrong_types(member, value[name], f"{path}.{name}")
            ]
        case ListShape(), list():
            return [wrong for it in value for wrong in wrong_types(shape.member, it, f"{path}[]")]
        case MapShape(), dict():
            return [wrong for it in value.values() for wrong in wrong_types(shape.value, it, f"{path}{{}}")]
    kind = shape.type_name if shape else "nothing"
    expected = {"string": str, "integer": int, "boolean": bool}.get(kind)
    return [] if type(value) is expected else [f"{path} is {value!r}, not of the type {kind}"]


def set_time(monkeypatch: pytest.MonkeyPatch, iso: str) -> None:
    monkeypatch.setattr("moto.core.utils.utcnow", lambda: datetime.fromisoformat(iso))


# The three operations, through boto3


def test_put_answers_all_ten_properties(
    pinpoint: "PinpointClient", application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_time(monkeypatch, "2026-11-23T10:20:30.123456")

    assert put(pinpoint, application, {"Enabled": True}) == {
        "ApplicationId": application,
        "CreationDate": "2026-11-23T10:20:30.123Z",
        "Enabled": True,
        "HasCredential": False,
        "Id": "voice",
        "IsArchived": False,
        "LastModifiedBy": "123456789012",
        "LastModifiedDate": "2026-11-23T10:20:30.123Z",
        "Platform": "VOICE",
        "Version": 1,
    }


def test_get_answers_what_the_last_put_answered(pinpoint: "PinpointClient", application: str) -> None:
    put(pinpoint, application, {"Enabled": True})
    last = put(pinpoint, application, {"Enabled": False})

    assert get(pinpoint, application) == last


def test_a_change_moves_only_the_modification_date(
    pinpoint: "PinpointClient", application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_time(monkeypatch, "2026-11-23T10:20:30")
    put(pinpoint, application, {"Enabled": True})
    set_time(monkeypatch, "2026-11-24T00:00:00")
    changed = put(pinpoint, application, {"Enabled": False})

    assert changed["CreationDate"] == "2026-11-23T10:20:30.000Z"
    assert changed["LastModifiedDate"] == "2026-11-24T00:00:00.000Z"


def test_the_version_counts_every_put(pinpoint: "PinpointClient", application: str) -> None:
    answers = [put(pinpoint, application, {"Enabled": True}) for _ in range(3)]

    assert [answer["Version"] for answer in answers] == [1, 2, 3]


@pytest.mark.parametrize(
    ("requests", "enabled"),
    [
        pytest.param([{}], False, id="new channel"),
        pytest.param([{"Enabled": True}, {}], True, id="enabled channel"),
        pytest.param([{"Enabled": False}, {}], False, id="disabled channel"),
    ],
)
def test_a_put_without_enabled_keeps_it(
    pinpoint: "PinpointClient",
    application: str,
    requests: "list[VoiceChannelRequestTypeDef]",
    enabled: bool,
) -> None:
    answers = [put(pinpoint, application, request) for request in requests]

    assert answers[-1]["Enabled"] is enabled


def test_delete_answers_the_last_state_disabled(pinpoint: "PinpointClient", application: str) -> None:
    last = put(pinpoint, application, {"Enabled": True})

    answer = pinpoint.delete_voice_channel(ApplicationId=application)

    assert answer["VoiceChannelResponse"] == {**last, "Enabled": False}


def test_a_deleted_channel_starts_anew(pinpoint: "PinpointClient", application: str) -> None:
    put(pinpoint, application, {"Enabled": True})
    pinpoint.delete_voice_channel(ApplicationId=application)

    again = put(pinpoint, application, {})

    assert (again["Version"], again["Enabled"]) == (1, False)


# 404


@pytest.mark.parametrize("operation", ["get_voice_channel", "delete_voice_channel"])
def test_an_absent_channel_is_not_found(pinpoint: "PinpointClient", application: str, operation: str) -> None:
    with pytest.raises(pinpoint.exceptions.NotFoundException, match="Resource not found"):
        getattr(pinpoint, operation)(ApplicationId=application)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_voice_channel", {}),
        ("delete_voice_channel", {}),
        ("update_voice_channel", {"VoiceChannelRequest": {"Enabled": True}}),
    ],
)
def test_an_unknown_application_is_not_found(
    pinpoint: "PinpointClient", operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(pinpoint.exceptions.NotFoundException, match="Application not found"):
        getattr(pinpoint, operation)(ApplicationId="unknown", **arguments)


def test_a_deleted_channel_is_not_found(pinpoint: "PinpointClient", application: str) -> None:
    put(pinpoint, application, {"Enabled": True})
    pinpoint.delete_voice_channel(ApplicationId=application)

    with pytest.raises(pinpoint.exceptions.NotFoundException):
        get(pinpoint, application)


def test_a_channel_goes_with_its_application(pinpoint: "PinpointClient", application: str) -> None:
    put(pinpoint, application, {"Enabled": True})
    backend = pinpoint_backends["123456789012"][REGION]
    assert isinstance(backend, PinpointVoiceBackend)

    pinpoint.delete_app(ApplicationId=application)

    assert backend.voice_channels == {}
    with pytest.raises(pinpoint.exceptions.NotFoundException, match="Application not found"):
        get(pinpoint, application)


def test_a_channel_belongs_to_one_region(pinpoint: "PinpointClient", application: str) -> None:
    put(pinpoint, application, {"Enabled": True})
    elsewhere = boto3.client("pinpoint", "eu-west-1")

    with pytest.raises(elsewhere.exceptions.NotFoundException):
        get(elsewhere, application)


# Within moto


def test_channels_do_not_outlive_the_mock() -> None:
    install()
    with mock_aws():
        pinpoint = boto3.client("pinpoint", REGION)
        put(pinpoint, create_application(pinpoint), {"Enabled": True})
        before = pinpoint_backends["123456789012"][REGION]
    assert isinstance(before, PinpointVoiceBackend)

    with mock_aws():
        after = pinpoint_backends["123456789012"][REGION]

    assert isinstance(after, PinpointVoiceBackend)
    assert (before.voice_channels, after.voice_channels) == ({}, {})


def test_installing_again_changes_nothing(pinpoint: "PinpointClient", application: str) -> None:
    channel = put(pinpoint, application, {"Enabled": True})

    install()

    assert get(pinpoint, application) == channel


def test_motos_applications_still_work(pinpoint: "PinpointClient", application: str) -> None:
    assert pinpoint.get_app(ApplicationId=application)["ApplicationResponse"]["Name"] == "calls"
    assert [app["Id"] for app in pinpoint.get_apps()["ApplicationsResponse"]["Item"]] == [application]


def test_an_application_has_its_date_and_its_tags(
    pinpoint: "PinpointClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    set_time(monkeypatch, "2026-11-23T10:20:30.123456")
    created = pinpoint.create_app(CreateApplicationRequest={"Name": "calls", "tags": {"team": "calls"}})

    answer = created["ApplicationResponse"]
    assert answer == {
        "Arn": f"arn:aws:mobiletargeting:us-east-1:123456789012:apps/{answer['Id']}",
        "CreationDate": "2026-11-23T10:20:30.123Z",
        "Id": answer["Id"],
        "Name": "calls",
        "tags": {"team": "calls"},
    }


def test_all_that_is_answered_about_an_application_has_the_types_of_the_model(
    pinpoint: "PinpointClient",
) -> None:
    app = pinpoint.create_app(CreateApplicationRequest={"Name": "calls", "tags": {"team": "calls"}})
    arn, of_it = app["ApplicationResponse"]["Arn"], {"ApplicationId": app["ApplicationResponse"]["Id"]}
    stream = {"DestinationStreamArn": "arn:stream", "RoleArn": "arn:role"}
    settings = {"Limits": {"Daily": 1}, "QuietTime": {"Start": "22:00", "End": "08:00"}}
    operations: list[tuple[str, dict[str, Any]]] = [
        ("GetApp", of_it),
        ("GetApps", {}),
        ("GetApplicationSettings", of_it),
        ("UpdateApplicationSettings", {**of_it, "WriteApplicationSettingsRequest": settings}),
        ("PutEventStream", {**of_it, "WriteEventStream": stream}),
        ("GetEventStream", of_it),
        ("DeleteEventStream", of_it),
        ("ListTagsForResource", {"ResourceArn": arn}),
        ("DeleteApp", of_it),
    ]
    methods = {operation: name for name, operation in pinpoint.meta.method_to_api_mapping.items()}

    answers: list[tuple[str, Any]] = [("CreateApp", app)]
    answers += [(name, getattr(pinpoint, methods[name])(**arguments)) for name, arguments in operations]

    model = pinpoint.meta.service_model
    wrong = [wrong_types(model.operation_model(it).output_shape, answer, it) for it, answer in answers]
    assert [it for found in wrong for it in found] == []


def test_motos_settings_still_work(pinpoint: "PinpointClient", application: str) -> None:
    pinpoint.update_application_settings(
        ApplicationId=application, WriteApplicationSettingsRequest={"CloudWatchMetricsEnabled": True}
    )

    settings = pinpoint.get_application_settings(ApplicationId=application)["ApplicationSettingsResource"]
    assert settings["ApplicationId"] == application


def test_motos_tags_still_work(pinpoint: "PinpointClient", application: str) -> None:
    arn = pinpoint.get_app(ApplicationId=application)["ApplicationResponse"]["Arn"]
    pinpoint.tag_resource(ResourceArn=arn, TagsModel={"tags": {"team": "calls"}})

    assert pinpoint.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"] == {"team": "calls"}


def test_motos_event_streams_still_work(pinpoint: "PinpointClient", application: str) -> None:
    stream = {"DestinationStreamArn": "arn:stream", "RoleArn": "arn:role"}
    pinpoint.put_event_stream(
        ApplicationId=application,
        WriteEventStream={"DestinationStreamArn": "arn:stream", "RoleArn": "arn:role"},
    )

    answer = pinpoint.get_event_stream(ApplicationId=application)["EventStream"]
    assert answer.items() >= stream.items()


# What boto3 cannot express, over HTTP


def test_options_names_the_methods(channel_url: str) -> None:
    answer = urllib3.request("OPTIONS", channel_url)

    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["Allow"] == "DELETE, GET, OPTIONS, PUT"


@pytest.mark.parametrize(
    ("method", "body", "status", "error"),
    [
        pytest.param("PUT", b"", 400, "BadRequestException", id="no body"),
        pytest.param("PUT", b"{", 400, "BadRequestException", id="not JSON"),
        pytest.param("PUT", b"\xff\xfe\x00", 400, "BadRequestException", id="not text"),
        pytest.param("PUT", b"[" * 100_000, 400, "BadRequestException", id="too deep"),
        pytest.param("PUT", b"[]", 400, "BadRequestException", id="a list"),
        pytest.param("PUT", b"null", 400, "BadRequestException", id="null"),
        pytest.param("PUT", b"true", 400, "BadRequestException", id="a bare boolean"),
        pytest.param("PUT", b'{"Enabled": "true"}', 400, "BadRequestException", id="Enabled a string"),
        pytest.param("PUT", b'{"Enabled": 1}', 400, "BadRequestException", id="Enabled a number"),
        pytest.param("PUT", b'{"Enabled": null}', 400, "BadRequestException", id="Enabled null"),
        pytest.param("GET", None, 404, "NotFoundException", id="GET of no channel"),
        pytest.param("DELETE", None, 404, "NotFoundException", id="DELETE of no channel"),
        pytest.param("POST", b"{}", 405, "MethodNotAllowedException", id="POST"),
        pytest.param("PATCH", b"{}", 405, "MethodNotAllowedException", id="PATCH"),
        pytest.param("PUT", b" " * (MAX_PAYLOAD_BYTES + 1), 413, "PayloadTooLargeException", id="too large"),
    ],
)
def test_an_error_is_answered_as_a_message_body(
    channel_url: str, method: str, body: bytes | None, status: int, error: str
) -> None:
    answer = urllib3.request(method, channel_url, body=body)

    assert (answer.status, answer.headers["X-Amzn-ErrorType"]) == (status, error)
    assert answer.json().keys() == {"Message", "RequestID"}
    assert answer.json()["RequestID"] == answer.headers["x-amzn-requestid"]


def test_a_refused_put_changes_nothing(channel_url: str) -> None:
    urllib3.request("PUT", channel_url, json={"Enabled": "true"})

    assert urllib3.request("GET", channel_url).status == 404


def test_the_largest_body_is_taken(channel_url: str) -> None:
    body = b'{"Enabled": true}'.ljust(MAX_PAYLOAD_BYTES)

    assert urllib3.request("PUT", channel_url, body=body).status == 200


def test_a_body_is_json_whatever_its_content_type(channel_url: str) -> None:
    as_curl_sends_it = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = urllib3.request("PUT", channel_url, body=b'{"Enabled": true}', headers=as_curl_sends_it)

    assert answer.json()["Enabled"] is True


def test_put_ignores_what_it_does_not_know(channel_url: str) -> None:
    answer = urllib3.request("PUT", channel_url, json={"Enabled": True, "Version": 7})

    assert answer.json()["Version"] == 1


def test_a_real_client_reaches_the_server(served: "PinpointClient") -> None:
    application = create_application(served)

    assert put(served, application, {"Enabled": True}) == get(served, application)


# Forced failures


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "BadRequestException"),
        (403, "ForbiddenException"),
        (404, "NotFoundException"),
        (405, "MethodNotAllowedException"),
        (413, "PayloadTooLargeException"),
        (429, "TooManyRequestsException"),
        (500, "InternalServerErrorException"),
    ],
)
def test_a_forced_failure_is_an_exception_of_the_api(
    served: "PinpointClient", control: PinpointControl, status: int, error: str
) -> None:
    control.fail("PUT", status=status)

    with pytest.raises(getattr(served.exceptions, error)) as failure:
        put(served, "any", {"Enabled": True})

    answer: dict[str, Any] = failure.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["RequestID"] == answer["ResponseMetadata"]["RequestId"]
    assert answer["Message"]


def test_a_failure_lasts_as_often_as_it_was_asked_for(channel_url: str, control: PinpointControl) -> None:
    control.fail("PUT", status=429, times=2)
    control.fail("PUT", status=500)

    answers = [urllib3.request("PUT", channel_url, json={}, retries=False) for _ in range(4)]

    assert [answer.status for answer in answers] == [429, 429, 500, 200]


def test_a_failure_is_of_one_operation_of_the_channel(
    server_url: str, channel_url: str, control: PinpointControl
) -> None:
    control.fail("GET", status=403)

    assert urllib3.request("PUT", channel_url, json={}).status == 200
    assert urllib3.request("GET", f"{server_url}/v1/apps").status == 200
    assert urllib3.request("GET", channel_url).status == 403


def test_failures_can_be_called_off(channel_url: str, control: PinpointControl) -> None:
    control.fail("PUT", status=500, times=9)

    control.clear_failures()

    assert urllib3.request("PUT", channel_url, json={}).status == 200


def test_a_clients_retries_get_past_a_failure(server_url: str, control: PinpointControl) -> None:
    retrying = boto3.client(
        "pinpoint",
        REGION,
        endpoint_url=server_url,
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )
    application = create_application(retrying)
    control.fail("PUT", status=429, times=2)

    assert put(retrying, application, {})["Version"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({}, id="empty"),
        pytest.param([], id="a list"),
        pytest.param({"operation": "POST", "status": 429}, id="no operation of the channel"),
        pytest.param({"operation": "PUT", "status": 418}, id="no status of the API"),
        pytest.param({"operation": "PUT", "status": 429, "times": 0}, id="never"),
        pytest.param({"operation": "PUT", "status": 429, "times": 1001}, id="too often"),
        pytest.param({"operation": "PUT", "status": 429, "times": True}, id="no number"),
        pytest.param({"operation": "PUT", "status": 429, "tims": 2}, id="misspelt"),
    ],
)
def test_a_wrong_fault_is_refused(server_url: str, fault: object) -> None:
    answer = urllib3.request("POST", f"{server_url}/_local/faults", json=fault)

    assert answer.status == 400
    assert answer.json()["error"].startswith("A fault is")


# Web pages


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Host": "example.com"},
        {"Host": "127.0.0.1.example.com:80"},
        {"Host": "localhost.example.com"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_local/faults"),
        ("DELETE", "/_local/requests"),
        ("GET", "/_local/requests"),
        ("PUT", "/v1/apps/a/channels/voice"),
        ("OPTIONS", "/v1/apps/a/channels/voice"),
    ],
)
def test_what_may_come_of_a_web_page_is_refused(
    server_url: str, headers: dict[str, str], method: str, path: str
) -> None:
    fault = {"operation": "PUT", "status": 429}

    answer = urllib3.request(method, server_url + path, json=fault, headers=headers)

    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("name", ["faults", "limit"])
def test_a_control_that_is_not_sent_as_json_is_refused(server_url: str, name: str, content_type: str) -> None:
    body = json.dumps({"operation": "PUT", "status": 429, "times": 1, "requests_per_second": 1})
    headers = {"Content-Type": content_type}

    answer = urllib3.request("POST", f"{server_url}/_local/{name}", body=body, headers=headers)

    assert answer.status == 415


# The limit

A_REQUEST_IN_AN_HOUR = 1 / 3600


def test_requests_beyond_the_limit_are_throttled(served: "PinpointClient", control: PinpointControl) -> None:
    application = create_application(served)
    control.limit(A_REQUEST_IN_AN_HOUR)
    put(served, application, {})

    with pytest.raises(served.exceptions.TooManyRequestsException):
        put(served, application, {})
    with pytest.raises(served.exceptions.TooManyRequestsException):
        get(served, application)


def test_the_limit_lets_one_request_more_as_time_passes(server_url: str, control: PinpointControl) -> None:
    retrying = boto3.client(
        "pinpoint",
        REGION,
        endpoint_url=server_url,
        config=Config(retries={"mode": "standard", "total_max_attempts": 10}),
    )
    application = create_application(retrying)
    control.limit(5)

    versions = [put(retrying, application, {})["Version"] for _ in range(10)]

    assert versions == list(range(1, 11))
    assert 429 in [request["status"] for request in control.requests()]


def test_the_limit_is_of_voice_channels(server_url: str, channel_url: str, control: PinpointControl) -> None:
    control.limit(A_REQUEST_IN_AN_HOUR)

    assert urllib3.request("PUT", channel_url, json={}).status == 200
    assert urllib3.request("GET", f"{server_url}/v1/apps").status == 200
    assert urllib3.request("PUT", channel_url, json={}, retries=False).status == 429


def test_the_limit_can_be_lifted(channel_url: str, control: PinpointControl) -> None:
    control.limit(A_REQUEST_IN_AN_HOUR)
    urllib3.request("PUT", channel_url, json={})

    control.lift_limit()

    assert urllib3.request("PUT", channel_url, json={}).status == 200


@pytest.mark.parametrize(
    "limit",
    [
        {},
        [],
        {"requests_per_second": 0},
        {"requests_per_second": "many"},
        {"requests_per_second": 1_000_001},
        {"requests_per_second": float("inf")},
        {"requests_per_second": float("nan")},
    ],
)
def test_a_wrong_limit_is_refused(server_url: str, limit: object) -> None:
    answer = urllib3.request("POST", f"{server_url}/_local/limit", json=limit)

    assert answer.status == 400
    assert answer.json()["error"].startswith("A limit is")


# The request log


def test_requests_are_logged_in_order(channel_url: str, control: PinpointControl) -> None:
    control.fail("DELETE", status=403)
    urllib3.request("PUT", channel_url, json={"Enabled": True})
    urllib3.request("PUT", channel_url, body=b"{not JSON")
    urllib3.request("GET", channel_url)
    urllib3.request("DELETE", channel_url)

    logged = control.requests()

    path = channel_url[channel_url.index("/v1/") :]
    assert [(request["method"], request["body"], request["status"]) for request in logged] == [
        ("PUT", {"Enabled": True}, 200),
        ("PUT", "{not JSON", 400),
        ("GET", None, 200),
        ("DELETE", None, 403),
    ]
    assert {request["path"] for request in logged} == {path}
    times = [datetime.fromisoformat(request["time"]) for request in logged]
    assert times == sorted(times)


def test_the_log_can_be_cleared(channel_url: str, control: PinpointControl) -> None:
    urllib3.request("GET", channel_url)

    control.clear_requests()

    assert control.requests() == []


def test_an_unknown_control_is_refused(server_url: str) -> None:
    assert urllib3.request("GET", f"{server_url}/_local/unknown").status == 404
