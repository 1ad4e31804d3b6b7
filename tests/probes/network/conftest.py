"""One server for all that is carried through a network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from probes.bench.own import Own
from probes.bench.pinning import Places
from probes.bench.target import Post, Shape

ALL = Places(os.sched_getaffinity(0), os.sched_getaffinity(0))
STREAMS = 14


class Shared(Own):
    """One server for all; each time somebody else posts, for whom all nonces are new."""

    author = -1

    def publish(self, post: Post) -> bytes:
        return super().publish(replace(post, author=self.author))


@pytest.fixture(scope="package")
def server() -> Iterator[Shared]:
    server = Shared(Shape(subscribers=STREAMS, members=4))
    try:
        server.start(ALL.server)
        yield server
    finally:
        server.stop()
