"""The board: a little memory that the supervisor and all workers share, a slot for each process.

A worker shows there that its event loop turns and how many connections it holds; the supervisor
finds the hung by it, and the workers share new connections out by it. Every figure has one writer
and is an aligned machine word, so nobody locks.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import time

_WORD = 8
#: Columns of the table: the beat (monotonic nanoseconds), the load, whether it accepts.
_COLUMNS = 3

#: Seconds between two beats of a worker.
BEAT_SECONDS = 1.0
#: Seconds after which the others no longer believe the load of a worker that does not beat.
STALE_SECONDS = 2.5


class Board:
    """The whole table. The descriptor goes to the workers, which attach to it."""

    def __init__(self, fd: int, slots: int) -> None:
        """Attach to what :meth:`create` has made with the same number of slots."""
        self.fd = fd
        self.slots = slots
        words = memoryview(mmap.mmap(fd, slots * _COLUMNS * _WORD)).cast("q")
        self._beats, self._loads, self._accepting = (
            words[column * slots : (column + 1) * slots] for column in range(_COLUMNS)
        )

    @classmethod
    def create(cls, slots: int) -> Board:
        """A new one, in memory that goes with the last process that has it."""
        if hasattr(os, "memfd_create"):
            fd = os.memfd_create("tornchat-board")
        else:
            with tempfile.TemporaryFile() as file:
                fd = os.dup(file.fileno())
        os.ftruncate(fd, slots * _COLUMNS * _WORD)
        return cls(fd, slots)

    def close(self) -> None:
        """Close the descriptor; what is attached stays so."""
        os.close(self.fd)

    # -- a worker writes its own slot

    def show(self, slot: int, load: int, *, accepting: bool) -> None:
        """Beat, and show how many connections count and whether the worker takes more."""
        self._loads[slot] = load
        self._accepting[slot] = accepting
        self._beats[slot] = time.monotonic_ns()

    # -- the supervisor

    def clear(self, slot: int) -> None:
        """The process of this slot has ended."""
        self._accepting[slot] = 0
        self._loads[slot] = 0
        self._beats[slot] = 0

    def accepts(self, slot: int) -> bool:
        """Whether the worker takes connections."""
        return bool(self._accepting[slot])

    def last_beat(self, slot: int) -> int:
        """A number that changes with every beat; 0 before the first."""
        return self._beats[slot]

    # -- the workers

    def mean_load(self) -> float:
        """The mean load of the workers that accept and whose loop turns; 0 where there is none."""
        loads = self._accepting_since(STALE_SECONDS)
        return sum(loads) / len(loads) if loads else 0.0

    def anybody_below_mean(self, seconds: float) -> bool:
        """Whether a worker with less than that has beaten in the last so many seconds."""
        mean = self.mean_load()
        return any(load < mean for load in self._accepting_since(seconds))

    def _accepting_since(self, seconds: float) -> list[int]:
        """The loads of those that accept and have beaten in the last so many seconds."""
        oldest = time.monotonic_ns() - int(seconds * 1e9)
        table = zip(
            self._loads.tolist(), self._beats.tolist(), self._accepting.tolist(), strict=True
        )
        return [load for load, beat, accepts in table if accepts and beat > oldest]
