"""The way through a network: what a client connects to instead of the server.

``client - [line] - server``, or ``client - HAProxy - [line] - nginx - server``: the network lies
where TLS and HTTP/2 are spoken, so a handshake costs its round trips.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from probes.bench.pinning import Places
from probes.bench.target import Scan, Stamping, Target
from probes.exchange import Base
from probes.network.conditions import Conditions, Hops
from probes.network.hops import far_hop, near_hop
from probes.network.line import Line, line


@dataclass(slots=True)
class Way:
    """``base`` is where the client goes. ``near`` are the processes that work on its side, ``far``
    those on the server's."""

    base: Base
    near: list[int] = field(default_factory=list)
    far: list[int] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    line: Line | None = None


@contextmanager
def way(
    conditions: Conditions, server: Base, *, seed: int = 1, places: Places | None = None
) -> Iterator[Way]:
    """Open it for as long as the context lasts. ``places``: on which processors its parts run.
    Raises `CannotRun` where a proxy is missing."""
    near, far = (places.client, places.server) if places else (set(), set())
    opened = Way(server)
    with ExitStack() as stack:
        if conditions.hops:
            hop = stack.enter_context(far_hop(opened.base, conditions.hops, far))
            opened.base = hop.base
            opened.far += hop.pids()
            opened.versions |= hop.versions
        if conditions.far:
            opened.line = stack.enter_context(line(opened.base, conditions, seed=seed, cpus=near))
            opened.base = opened.line.base
            opened.near.append(opened.line.pid)
        if conditions.hops:
            hop = stack.enter_context(near_hop(opened.base, conditions.hops, near))
            opened.base = hop.base
            opened.near += hop.pids()
            opened.versions |= hop.versions
        yield opened


class Through:
    """A target as it is seen through a network: a `probes.bench.target.Target` that is started."""

    def __init__(self, target: Target, opened: Way, conditions: Conditions, transport: str) -> None:
        self.way = opened
        self._target = target
        # Of HTTP/2 HAProxy would make chunks, and a stream is to come as it does without.
        self._plainly = conditions.hops is Hops.H2 and transport == "sse"
        self.name = target.name
        self.transports: Collection[str] = target.transports
        self.scan: Scan = target.scan
        self.base = opened.base
        self.start, self.stop = target.start, target.stop
        self.ready, self.publish, self.published = target.ready, target.publish, target.published

    def subscribe(self, number: int, cursor: bytes | None = None) -> bytes:
        """As `Target` asks."""
        return self._said(self._target.subscribe(number, cursor))

    def probe(self, nonce: str) -> bytes | None:
        """As `probes.bench.target.Stamping` asks."""
        return self._target.probe(nonce) if isinstance(self._target, Stamping) else None

    def follow(self, cursor: bytes | None = None) -> bytes:
        """As `probes.bench.target.Stamping` asks."""
        if isinstance(self._target, Stamping):
            return self._said(self._target.follow(cursor))
        return self.subscribe(0, cursor)

    def processes(self) -> Mapping[str, Sequence[int]]:
        """With nginx among them, where those of the server are known."""
        processes = self._target.processes()
        if not processes or not self.way.far:
            return processes
        return {**processes, "proxy": [*processes.get("proxy", ()), *self.way.far]}

    def versions(self) -> Mapping[str, str]:
        """With those of the proxies."""
        return {**self._target.versions(), **self.way.versions}

    def _asked(self, request: bytes) -> bytes:
        old = b" HTTP/1.0\r\n"
        return request.replace(b" HTTP/1.1\r\n", old, 1) if self._plainly else request

    def _said(self, asked: bytes) -> bytes:
        return asked.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1) if self._plainly else asked


@contextmanager
def through(
    target: Target, conditions: Conditions, *, transport: str, seed: int, places: Places
) -> Iterator[Through]:
    """A target that is started, through a network that is there meanwhile. Raises `CannotRun`."""
    with way(conditions, target.base, seed=seed, places=places) as opened:
        yield Through(target, opened, conditions, transport)
