"""The Lambda function, with moto for Pinpoint, a fake CloudFormation and an endpoint for answers."""

import os
import reprlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from harness.context import Context
from harness.events import SECRET_ACCESS_KEY, SESSION_TOKEN, Event
from harness.fakes import FakeStackClient
from harness.inbox import Inbox
from harness.with_moto import Deliver, share_models
from local_cloud import moto_pinpoint
from pinpoint_voice_channel_handler import dispatcher, handler, response
from pinpoint_voice_channel_handler.response import LOCAL_HOST_VARIABLE
from pinpoint_voice_channel_handler.stack import Stacks


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no proxy stand between the handler and what a test puts in the place of AWS."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def inbox(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """Start an endpoint for answers, and let the handler answer it."""
    with Inbox(certificate) as box:
        monkeypatch.setattr(response, "_TLS", ssl.create_default_context(cafile=str(certificate)))
        monkeypatch.setenv(LOCAL_HOST_VARIABLE, box.host)
        yield box


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put moto in the place of AWS, with the voice channel API, and forget the clients made before."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_PINPOINT", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    moto_pinpoint.install()
    with mock_aws():
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION_TOKEN)
        share_models()
        dispatcher.clients.forget()  # clients of another test's moto
        yield


@pytest.fixture
def application_id(aws: None) -> str:  # noqa: ARG001, made in it
    """Return the id of a new Pinpoint application."""
    application = boto3.client("pinpoint").create_app(CreateApplicationRequest={"Name": "calls"})
    return application["ApplicationResponse"]["Id"]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> FakeStackClient:
    """Put a stack that is being updated in the place of CloudFormation's."""
    client = FakeStackClient()
    monkeypatch.setattr(dispatcher.clients, "stacks", lambda: Stacks(client))
    return client


@pytest.fixture
def deliver(aws: None, inbox: Inbox, stack: FakeStackClient) -> Deliver:  # noqa: ARG001, it is in force
    """Return a function that hands an event to the Lambda handler and returns the one answer to it."""

    def deliver_event(request: Event, seconds: float = 120) -> dict[str, Any]:
        before = len(inbox.answers)
        stack.asked = reprlib.repr(request.get("RequestType")).strip("'").upper()
        stack.logical_id = reprlib.repr(request.get("LogicalResourceId")).strip("'")
        handler.handle({**request, "ResponseURL": inbox.url}, Context(seconds))
        [answer] = inbox.answers[before:]
        return answer

    return deliver_event
