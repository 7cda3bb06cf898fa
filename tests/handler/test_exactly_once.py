"""Every event is answered exactly once, whatever fails; or refused, where nobody can be answered."""

import importlib
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import boto3
import pytest
from botocore.exceptions import DataNotFoundError, NoCredentialsError

import pinpoint_voice_channel_handler
from harness import faults
from harness.context import Context
from harness.events import INVENTED_ID, SIGNATURE, event
from harness.fakes import SENT, FakeStackClient
from harness.in_memory import join_what_was_left_behind
from harness.inbox import Inbox
from harness.with_moto import Deliver, state
from pinpoint_voice_channel_handler import dispatcher, handler
from pinpoint_voice_channel_handler.errors import OutOfTime, StackElsewhere
from pinpoint_voice_channel_handler.lifecycle import Lifecycle
from pinpoint_voice_channel_handler.physical_id import NOTHING_DONE
from pinpoint_voice_channel_handler.pinpoint import Pinpoint
from pinpoint_voice_channel_handler.response import ResponseNotDelivered, UnusableResponseUrl

REQUEST_TYPES = ["Create", "Update", "Delete"]


def expected_id(request: Mapping[str, Any]) -> str:
    """Return the id of an answer to an event for which nothing was done."""
    return str(request.get("PhysicalResourceId", NOTHING_DONE))


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def handle(*_: object) -> None:
        raise error

    monkeypatch.setattr(Lifecycle, "handle", handle)


