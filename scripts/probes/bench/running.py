"""A Tornchat that runs already, by its address: loaded as one of its users, in one room."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

from probes.bench.own import SCANS, Asking, StampingSpeaker
from probes.bench.target import Shape
from probes.exchange import Base
from probes.network import clock
from probes.network.clock import NoStamps, Offset
from probes.rig.children import CannotRun


class Running(StampingSpeaker):
    """``credential`` is a cookie or ``Bearer TOKEN``; its rate of posts is the server's to limit.

    Nothing is known of its processes, so nothing is said of what a delivery costs.
    """

    name = "running"

    def __init__(self, shape: Shape, base: Base, credential: str, room: str) -> None:
        if shape.rooms != 1:
            raise CannotRun("with --url there is one room: this scenario needs more")
        self.base = base
        self.scan = SCANS[shape.transport]
        self._asking = Asking(base, shape.transport, secrets.token_hex(4))
        self._asking.rooms = [room]
        self._asking.sessions = self._asking.authors = [credential]
        self._asking.prober = credential
        self.clock: Offset | None = None
        """How far its clock is from ours, where it says so."""
        self._clock_known = "unknown"

    def start(self, cpus: set[int]) -> None:
        try:
            socket.create_connection((self.base.host, self.base.port), 10).close()
            self.clock = clock.measure(self.base, self._asking.prober)
            self._clock_known = str(self.clock)
        except OSError as wrong:
            raise CannotRun(f"nothing answers at {self.base}: {wrong}") from None
        except NoStamps as wrong:
            self._clock_known = f"unknown: {wrong}"

    def stop(self) -> None:
        pass

    def processes(self) -> dict[str, list[int]]:
        return {}

    def versions(self) -> dict[str, str]:
        return {"address": str(self.base), "clock": self._clock_known}


def at(url: str, token: str, room: str) -> Callable[[Shape], Running]:
    """A factory for a server at ``url``. Raises `CannotRun` where its name has no address."""
    base = Base.of(url)
    try:
        host = socket.gethostbyname(base.host)
    except OSError as wrong:
        raise CannotRun(f"{url}: {wrong}") from None
    return lambda shape: Running(shape, Base(host, base.port), f"Bearer {token}", room)
