"""The proxy through which CloudFormation is answered, where the function's environment names one.

The variables are read as botocore reads them for boto3's calls: HTTPS_PROXY and NO_PROXY, and both in lower
case. That a proxy speaks TLS itself, or SOCKS, is beyond http.client.
Source: botocore.httpsession.ProxyConfiguration, botocore.utils.get_environ_proxies
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_DEFAULT_PORT = 80


class UnusableProxy(ValueError):
    """When HTTPS_PROXY is not the URL of a proxy. The text has nothing of it: it may hold a password."""

    def __init__(self) -> None:
        super().__init__(
            "HTTPS_PROXY is not the URL of an HTTP proxy, such as "
            "http://user:password@proxy.example.com:3128. Write special characters of the password as in any "
            "URL, for example / as %2F"
        )


@dataclass(frozen=True)
class Proxy:
    """A proxy that is asked by CONNECT for a tunnel, in which TLS goes from end to end.

    Args:
        host: Its name or address.
        port: Its port.
        headers: What it is sent beside the request; may hold a password.
    """

    host: str
    port: int
    headers: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def on_the_way_to(cls, host: str) -> Self | None:
        """Return the proxy on the way to a `host` or `host:port`; None if there is no proxy.

        Raises:
            UnusableProxy: The environment names one that cannot be used.
        """
        url = None if proxy_bypass(host) else getproxies().get("https")
        return cls._of(_parts(url)) if url else None

    @classmethod
    def _of(cls, parts: SplitResult) -> Self:
        try:
            port = parts.port
        except ValueError:
            raise UnusableProxy from None  # without the cause, which may quote a password
        name = parts.hostname or ""
        # A password with one of /?# in it ends the host too early, and would be taken for a part of it.
        if parts.scheme != "http" or parts.path.strip("/") or parts.query or parts.fragment:
            raise UnusableProxy
        if not _HOST.fullmatch(name):
            raise UnusableProxy
        return cls(name, _DEFAULT_PORT if port is None else port, _authorization(parts))


def _parts(url: str) -> SplitResult:
    scheme = "" if url.startswith(("http:", "https:")) else "http:" if url.startswith("//") else "http://"
    try:
        return urlsplit(scheme + url)
    except ValueError:
        raise UnusableProxy from None


def _authorization(parts: SplitResult) -> Mapping[str, str]:
    if not parts.username or not parts.password:
        return {}
    return {"Proxy-Authorization": f"Basic {basic(f'{parts.username}:{parts.password}')}"}


def basic(credentials: str) -> str:
    """Return the `user:password` of a URL in the form of HTTP's Basic authentication."""
    # "replace", because a variable can hold bytes that are not UTF-8.
    return base64.b64encode(unquote(credentials).encode("utf-8", "replace")).decode()


def credentials_in_the_environment() -> list[str]:
    """Return what is before the @ in the URLs of proxies, also of those that cannot be used."""
    urls = [_SCHEME.sub("", url) for url in getproxies().values()]
    return [credentials for credentials, _, _ in (url.rpartition("@") for url in urls) if credentials]
