"""A zip that has the same bytes wherever and whenever it is made."""

import hashlib
import io
import zipfile
from pathlib import Path

ARCHIVE_NAME = "pinpoint-voice-channel-provider"
"""How the name of the zip begins."""

_UNIX = 3
_READABLE_BY_ALL = 0o644 << 16
"""As Lambda needs it."""


def archive(directory: Path) -> tuple[str, bytes]:
    """Return a zip of a directory: its name, which has the SHA-256 of its bytes, and its bytes.

    It is not compressed, because compressed bytes differ between versions of zlib.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for path in sorted(path for path in directory.rglob("*") if path.is_file()):
            file.writestr(_entry(path.relative_to(directory).as_posix()), path.read_bytes())
    contents = buffer.getvalue()
    return f"{ARCHIVE_NAME}-{hashlib.sha256(contents).hexdigest()[:16]}.zip", contents


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # of 1980
    entry.create_system = _UNIX
    entry.external_attr = _READABLE_BY_ALL
    return entry
