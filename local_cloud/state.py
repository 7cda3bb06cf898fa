"""Remembers, from one command to the next, which servers ``up`` has started."""

import json
from pathlib import Path

from local_cloud.environment import Endpoints
from local_cloud.errors import StateUnreadableError
from local_cloud.servers import Server, Servers


def save(path: Path, servers: Servers) -> None:
    """Write the state, whole or not at all."""
    state = {
        "directory": str(servers.endpoints.directory),
        "ministack": {"pid": servers.ministack.pid, "port": servers.endpoints.ministack_port},
        "pinpoint": {"pid": servers.pinpoint.pid, "port": servers.endpoints.pinpoint_port},
    }
    new = path.with_suffix(".new")
    new.write_text(json.dumps(state, indent=2) + "\n")
    new.replace(path)


def load(path: Path) -> Servers | None:
    """Return what was saved, None if nothing was; raises StateUnreadableError."""
    if not path.exists():
        return None
    try:
        state = json.loads(path.read_text())
        directory = Path(state["directory"])
        return Servers(
            Endpoints(int(state["ministack"]["port"]), int(state["pinpoint"]["port"]), directory),
            Server("ministack", int(state["ministack"]["pid"]), directory),
            Server("pinpoint", int(state["pinpoint"]["pid"]), directory),
        )
    except (ValueError, KeyError, TypeError) as damage:
        raise StateUnreadableError(path) from damage