@pytest.mark.parametrize("request_type", REQUEST_TYPES)
@pytest.mark.parametrize(
    "error",
    [
        ValueError("no value"),
        KeyError("StackId"),
        RecursionError("too deep"),
        MemoryError(),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        ExceptionGroup("several", [OSError("one"), OSError("two")]),
        NoCredentialsError(),
        AssertionError("a defect"),
        SystemExit(1),
        KeyboardInterrupt(),
        GeneratorExit(),
        BaseException("of a library"),
        Exception("x" * 100_000),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_exception_is_answered_as_a_failure_that_names_it(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch, error: BaseException, request_type: str
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_GROUP_NAME", "the-group")
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "the-stream")
    fail_with(monkeypatch, error)
    request = event(request_type)

    answer = deliver(request)

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(
        f"The provider failed with {type(error).__name__} "
        "(details in the stream the-stream of the log group the-group): "
    )
    assert answer["PhysicalResourceId"] == expected_id(request)


def test_the_event_after_one_that_failed_is_handled_as_any_other(
    deliver: Deliver, application_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_with(patch, SystemExit(1))
        deliver(event("Update"))

    answer = deliver(event("Create", ApplicationId=application_id, LogicalResourceId="Next"))

    assert (answer["Status"], answer["Reason"]) == ("SUCCESS", "")
    assert answer["PhysicalResourceId"].startswith(f"{application_id}/voice/absent/")
    assert answer["LogicalResourceId"] == "Next"


@pytest.mark.parametrize("request_type", REQUEST_TYPES)
def test_an_import_that_fails_is_answered(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch, request_type: str
) -> None:
    break_imports(monkeypatch)
    request = event(request_type)

    answer = deliver(request)

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("The provider failed with ModuleNotFoundError ")
    assert answer["PhysicalResourceId"] == expected_id(request)


def break_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where crhelper is missing in the asset, or boto3 in the runtime.
    monkeypatch.delattr(pinpoint_voice_channel_handler, "dispatcher")
    monkeypatch.setitem(sys.modules, "pinpoint_voice_channel_handler.dispatcher", None)
    importlib.reload(handler)


def break_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    def client(*_: object, **__: object) -> None:
        raise DataNotFoundError(data_path="pinpoint")

    monkeypatch.setattr(boto3, "client", client)


def break_handling(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, MemoryError())


@pytest.mark.parametrize(
    "resource_type", ["Custom::PinpointVoiceChannel", "Custom::PinpointVoiceChannelStatus"]
)
@pytest.mark.parametrize("break_it", [break_imports, break_clients])
def test_what_a_create_left_that_failed_can_be_deleted_while_the_cause_is_still_there(
    deliver: Deliver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    break_it: Callable[[pytest.MonkeyPatch], None],
    resource_type: str,
) -> None:
    break_it(monkeypatch)

    created = deliver(event("Create", ResourceType=resource_type))
    deleted = deliver(
        event("Delete", ResourceType=resource_type, PhysicalResourceId=created["PhysicalResourceId"])
    )

    assert (created["Status"], deleted["Status"]) == ("FAILED", "SUCCESS")
    assert deleted["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert "There is nothing to undo, so this Delete succeeds." in caplog.text


@pytest.mark.parametrize("break_it", [break_imports, break_clients, break_handling])
@pytest.mark.parametrize(
    ("request_type", "physical_id", "status"),
    [
        ("Delete", "app/voice/untouched", "SUCCESS"),
        ("Delete", "app/voice/status", "SUCCESS"),
        ("Update", "app/voice/untouched", "FAILED"),
        ("Update", "app/voice/status", "FAILED"),
        ("Delete", "app/voice/absent", "FAILED"),
        ("Delete", "app/voice/enabled/20260101T120030Z", "FAILED"),
        ("Delete", INVENTED_ID, "FAILED"),
        ("Delete", ["app/voice/untouched"], "FAILED"),
    ],
)
def test_of_all_that_fails_only_a_delete_with_nothing_to_undo_succeeds(
    deliver: Deliver,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[pytest.MonkeyPatch], None],
    request_type: str,
    physical_id: object,
    status: str,
) -> None:
    break_it(monkeypatch)

    answer = deliver(event(request_type, PhysicalResourceId=physical_id))

    assert answer["Status"] == status


@pytest.mark.parametrize("request_type", REQUEST_TYPES)
@pytest.mark.parametrize("error", [DataNotFoundError(data_path="pinpoint"), SystemExit(1)])
def test_a_client_that_cannot_be_made_is_answered(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch, request_type: str, error: BaseException
) -> None:
    def client(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(boto3, "client", client)
    request = event(request_type)

    answer = deliver(request)

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(f"The provider failed with {type(error).__name__} ")
    assert answer["PhysicalResourceId"] == expected_id(request)


def test_a_missing_region_is_answered(deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    answer = deliver(event("Create"))

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("The provider failed with NoRegionError ")
    assert answer["Reason"].endswith(": You must specify a region.")
    assert answer["PhysicalResourceId"] == NOTHING_DONE


class SlowClient:
    """Pinpoint's client, of whose calls one does not return before the test lets it.

    Args:
        slow: The call that is slow.
    """

    def __init__(self, slow: str) -> None:
        self._client = boto3.client("pinpoint")
        self._slow = slow
        self.released = threading.Event()

    def get_voice_channel(self, **arguments: str) -> Mapping[str, Any]:
        """Call it when it is time."""
        self._wait("GET")
        return self._client.get_voice_channel(ApplicationId=arguments["ApplicationId"])

    def update_voice_channel(self, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401, boto3's
        """Call it when it is time."""
        self._wait("PUT")
        return self._client.update_voice_channel(**arguments)

    def delete_voice_channel(self, **arguments: str) -> Mapping[str, Any]:
        """Call it when it is time."""
        self._wait("DELETE")
        return self._client.delete_voice_channel(ApplicationId=arguments["ApplicationId"])

    def _wait(self, call: str) -> None:
        if call == self._slow:
            self.released.wait(timeout=60)


# The time for the event is over half a second after this begins.
DEADLINE_SECONDS = dispatcher.ANSWER_SECONDS + 0.5


class SlowPinpoint(Protocol):
    """Puts a SlowClient, one of whose calls is slow, in the place of Pinpoint's."""

    def __call__(self, slow: str) -> SlowClient:
        """Put it there."""


@pytest.fixture
def slow_pinpoint(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowPinpoint]:  # noqa: ARG001, it is in force
    """Return a function that makes Pinpoint slow, and end what was left behind when the test is over."""
    clients = []

    def put_there(slow: str) -> SlowClient:
        clients.append(SlowClient(slow))
        monkeypatch.setattr(dispatcher.clients, "pinpoint", lambda: Pinpoint(clients[0], "us-east-1"))
        return clients[0]

    yield put_there
    for client in clients:
        client.released.set()
    join_what_was_left_behind()


@pytest.mark.parametrize(
    ("request_type", "slow", "found"),
    [
        ("Create", "GET", "untouched"),
        ("Create", "PUT", "absent/20260101T120030Z"),
        ("Update", "PUT", "absent"),
        ("Delete", "DELETE", "absent"),
    ],
)
def test_the_deadline_is_answered_in_time_with_the_right_id_and_what_ends_later_is_not(
    inbox: Inbox,
    stack: FakeStackClient,
    application_id: str,
    slow_pinpoint: SlowPinpoint,
    request_type: str,
    slow: str,
    found: str,
) -> None:
    context = Context(DEADLINE_SECONDS)
    inbox.signed = SENT
    client = slow_pinpoint(slow)
    stack.asked = request_type.upper()
    known = {} if request_type == "Create" else {"PhysicalResourceId": f"{application_id}/voice/absent"}
    request = event(request_type, ApplicationId=application_id, ResponseURL=inbox.url, **known)

    handler.handle(request, context)

    [answer] = inbox.answers
    assert (answer["Status"], answer["Reason"]) == ("FAILED", str(OutOfTime()))
    assert answer["PhysicalResourceId"] == f"{application_id}/voice/{found}"
    assert context.get_remaining_time_in_millis() >= 1000
    client.released.set()
    join_what_was_left_behind()
    assert len(inbox.received) == 1


@pytest.mark.usefixtures("stack")
def test_the_function_does_not_end_before_the_answer_of_the_deadline_is_delivered(
    inbox: Inbox, application_id: str, slow_pinpoint: SlowPinpoint
) -> None:
    slow_pinpoint("PUT")
    inbox.fail(faults.slow(2))

    request = event("Create", ApplicationId=application_id, ResponseURL=inbox.url)
    handler.handle(request, Context(DEADLINE_SECONDS))

    assert [answer["Status"] for answer in inbox.answers] == ["FAILED"]


@pytest.mark.usefixtures("stack")
def test_a_deadline_whose_answer_is_refused_raises(
    inbox: Inbox, application_id: str, slow_pinpoint: SlowPinpoint
) -> None:
    slow_pinpoint("PUT")
    inbox.fail(faults.status(403, times=1))

    request = event("Create", ApplicationId=application_id, ResponseURL=inbox.url)
    with pytest.raises(ResponseNotDelivered, match="HTTP 403"):
        handler.handle(request, Context(DEADLINE_SECONDS))


@pytest.mark.parametrize(
    "request_type",
    [
        "Read",
        "create",
        "CREATE",
        "Create ",
        "",
        "Poll_Create",
        "Poll",
        None,
        5,
        True,
        ["Create"],
        {"Create": 1},
    ],
    ids=repr,
)
def test_an_unknown_request_type_is_a_failure(
    deliver: Deliver, application_id: str, request_type: object
) -> None:
    request = event("Create", ApplicationId=application_id, RequestType=request_type)

    answer = deliver(request)

    assert answer["Status"] == "FAILED"
    assert "but must be Create, Update or Delete." in answer["Reason"]
    assert answer["PhysicalResourceId"] == NOTHING_DONE
    assert state(application_id) == "absent"


@pytest.mark.parametrize(
    "resource_type", ["Custom::Other", "AWS::CloudFormation::CustomResource", "", None, 5]
)
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_another_resource_type_is_a_failure_and_changes_nothing(
    deliver: Deliver, application_id: str, request_type: str, resource_type: object
) -> None:
    answer = deliver(event(request_type, ApplicationId=application_id, ResourceType=resource_type))

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].endswith(
        "but must be Custom::PinpointVoiceChannel or Custom::PinpointVoiceChannelStatus."
    )
    assert state(application_id) == "absent"


def test_what_another_resource_type_failed_to_create_can_be_deleted(deliver: Deliver) -> None:
    created = deliver(event("Create", ResourceType="Custom::Other"))

    answer = deliver(
        event("Delete", ResourceType="Custom::Other", PhysicalResourceId=created["PhysicalResourceId"])
    )

    assert (created["Status"], answer["Status"]) == ("FAILED", "SUCCESS")


@pytest.mark.parametrize("missing", ["StackId", "RequestId", "LogicalResourceId", "RequestType"])
@pytest.mark.parametrize("value", [None, 5, ["x"], {"x": "y"}, ""], ids=repr)
def test_an_event_without_a_key_is_a_failure_with_nothing_of_the_event_before(
    deliver: Deliver, application_id: str, missing: str, value: object
) -> None:
    deliver(event("Create", ApplicationId=application_id))
    request = {**event("Delete", PhysicalResourceId=f"{application_id}/voice/absent"), missing: value}
    if value is None:
        del request[missing]

    answer = deliver(request)

    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == f"{application_id}/voice/absent"
    echoed = {key: request.get(key) for key in ("StackId", "RequestId", "LogicalResourceId")}
    assert {key: answer[key] for key in echoed} == {
        key: "" if key == missing else value for key, value in echoed.items()
    }
    assert answer["Data"] == {}
    assert state(application_id) == "enabled"


@pytest.mark.parametrize(
    "properties", [None, "text", 5, [], ["ApplicationId"], {"ApplicationId": ["a"]}], ids=repr
)
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_properties_of_the_wrong_type_are_a_failure(
    deliver: Deliver, request_type: str, properties: object
) -> None:
    answer = deliver({**event(request_type), "ResourceProperties": properties})

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("Property ApplicationId is ")


def test_keys_that_would_turn_on_the_polling_of_crhelper_are_ignored(
    deliver: Deliver, application_id: str
) -> None:
    polling = {
        "CrHelperPoll": "true",
        "CrHelperData": {"Enabled": "forged"},
        "CrHelperPermission": "permission",
        "CrHelperRule": "arn:aws:events:us-east-1:123456789012:rule/rule",
    }

    answer = deliver({**event("Create", ApplicationId=application_id), **polling})

    assert answer["Status"] == "SUCCESS"
    assert answer["Data"]["Enabled"] == "true"
    assert state(application_id) == "enabled"


@pytest.mark.parametrize(
    "url",
    [
        None,
        5,
        "",
        "http://s3.amazonaws.com/a",
        "https://example.com/a",
        "https://s3.amazonaws.com@example.com/",
        "https://s3.amazonaws.com/a?X-Amz-Signature=\ud800",
    ],
    ids=ascii,
)
@pytest.mark.usefixtures("stack")
def test_an_event_that_nobody_can_be_answered_is_logged_and_raised_and_does_nothing(
    inbox: Inbox, application_id: str, caplog: pytest.LogCaptureFixture, url: object
) -> None:
    handler.handle(event("Create", ApplicationId=application_id, ResponseURL=inbox.url), Context())
    before = len(inbox.received)
    request = event("Delete", PhysicalResourceId=f"{application_id}/voice/absent", ResponseURL=url)

    with pytest.raises(UnusableResponseUrl, match="so nothing was done"):
        handler.handle(request, Context())

    assert len(inbox.received) == before
    assert state(application_id) == "enabled"
    assert caplog.records[-1].levelno == logging.ERROR
    assert json.loads(caplog.text.splitlines()[-1])["message"].startswith("CloudFormation cannot be answered")


@pytest.mark.parametrize(
    ("stack_id", "elsewhere"),
    [
        ("arn:aws:cloudformation:us-east-1:123456789012:stack/Voice/1", False),
        ("arn:aws:cloudformation:us-east-1:210987654321:stack/Voice/1", True),
        ("arn:aws:cloudformation:eu-west-1:123456789012:stack/Voice/1", True),
        ("arn:aws-us-gov:cloudformation:us-gov-west-1:123456789012:stack/Voice/1", True),
        ("an-id-of-an-emulator", False),
    ],
)
def test_a_stack_of_another_account_or_region_gets_no_channel_and_can_be_rolled_back(
    deliver: Deliver, application_id: str, stack_id: str, elsewhere: bool
) -> None:
    created = deliver(event("Create", ApplicationId=application_id, StackId=stack_id))

    assert state(application_id) == ("absent" if elsewhere else "enabled")
    assert (created["Status"], created["Reason"]) == (
        ("FAILED", str(StackElsewhere(stack_id, Context.invoked_function_arn)))
        if elsewhere
        else ("SUCCESS", "")
    )
    if elsewhere:
        left = created["PhysicalResourceId"]
        assert deliver(event("Delete", StackId=stack_id, PhysicalResourceId=left))["Status"] == "SUCCESS"


def test_a_status_is_read_for_a_stack_of_another_account(deliver: Deliver, application_id: str) -> None:
    stack_id = "arn:aws:cloudformation:us-east-1:210987654321:stack/Voice/1"
    request = event("Create", StackId=stack_id, ResourceType="Custom::PinpointVoiceChannelStatus")
    request["ResourceProperties"] = {"ApplicationId": application_id}

    assert deliver(request)["Data"]["Exists"] == "false"


@pytest.mark.usefixtures("stack")
def test_an_event_that_comes_through_sns_is_logged_and_raised_with_what_to_do(
    inbox: Inbox, application_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = json.dumps(event("Create", ApplicationId=application_id, ResponseURL=inbox.url))
    through_sns = {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message}}]}

    with pytest.raises(UnusableResponseUrl, match="Set the ServiceToken to the ARN of the function"):
        handler.handle(through_sns, Context())

    assert inbox.received == []
    assert state(application_id) == "absent"
    assert json.loads(caplog.text.splitlines()[-1])["message"] == (
        "CloudFormation cannot be answered, so nothing was done: the event's ResponseURL is inside a message "
        "of Amazon SNS. Set the ServiceToken to the ARN of the function, not to that of a topic."
    )
    assert SIGNATURE[:14] not in caplog.text


@pytest.mark.parametrize("records", [None, {}, [], [None], [{}], ["Sns"], [{"Sqs": {}}]], ids=repr)
def test_other_records_are_not_taken_for_those_of_sns(records: object) -> None:
    with pytest.raises(UnusableResponseUrl, match="is not https"):
        handler.handle({"Records": records}, Context())


@pytest.mark.parametrize("event", [None, [], "text", 5, {}, [{"RequestType": "Create"}]], ids=repr)
def test_what_is_no_event_is_raised(event: object) -> None:
    with pytest.raises(UnusableResponseUrl):
        handler.handle(event, Context())


@pytest.mark.usefixtures("stack")
def test_an_answer_that_does_not_arrive_is_raised_so_that_lambda_delivers_the_event_again(
    inbox: Inbox, application_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.fail(faults.status(403, times=1))
    inbox.signed = SENT
    request = event("Create", ApplicationId=application_id, ResponseURL=inbox.url)

    with pytest.raises(ResponseNotDelivered, match="HTTP 403"):
        handler.handle(request, Context())
    handler.handle(request, Context())

    assert [answer["Status"] for answer in inbox.answers] == ["SUCCESS"]
    assert inbox.received[0] == inbox.received[1]
    assert caplog.text.count("so the URL has expired or is not valid") == 1
    assert "This is not expected." not in caplog.text
