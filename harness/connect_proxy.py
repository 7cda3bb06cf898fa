"""A proxy that opens tunnels by CONNECT, as those of companies do, with the faults of `faults.py`."""

from collections.abc import Iterable

from harness.faults import Fault
from harness.proxy import FaultyServer, Request, Response


class _Tunnels:
    """Opens every tunnel."""

    def answer(self, _request: Request) -> Response:
        """Open a tunnel."""
        return Response(200)

    def error(self, status: int) -> Response:
        """Return an error."""
        return Response(status)


class ConnectProxy(FaultyServer):
    """Opens tunnels, as long as its ``with`` block lasts.

    Args:
        faults: What goes wrong, in this order; those of the method CONNECT and of any are acted out.
        refusing: Whether connections are refused until `open` is called.

    Attributes:
        requests: The requests for tunnels.
    """

    def __init__(self, faults: Iterable[Fault] = (), *, refusing: bool = False) -> None:
        super().__init__(_Tunnels(), faults, refusing=refusing)
