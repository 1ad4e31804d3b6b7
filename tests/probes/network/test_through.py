"""A server through TLS, HTTP/2 and real proxies: everything comes, once and in order."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from probes.bench.client import Client, Plan
from probes.bench.own import Own
from probes.bench.paces import OpenLoop
from probes.bench.pinning import Places
from probes.bench.target import Post, Shape
from probes.network.conditions import Conditions, Hops
from probes.network.through import Through, through

ALL = Places(os.sched_getaffinity(0), os.sched_getaffinity(0))
STREAMS = 14


class Shared(Own):
    """One server for all; each time somebody else posts, for whom all nonces are new."""

    author = -1

    def publish(self, post: Post) -> bytes:
        return super().publish(replace(post, author=self.author))


@pytest.fixture(scope="module")
def server() -> Iterator[Shared]:
    server = Shared(Shape(subscribers=STREAMS, members=4))
    try:
        server.start(ALL.server)
        yield server
    finally:
        server.stop()


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


@pytest.mark.parametrize(
    "conditions", [Conditions(5, 0, 0, Hops.PLAIN), Conditions(5, 1, 1, Hops.TLS)], ids=str
)
def test_each_stream_has_a_connection_of_its_own(server: Shared, conditions: Conditions) -> None:
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
