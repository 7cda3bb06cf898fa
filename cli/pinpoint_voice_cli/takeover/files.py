"""Writes a file at once, or not at all."""

import os
import shutil
import tempfile
from pathlib import Path

from pinpoint_voice_cli.takeover.errors import CannotWrite


def write(path: Path, content: bytes) -> None:
    """Put content in the place of a file, which keeps its mode, or make one; raises CannotWrite."""
    target = path.resolve()  # where a link leads
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise CannotWrite(str(path), error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if target.exists():
            shutil.copymode(target, temporary)
        else:
            temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        raise CannotWrite(str(path), error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
