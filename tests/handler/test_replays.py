"""Events in the order and with the statuses of AWS, replayed through the whole Lambda function.

MiniStack creates one resource after the other, so it cancels no Create in flight; it delivers an event once;
and it reports UPDATE_IN_PROGRESS during the clean-up of an update.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import boto3
import pytest

from harness.events import INVENTED_ID, event
from harness.fakes import BEFORE, BEGAN, SENT, FakeStackClient, resource, row
from harness.inbox import Inbox
from harness.with_moto import Deliver, channel, make_channel, state
from local_cloud.moto_pinpoint import models
from pinpoint_voice_channel_handler.lifecycle import Lifecycle
from pinpoint_voice_channel_handler.pinpoint import Pinpoint
from pinpoint_voice_channel_handler.request import Request
from pinpoint_voice_channel_handler.stack import Stacks

At = Callable[..., None]


@pytest.fixture
def at(stack: FakeStackClient, inbox: Inbox) -> At:
    """Return a function that puts the stack into a state, with the arguments of FakeStackClient.

    Its events were sent long ago, so whatever the handler does comes after that.
    """
    inbox.signed = SENT
    return stack.become


def given(application_id: str, found: bool | None) -> None:
    """Make a channel before the event was sent, unless none is to be found."""
    if found is not None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(models, "iso_8601_datetime_with_milliseconds", lambda: BEFORE.isoformat())
            make_channel(application_id, enabled=found)


def test_a_rename_keeps_the_channel_in_the_cleanup_of_aws(
    deliver: Deliver, at: At, application_id: str
) -> None:
    old = deliver(event("Create", ApplicationId=application_id, LogicalResourceId="Old"))
    new = deliver(event("Create", ApplicationId=application_id, LogicalResourceId="New"))
    entry = resource("New", new["PhysicalResourceId"])
    at(status="UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", resources=(entry,))

    answer = deliver(event("Delete", LogicalResourceId="Old", PhysicalResourceId=old["PhysicalResourceId"]))

    assert answer["Status"] == "SUCCESS"
    assert channel(application_id)["Version"] == 1


@pytest.mark.parametrize("enabled", [True, False])
def test_a_nested_stack_is_rolled_back_with_its_root(
    deliver: Deliver, at: At, application_id: str, enabled: bool
) -> None:
    given(application_id, enabled)
    created = deliver(event("Create", ApplicationId=application_id))
    at(status="DELETE_IN_PROGRESS", root_status="ROLLBACK_IN_PROGRESS")

    deliver(event("Delete", PhysicalResourceId=created["PhysicalResourceId"]))

    assert state(application_id) == ("enabled" if enabled else "disabled")


@pytest.mark.parametrize("found", [None, True, False])
@pytest.mark.parametrize("wanted", ["true", "false"])
def test_every_event_twice_ends_in_the_same_state(
    deliver: Deliver, at: At, application_id: str, found: bool | None, wanted: str
) -> None:
    given(application_id, found)
    before = state(application_id)
    create = event("Create", ApplicationId=application_id, Enabled=wanted)

    first, second = deliver(create), deliver(create)
    at(status="UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    delete = event("Delete", PhysicalResourceId=first["PhysicalResourceId"])
    deleted = [deliver(delete)["Status"], deliver(delete)["Status"]]
    at(status="UPDATE_ROLLBACK_COMPLETE", log=[row("UPDATE_ROLLBACK_COMPLETE", SENT + timedelta(seconds=9))])
    late = deliver(delete)["Status"]

    assert second["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert second["Data"] == first["Data"]
    assert [*deleted, late] == ["SUCCESS"] * 3
    assert state(application_id) == before


@pytest.mark.parametrize("found", [None, False])
def test_a_create_that_was_killed_before_it_answered_is_repeated_and_rolled_back(
    deliver: Deliver, at: At, application_id: str, found: bool | None
) -> None:
    given(application_id, found)
    before = state(application_id)
    make_channel(application_id, enabled=True)  # what the killed function had done

    created = deliver(event("Create", ApplicationId=application_id))
    at(status="ROLLBACK_IN_PROGRESS")
    deliver(event("Delete", PhysicalResourceId=created["PhysicalResourceId"]))

    assert state(application_id) == before


@pytest.mark.parametrize("moment", ["before", "during", "after"])
@pytest.mark.parametrize("found", [None, False])
def test_a_cancelled_create_is_undone_whether_its_delete_comes_before_during_or_after_it(
    application_id: str, found: bool | None, moment: str
) -> None:
    given(application_id, found)
    before = state(application_id)
    log = [
        row("ROLLBACK_IN_PROGRESS", SENT),
        row("CREATE_FAILED", SENT, "VoiceChannel", reason="Resource creation cancelled"),
        row("CREATE_IN_PROGRESS", SENT, "VoiceChannel"),
        row("CREATE_IN_PROGRESS", BEGAN),
    ]
    stacks = Stacks(FakeStackClient(status="ROLLBACK_IN_PROGRESS", log=log))
    pinpoint = Pinpoint(boto3.client("pinpoint"), "us-east-1")
    deleting = threading.Event()
    create = threading.Thread(
        target=lambda: create_that_waits(moment, deleting, pinpoint, stacks, application_id)
    )
    create.start()
    if moment == "after":
        create.join()

    def let_the_create_finish(_seconds: float) -> None:
        deleting.set()
        create.join()

    delete = event("Delete", ApplicationId=application_id, PhysicalResourceId=INVENTED_ID)
    Lifecycle(pinpoint, lambda: stacks, lambda _: None, let_the_create_finish).handle(Request.parse(delete))

    assert not create.is_alive()
    assert state(application_id) == before


def create_that_waits(
    moment: str, deleting: threading.Event, pinpoint: Pinpoint, stacks: Stacks, application_id: str
) -> None:
    """Handle a Create that waits for its Delete: before all, or between what it reads and what it changes."""

    def answer_as(physical_id: str) -> None:
        if moment == "during" and not physical_id.endswith("untouched"):
            deleting.wait(timeout=10)

    if moment == "before":
        deleting.wait(timeout=10)
    create = Request.parse(event("Create", ApplicationId=application_id))
    Lifecycle(pinpoint, lambda: stacks, answer_as, time.sleep).handle(create)
