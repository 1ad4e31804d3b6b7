"""The peers by their names on the command line.

Each is there twice: with a body as long as the JSON that Tornchat delivers for the same text, and,
as ``NAME-bare``, with nothing but the text, so that a peer is never made to send more than it must.
"""

from __future__ import annotations

from probes.bench.peers.base import Peer
from probes.bench.peers.body import Body
from probes.bench.peers.naive import Naive
from probes.bench.peers.nchan import Nchan
from probes.bench.peers.sse_starlette import SseStarlette
from probes.bench.target import Shape, Target, TargetFactory

_SERVERS: tuple[type[Peer], ...] = (Nchan, SseStarlette, Naive)


def _factory(server: type[Peer], body: Body) -> TargetFactory:
    def made(shape: Shape) -> Target:
        return server(shape, body)

    return made


PEERS: dict[str, TargetFactory] = {
    f"{server.name}{body.ending}": _factory(server, body) for server in _SERVERS for body in Body
}
