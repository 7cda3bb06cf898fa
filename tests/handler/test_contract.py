"""The contract tests of CloudFormation's own resource providers, translated to this custom resource.

Source: https://github.com/aws-cloudformation/cloudformation-cli, src/rpdk/core/contract/suite/resource; what
they test is written at
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html

Each test is named after its contract. Where the resource behaves otherwise on purpose, a comment says why.

How it is translated:
- The model that a handler returns is the answer's Data; what it reads is what GetVoiceChannel returns.
- The primary identifier is PhysicalResourceId, which a failure has too.
- An error code is the answer's Reason: a custom resource has no codes.
- ApplicationId is create-only, Enabled can be updated, OnExisting is write-only, all else is read-only. No
  write-only property is answered, and none that was asked for is missing, because Data is what is read.

Not translated:
- contract_create_list, contract_update_list, contract_delete_list: a custom resource gets no List event.
- contract_read_without_create: a custom resource gets no Read event, and GetVoiceChannel is not ours.
- contract_check_asserts_work: it is about the suite, and pytest's assertions also work under `python -O`.

contract_invalid_create, contract_read_without_create and contract_update_create_only_property are in earlier
versions of the suite only: CloudFormation checks a model by its schema before a handler gets it. A custom
resource has no schema, so for it they matter as before. Also earlier: contract_create_duplicate is now
contract_create_create, contract_update_non_existent_resource is contract_update_without_create, and the names
that ended in _success have lost that.
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
def deleted(deliver: Deliver, stack_becomes: StackBecomes, created: Answer) -> Answer:
    """Delete the resource that was created, and return the answer."""
    stack_becomes("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    return deliver(later(created, "Delete"))


@pytest.fixture
def other_application_id(aws: None) -> str:  # noqa: ARG001, made in it
    """Return the id of one more Pinpoint application."""
    application = boto3.client("pinpoint").create_app(CreateApplicationRequest={"Name": "other"})
    return application["ApplicationResponse"]["Id"]


@pytest.mark.parametrize("status", ["DELETE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
@pytest.mark.parametrize("enabled", ["true", "false"])
def test_contract_create_delete_does_what_was_asked_for_and_leaves_nothing(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, enabled: str, status: str
) -> None:
    created = deliver(event("Create", ApplicationId=application_id, Enabled=enabled))
    stack_becomes(status)

    deleted = deliver(later(created, "Delete"))

    assert (created["Status"], created["Reason"]) == ("SUCCESS", "")
    assert created["PhysicalResourceId"].startswith(f"{application_id}/voice/absent/")
    assert created["Data"]["ApplicationId"] == application_id
    assert created["Data"]["Enabled"] == enabled
    assert (deleted["Status"], deleted["Reason"], deleted["Data"]) == ("SUCCESS", "", {})
    with pytest.raises(ClientError, match="NotFoundException"):
        channel(application_id)


# The contract wants AlreadyExists. A channel that is there is adopted unless the template says otherwise, so
# that one made by hand or by the native type can be managed too: docs/lifecycle.md, "Create".
def test_contract_create_create_adopts_the_channel_without_touching_it(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, created: Answer
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")

    answer = deliver(event("Create", ApplicationId=application_id, LogicalResourceId="Second"))

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"].startswith(f"{application_id}/voice/enabled/")
    assert answer["Data"] == created["Data"] == read(application_id)


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_contract_create_create_fails_where_on_existing_says_so(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, created: Answer, enabled: str
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")
    second = {"LogicalResourceId": "Second", "Enabled": enabled, "OnExisting": "fail"}

    answer = deliver(event("Create", ApplicationId=application_id, **second))

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(f"Application {application_id} has a voice channel already")
    assert answer["PhysicalResourceId"] == f"{application_id}/voice/untouched"
    assert read(application_id) == created["Data"]


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


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_contract_create_read_finds_what_create_answered(
    deliver: Deliver, application_id: str, enabled: str
) -> None:
    answer = deliver(event("Create", ApplicationId=application_id, Enabled=enabled))

    assert answer["Data"] == read(application_id)
    assert answer["Data"]["Enabled"] == enabled


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


@pytest.mark.usefixtures("deleted")
def test_contract_delete_read_finds_nothing(application_id: str) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        channel(application_id)


# The contract wants NotFound. A channel that was deleted behind CloudFormation's back is made again, as drift
# that the next deployment mends: docs/lifecycle.md, "Update".
@pytest.mark.usefixtures("deleted")
@pytest.mark.parametrize("enabled", ["true", "false"])
def test_contract_delete_update_makes_the_channel_again(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, created: Answer, enabled: str
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")

    answer = deliver(later(created, "Update", Enabled=enabled))

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert answer["Data"] == read(application_id)
    assert answer["Data"]["Enabled"] == enabled


# The contract wants NotFound. Lambda delivers an event more than once, and a Delete that fails stops the
# deletion of its stack: docs/lifecycle.md, "Delete".
@pytest.mark.usefixtures("deleted")
@pytest.mark.parametrize("status", ["DELETE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
def test_contract_delete_delete_succeeds_again(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, created: Answer, status: str
) -> None:
    stack_becomes(status)

    answer = deliver(later(created, "Delete"))

    assert (answer["Status"], answer["Reason"], answer["Data"]) == ("SUCCESS", "", {})
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    with pytest.raises(ClientError, match="NotFoundException"):
        channel(application_id)


@pytest.mark.usefixtures("deleted")
@pytest.mark.parametrize("on_existing", ["adopt", "fail"])
def test_contract_delete_create_begins_anew(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, created: Answer, on_existing: str
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")

    answer = deliver(event("Create", ApplicationId=application_id, OnExisting=on_existing))

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert answer["Data"] == read(application_id)
    assert answer["Data"]["Version"] == "1"


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_contract_update_read_finds_what_update_answered_under_the_same_id(
    deliver: Deliver, stack_becomes: StackBecomes, application_id: str, created: Answer, enabled: str
) -> None:
    stack_becomes("UPDATE_IN_PROGRESS")

    answer = deliver(later(created, "Update", Enabled=enabled))

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert answer["Data"] == read(application_id)
    assert answer["Data"]["Enabled"] == enabled
    assert answer["Data"]["Version"] == "2"


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


# The contract wants NotFound. It is the same as contract_delete_update: docs/lifecycle.md, "Update".
def test_contract_update_without_create_makes_the_channel(deliver: Deliver, application_id: str) -> None:
    physical_id = f"{application_id}/voice/absent"

    answer = deliver(event("Update", ApplicationId=application_id, PhysicalResourceId=physical_id))

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == physical_id
    assert answer["Data"] == read(application_id)
    assert answer["Data"]["Enabled"] == "false"


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
