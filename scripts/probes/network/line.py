"""A line with delay, jitter and loss, as whoever uses it sees it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from probes.exchange import Base
from probes.network import carrier
from probes.network.carrier import HOST, Counts
from probes.network.conditions import Conditions
from probes.rig.children import CannotRun

_SECONDS = 30.0


class Line:
    """A process that carries connections to ``target``, on the processors ``cpus`` (empty: any).
    Made by `line`."""

    def __init__(
        self, target: Base, conditions: Conditions, seed: int, cpus: Collection[int]
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        given = (theirs, target, conditions, seed, set(cpus))
        self._process = context.Process(target=carrier.main, args=given, daemon=True)
        self._process.start()
        theirs.close()
        port = self._answer()
        assert isinstance(port, int)
        self.base = Base(HOST, port)

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def counts(self) -> Counts:
        """What it has carried so far."""
        self._pipe.send("counts")
        counts = self._answer()
        assert isinstance(counts, Counts)
        return counts

    def close(self) -> None:
        """Break what is still carried, and end the process."""
        self._pipe.close()
        self._process.join(_SECONDS)
        self._process.kill()
        self._process.join()

    def _answer(self) -> object:
        try:
            if self._pipe.poll(_SECONDS):
                return self._pipe.recv()
        except (EOFError, OSError):
            pass
        raise CannotRun("the process of the network has died or hangs")


@contextmanager
def line(
    target: Base, conditions: Conditions, *, seed: int = 1, cpus: Collection[int] = ()
) -> Iterator[Line]:
    """A line to ``target``, open meanwhile."""
    opened = Line(target, conditions, seed, cpus)
    try:
        yield opened
    finally:
        opened.close()
