"""CloudFormation's own types of Amazon Pinpoint in the local cloud, as AWS's template reference has them."""

from collections.abc import Iterator
from typing import Any

import pytest

from harness.engine import Engine
from local_cloud.cloud import LocalCloud

APP, CHANNEL = "AWS::Pinpoint::App", "AWS::Pinpoint::VoiceChannel"
Resource = dict[str, Any]


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def engine(cloud: LocalCloud) -> Iterator[Engine]:
    engine = Engine(cloud, service_token=None)
    yield engine
    engine.delete()


def app(**properties: object) -> Resource:
    return {"Type": APP, "Properties": properties}


def channel(**properties: object) -> Resource:
    return {"Type": CHANNEL, "Properties": properties}


def of(*outputs: str, **resources: Resource) -> dict[str, Any]:
    """Return a template with resources, and with outputs such as `App` and `App.Arn`."""
    values = [{"Fn::GetAtt": name} if "." in name else {"Ref": name} for name in outputs]
    told = {name.replace(".", ""): {"Value": value} for name, value in zip(outputs, values, strict=True)}
    return {"Resources": resources, "Outputs": told}


def test_an_app_returns_its_id_and_its_arn(cloud: LocalCloud, engine: Engine) -> None:
    status = engine.create_from(of("App", "App.Id", "App.Arn", App=app(Name="calls")))

    outputs = engine.outputs()
    found = cloud.client("pinpoint").get_app(ApplicationId=outputs["App"])["ApplicationResponse"]
    assert (status, found["Name"]) == ("CREATE_COMPLETE", "calls")
    assert outputs == {"App": found["Id"], "AppId": found["Id"], "AppArn": found["Arn"]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"team": "calls", "gone": "soon"}, {"team": "voice", "new": "1"}),
        (
            [{"Key": "team", "Value": "calls"}, {"Key": "gone", "Value": "soon"}],
            [{"Key": "team", "Value": "voice"}, {"Key": "new", "Value": 1}],
        ),
    ],
    ids=["a map", "a list"],
)
def test_an_apps_tags_are_changed_in_place(
    cloud: LocalCloud, engine: Engine, before: object, after: object
) -> None:
    engine.create_from(of("App", App=app(Name="calls", Tags=before)))
    created = engine.outputs()

    status = engine.update_to(of("App", App=app(Name="calls", Tags=after)))

    found = cloud.client("pinpoint").get_app(ApplicationId=created["App"])["ApplicationResponse"]
    assert (status, engine.outputs()) == ("UPDATE_COMPLETE", created)
    assert found["tags"] == {"team": "voice", "new": "1"}


def test_another_name_replaces_an_app(engine: Engine) -> None:
    engine.create_from(of("App", App=app(Name="calls")))
    old = engine.outputs()["App"]

    engine.update_to(of("App", App=app(Name="voice")))

    assert engine.outputs()["App"] != old
    assert (engine.has_application(old), engine.has_application(engine.outputs()["App"])) == (False, True)


def test_a_channel_is_put_changed_in_place_and_deleted(engine: Engine) -> None:
    application_id = engine.application()

    engine.create_from(of("Voice", "Voice.Id", Voice=channel(ApplicationId=application_id, Enabled="true")))
    assert engine.outputs() == {"Voice": application_id, "VoiceId": "voice"}
    assert engine.happened(application_id) == ["PUT true"]

    engine.update_to(of(Voice=channel(ApplicationId=application_id, Enabled=False)))
    assert engine.happened(application_id) == ["PUT false"]

    engine.update_to(of(App=app(Name="calls")))
    assert engine.happened(application_id) == ["DELETE"]


def test_a_channel_may_leave_it_to_pinpoint_whether_it_is_enabled(engine: Engine) -> None:
    application_id = engine.application(enabled=True)

    engine.create_from(of(Voice=channel(ApplicationId=application_id)))

    assert (engine.channel(application_id), engine.attributes(application_id)["Version"]) == ("enabled", 2)


def test_another_application_replaces_a_channel(engine: Engine) -> None:
    old, new = engine.application(), engine.application()
    engine.create_from(of(Voice=channel(ApplicationId=old, Enabled=True)))

    engine.update_to(of(Voice=channel(ApplicationId=new, Enabled=True)))

    assert engine.changes() == [("PUT true", new), ("DELETE", old)]


def test_what_somebody_else_has_deleted_is_no_failure_to_delete(engine: Engine) -> None:
    engine.create_from(
        of("App", App=app(Name="calls"), Voice=channel(ApplicationId={"Ref": "App"}, Enabled=True))
    )
    engine.delete_application(engine.outputs()["App"])

    assert engine.delete() == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (app(), "#: required key [Name] not found"),
        (app(Name="calls", Nmae="calls"), "#: extraneous key [Nmae] is not permitted"),
        (app(Name=["calls"]), "#/Name: expected type: String, found: list"),
        (app(Name="calls", Tags="team"), "#/Tags: expected a map of texts or a list of tags"),
        (app(Name="calls", Tags=[{"Key": "team"}]), "#/Tags: expected a map of texts or a list of tags"),
        (app(Name="calls", Tags={"team": ["a"]}), "#/Tags: expected a map of texts or a list of tags"),
        (channel(Enabled=True), "#: required key [ApplicationId] not found"),
        (channel(ApplicationId="a", OnExisting="fail"), "#: extraneous key [OnExisting] is not permitted"),
        (channel(ApplicationId={}), "#/ApplicationId: expected type: String, found: dict"),
        (channel(ApplicationId="a", Enabled="yes"), "#/Enabled: expected type: Boolean, found: 'yes'"),
        (channel(ApplicationId="0" * 32, Enabled=True), "Application not found"),
    ],
)
def test_what_the_type_does_not_take_fails_the_stack(engine: Engine, resource: Resource, reason: str) -> None:
    assert engine.create_from(of(Wrong=resource)) == "ROLLBACK_COMPLETE"
    assert reason in engine.reasons()
