"""Voice never goes down by accident: deployments on the local cloud's CloudFormation, over boto3.

Each scenario looks at the channel afterwards and, in the local Pinpoint's log, at all that happened to it.
Where MiniStack differs from AWS, test_lifecycle.py has the order of AWS.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_pinpoint as pinpoint

from harness.engine import NOBODY, Engine, Properties
from local_cloud.cloud import LocalCloud
from pinpoint_voice_channel import VoiceChannel, VoiceChannelProvider


@pytest.fixture
def engine(bootstrapped_cloud: LocalCloud, service_token: str, engine_type: type[Engine]) -> Iterator[Engine]:
    engine = engine_type(bootstrapped_cloud, service_token)
    yield engine
    engine.delete()


@pytest.fixture
def other_engine(
    bootstrapped_cloud: LocalCloud, service_token: str, engine_type: type[Engine]
) -> Iterator[Engine]:
    engine = engine_type(bootstrapped_cloud, service_token)
    yield engine
    engine.delete()


FOUND = [(None, "absent"), (False, "disabled"), (True, "enabled")]

# Adopt


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("found", [None, True, False])
def test_create_adopts_whatever_is_there(engine: Engine, found: bool | None, wanted: bool) -> None:
    application_id = engine.application(enabled=found)

    status = engine.create({"Voice": {"ApplicationId": application_id, "Enabled": wanted}})

    assert status == "CREATE_COMPLETE"
    assert engine.channel(application_id) == ("enabled" if wanted else "disabled")


def test_adopting_an_enabled_channel_does_not_touch_it(engine: Engine) -> None:
    application_id = engine.application(enabled=True)

    engine.create({"Voice": {"ApplicationId": application_id}})

    assert engine.happened(application_id) == []


@pytest.mark.parametrize(("enabled", "found"), [(True, "enabled"), (False, "disabled")])
def test_on_existing_fail_refuses_a_channel_that_is_there(engine: Engine, enabled: bool, found: str) -> None:
    application_id = engine.application(enabled=enabled)

    status = engine.create({"Voice": {"ApplicationId": application_id, "OnExisting": "fail"}})

    assert status == "ROLLBACK_COMPLETE"
    assert engine.channel(application_id) == found
    assert engine.happened(application_id) == []
    assert "set OnExisting to adopt" in engine.reasons()


# Protect


def test_a_protected_channel_is_not_disabled_replaced_or_deleted_until_the_protection_is_off(
    engine: Engine,
) -> None:
    mine, other = engine.application(), engine.application()
    protected = {"ApplicationId": mine, "Protected": True}
    engine.create({"Voice": protected})

    disabled = engine.update({"Voice": {**protected, "Enabled": False}})
    replaced = engine.update({"Voice": {**protected, "ApplicationId": other}})
    deleted = engine.delete()

    assert (disabled, replaced, deleted) == (*["UPDATE_ROLLBACK_COMPLETE"] * 2, "DELETE_FAILED")
    assert engine.reasons().count(f"The voice channel of application {mine} is Protected") == 3
    assert (engine.channel(mine), engine.channel(other)) == ("enabled", "absent")

    engine.delete_channel(mine)
    assert engine.delete() == "DELETE_COMPLETE"


def test_the_protection_goes_and_the_channel_is_disabled_in_one_update(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Voice": {"ApplicationId": application_id, "Protected": True}})

    status = engine.update({"Voice": {"ApplicationId": application_id, "Enabled": False}})

    assert (status, engine.channel(application_id)) == ("UPDATE_COMPLETE", "disabled")
    assert (engine.delete(), engine.channel(application_id)) == ("DELETE_COMPLETE", "absent")


@pytest.mark.parametrize(("enabled", "found"), FOUND)
def test_what_a_failed_creation_of_a_protected_channel_did_is_undone(
    engine: Engine, enabled: bool | None, found: str
) -> None:
    application_id = engine.application(enabled=enabled)

    status = engine.create({"Voice": {"ApplicationId": application_id, "Protected": True}}, failing=True)

    assert (status, engine.channel(application_id)) == ("ROLLBACK_COMPLETE", found)


def test_a_protected_resource_is_renamed(engine: Engine) -> None:
    protected: Properties = {"ApplicationId": engine.application(), "Protected": True}
    engine.create({"Voice": protected})

    status = engine.update({"Renamed": protected})

    assert (status, engine.channel(protected["ApplicationId"])) == ("UPDATE_COMPLETE", "enabled")
    engine.update({"Renamed": {**protected, "Protected": False}})


def test_a_protected_resource_that_is_removed_leaves_its_channel(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Voice": {"ApplicationId": application_id, "Protected": True}})

    engine.update({})

    assert engine.channel(application_id) == "enabled"


# Rollback restores


@pytest.mark.parametrize(("enabled", "found"), FOUND)
@pytest.mark.parametrize("wanted", [True, False])
def test_a_failed_creation_puts_back_what_was_there(
    engine: Engine, enabled: bool | None, found: str, wanted: bool
) -> None:
    application_id = engine.application(enabled=enabled)

    status = engine.create({"Voice": {"ApplicationId": application_id, "Enabled": wanted}}, failing=True)

    assert status == "ROLLBACK_COMPLETE"
    assert engine.channel(application_id) == found


@pytest.mark.parametrize(("enabled", "found"), FOUND)
def test_a_failed_update_puts_back_what_the_new_resource_found(
    engine: Engine, enabled: bool | None, found: str
) -> None:
    application_id = engine.application(enabled=enabled)
    engine.create({})

    status = engine.update({"Voice": {"ApplicationId": application_id}}, failing=True)

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert engine.channel(application_id) == found


def test_a_failed_update_puts_back_what_the_template_said_before(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Voice": {"ApplicationId": application_id}})
    created = engine.physical_id("Voice")

    status = engine.update({"Voice": {"ApplicationId": application_id, "Enabled": False}}, failing=True)

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert engine.happened(application_id) == ["PUT false", "PUT true"]
    assert engine.channel(application_id) == "enabled"
    assert engine.physical_id("Voice") == created


@pytest.mark.parametrize(("enabled", "found"), FOUND)
def test_a_failed_replacement_puts_both_applications_back(
    engine: Engine, enabled: bool | None, found: str
) -> None:
    old, new = engine.application(), engine.application(enabled=enabled)
    engine.create({"Voice": {"ApplicationId": old}})

    status = engine.update({"Voice": {"ApplicationId": new}}, failing=True)

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert engine.channel(new) == found
    assert engine.channel(old) == "enabled"
    assert "DELETE" not in engine.happened(old)
    assert "PUT false" not in engine.happened(old)


@pytest.mark.parametrize(("enabled", "found"), FOUND)
def test_the_rollback_of_the_root_stack_puts_back_what_a_nested_stack_found(
    engine: Engine, enabled: bool | None, found: str
) -> None:
    application_id = engine.application(enabled=enabled)
    nested = engine.nested(engine.template({"Voice": {"ApplicationId": application_id}}))
    failing = engine.template({}, failing=True)["Resources"]["Failing"]

    status = engine.create_from(
        {"Resources": {"Nested": nested, "Failing": {**failing, "DependsOn": "Nested"}}}
    )

    assert status == "ROLLBACK_COMPLETE"
    assert engine.channel(application_id) == found


@pytest.mark.parametrize(("enabled", "found"), FOUND)
def test_a_failed_stack_that_is_rolled_back_later_by_hand_puts_back_what_was_there(
    engine: Engine, enabled: bool | None, found: str
) -> None:
    application_id = engine.application(enabled=enabled)

    failed = engine.create({"Voice": {"ApplicationId": application_id}}, failing=True, DisableRollback=True)
    assert (failed, engine.channel(application_id)) == ("CREATE_FAILED", "enabled")
    status = engine.roll_back()

    assert status == "ROLLBACK_COMPLETE"
    assert engine.channel(application_id) == found


# Rename


def test_a_rename_keeps_the_channel_up(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Old": {"ApplicationId": application_id}})

    status = engine.update({"New": {"ApplicationId": application_id}})

    assert status == "UPDATE_COMPLETE"
    assert engine.channel(application_id) == "enabled"
    assert engine.happened(application_id) == []


def test_a_rename_with_a_change_that_fails_is_put_back(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Old": {"ApplicationId": application_id}})

    status = engine.update({"New": {"ApplicationId": application_id, "Enabled": False}}, failing=True)

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert engine.happened(application_id) == ["PUT false", "PUT true"]
    assert engine.channel(application_id) == "enabled"


def test_resources_that_exchange_their_applications_keep_both_channels_up(engine: Engine) -> None:
    one, two = engine.application(), engine.application()
    engine.create({"First": {"ApplicationId": one}, "Second": {"ApplicationId": two}})

    status = engine.update({"First": {"ApplicationId": two}, "Second": {"ApplicationId": one}})

    assert status == "UPDATE_COMPLETE"
    assert (engine.channel(one), engine.channel(two)) == ("enabled", "enabled")
    assert engine.changes() == []


# A stack that never completed


@pytest.mark.parametrize(("enabled", "found"), FOUND)
@pytest.mark.parametrize("wanted", [True, False])
def test_a_stack_that_never_completed_is_deleted_without_its_rollback(
    engine: Engine, enabled: bool | None, found: str, wanted: bool
) -> None:
    application_id = engine.application(enabled=enabled)
    channels = {"Voice": {"ApplicationId": application_id, "Enabled": wanted}}

    assert engine.create(channels, failing=True, DisableRollback=True) == "CREATE_FAILED"
    assert engine.delete() == "DELETE_COMPLETE"

    assert engine.channel(application_id) == found


@pytest.mark.parametrize(("enabled", "found"), FOUND)
def test_a_stack_whose_creation_fails_is_deleted_at_once(
    engine: Engine, enabled: bool | None, found: str
) -> None:
    application_id = engine.application(enabled=enabled)

    engine.create({"Voice": {"ApplicationId": application_id}}, failing=True, OnFailure="DELETE")

    assert engine.channel(application_id) == found


@pytest.mark.parametrize(("enabled", "found"), FOUND)
def test_a_nested_stack_that_never_completed_is_deleted_with_its_root(
    engine: Engine, enabled: bool | None, found: str
) -> None:
    application_id = engine.application(enabled=enabled)
    template = engine.template({}, failing=True)
    template["Resources"]["Nested"] = engine.nested(
        engine.template({"Voice": {"ApplicationId": application_id}})
    )
    template["Resources"]["Failing"]["DependsOn"] = "Nested"

    assert engine.create_from(template, DisableRollback=True) == "CREATE_FAILED"
    assert engine.delete() == "DELETE_COMPLETE"

    assert engine.channel(application_id) == found


# A stack that came to rest


@pytest.mark.parametrize("enabled", [None, False, True])
def test_what_had_settled_goes_with_its_stack(engine: Engine, enabled: bool | None) -> None:
    application_id = engine.application(enabled=enabled)
    engine.create({"Voice": {"ApplicationId": application_id}})

    assert engine.delete() == "DELETE_COMPLETE"

    assert engine.channel(application_id) == "absent"


@pytest.mark.parametrize("enabled", [None, False, True])
def test_what_had_settled_goes_with_its_stack_after_failed_updates(
    engine: Engine, enabled: bool | None
) -> None:
    application_id = engine.application(enabled=enabled)
    channels = {"Voice": {"ApplicationId": application_id}}
    engine.create(channels)

    for _ in range(3):
        assert engine.update({**channels, "More": {"ApplicationId": NOBODY}}) == "UPDATE_ROLLBACK_COMPLETE"
    assert engine.channel(application_id) == "enabled"
    engine.delete()

    assert engine.channel(application_id) == "absent"


# Nested stacks


def root_of(engine: Engine, **nested: dict[str, Properties]) -> dict[str, Any]:
    """Return a template with nested stacks that have these channels."""
    resources = {name: engine.nested(engine.template(channels)) for name, channels in nested.items()}
    return {"Resources": {"Nothing": {"Type": "AWS::SNS::Topic"}, **resources}}


def test_renaming_a_nested_stack_keeps_its_channel_up(engine: Engine) -> None:
    application_id = engine.application()
    channels = {"Voice": {"ApplicationId": application_id}}
    engine.create_from(root_of(engine, Old=channels))

    assert engine.update_to(root_of(engine, New=channels)) == "UPDATE_COMPLETE"

    assert engine.channel(application_id) == "enabled"
    assert engine.happened(application_id) == []


def test_a_channel_that_moves_into_a_nested_stack_stays_up(engine: Engine) -> None:
    application_id = engine.application()
    channels = {"Voice": {"ApplicationId": application_id}}
    engine.create(channels)

    assert engine.update_to(root_of(engine, Nested=channels)) == "UPDATE_COMPLETE"

    assert engine.channel(application_id) == "enabled"
    assert engine.happened(application_id) == []


def test_a_channel_that_moves_out_of_a_nested_stack_stays_up(engine: Engine) -> None:
    application_id = engine.application()
    channels = {"Voice": {"ApplicationId": application_id}}
    engine.create_from(root_of(engine, Nested=channels))

    assert engine.update(channels) == "UPDATE_COMPLETE"

    assert engine.channel(application_id) == "enabled"
    assert engine.happened(application_id) == []


@pytest.mark.parametrize("enabled", [None, False, True])
def test_a_nested_stack_that_is_taken_out_takes_its_channel_with_it(
    engine: Engine, enabled: bool | None
) -> None:
    application_id = engine.application(enabled=enabled)
    engine.create_from(root_of(engine, Nested={"Voice": {"ApplicationId": application_id}}))

    assert engine.update_to(root_of(engine)) == "UPDATE_COMPLETE"

    assert engine.channel(application_id) == "absent"


# Moving between stacks


def test_a_channel_moves_to_another_stack_without_being_touched(engine: Engine, other_engine: Engine) -> None:
    application_id = engine.application()
    channels = {"Voice": {"ApplicationId": application_id}}
    engine.create(channels)
    retained = engine.template(channels)
    retained["Resources"]["Voice"]["DeletionPolicy"] = "Retain"

    assert engine.update_to(retained) == "UPDATE_COMPLETE"
    assert other_engine.create(channels) == "CREATE_COMPLETE"
    assert other_engine.happened(application_id) == []
    assert engine.update({}) == "UPDATE_COMPLETE"
    assert engine.happened(application_id) == []
    assert engine.channel(application_id) == "enabled"


# Beside the native types


def with_its_application(outdir: Path, service_token: str, *, name: str, enabled: bool) -> dict[str, Any]:
    """Return the template of a stack with an application and its channel."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, "Calls", synthesizer=cdk.BootstraplessSynthesizer())
    application = pinpoint.CfnApp(stack, "App", name=name)
    provider = VoiceChannelProvider.from_service_token(stack, "Provider", service_token)
    VoiceChannel(stack, "Voice", application_id=application.ref, enabled=enabled, provider=provider)
    template: dict[str, Any] = app.synth().get_stack_by_name("Calls").template
    return template


