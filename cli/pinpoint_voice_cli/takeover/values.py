"""What the expressions of a template give, with the parameters with which its stack is deployed."""

from collections.abc import Mapping as Names

from pinpoint_voice_cli.plan.values import Resolver, Unknown, Value
from pinpoint_voice_cli.takeover.data import Data, mapping
from pinpoint_voice_cli.takeover.deployed import Deployed

_SECTIONS = ("Resources", "Conditions", "Mappings")


def values_of(document: Data, deployed: Deployed) -> Resolver:
    """Return what resolves a template's expressions, in its stack."""

    def reference(logical_id: str, attribute: str | None) -> Value:
        resource = deployed.resources.get(logical_id)
        if attribute is None and resource is not None:
            return resource.physical_id
        return _unknown(f"{logical_id}.{attribute}")

    _, partition, _, region, account_id, *_ = deployed.id.split(":")
    pseudo = {
        "AWS::AccountId": account_id,
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::StackId": deployed.id,
        "AWS::StackName": deployed.name,
    }
    declared = mapping(mapping(document).get("Parameters"))
    parameters = {name: _parameter(name, mapping(each), deployed) for name, each in declared.items()}
    sections = {name: mapping(mapping(document).get(name)) for name in _SECTIONS}
    return Resolver(sections, {**parameters, **pseudo}, reference, "")


def properties_of(document: Data, deployed: Deployed, logical_id: str) -> Names[str, Value]:
    """Return the properties of a resource, with `Unknown` where only CloudFormation can tell."""
    return values_of(document, deployed).properties(logical_id)


def _parameter(name: str, declared: Names[str, Data], deployed: Deployed) -> Value:
    value = deployed.parameters.get(name, declared.get("Default"))
    if not isinstance(value, str):
        return _unknown(name)
    kind = str(declared.get("Type"))
    is_list = "List<" in kind or kind == "CommaDelimitedList"
    return [each.strip() for each in value.split(",")] if is_list else value


def _unknown(what: str) -> Unknown:
    return Unknown(what, f"only CloudFormation knows {what}")
