"""Which processors do what: the server has its own, and the client has another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from probes.rig.children import CannotRun


@dataclass(frozen=True, slots=True)
class Places:
    """Processors of the server, with everything it needs, and of the client."""

    server: set[int]
    client: set[int]

    @property
    def shared(self) -> bool:
        """Whether they are in each other's way, so that nothing on the clock means anything."""
        return bool(self.server & self.client)


def places(workers: int = 1) -> Places:
    """One processor for the server (two where it has several workers) and the last for the client.

    Raises `CannotRun` where there are not two.
    """
    mine = _mine()
    return Places(set(mine[:1] if workers == 1 else mine[:workers]), {mine[-1]})


def places_of_all() -> Places:
    """All processors but one for the server, and the last for the client. Raises `CannotRun` where
    there are not two."""
    *server, client = _mine()
    return Places(set(server), {client})


def _mine() -> list[int]:
    mine = sorted(os.sched_getaffinity(0))
    if len(mine) < 2:
        raise CannotRun(
            "this machine has one processor: the client would take what the server needs, and no "
            "figure would mean anything"
        )
    return mine


@contextmanager
def pinned(cpus: set[int]) -> Iterator[None]:
    """What is started meanwhile runs on these processors."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
