"""Nodes that run already, by their addresses: loaded as one of their users, in one room."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from probes.bench.pinning import pinned
from probes.exchange import Base
from probes.rig.children import CannotRun
from probes.scale.balancer import Balancer

_SPARE = 500


class Given:
    """``async with Given(...) as servers``. Only the proxy before them is ours; nothing is known of
    the processes of nodes. ``cpus``: the processors of the proxy; ``most`` connections at once."""

    def __init__(
        self, folder: Path, urls: Sequence[str], user: tuple[str, str], cpus: set[int], most: int
    ) -> None:
        token, self.room = user
        self.credentials = [f"Bearer {token}"]
        self._nodes = {f"node{number}": _base(url) for number, url in enumerate(urls, 1)}
        self._cpus = cpus
        self._balancer = Balancer(folder, self._nodes, most + _SPARE)

    async def __aenter__(self) -> Given:
        with pinned(self._cpus):
            await self._balancer.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._balancer.stop()

    @property
    def base(self) -> Base:
        return self._balancer.base

    async def only(self, count: int) -> None:
        """Send new connections to the first so many."""
        for number, name in enumerate(self._nodes):
            (self._balancer.join if number < count else self._balancer.part)(name)

    def processes(self) -> dict[str, int]:
        return {"proxy": self._balancer.pid}

    def streams(self) -> dict[str, int]:
        return self._balancer.streams()

    def throttle(self, on: bool) -> None:
        """Their processors are not ours to limit."""

    def versions(self) -> dict[str, str]:
        addresses = ", ".join(map(str, self._nodes.values()))
        return {"addresses": addresses, "proxy": self._balancer.version}


def _base(url: str) -> Base:
    """Raises `CannotRun` where nothing answers."""
    base = Base.of(url)
    try:
        base = Base(socket.gethostbyname(base.host), base.port)
        socket.create_connection((base.host, base.port), 10).close()
    except OSError as wrong:
        raise CannotRun(f"nothing answers at {url}: {wrong}") from None
    return base
