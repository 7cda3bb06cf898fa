"""What an expression of a template gives, with the parameters with which its stack is deployed."""

from collections.abc import Mapping as Names
from dataclasses import dataclass

from pinpoint_voice_cli.takeover.channels import resources_of
from pinpoint_voice_cli.takeover.data import Data, mapping
from pinpoint_voice_cli.takeover.deployed import Deployed


class Unknown(Exception):
    """When only CloudFormation can tell."""


@dataclass(frozen=True)
class Values:
    """Reckons expressions.

    Args:
        document: The template.
        parameters: What Ref gives of its parameters, of the pseudo parameters and of its resources.
    """

    document: Data
    parameters: Names[str, str]

    def of(self, expression: Data) -> str | None:
        """Return what an expression gives, or None for AWS::NoValue; raises Unknown."""
        match expression:
            case str():
                return expression
            case {"Ref": "AWS::NoValue"}:
                return None
            case {"Ref": str(name)}:
                return self._parameter(name)
            case {"Fn::If": [str(condition), yes, no]}:
                return self.of(yes if self._holds(condition) else no)
            case {"Fn::FindInMap": [first, *keys]}:
                return self.of(self._found([first, *keys]))
            case _:
                raise Unknown

    def _parameter(self, name: str) -> str:
        default = mapping(self._section("Parameters").get(name)).get("Default")
        value = self.parameters.get(name, default)
        if isinstance(value, str):
            return value
        raise Unknown

    def _found(self, keys: list[Data]) -> Data:
        found: Data = self._section("Mappings")
        for key in keys:
            found = mapping(found).get(self.of(key) or "")
        return found

    def _holds(self, condition: str) -> bool:
        return self._is(self._section("Conditions").get(condition))

    def _is(self, condition: Data) -> bool:
        match condition:
            case {"Condition": str(name)}:
                return self._holds(name)
            case {"Fn::Equals": [one, other]}:
                return self.of(one) == self.of(other)
            case {"Fn::Not": [inner]}:
                return not self._is(inner)
            case {"Fn::And": list(all_of)}:
                return all([self._is(inner) for inner in all_of])  # noqa: C419  # each must be known
            case {"Fn::Or": list(any_of)}:
                return any([self._is(inner) for inner in any_of])  # noqa: C419  # as above
            case _:
                raise Unknown

    def _section(self, name: str) -> dict[str, Data]:
        return mapping(mapping(self.document).get(name))


def values_of(document: Data, deployed: Deployed) -> Values:
    """Return the values of a template's expressions, in its stack."""
    _, partition, _, region, account_id, *_ = deployed.id.split(":")
    pseudo = {
        "AWS::AccountId": account_id,
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::StackId": deployed.id,
        "AWS::StackName": deployed.name,
    }
    physical_ids = {name: resource.physical_id for name, resource in deployed.resources.items()}
    return Values(document, {**physical_ids, **deployed.parameters, **pseudo})


def application_of(document: Data, deployed: Deployed, native: str) -> str | None:
    """Return the application of a native channel, or None where the stack does not have the channel."""
    resource = deployed.resources.get(native)
    if resource is None:
        return None
    properties = mapping(mapping(resources_of(document).get(native)).get("Properties"))
    try:
        return values_of(document, deployed).of(properties.get("ApplicationId"))
    except Unknown:
        # What Ref gives of the native type, which is the application's id.
        return resource.physical_id
