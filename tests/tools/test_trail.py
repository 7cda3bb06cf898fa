"""The local Pinpoint tells EventBridge of changes, as a trail of CloudTrail does."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

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
        assert detail["requestParameters"] == {"application-id": application_id}
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
    assert event["detail"]["errorCode"]
