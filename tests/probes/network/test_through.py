"""A server through TLS, HTTP/2 and real proxies: everything comes, once and in order."""

from __future__ import annotations

import time

from probes.bench.client import Client, Plan
from probes.bench.paces import OpenLoop
from probes.network.conditions import Conditions, Hops
from probes.network.through import Through, through

from tests.probes.network.conftest import ALL, STREAMS, Shared


def carried(server: Shared, seen: Through) -> None:
    """Load it a little: all that is posted comes to everybody, once and in order."""
    server.author += 1
    plan = Plan(rooms=1, authors=1, size=50, connections=2)
    client = Client(seen, plan, helpers=seen.way.near)
    try:
        client.connect(STREAMS)
        client.call()
        client.run(OpenLoop(40, time.monotonic_ns()), 0.3)
        client.settle()
        assert not client.posters.refusals
        assert not client.judge()
        assert client.subscribers.floor == len(client.due) > 0
    finally:
        client.close()


def test_what_is_not_far_is_reached_directly(server: Shared) -> None:
    with through(server, Conditions(), transport="sse", seed=1, places=ALL) as seen:
        carried(server, seen)
        assert seen.base == server.base
        assert "proxy" not in seen.processes()


def test_over_tls_each_stream_has_a_connection_of_its_own(server: Shared) -> None:
    conditions = Conditions(5, 1, 1, Hops.TLS)
    with through(server, conditions, transport="sse", seed=1, places=ALL) as seen:
        carried(server, seen)
        assert seen.way.line is not None
        assert seen.way.line.counts().connections >= STREAMS
        assert len(seen.processes()["proxy"]) == 2
        assert seen.versions().keys() >= {"nginx", "haproxy", "redis"}


def test_with_http_2_streams_share_connections(server: Shared) -> None:
    conditions = Conditions(5, hops=Hops.H2)
    with through(server, conditions, transport="sse", seed=1, places=ALL) as seen:
        carried(server, seen)
        assert seen.way.line is not None
        assert seen.way.line.counts().connections < STREAMS / 2
