"""Compares what was written with what was wanted, before anybody sees it."""

from collections.abc import Callable, Iterator, Sequence

from pinpoint_voice_cli.takeover.channels import Takeover, resources_of, said
from pinpoint_voice_cli.takeover.data import Data, mapping
from pinpoint_voice_cli.takeover.errors import CannotTakeOver, UnreadableTemplate
from pinpoint_voice_cli.takeover.first_step import first_step, first_step_data
from pinpoint_voice_cli.takeover.references import refers
from pinpoint_voice_cli.takeover.second_step import by_native, second_step, second_step_data
from pinpoint_voice_cli.takeover.service_token import ServiceToken
from pinpoint_voice_cli.takeover.template import Template, comments


def checked_first_step(template: Template, takeovers: Sequence[Takeover], token: ServiceToken) -> Template:
    """Return the template of the first step, with the wanted differences alone; raises CannotTakeOver."""
    wanted = first_step_data(said(template), takeovers, token)
    return _checked(template, lambda: first_step(template, takeovers, token), wanted)


def checked_second_step(template: Template, takeovers: Sequence[Takeover]) -> Template:
    """Return the template of the second step, with the wanted differences alone; raises CannotTakeOver."""
    document = said(template)
    for each in takeovers:
        if refers(resources_of(document)[each.ours], each.native):
            raise CannotTakeOver(
                f"{each.ours} in {template.name} refers to {each.native}, which it replaces, so it would "
                f"refer to itself. Remove the reference from {each.ours}, and deploy."
            )
    _refuse_twice(template, takeovers)
    wanted = second_step_data(document, takeovers)
    return _checked(template, lambda: second_step(template, takeovers), wanted)


def _refuse_twice(template: Template, takeovers: Sequence[Takeover]) -> None:
    ours = by_native(takeovers)
    for name, resource in resources_of(said(template)).items():
        depends_on = mapping(resource).get("DependsOn")
        for native in ours if isinstance(depends_on, list) else ():
            if {native, ours[native]} <= {each for each in depends_on or () if isinstance(each, str)}:
                raise CannotTakeOver(
                    f"{name} in {template.name} has both {native} and {ours[native]} in its DependsOn, and "
                    f"after this step {ours[native]} would be there twice. Remove {native} from it, and run "
                    "this command again."
                )


def _checked(template: Template, write: Callable[[], Template], wanted: Data) -> Template:
    try:
        written = write()
    except UnreadableTemplate as error:
        raise _odd(template, str(error)) from error
    for difference in differences(said(written), wanted):
        raise _odd(template, f"{difference} would come out wrong.")
    for lost in {text for _, text in comments(template)} - {text for _, text in comments(written)}:
        raise _odd(template, f"the comment {lost!r} would be lost.")
    return written


def _odd(template: Template, cause: str) -> CannotTakeOver:
    return CannotTakeOver(
        f"{template.name} has a layout that this command cannot edit: {cause} Write the voice channel, and "
        "what refers to it, in a plainer layout, and run this command again."
    )


def differences(found: Data, wanted: Data, path: str = "") -> Iterator[str]:
    """Yield where two templates differ."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}):
            inner = f"{path}.{key}" if path else key
            if key not in found or key not in wanted:
                yield inner
            else:
                yield from differences(found[key], wanted[key], inner)
    elif found != wanted:
        yield path
