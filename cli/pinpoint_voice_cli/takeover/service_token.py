"""What our resources say of their provider."""

import json

from pinpoint_voice_cli.takeover.data import Data, data
from pinpoint_voice_cli.takeover.errors import CannotTakeOver, UnreadableTemplate
from pinpoint_voice_cli.takeover.template import Template, fragment

DEFAULT = "!ImportValue PinpointVoiceChannelServiceToken"
"""The export of both the package and the example of a shared provider."""

_FUNCTIONS = ("Ref", "Fn::")


class ServiceToken:
    """What our resources say of their provider.

    Args:
        text: An ARN, or an expression in YAML or JSON, such as `!ImportValue Name` or `{"Ref": "Name"}`.

    Raises:
        CannotTakeOver: It is neither.
    """

    def __init__(self, text: str) -> None:
        self._text = text.strip()
        try:
            self.data: Data = data(fragment("--service-token", self._text))
        except UnreadableTemplate as error:
            raise CannotTakeOver(str(error)) from error
        if "\n" in self._text or not _is_value(self.data):
            raise CannotTakeOver(
                f"--service-token {text!r} is neither the ARN of a function nor a template expression. Pass "
                f"one such as {DEFAULT!r}."
            )

    def written(self, template: Template) -> str:
        """Return it as a template is to have it."""
        return json.dumps(self.data) if template.is_json else self._text

    @property
    def imported(self) -> str | None:
        """The name of the export that it imports, where it is a text."""
        name = self.data.get("Fn::ImportValue") if isinstance(self.data, dict) else None
        return name if isinstance(name, str) else None


def _is_value(value: Data) -> bool:
    if isinstance(value, dict):
        [*names] = value
        return len(names) == 1 and names[0].startswith(_FUNCTIONS)
    return isinstance(value, str) and value.startswith(("arn:", "{{resolve:"))
