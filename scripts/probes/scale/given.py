"""Nodes that run already, by their addresses: loaded as one of their users, in one room."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from probes.exchange import Base
from probes.rig.children import CannotRun


class Given:
    """Clients take the addresses in turn. Nothing is known of their processes."""

    def __init__(self, urls: Sequence[str], token: str, room: str) -> None:
        self.room = room
        self.credentials = [f"Bearer {token}"]
        self._all = [_base(url) for url in urls]
        self._bases = self._all[:1]

    @property
    def bases(self) -> Sequence[Base]:
        return self._bases

    async def only(self, count: int) -> None:
        """Load the first so many."""
        self._bases = self._all[:count]

    def processes(self) -> dict[str, int]:
        return {}

    def streams(self) -> dict[str, int]:
        return {}

    def throttle(self, on: bool) -> None:
        pass

    def versions(self) -> dict[str, str]:
        return {"addresses": ", ".join(map(str, self._all))}


def _base(url: str) -> Base:
    """Raises `CannotRun` where nothing answers."""
    base = Base.of(url)
    try:
        base = Base(socket.gethostbyname(base.host), base.port)
        socket.create_connection((base.host, base.port), 10).close()
    except OSError as wrong:
        raise CannotRun(f"nothing answers at {url}: {wrong}") from None
    return base
