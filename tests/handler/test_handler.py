"""The Lambda function from event to answer, with moto in the place of AWS."""

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.events import event
from harness.with_moto import Deliver, channel, make_channel, state
from pinpoint_voice_channel_handler.pinpoint import ATTRIBUTES


@pytest.mark.parametrize("enabled", [True, False])
def test_create_makes_the_channel_as_the_template_says(
    deliver: Deliver, application_id: str, enabled: bool
) -> None:
    answer = deliver(event("Create", ApplicationId=application_id, Enabled=str(enabled).lower()))

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"].startswith(f"{application_id}/voice/absent/")
    assert channel(application_id)["Enabled"] is enabled


def test_create_without_enabled_enables_the_channel(deliver: Deliver, application_id: str) -> None:
    request = event("Create", ApplicationId=application_id)
    del request["ResourceProperties"]["Enabled"]

    deliver(request)

    assert channel(application_id)["Enabled"] is True


def test_create_answers_all_ten_attributes_as_strings(deliver: Deliver, application_id: str) -> None:
    answer = deliver(event("Create", ApplicationId=application_id))

    now = channel(application_id)
    assert answer["Data"] == {
        "ApplicationId": application_id,
        "CreationDate": now["CreationDate"],
        "Enabled": "true",
        "HasCredential": "false",
        "Id": "voice",
        "IsArchived": "false",
        "LastModifiedBy": now["LastModifiedBy"],
        "LastModifiedDate": now["LastModifiedDate"],
        "Platform": "VOICE",
        "Version": "1",
    }
    assert tuple(answer["Data"]) == ATTRIBUTES


def test_update_answers_all_ten_attributes_as_they_are_now(deliver: Deliver, application_id: str) -> None:
    make_channel(application_id, enabled=True)

    answer = deliver(
        event("Update", ApplicationId=application_id, PhysicalResourceId=f"{application_id}/voice/absent")
    )

    now = {name: str(value) for name, value in channel(application_id).items()}
    booleans = ("Enabled", "HasCredential", "IsArchived")
    assert answer["Data"] == now | {name: now[name].lower() for name in booleans}
    assert answer["Data"]["Enabled"] == "false"
    assert set(answer["Data"]) == set(ATTRIBUTES)


def test_create_for_an_application_that_does_not_exist_fails_and_says_so(deliver: Deliver) -> None:
    answer = deliver(event("Create", ApplicationId="0" * 32))

    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == f"{'0' * 32}/voice/untouched"
    assert answer["Reason"].startswith(
        f"Amazon Pinpoint has no application {'0' * 32} in us-east-1 (RequestID "
    )


def test_update_changes_the_channel_and_keeps_the_id(deliver: Deliver, application_id: str) -> None:
    created = deliver(event("Create", ApplicationId=application_id))

    answer = deliver(
        event(
            "Update",
            ApplicationId=application_id,
            Enabled="false",
            PhysicalResourceId=created["PhysicalResourceId"],
        )
    )

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert answer["Data"]["Enabled"] == "false"
    assert answer["Data"]["Version"] == "2"
    assert channel(application_id)["Enabled"] is False


def test_update_to_another_application_makes_its_channel_and_leaves_the_old_one_to_the_delete(
    deliver: Deliver, application_id: str
) -> None:
    created = deliver(event("Create", ApplicationId=application_id))
    other = boto3.client("pinpoint").create_app(CreateApplicationRequest={"Name": "other"})
    other_id = other["ApplicationResponse"]["Id"]

    answer = deliver(
        event(
            "Update",
            ApplicationId=other_id,
            Enabled="true",
            PhysicalResourceId=created["PhysicalResourceId"],
        )
    )

    assert answer["PhysicalResourceId"].startswith(f"{other_id}/voice/absent/")
    assert channel(other_id)["Enabled"] is True
    assert channel(application_id)["Enabled"] is True


def test_delete_deletes_the_channel(deliver: Deliver, application_id: str) -> None:
    created = deliver(event("Create", ApplicationId=application_id))

    answer = deliver(event("Delete", PhysicalResourceId=created["PhysicalResourceId"]))

    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    with pytest.raises(ClientError, match="NotFoundException"):
        channel(application_id)


def test_delete_of_a_channel_that_is_gone_succeeds(deliver: Deliver, application_id: str) -> None:
    answer = deliver(event("Delete", PhysicalResourceId=f"{application_id}/voice/absent"))

    assert answer["Status"] == "SUCCESS"


def test_delete_of_a_channel_whose_application_is_gone_succeeds(deliver: Deliver) -> None:
    answer = deliver(event("Delete", PhysicalResourceId=f"{'0' * 32}/voice/absent"))

    assert answer["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("text", "enabled"),
    [
        ("true", True),
        ("True", True),
        ("TRUE", True),
        (True, True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        (False, False),
    ],
)
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_enabled_may_be_a_boolean_as_cloudformation_python_and_yaml_write_it(
    deliver: Deliver, application_id: str, request_type: str, text: object, enabled: bool
) -> None:
    make_channel(application_id, enabled=not enabled)
    mine = {"PhysicalResourceId": f"{application_id}/voice/absent"} if request_type == "Update" else {}

    answer = deliver(event(request_type, ApplicationId=application_id, Enabled=text, **mine))

    assert (answer["Status"], answer["Data"].get("Enabled")) == ("SUCCESS", str(enabled).lower())


@pytest.mark.parametrize("text", ["tRUE", "1", "0", "yes", "on", "no", "off", "y", "", " true", "true\n"])
def test_enabled_may_be_no_other_text(deliver: Deliver, application_id: str, text: str) -> None:
    answer = deliver(event("Create", ApplicationId=application_id, Enabled=text))

    assert answer["Status"] == "FAILED"
    assert state(application_id) == "absent"


ID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("name", ["ApplicationId", "Enabled", "OnExisting"])
@pytest.mark.parametrize(
    ("before", "behind"),
    [("", ""), (" ", ""), ("", " "), ("", "\n"), ("\t", ""), ("\xa0", ""), ("", "\u200b"), ("a ", "")],
    ids=ascii,
)
def test_white_space_in_a_property_is_seen_in_the_reason(
    deliver: Deliver, name: str, before: str, behind: str
) -> None:
    value = f"{before}{'/' if not before + behind else ''}{ID}{behind}"

    answer = deliver(event("Create", **{name: value}))

    shown = value if value.startswith("/") else repr(value)
    assert answer["Reason"].startswith(f"Property {name} is {shown}, but must be ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Enabled": "yes"}, "Property Enabled is yes, but must be true or false."),
        ({"ApplicationId": ""}, "Property ApplicationId is '', but must be the id of an Amazon Pinpoint"),
        ({"Enabled": "x " * 99}, f"Property Enabled is {'x ' * 50 + '…'!r}, but must be true or false."),
        (
            {"Enabled ": "true"},
            "Unknown property 'Enabled '. Custom::PinpointVoiceChannel has the properties",
        ),
        ({"Enable": "true"}, "Unknown property Enable. Custom::PinpointVoiceChannel has the properties"),
    ],
)
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_a_property_that_is_not_valid_fails_and_is_named(
    deliver: Deliver, request_type: str, changes: dict[str, str], reason: str
) -> None:
    answer = deliver(event(request_type, **changes))

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(reason)
