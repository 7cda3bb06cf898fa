"""Tells what CloudFormation would do to deploy a template."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pinpoint_voice_cli.plan.errors import UnknownParameters
from pinpoint_voice_cli.plan.from_deletion import leaving_steps, staying_steps, taking_steps
from pinpoint_voice_cli.plan.stacks import Deployed, pseudo_parameters
from pinpoint_voice_cli.plan.step import APPLICATION, CHANNEL, NATIVE, RETAINS, TAKES, NewApplication, Step
from pinpoint_voice_cli.plan.template import STACK, Template, read, uses_transforms
from pinpoint_voice_cli.plan.values import Resolver, Unknown, Value, of_type, unknowns

# The properties whose change replaces a resource, and the attributes that else stay.
# Source: "Update requires" in the reference of each type
_REPLACING = {
    APPLICATION: ({"Name"}, {None, "Arn"}),
    NATIVE: ({"ApplicationId"}, {None, "Id"}),
    "AWS::Lambda::Function": ({"FunctionName", "PackageType"}, {None, "Arn"}),
}

# As the CDK names what it uploads: by its content.
_BY_CONTENT = re.compile(r"[0-9a-f]{64}")

_TRANSFORMS = "The template uses transforms, which only CloudFormation runs. Plan a change set instead."


class NextTemplate:
    """A template that is to be deployed, with the templates of what is nested in it.

    Args:
        template: The template.
        folder: Where its file is.
        deployed: The stack as it is.
        given: The values of parameters that are given.
        region: The Region.
        prefix: What stands before the logical ids: those of the stacks around it.
    """

    def __init__(
        self,
        template: Template,
        folder: Path,
        deployed: Deployed,
        given: Mapping[str, Value],
        region: str,
        prefix: str = "",
    ) -> None:
        self._template = template
        self._folder = folder
        self._deployed = deployed
        self._region = region
        self._prefix = prefix
        declared = template.get("Parameters", {})
        if unknown := sorted(given.keys() - declared.keys()):
            raise UnknownParameters(unknown, sorted(declared))
        pseudo = pseudo_parameters(deployed.name, deployed.stack_id) | {"AWS::Region": region}
        parameters = {name: self._parameter(name, it, given) for name, it in declared.items()}
        self._resolver = Resolver(template, pseudo | parameters, self._reference, "next")
        self._old = deployed.resolver()
        self._stays: dict[str, str] = {}

    def steps(self) -> Iterator[Step]:
        """Yield what would be done to each channel, in the order of the template."""
        resources, deployed = self._template["Resources"], self._deployed.resources
        every = [*resources, *(key for key in deployed if key not in resources)]
        if uses_transforms(self._template):
            yield from self._transformed(every)
        else:
            for logical_id in every:
                yield from self._steps_of(logical_id)

    def _transformed(self, logical_ids: Iterable[str]) -> Iterator[Step]:
        """Yield what there is and what is to be seen; what a transform adds, nobody can see."""
        for logical_id in logical_ids:
            declared = self._template["Resources"].get(logical_id)
            present = self._deployed.resources.get(logical_id)
            kind = declared.get("Type") if isinstance(declared, Mapping) else None
            kinds = {it for it in (kind, present and present.type) if isinstance(it, str)}
            yield from self._in_doubt(logical_id, kinds, _TRANSFORMS)
        yield Step(f"{self._prefix}*", unknown=_TRANSFORMS)

    def _steps_of(self, logical_id: str) -> Iterator[Step]:
        declared = self._template["Resources"].get(logical_id)
        present = self._deployed.resources.get(logical_id)
        kinds = {it for it in (declared and declared["Type"], present and present.type) if it}
        if kinds.isdisjoint({CHANNEL, STACK, *TAKES}):
            return
        exists = self._resolver.exists(logical_id) if declared else False
        if isinstance(exists, Unknown):
            yield from self._in_doubt(logical_id, kinds, f"Whether it is there: {exists.why}.")
        elif not exists:
            yield from leaving_steps(self._deployed, logical_id, self._prefix)
        elif len(kinds) > 1:
            refused = (
                f"It is {present and present.type}, and CloudFormation does not change a resource's type. "
                "Give the new one another logical id."
            )
            there = list(staying_steps(self._deployed, logical_id, self._prefix))
            if not there and CHANNEL in kinds:
                there = [Step(self._prefix + logical_id, after=self._resolver.properties(logical_id))]
            yield from (replace(step, refused=refused) for step in there)
        elif kinds == {CHANNEL}:
            yield from self._channel(logical_id)
        elif kinds <= TAKES.keys():
            yield from self._taking(logical_id, *kinds)
        else:
            yield from self._nested(logical_id)

    def _in_doubt(self, logical_id: str, kinds: set[str], why: str) -> Iterator[Step]:
        there = list(staying_steps(self._deployed, logical_id, self._prefix))
        if not there and kinds == {CHANNEL}:
            properties = self._resolver.properties(logical_id)
            there = [Step(self._prefix + logical_id, after=properties)]
        elif not kinds.isdisjoint(TAKES):
            there = list(leaving_steps(self._deployed, logical_id, self._prefix))
        elif not there and STACK in kinds:
            there = [Step(f"{self._prefix}{logical_id}/*")]
        yield from (replace(step, unknown=why) for step in there)

    def _channel(self, logical_id: str) -> Iterator[Step]:
        declared = self._template["Resources"][logical_id]
        after = self._resolver.properties(logical_id)
        there = list(staying_steps(self._deployed, logical_id, self._prefix))
        policies = {
            "retains": declared.get("UpdateReplacePolicy") in RETAINS,
            "retains_failed": declared.get("DeletionPolicy") == "Retain",
        }
        if not there:
            yield Step(self._prefix + logical_id, self._deployed.stack_id, after=after, **policies)
            yield from leaving_steps(self._deployed, logical_id, self._prefix)
        for step in there:
            yield Step(**{**vars(step), "after": after, **policies})

    def _taking(self, logical_id: str, kind: str) -> Iterator[Step]:
        """Yield that the old resource goes, where it is replaced; and that a native one sets its channel."""
        declared = self._template["Resources"][logical_id]
        present = self._deployed.resources.get(logical_id)
        path, changes = self._prefix + logical_id, self._changes(logical_id)
        after = self._resolver.properties(logical_id)
        if present and changes == "changes" and declared.get("UpdateReplacePolicy") not in RETAINS:
            before = self._old.properties(logical_id)
            found = [
                one for name in _REPLACING[kind][0] for one in unknowns([before.get(name), after.get(name)])
            ]
            why = f"Whether {logical_id} is replaced: {found[0].why}." if found else ""
            yield from (replace(step, unknown=why) for step in taking_steps(present, path))
        if kind == NATIVE and changes:
            yield Step(path, after=after, takes=TAKES[kind])

    def _nested(self, logical_id: str) -> Iterator[Step]:
        properties = self._resolver.properties(logical_id)
        child = self._deployed.nested.get(logical_id, Deployed(f"{self._deployed.name}-{logical_id}"))
        path = self._file(logical_id, properties.get("TemplateURL"))
        if path is not None:
            given, template = properties.get("Parameters") or {}, read(path)
            if isinstance(given, Unknown):
                given = {name: _one_of(given, name) for name in template.get("Parameters", {})}
            known = self._known_parameters(logical_id, child, given) if isinstance(given, Mapping) else {}
            prefix = f"{self._prefix}{logical_id}/"
            nested = NextTemplate(template, path.parent, child, known, self._region, prefix)
            yield from nested.steps()
        elif child.stack_id and self._is_same_stack(logical_id, properties):
            yield from staying_steps(self._deployed, logical_id, self._prefix)
        else:
            url = properties.get("TemplateURL")
            where = url.why if isinstance(url, Unknown) else url
            why = f"The template of this nested stack is no file here: {where}. Plan a change set instead."
            there = list(staying_steps(self._deployed, logical_id, self._prefix))
            yield from (Step(**{**vars(step), "unknown": why}) for step in there)
            yield Step(f"{self._prefix}{logical_id}/*", unknown=why)

    def _file(self, logical_id: str, url: Value) -> Path | None:
        """Return the file of a nested stack's template, as the CDK, or else TemplateURL, names it."""
        metadata = self._template["Resources"][logical_id].get("Metadata")
        name = metadata.get("aws:asset:path", url) if isinstance(metadata, Mapping) else url
        path = self._folder / name if isinstance(name, str) and "://" not in name else None
        return path if path and path.is_file() else None

    def _is_same_stack(self, logical_id: str, properties: Mapping[str, Value]) -> bool:
        url = properties.get("TemplateURL")
        named = isinstance(url, str) and _BY_CONTENT.search(url.rpartition("/")[2])
        return bool(named) and self._old.properties(logical_id) == properties

    def _known_parameters(
        self, logical_id: str, child: Deployed, given: Mapping[str, Value]
    ) -> Mapping[str, Value]:
        """Return the parameters of a nested stack; what CloudFormation alone knows, as it is until now."""
        if not child.stack_id:
            return given
        before = self._old.properties(logical_id).get("Parameters") or {}
        before = before if isinstance(before, Mapping) else {}
        same = [name for name in given if name in child.parameters and before.get(name) == given[name]]
        return {**given, **{name: child.parameters[name] for name in same}}

    def _parameter(self, name: str, declared: Mapping[str, object], given: Mapping[str, Value]) -> Value:
        if str(declared.get("Type", "")).startswith("AWS::SSM::Parameter::Value"):
            why = f"the parameter {name} is looked up in Systems Manager by CloudFormation"
            return Unknown(f"next {self._prefix} SSM {name}", why)
        # A root keeps its values (UsePreviousValue); a nested stack has what its parent gives.
        default = declared.get("Default")
        value = given.get(name, default if self._prefix else self._deployed.parameters.get(name, default))
        if value is None:
            instead = (
                "Its parent stack gives none" if self._prefix else f"Give it with --parameter {name}=VALUE"
            )
            why = f"the parameter {name} has no value. {instead}"
            return Unknown(f"{self._prefix} parameter {name}", why)
        return of_type(value if isinstance(value, Unknown | list) else str(value), declared)

    def _reference(self, logical_id: str, attribute: str | None) -> Value:
        changes = self._changes(logical_id)
        declared = self._template["Resources"][logical_id].get("Type")  # before transforms there may be none
        if changes in ("", "in place") and logical_id in self._deployed.resources:
            _, stable = _REPLACING.get(declared, (set(), set()))
            if not changes or attribute in stable:
                return self._deployed.reference(logical_id, attribute)
            changes = "changes"
        what = f"{logical_id}.{attribute}" if attribute else logical_id
        key = f"next {self._prefix}{what}"
        if attribute is None and declared == APPLICATION:
            return NewApplication(key, f"{what} is made by the deployment")
        return Unknown(key, f"{what} is known only when {logical_id} is deployed, which {changes}")

    def _changes(self, logical_id: str) -> str:
        """Return how a resource changes: "", "in place", "is new", or "changes" where it may be replaced."""
        if logical_id not in self._stays:
            self._stays[logical_id] = "changes"  # in a circle, which CloudFormation refuses
            self._stays[logical_id] = self._compared(logical_id)
        return self._stays[logical_id]

    def _compared(self, logical_id: str) -> str:
        declared = self._template["Resources"][logical_id]
        old = self._deployed.template["Resources"].get(logical_id)
        if old is None or logical_id not in self._deployed.resources:
            return "is new"
        if old.get("Type") != declared.get("Type"):
            return "changes"
        before, after = self._old.properties(logical_id), self._resolver.properties(logical_id)
        if before == after:
            return ""
        if declared.get("Type") not in _REPLACING:
            return "changes"
        replacing, _ = _REPLACING[declared["Type"]]
        same = all(before.get(name) == after.get(name) for name in replacing)
        return "in place" if same else "changes"


def _one_of(parameters: Unknown, name: str) -> Unknown:
    """Return one of the parameters of a nested stack, of which none is known."""
    return Unknown(f"{parameters.key} {name}", parameters.why)
