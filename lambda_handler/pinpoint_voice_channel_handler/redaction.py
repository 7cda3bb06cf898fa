"""Keeps credentials out of what is logged and answered.

Amazon's own error messages can hold them: that of SignatureDoesNotMatch quotes the request, with its session
token. Texts are often shortened before they come here, so a secret is known by its beginning.
"""

import os
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from pinpoint_voice_channel_handler.proxy import basic, credentials_in_the_environment
from pinpoint_voice_channel_handler.request import LONGEST_URL, SIGNED_AT

_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_BEGINNING = 12
_MARK = "[redacted]"


def redactor(url: object) -> Callable[[str], str]:
    """Return a function that replaces credentials in a text.

    They are the function's, those of a ResponseURL, and those of the proxies in the environment.
    """
    of_proxies = credentials_in_the_environment()
    secrets = [os.environ.get(name, "") for name in _VARIABLES]
    if isinstance(url, str):
        # When it was signed is no secret: each PhysicalResourceId has such a moment.
        parts = re.split("[?&]", SIGNED_AT.sub("", url[:LONGEST_URL]))[1:]
        secrets += [part.partition("=")[2] or part for part in parts]
    secrets += [part for of_proxy in of_proxies for part in (of_proxy.partition(":")[2], basic(of_proxy))]
    # As they are, and as they stand in a URL, or stood in it.
    forms = {form for secret in secrets for form in (secret, unquote(secret), _quoted(secret))}
    beginnings = sorted(re.escape(form[:_BEGINNING]) for form in forms if len(form) > _BEGINNING)
    # A password may be shorter than what tells a secret from other text, but is known by its place in a URL.
    patterns = [rf"{re.escape(of_proxy)}(?=@)" for of_proxy in of_proxies]
    if beginnings:
        patterns.append(rf"(?:{'|'.join(beginnings)})[^\s\"'&]*")
    if not patterns:
        return str
    # URLs have %2F as well as %2f.
    pattern = re.compile("|".join(patterns), re.IGNORECASE)
    return lambda text: pattern.sub(_MARK, text)


def _quoted(text: str) -> str:
    # "replace", because a JSON event can hold what UTF-8 cannot: half of a surrogate pair.
    return quote(text, safe="", errors="replace")
