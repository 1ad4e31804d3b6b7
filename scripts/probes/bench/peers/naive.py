"""Tornado as its manual would have it: a handler per reader that waits on a queue."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from probes.bench.peers.base import Peer
from probes.bench.peers.body import Body

_SERVER = Path(__file__).parent / "servers" / "naive.py"


class Naive(Peer):
    """It runs with the versions of Tornado and redis-py that ours has."""

    name = "naive"

    def prepare(self) -> None:
        """Everything is ours already."""

    def command(self) -> Sequence[str]:
        return [
            *(sys.executable, str(_SERVER), "--port", str(self.port)),
            *("--redis", f"redis://127.0.0.1:{self.redis.port}"),
            *("--heartbeat", str(self.shape.heartbeat)),
        ]

    def versions(self) -> Mapping[str, str]:
        packages = ("tornado", "redis", "hiredis")
        libraries = {f"{name} (Python)": version(name) for name in packages}
        return {**libraries, **super().versions()}


class NaiveBare(Naive):
    """The same, with nothing but the text."""

    name = "naive-bare"
    body = Body.BARE