def native(application_id: str, **attributes: str) -> dict[str, Any]:
    """Return a resource of the native type."""
    properties = {"ApplicationId": application_id, "Enabled": True}
    return {"Type": "AWS::Pinpoint::VoiceChannel", "Properties": properties, **attributes}


def with_resources(template: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return a template with more resources."""
    return {"Resources": {**template["Resources"], **more}}


def test_an_application_and_its_channel_live_in_one_stack(
    engine: Engine, service_token: str, tmp_path: Path
) -> None:
    created = engine.create_from(with_its_application(tmp_path, service_token, name="calls", enabled=True))
    first = engine.physical_id("App")
    assert (created, engine.channel(first)) == ("CREATE_COMPLETE", "enabled")

    updated = engine.update_to(with_its_application(tmp_path, service_token, name="calls", enabled=False))
    assert (updated, engine.changes()) == ("UPDATE_COMPLETE", [("PUT false", first)])

    replaced = engine.update_to(with_its_application(tmp_path, service_token, name="voice", enabled=True))
    second = engine.physical_id("App")
    assert (replaced, engine.changes()) == ("UPDATE_COMPLETE", [("PUT true", second), ("DELETE", first)])
    assert (engine.has_application(first), engine.has_application(second)) == (False, True)

    assert engine.delete() == "DELETE_COMPLETE"
    assert engine.changes() == [("DELETE", second)]
    assert not engine.has_application(second)


@pytest.mark.parametrize("in_another_stack", [False, True])
def test_a_native_channel_is_taken_over_without_being_touched(
    engine: Engine, other_engine: Engine, in_another_stack: bool
) -> None:
    application_id = engine.application()
    engine.create_from({"Resources": {"Native": native(application_id)}})
    before = engine.attributes(application_id)
    retained = {"Native": native(application_id, DeletionPolicy="Retain")}
    channels = {"Voice": {"ApplicationId": application_id}}

    assert engine.update_to({"Resources": retained}) == "UPDATE_COMPLETE"
    assert engine.changes() == []
    if in_another_stack:
        assert other_engine.create(channels) == "CREATE_COMPLETE"
    else:
        assert engine.update_to(with_resources(engine.template(channels), retained)) == "UPDATE_COMPLETE"
    assert engine.changes() == []
    assert engine.update({} if in_another_stack else channels) == "UPDATE_COMPLETE"
    assert engine.changes() == []

    assert engine.statuses("Native")[-1] == "DELETE_SKIPPED"
    assert engine.attributes(application_id) == before


def test_a_native_channel_that_is_not_retained_goes_down_with_its_resource(engine: Engine) -> None:
    application_id = engine.application()
    engine.create_from({"Resources": {"Native": native(application_id)}})
    channels = {"Voice": {"ApplicationId": application_id}}
    engine.update_to(with_resources(engine.template(channels), {"Native": native(application_id)}))

    engine.update(channels)

    assert engine.channel(application_id) == "absent"


# Removal policies: those of the CDK, as they are in its templates

DESTROY = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
RETAIN = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
RETAIN_ON_UPDATE_OR_DELETE = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


@pytest.mark.parametrize(
    ("policy", "channel"),
    [(DESTROY, "absent"), (RETAIN, "enabled"), (RETAIN_ON_UPDATE_OR_DELETE, "enabled")],
    ids=["DESTROY", "RETAIN", "RETAIN_ON_UPDATE_OR_DELETE"],
)
@pytest.mark.parametrize("remove", [lambda engine: engine.update({}), lambda engine: engine.delete()])
def test_the_removal_policy_says_whether_a_removed_channel_is_deleted(
    engine: Engine, policy: dict[str, str], channel: str, remove: Callable[[Engine], str]
) -> None:
    application_id = engine.application()
    template = engine.template({"Voice": {"ApplicationId": application_id}})
    template["Resources"]["Voice"].update(policy)
    engine.create_from(template)

    remove(engine)

    assert engine.channel(application_id) == channel


@pytest.mark.parametrize(
    ("policy", "channel"),
    [(DESTROY, "absent"), (RETAIN, "enabled"), (RETAIN_ON_UPDATE_OR_DELETE, "enabled")],
    ids=["DESTROY", "RETAIN", "RETAIN_ON_UPDATE_OR_DELETE"],
)
def test_the_removal_policy_says_whether_a_replaced_channel_is_deleted(
    engine: Engine, policy: dict[str, str], channel: str
) -> None:
    application_id = engine.application()
    template = engine.template({"Voice": {"ApplicationId": application_id}})
    template["Resources"]["Voice"].update(policy)
    engine.create_from(template)
    template["Resources"]["Voice"]["Properties"]["ApplicationId"] = engine.application()

    engine.update_to(template)

    assert engine.channel(application_id) == channel


@pytest.mark.parametrize(
    ("policy", "channel"),
    [(DESTROY, "disabled"), (RETAIN, "enabled"), (RETAIN_ON_UPDATE_OR_DELETE, "disabled")],
    ids=["DESTROY", "RETAIN", "RETAIN_ON_UPDATE_OR_DELETE"],
)
def test_the_removal_policy_says_whether_a_failed_creation_is_undone(
    engine: Engine, policy: dict[str, str], channel: str
) -> None:
    application_id = engine.application(enabled=False)
    template = engine.template({"Voice": {"ApplicationId": application_id}}, failing=True)
    template["Resources"]["Voice"].update(policy)

    assert engine.create_from(template) == "ROLLBACK_COMPLETE"

    assert engine.channel(application_id) == channel


# Replacement


def test_another_application_is_enabled_before_the_old_one_is_deleted(engine: Engine) -> None:
    old, new = engine.application(), engine.application()
    engine.create({"Voice": {"ApplicationId": old}})

    status = engine.update({"Voice": {"ApplicationId": new}})

    assert status == "UPDATE_COMPLETE"
    assert engine.changes() == [("PUT true", new), ("DELETE", old)]


# Gone


def test_deleting_a_stack_whose_channel_is_gone_succeeds(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Voice": {"ApplicationId": application_id}})
    engine.delete_channel(application_id)

    assert engine.delete() == "DELETE_COMPLETE"


def test_deleting_a_stack_whose_application_is_gone_succeeds(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Voice": {"ApplicationId": application_id}})
    engine.delete_application(application_id)

    assert engine.delete() == "DELETE_COMPLETE"


def test_an_update_makes_a_channel_again_that_is_gone(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Voice": {"ApplicationId": application_id}})
    engine.delete_channel(application_id)

    engine.update({"Voice": {"ApplicationId": application_id, "Enabled": False}})

    assert engine.channel(application_id) == "disabled"


def test_an_update_says_that_the_application_is_gone(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Voice": {"ApplicationId": application_id}})
    engine.delete_application(application_id)

    engine.update({"Voice": {"ApplicationId": application_id, "Enabled": False}})

    assert f"Amazon Pinpoint has no application {application_id}" in engine.reasons()


# Failures


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ({"ApplicationId": NOBODY}, f"Amazon Pinpoint has no application {NOBODY} in us-east-1"),
        ({"ApplicationId": "a/b"}, "Property ApplicationId is a/b, but must be the id of"),
        ({"ApplicationId": NOBODY, "Enabled": "on"}, "Property Enabled is on, but must be true or false."),
        (
            {"ApplicationId": NOBODY, "OnExisting": "no"},
            "Property OnExisting is no, but must be adopt or fail.",
        ),
        ({"ApplicationId": NOBODY, "Color": "red"}, "Unknown property Color."),
        ({}, "Property ApplicationId is None, but must be the id of"),
    ],
)
def test_a_creation_that_fails_says_why_and_rolls_back(
    engine: Engine, template: Properties, reason: str
) -> None:
    status = engine.create({"Voice": template})

    assert status == "ROLLBACK_COMPLETE"
    assert reason in engine.reasons()
    assert ("DELETE", NOBODY) not in engine.changes()


def test_a_replacement_that_fails_keeps_the_id_and_the_old_channel(engine: Engine) -> None:
    application_id = engine.application()
    engine.create({"Voice": {"ApplicationId": application_id}})
    created = engine.physical_id("Voice")

    status = engine.update({"Voice": {"ApplicationId": NOBODY}})

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert engine.physical_id("Voice") == created
    assert engine.channel(application_id) == "enabled"
    assert "DELETE" not in engine.happened(application_id)


# IAM is eventually consistent


@pytest.mark.parametrize("operation", ["GET", "PUT"])
def test_a_creation_that_is_denied_for_a_second_succeeds(engine: Engine, operation: str) -> None:
    application_id = engine.application()
    engine.fail(operation, status=403)

    status = engine.create({"Voice": {"ApplicationId": application_id}})

    assert status == "CREATE_COMPLETE"
    assert engine.channel(application_id) == "enabled"


def test_a_creation_that_stays_denied_names_the_action(engine: Engine) -> None:
    application_id = engine.application()
    engine.fail("PUT", status=403, times=5)

    status = engine.create({"Voice": {"ApplicationId": application_id}})

    assert status == "ROLLBACK_COMPLETE"
    assert "Allow mobiletargeting:UpdateVoiceChannel in the role" in engine.reasons()
    assert "DELETE" not in engine.happened(application_id)
