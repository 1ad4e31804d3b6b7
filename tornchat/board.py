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

    def beat(self, slot: int) -> None:
        """Show that the event loop turns."""
        self._beats[slot] = time.monotonic_ns()

    def show(self, slot: int, load: int, *, accepting: bool) -> None:
        """Show how many connections count, and whether the worker takes more."""
        self._loads[slot] = load
        self._accepting[slot] = accepting

    # -- the supervisor

    def clear(self, slot: int) -> None:
        """The process of this slot has ended."""
        self._accepting[slot] = 0
        self._loads[slot] = 0
        self._beats[slot] = 0

    def last_beat(self, slot: int) -> int:
        """A number that changes with every beat; 0 before the first."""
        return self._beats[slot]

    # -- the workers

    def mean_load(self) -> float:
        """The mean load of the workers that accept and whose loop turns; 0 where there is none."""
        oldest = time.monotonic_ns() - int(STALE_SECONDS * 1e9)
        # Copied first: a column that changes under a loop is read twice at different times.
        beats, accepting = self._beats.tolist(), self._accepting.tolist()
        loads = [
            load
            for load, beat, accepts in zip(self._loads.tolist(), beats, accepting, strict=True)
            if accepts and beat > oldest
        ]
        return sum(loads) / len(loads) if loads else 0.0
