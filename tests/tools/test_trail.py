"""The local Pinpoint tells EventBridge of changes, as a trail does, and CloudTrail's event history."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.monitor import wait_for
from local_cloud.cloud import LocalCloud
from local_cloud.environment import ACCOUNT, REGION
from local_cloud.example import create_application

# What AWS's example of a record of Pinpoint has:
# https://docs.aws.amazon.com/pinpoint/latest/developerguide/logging-using-cloudtrail.html
MEMBERS = {
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "requestParameters",
    "responseElements",
    "requestID",
    "eventID",
    "readOnly",
    "eventType",
    "recipientAccountId",
}


@pytest.fixture(scope="module")
def events(bootstrapped_cloud: LocalCloud) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Return a function that returns what EventBridge was told since it was called last."""
    rules, sqs = (bootstrapped_cloud.client(name) for name in ("events", "sqs"))
    url = sqs.create_queue(QueueName="trail")["QueueUrl"]
    rules.put_rule(Name="trail", EventPattern='{"detail-type": ["AWS API Call via CloudTrail"]}')
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:trail"
    rules.put_targets(Rule="trail", Targets=[{"Id": "Queue", "Arn": arn}])

    def received() -> list[dict[str, Any]]:
        time.sleep(1)
        messages: list[dict[str, Any]] = []
        while more := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            messages += more
            for message in more:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    yield received
    rules.remove_targets(Rule="trail", Ids=["Queue"])
    rules.delete_rule(Name="trail")
    sqs.delete_queue(QueueUrl=url)


def test_each_change_is_told_once_in_order_and_reading_is_not(
    bootstrapped_cloud: LocalCloud, events: Callable[[], list[dict[str, Any]]]
) -> None:
    pinpoint = bootstrapped_cloud.client("pinpoint")
    application_id = create_application(bootstrapped_cloud)
    events()

    pinpoint.update_voice_channel(ApplicationId=application_id, VoiceChannelRequest={"Enabled": True})
    pinpoint.get_voice_channel(ApplicationId=application_id)
    pinpoint.delete_voice_channel(ApplicationId=application_id)
    pinpoint.delete_app(ApplicationId=application_id)

    told = events()
    assert [event["detail"]["eventName"] for event in told] == [
        "UpdateVoiceChannel",
        "DeleteVoiceChannel",
        "DeleteApp",
    ]
    for event in told:
        detail = event["detail"]
        assert (event["source"], event["detail-type"]) == (
            "aws.mobiletargeting",
            "AWS API Call via CloudTrail",
        )
        assert set(detail) >= MEMBERS
        assert "errorCode" not in detail
        assert detail["eventSource"] == "pinpoint.amazonaws.com"
        assert detail["requestParameters"]["application-id"] == application_id
        assert detail["userAgent"].startswith("Botocore/")
        assert detail["userIdentity"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/local"


def test_a_change_that_is_refused_is_told_as_an_error(
    bootstrapped_cloud: LocalCloud, events: Callable[[], list[dict[str, Any]]]
) -> None:
    pinpoint = bootstrapped_cloud.client("pinpoint")
    events()

    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.delete_voice_channel(ApplicationId="0" * 32)

    [event] = events()
    assert event["detail"]["errorCode"] == "NotFoundException"
    assert event["detail"]["responseElements"] is None


def records(cloud: LocalCloud, event: str, region: str, application_id: str) -> list[dict[str, Any]]:
    """Return the records of an application's events in the event history, as soon as there are some."""
    cloudtrail = cloud.client("cloudtrail", region)
    attribute = {"AttributeKey": "EventName", "AttributeValue": event}

    def read() -> list[dict[str, Any]] | None:
        pages = cloudtrail.get_paginator("lookup_events").paginate(
            LookupAttributes=[attribute], PaginationConfig={"PageSize": 2}
        )
        found = [json.loads(one["CloudTrailEvent"]) for page in pages for one in page["Events"]]
        return [one for one in found if one["requestParameters"]["application-id"] == application_id] or None

    return wait_for(read, 5)


def test_the_event_history_has_each_change_with_its_body_the_newest_first(
    bootstrapped_cloud: LocalCloud,
) -> None:
    pinpoint = bootstrapped_cloud.client("pinpoint")
    application_id = create_application(bootstrapped_cloud)

    for number in range(5):
        request: Any = {"Enabled": number % 2 == 0}
        pinpoint.update_voice_channel(ApplicationId=application_id, VoiceChannelRequest=request)
    pinpoint.delete_app(ApplicationId=application_id)

    # What is told comes in order: with the last of them, all are there.
    [deleted] = records(bootstrapped_cloud, "DeleteApp", REGION, application_id)
    updates = records(bootstrapped_cloud, "UpdateVoiceChannel", REGION, application_id)
    assert [one["requestParameters"]["Enabled"] for one in updates] == [True, False, True, False, True]
    assert updates[0]["responseElements"]["Enabled"] is True
    assert updates[0]["eventTime"] >= updates[-1]["eventTime"]
    assert set(deleted) >= MEMBERS


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": "x"}]}, "LookupAttributes"),
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "x"}] * 2},
            "LookupAttributes",
        ),
        ({"MaxResults": 51}, "MaxResults"),
        ({"NextToken": "x"}, "NextToken"),
    ],
    ids=["attribute", "attributes", "results", "token"],
)
def test_the_event_history_refuses_what_cloudtrail_does(
    bootstrapped_cloud: LocalCloud, request_: dict[str, Any], code: str
) -> None:
    cloudtrail = bootstrapped_cloud.client("cloudtrail")

    with pytest.raises(ClientError, match=f"Invalid{code}Exception"):
        cloudtrail.lookup_events(**request_)


def test_a_change_is_told_in_the_region_it_was_made_in(bootstrapped_cloud: LocalCloud) -> None:
    pinpoint = bootstrapped_cloud.client("pinpoint", "eu-west-1")
    created = pinpoint.create_app(CreateApplicationRequest={"Name": "calls"})
    application_id = created["ApplicationResponse"]["Id"]

    pinpoint.delete_app(ApplicationId=application_id)

    [deleted] = records(bootstrapped_cloud, "DeleteApp", "eu-west-1", application_id)
    assert deleted["awsRegion"] == "eu-west-1"
