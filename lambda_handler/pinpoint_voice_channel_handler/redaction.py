"""Keeps credentials out of what is logged and answered.

Amazon's own error messages can hold them: that of SignatureDoesNotMatch quotes the request, with its session
token. Texts are often shortened before they come here, so a secret is known by its beginning.
"""

import os
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from pinpoint_voice_channel_handler.request import LONGEST_URL, SIGNED_AT

_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_BEGINNING = 12
_MARK = "[redacted]"


def redactor(url: object) -> Callable[[str], str]:
    """Return a function that replaces the function's credentials in a text, and those of a ResponseURL."""
    secrets = [os.environ.get(name, "") for name in _VARIABLES]
    if isinstance(url, str):
        # When it was signed is no secret: each PhysicalResourceId has such a moment.
        parts = re.split("[?&]", SIGNED_AT.sub("", url[:LONGEST_URL]))[1:]
        secrets += [part.partition("=")[2] or part for part in parts]
    # As they are, and as they stand in a URL, or stood in it.
    forms = {form for secret in secrets for form in (secret, unquote(secret), _quoted(secret))}
    beginnings = sorted(re.escape(form[:_BEGINNING]) for form in forms if len(form) > _BEGINNING)
    if not beginnings:
        return str
    # URLs have %2F as well as %2f.
    pattern = re.compile(rf"(?:{'|'.join(beginnings)})[^\s\"'&]*", re.IGNORECASE)
    return lambda text: pattern.sub(_MARK, text)


def _quoted(text: str) -> str:
    # "replace", because a JSON event can hold what UTF-8 cannot: half of a surrogate pair.
    return quote(text, safe="", errors="replace")
