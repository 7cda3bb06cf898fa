"""Keeps credentials out of what is logged and answered.

Amazon's own error messages can hold them: that of SignatureDoesNotMatch quotes the request, with its session
token. Texts are often shortened before they come here, so a secret is known by its beginning.
"""

import os
import re
from collections.abc import Callable

from pinpoint_voice_channel_handler.request import SIGNED_AT

_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_BEGINNING = 12
_MARK = "[redacted]"


def redactor(url: object) -> Callable[[str], str]:
    """Return a function that replaces the function's credentials in a text, and those of a ResponseURL."""
    secrets = [os.environ.get(name, "") for name in _VARIABLES]
    if isinstance(url, str):
        # When it was signed is no secret: each PhysicalResourceId has such a moment.
        secrets += re.split("[?&=]", SIGNED_AT.sub("", url))[1:]
    beginnings = sorted({re.escape(secret[:_BEGINNING]) for secret in secrets if len(secret) > _BEGINNING})
    if not beginnings:
        return str
    pattern = re.compile(rf"(?:{'|'.join(beginnings)})[^\s\"'&]*")
    return lambda text: pattern.sub(_MARK, text)
