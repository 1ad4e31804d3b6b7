"""The crew: a seat for each worker, who sits there, who comes to take over, and who is leaving.

A worker that dies is replaced, one that hangs is killed first. A reload puts a new worker into each
seat, one by one: the old one leaves when the new one is ready, so that never fewer accept.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tornchat import metrics
from tornchat.board import Board
from tornchat.domain.errors import Unusable
from tornchat.workers import GAVE_UP, HUNG_LOOKS, Backoff, WorkerProcess, in_words

#: Seconds between two looks at the workers.
LOOK_SECONDS = 1.0
#: Seconds that a worker may take to end after the time for its drain is over.
GRACE_SECONDS = 15.0
#: Seconds for a new worker to become ready in a reload; the old one goes on meanwhile.
TAKE_OVER_SECONDS = 60.0


class Over(Exception):
    """The server ends with this exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class _Seat:
    """A place for one worker; who sits there changes."""

    number: int
    backoff: Backoff = field(default_factory=Backoff)
    worker: WorkerProcess | None = None
    #: The one that takes over when it is ready.
    successor: WorkerProcess | None = None
    #: When to start the next worker here, on the monotonic clock.
    start_at: float = 0.0


class Crew:
    """``selector`` hears the workers' reports, with the worker as data; ``drain`` is in seconds."""

    def __init__(
        self,
        seats: int,
        listen_fd: int,
        drain: float,
        selector: selectors.BaseSelector,
        say: Callable[[str], None],
    ) -> None:
        #: One of them has been ready: the server has begun.
        self.begun = False
        #: Nobody is replaced any more.
        self._ending = False
        # Twice as many, because all may be leaving while all are there again: an empty seat finds a
        # slot, since nobody else takes the last ones.
        self._board = Board.create(2 * seats)
        self._free = list(range(self._board.slots))
        self._seats = [_Seat(number) for number in range(seats)]
        #: Who drains, and until when it may.
        self._leaving: dict[WorkerProcess, float] = {}
        self._listen_fd = listen_fd
        self._drain = drain
        self._selector = selector
        self._say = say
        self._work: dict[str, Any] = {}
        self._next_look = 0.0
        #: The seats that a reload has yet to come to, and when it was asked for.
        self._to_renew: list[_Seat] = []
        self._reload_began = 0.0
        self._reloading = False
        self._reload_again = False

    def spawn(self) -> None:
        """Start a worker in every seat; they wait for their work."""
        for seat in self._seats:
            seat.worker = self._spawn(seat)

    def hand(self, work: dict[str, Any]) -> None:
        """Give all workers, and those to come, their work."""
        self._work = work
        for worker in self._everybody():
            worker.hand(work)

    def hear(self, worker: WorkerProcess) -> None:
        """Its report can be read."""
        self.begun = worker.hear() or self.begun
        if worker.silent:
            self._selector.unregister(worker.report)

    def reload(self) -> None:
        """Replace all workers, one by one."""
        if self._ending:
            return
        if self._reloading:
            self._say("A reload is under way; another one follows.")
            self._reload_again = True
            return
        self._say(f"Reloading: replacing {len(self._seats)} workers one by one.")
        self._reloading = True
        self._reload_began = time.monotonic()
        self._to_renew = list(self._seats)

    def tend(self) -> float:
        """Do what is due; returns the seconds until something may be.

        Raises :class:`Over` and :class:`Unusable` where the first workers cannot begin.
        """
        now = time.monotonic()
        self.look()
        for seat in self._seats:
            if seat.worker is not None and seat.worker.process.poll() is not None:
                self._bury(seat, seat.worker, now)
            if seat.worker is not None and self._leaves_by_itself(seat.worker):
                self._expect_end(seat.worker)
                seat.worker = None
            if seat.successor is not None:
                self._await_successor(seat, seat.successor, now)
            if _empty(seat) and seat.start_at <= now:
                seat.worker = self._spawn(seat)
        if self._reloading:
            self._renew_next()
        starts = [seat.start_at for seat in self._seats if _empty(seat)]
        return max(0.0, min([self._next_look, *starts]) - now)

    def look(self) -> None:
        """About once a second: end who is hung and who leaves too slowly, forget who has left."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            for worker in self._everybody():
                if worker.look():
                    self._say(
                        f"{_name(worker)} has done nothing for {HUNG_LOOKS * LOOK_SECONDS:g} s; "
                        "ending it."
                    )
                    metrics.WORKERS_HUNG.inc()
                    worker.kill()
        for worker, until in list(self._leaving.items()):
            if worker.process.poll() is not None:
                del self._leaving[worker]
                self._dismiss(worker)
                if worker.process.returncode > 0 or not self._ending:
                    self._say(f"{_name(worker)} {worker.how_it_ended()}.")
            elif now > until:
                worker.kill()

    # -- the end

    def drain(self) -> None:
        """All leave; those that do already are not hurried."""
        for worker in self._vacate():
            worker.drain()

    def stop(self) -> None:
        """All end now."""
        self._vacate()
        for worker in self._leaving:
            worker.stop()

    def kill(self) -> None:
        """All end now, whatever they do."""
        self._vacate()
        for worker in self._leaving:
            worker.kill()

    def gone(self) -> bool:
        """Whether nobody is left."""
        return next(self._everybody(), None) is None

    def close(self) -> None:
        """After everybody has gone."""
        self._board.close()

    # -- who comes and goes

    def _everybody(self) -> Iterator[WorkerProcess]:
        for seat in self._seats:
            yield from filter(None, (seat.worker, seat.successor))
        yield from self._leaving

    def _spawn(self, seat: _Seat) -> WorkerProcess:
        worker = WorkerProcess(seat.number, self._listen_fd, self._board, self._free[0])
        del self._free[0]
        self._selector.register(worker.report, selectors.EVENT_READ, worker)
        if self._work:
            worker.hand(self._work)
        return worker

    def _room_for_one_more(self) -> bool:
        """Whether a slot is free that no empty seat waits for."""
        return len(self._free) > sum(map(_empty, self._seats))

    def _vacate(self) -> list[WorkerProcess]:
        """Let nobody sit: who ends now is not replaced. Returns those who sat."""
        self._ending = True
        sat = [worker for worker in self._everybody() if worker not in self._leaving]
        for seat in self._seats:
            seat.worker = seat.successor = None
        for worker in sat:
            self._expect_end(worker)
        return sat

    def _leaves_by_itself(self, worker: WorkerProcess) -> bool:
        """Whether somebody told it to; its place is filled now, not when the last has gone."""
        if not worker.ready or self._board.accepts(worker.slot):
            return False
        if not self._room_for_one_more():
            return False
        self._say(f"{_name(worker)} is leaving; replacing it.")
        return True

    def _expect_end(self, worker: WorkerProcess) -> None:
        self._leaving[worker] = time.monotonic() + self._drain + GRACE_SECONDS

    def _dismiss(self, worker: WorkerProcess) -> None:
        """Let go what belonged to a worker that has ended."""
        if not worker.silent:
            self._selector.unregister(worker.report)
        worker.close()
        self._board.clear(worker.slot)
        self._free.append(worker.slot)

    def _bury(self, seat: _Seat, worker: WorkerProcess, now: float) -> None:
        """Empty the seat of a worker that has died."""
        self._dismiss(worker)
        seat.worker = None
        status = worker.process.returncode
        if not self.begun and status > 0:
            # It was not killed: it gave up by itself, and so would the next one.
            if status == GAVE_UP:
                raise Over(status)  # it has said why
            raise Unusable(f"a worker ended with status {status} before it was ready; see above")
        metrics.WORKER_RESTARTS.labels("signal" if status < 0 else "status").inc()
        pause = seat.backoff.after(now - worker.started)
        seat.start_at = now + pause
        how = worker.how_it_ended()
        self._say(f"{_name(worker)} {how}; replacing it {in_words(pause)}.")

    # -- a reload

    def _renew_next(self) -> None:
        """Start the next successor, where nobody is awaited and there is room for one more."""
        if any(seat.successor is not None for seat in self._seats):
            return
        while self._to_renew and self._room_for_one_more():
            seat = self._to_renew.pop(0)
            # One that has died meanwhile was, or will be, replaced as it is.
            if seat.worker is not None and seat.worker.started < self._reload_began:
                seat.successor = self._spawn(seat)
                return
        if not self._to_renew:
            self._say("Reloaded: all workers are new.")
            self._end_reload()

    def _await_successor(self, seat: _Seat, successor: WorkerProcess, now: float) -> None:
        if successor.process.poll() is not None:
            self._dismiss(successor)
            seat.successor = None
            self._say(
                f"The new {_name(successor).lower()} {successor.how_it_ended()} before it was "
                "ready; the reload ends here, and the old workers go on."
            )
            self._end_reload()
        elif successor.ready:
            if seat.worker is not None:
                self._expect_end(seat.worker)
                seat.worker.drain()
            seat.worker, seat.successor = successor, None
        elif now - successor.started > TAKE_OVER_SECONDS:
            successor.kill()

    def _end_reload(self) -> None:
        self._reloading = False
        self._to_renew = []
        if self._reload_again:
            self._reload_again = False
            self.reload()


def _empty(seat: _Seat) -> bool:
    return seat.worker is None and seat.successor is None


def _name(worker: WorkerProcess) -> str:
    return f"Worker {worker.number} (process {worker.process.pid})"
