"""What belongs to the contracts of CloudFormation's resource providers, and its contract tests do not ask.

tests/external/test_contract_suite.py runs those tests themselves, on the deployed function. Each test here is
named after its contract. What stays, and why:

- contract_create_create: the Delete of a Create that failed, and one event delivered twice. The suite sends
  neither.
- contract_create_taggable, contract_update_tag_updatable: the suite skips them where a schema says that there
  are no tags.
- contract_invalid_create, contract_update_create_only_property: they are in earlier versions of the suite
  only, for CloudFormation checks a model by its schema before a handler gets it. A custom resource has no
  schema, so for it they matter as before.
- contract_update_without_create where there is no application either: the suite has one model for all tests.

How they are translated:
- The model that a handler returns is the answer's Data; what it reads is what GetVoiceChannel returns.
- The primary identifier is PhysicalResourceId, which a failure has too.
- An error code is the answer's Reason: a custom resource has no codes.
- ApplicationId is create-only, Enabled can be updated, OnExisting is write-only, all else is read-only.
"""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.events import Event, event
from harness.fakes import SENT, FakeStackClient
from harness.inbox import Inbox
from harness.with_moto import Deliver, channel

Answer = dict[str, Any]
StackBecomes = Callable[[str], None]

READ_ONLY = (
    "CreationDate",
    "HasCredential",
    "Id",
    "IsArchived",
    "LastModifiedBy",
    "LastModifiedDate",
    "Platform",
    "Version",
)


def read(application_id: str) -> dict[str, str]:
    """Return the channel as `Fn::GetAtt` has it: all strings, booleans and numbers as in JSON."""
    response = channel(application_id)
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in response.items()}


def later(created: Answer, request_type: str, **changes: str) -> Event:
    """Return an event for a resource that was created before; `changes` are properties or keys."""
    known = {
        "ApplicationId": created["Data"]["ApplicationId"],
        "PhysicalResourceId": created["PhysicalResourceId"],
    }
    return event(request_type, **{**known, **changes})


@pytest.fixture
def stack_becomes(stack: FakeStackClient) -> StackBecomes:
    """Return a function that gives the stack a status."""
    return lambda status: stack.become(status=status)


@pytest.fixture
def created(deliver: Deliver, application_id: str) -> Answer:
    """Create a resource, with an enabled channel, and return the answer."""
    return deliver(event("Create", ApplicationId=application_id, Enabled="true"))


@pytest.fixture
def other_application_id(aws: None) -> str:  # noqa: ARG001, made in it
    """Return the id of one more Pinpoint application."""
    application = boto3.client("pinpoint").create_app(CreateApplicationRequest={"Name": "other"})
    return application["ApplicationResponse"]["Id"]


def test_contract_create_create_that_failed_deletes_nothing(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, created: Answer
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")
    request = event("Create", ApplicationId=application_id, LogicalResourceId="Second", OnExisting="fail")
    failed = deliver(request)
    stack_becomes("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")

    answer = deliver({**request, "RequestType": "Delete", "PhysicalResourceId": failed["PhysicalResourceId"]})

    assert (failed["Status"], answer["Status"]) == ("FAILED", "SUCCESS")
    assert read(application_id) == created["Data"]


@pytest.mark.parametrize("on_existing", ["adopt", "fail"])
def test_contract_create_create_answers_a_second_delivery_as_the_first(
    deliver: Deliver, inbox: Inbox, application_id: str, on_existing: str
) -> None:
    inbox.signed = SENT
    request = event("Create", ApplicationId=application_id, OnExisting=on_existing)
    first = deliver(request)

    second = deliver(request)

    assert first["Status"] == "SUCCESS"
    assert second == first
    assert second["Data"] == read(application_id)


# The contract wants tags in what is asked for. A voice channel has none, so nobody may believe that it has.
def test_contract_create_taggable_refuses_tags(deliver: Deliver, application_id: str) -> None:
    tags = [{"Key": "team", "Value": "calls"}]

    answer = deliver(event("Create", ApplicationId=application_id, Tags=tags))

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("Unknown property Tags.")
    with pytest.raises(ClientError, match="NotFoundException"):
        channel(application_id)


@pytest.mark.parametrize("name", READ_ONLY)
def test_contract_invalid_create_fails_for_a_read_only_property_and_makes_nothing(
    deliver: Deliver, application_id: str, name: str
) -> None:
    answer = deliver(event("Create", ApplicationId=application_id, **{name: "1"}))

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(f"Unknown property {name}.")
    assert answer["PhysicalResourceId"].endswith("/voice/untouched")
    with pytest.raises(ClientError, match="NotFoundException"):
        channel(application_id)


# As contract_create_taggable.
def test_contract_update_tag_updatable_refuses_tags(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, created: Answer
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")
    request = later(created, "Update", Enabled="false")
    request["ResourceProperties"]["Tags"] = [{"Key": "team", "Value": "calls"}]

    answer = deliver(request)

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("Unknown property Tags.")
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert read(application_id) == created["Data"]


def test_contract_update_without_create_fails_where_the_application_does_not_exist(deliver: Deliver) -> None:
    physical_id = f"{'0' * 32}/voice/absent"

    answer = deliver(event("Update", ApplicationId="0" * 32, PhysicalResourceId=physical_id))

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(f"Amazon Pinpoint has no application {'0' * 32} in us-east-1")
    assert answer["PhysicalResourceId"] == physical_id


# The contract wants NotUpdatable, because CloudFormation knows from the schema what to replace. Here it knows
# from the new id, and then deletes the old one: docs/lifecycle.md, "Update".
def test_contract_update_create_only_property_replaces_the_resource(
    deliver: Deliver,
    stack_becomes: StackBecomes,
    created: Answer,
    application_id: str,
    other_application_id: str,
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")

    answer = deliver(later(created, "Update", ApplicationId=other_application_id, Enabled="true"))

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"].startswith(f"{other_application_id}/voice/absent/")
    assert answer["Data"] == read(other_application_id)
    assert read(application_id) == created["Data"]


def test_contract_update_create_only_property_deletes_only_what_was_replaced(
    deliver: Deliver,
    stack_becomes: StackBecomes,
    created: Answer,
    application_id: str,
    other_application_id: str,
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")
    updated = deliver(later(created, "Update", ApplicationId=other_application_id, Enabled="true"))
    stack_becomes("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

    answer = deliver(later(created, "Delete"))

    assert answer["Status"] == "SUCCESS"
    assert read(other_application_id) == updated["Data"]
    with pytest.raises(ClientError, match="NotFoundException"):
        channel(application_id)


@pytest.mark.parametrize("name", READ_ONLY)
def test_contract_update_create_only_property_fails_for_a_read_only_one_and_changes_nothing(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, created: Answer, name: str
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")

    answer = deliver(later(created, "Update", **{"Enabled": "false", name: "1"}))

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(f"Unknown property {name}.")
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert read(application_id) == created["Data"]
