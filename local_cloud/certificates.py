"""The certificates that clients of a local cloud trust: its own, and all that this machine trusts anyway."""

import os
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import botocore.httpsession

VARIABLES = (
    "AWS_CA_BUNDLE",  # boto3, the AWS CLI, the cdk CLI
    "CURL_CA_BUNDLE",  # curl, before SSL_CERT_FILE
    "NODE_EXTRA_CA_CERTS",  # Node.js
    "REQUESTS_CA_BUNDLE",  # pip, and whatever else is built on requests
    "SSL_CERT_FILE",  # OpenSSL, and with it Python, curl, and Go on Linux
)
"""All but NODE_EXTRA_CA_CERTS replace what their programs trust, so they name a bundle that has that, too."""

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def write_bundle(bundle: Path, own: Path) -> None:
    """Write the certificate in `own` to a file, with those that this process and this machine trust."""
    contents = [file.read_bytes() for file in (*_trusted_files(), own)]
    trusted = dict.fromkeys(found for content in contents for found in _CERTIFICATE.findall(content))
    bundle.write_bytes(b"\n".join(trusted) + b"\n")


def _trusted_files() -> Iterator[Path]:
    system = ssl.get_default_verify_paths()
    named = [os.environ.get(name) for name in VARIABLES]
    # The last is what pip and boto3 trust by default.
    for name in (*named, system.cafile, system.capath, botocore.httpsession.where()):
        path = Path(name or os.devnull)
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and os.access(file, os.R_OK))
