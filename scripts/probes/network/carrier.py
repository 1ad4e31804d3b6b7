"""Carries connections as a `Schedule` says: the inside of a line, in a process of its own.

One thread, one epoll, one heap of what is under way: some ten thousand segments a second. It is
made beside `probes.rig.line`, which breaks and freezes lines but knows no time.
"""

from __future__ import annotations

import gc
import heapq
import os
import random
import resource
import select
import signal
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from probes.bench.latency import Delays
from probes.bench.timer import Timer
from probes.exchange import Base
from probes.network.conditions import Conditions
from probes.network.schedule import Schedule, handshake

HOST = "127.0.0.1"
_READ = 65_536
_BACKLOG = 4096
_BATCH = 128
_WINDOW = 512 * 1024
"""Bytes of one direction that may be under way; whoever sends more has to wait."""
_ABORT = struct.pack("ii", 1, 0)
_HUNG_UP = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_EVENTS = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET


@dataclass(frozen=True, slots=True)
class Counts:
    """``late_p99_ms``: how much later than the schedule said 99 of 100 segments left at most."""

    connections: int
    segments: int
    lost: int
    late_p99_ms: float


class _End:
    """One socket. What it receives leaves through ``other``."""

    __slots__ = (
        "ended",
        "full",
        "gone",
        "other",
        "schedule",
        "shut",
        "socket",
        "underway",
        "unsent",
    )

    def __init__(self, line: socket.socket, schedule: Schedule) -> None:
        self.socket = line
        self.schedule = schedule
        self.other: _End = self
        self.unsent = b""
        """What the schedule has let go and the socket did not take yet."""
        self.underway = 0
        """Bytes that came here and were not taken there."""
        self.full = False
        """Whether nothing is read for now, since so much is under way."""
        self.ended = False
        """Whether nothing more will come."""
        self.shut = False
        """Whether nothing more is to be sent."""
        self.gone = False


class Carrier:
    """Listens on ``port`` of loopback. `run` returns when the parent closes the pipe."""

    def __init__(self, target: Base, conditions: Conditions, seed: int) -> None:
        self._target = target
        self._conditions = conditions
        self._seed = seed
        self._listener = socket.create_server((HOST, 0), backlog=_BACKLOG)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._epoll = select.epoll()
        self._timer = Timer()
        self._ends: dict[int, _End] = {}
        self._underway: list[tuple[int, int, _End, bytes | None]] = []
        """When it leaves, a number that keeps the order, to whom, and what: b"" is an end in
        order, None a reset."""
        self._serial = 0
        self._connections = 0
        self._carried = self._lost = 0
        """Segments of connections that are gone."""
        self._late = Delays()

    def run(self, pipe: Connection) -> None:
        """Tell the port, carry, and answer each word from the pipe with the `Counts`."""
        pipe.send(self.port)
        commands, listener, timer = pipe.fileno(), self._listener.fileno(), self._timer.fd
        for fd in (commands, listener, timer):
            self._epoll.register(fd, select.EPOLLIN)
        while True:
            for fd, events in self._epoll.poll(-1, _BATCH):
                end = self._ends.get(fd)
                if end is not None:
                    self._ready(end, events)
                elif fd == timer:
                    self._timer.clear()
                elif fd == listener:
                    self._accept()
                elif fd == commands and not self._told(pipe):
                    return
            self._let_go()

    def counts(self) -> Counts:
        schedules = [end.schedule for end in self._ends.values()]
        carried = self._carried + sum(schedule.carried for schedule in schedules)
        lost = self._lost + sum(schedule.lost for schedule in schedules)
        late = self._late.figures("late").get("late_p99_ms", 0.0)
        return Counts(self._connections, carried, lost, late)

    def _told(self, pipe: Connection) -> bool:
        try:
            pipe.recv()
        except (EOFError, OSError):
            return False
        pipe.send(self.counts())
        return True

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            near, _ = self._listener.accept()
            far = socket.socket(socket.AF_INET6 if ":" in self._target.host else socket.AF_INET)
            number = self._connections = self._connections + 1
            chances = [random.Random(f"{self._seed} {number} {way}") for way in ("up", "down")]
            opened = time.monotonic_ns() + handshake(self._conditions, chances[0])
            ends = [
                _End(line, Schedule(self._conditions, chance, opened))
                for line, chance in zip((near, far), chances, strict=True)
            ]
            ends[0].other, ends[1].other = ends[1], ends[0]
            for line in (near, far):
                line.setblocking(False)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far.connect_ex((self._target.host, self._target.port))  # what fails shows in the epoll
            for end in ends:
                self._ends[end.socket.fileno()] = end
                self._epoll.register(end.socket, _EVENTS)

    def _ready(self, end: _End, events: int) -> None:
        if events & select.EPOLLOUT and end.unsent:
            self._flush(end)
        if events & select.EPOLLERR and end.ended and not end.gone:
            self._broken(end)
        while events & (select.EPOLLIN | _HUNG_UP) and not (end.full or end.ended or end.gone):
            # An end that came with the last bytes makes no edge of its own.
            if not self._read(end) or not events & _HUNG_UP:
                return

    def _read(self, end: _End) -> bool:
        """Put on its way what has come; whether there was something."""
        try:
            data = end.socket.recv(_READ)
        except BlockingIOError:
            return False
        except OSError:
            self._broken(end)
            return False
        end.ended = not data
        at = 0
        for size, leaves in end.schedule.pieces(time.monotonic_ns(), len(data)):
            self._put(leaves, end.other, data[at : at + size])
            at += size
        end.underway += at
        if end.underway > _WINDOW:
            end.full = True
        elif len(data) == _READ:
            self._again(end)  # there may be more, and that is no edge
        return True

    def _broken(self, end: _End) -> None:
        """It is gone now; the other side will know when a segment could have come there."""
        for _, leaves in end.schedule.pieces(time.monotonic_ns(), 0):
            self._put(leaves, end.other, None)
        self._drop(end)

    def _put(self, leaves: int, end: _End, piece: bytes | None) -> None:
        self._serial += 1
        heapq.heappush(self._underway, (leaves, self._serial, end, piece))

    def _let_go(self) -> None:
        """Send what is due, and be woken for what is next."""
        underway = self._underway
        while underway:
            now = time.monotonic_ns()
            if underway[0][0] > now:
                self._timer.set(underway[0][0])
                return
            leaves, _, end, piece = heapq.heappop(underway)
            self._late.add(now - leaves)
            if end.gone:
                continue
            if piece is None:
                self._drop(end, reset=True)
            elif not piece:
                end.shut = True
                self._flush(end)
            elif end.unsent:
                end.unsent += piece
            else:
                end.unsent = piece
                self._flush(end)

    def _flush(self, end: _End) -> None:
        source = end.other
        if end.unsent:
            try:
                sent = end.socket.send(end.unsent)
            except BlockingIOError:
                return
            except OSError:  # that it is broken shows when it is read
                sent = len(end.unsent)
            end.unsent = end.unsent[sent:]
            source.underway -= sent
            if source.full and source.underway < _WINDOW // 2:
                source.full = False
                self._again(source)
        if end.shut and not end.unsent and not end.gone:
            with suppress(OSError):
                end.socket.shutdown(socket.SHUT_WR)
            if end.ended:
                self._drop(end)
            if source.ended and source.shut and not source.unsent:
                self._drop(source)

    def _again(self, end: _End) -> None:
        """Have it looked at once more: what has come already is no edge."""
        if not end.gone:
            self._epoll.modify(end.socket, _EVENTS)

    def _drop(self, end: _End, *, reset: bool = False) -> None:
        if end.gone:
            return
        end.gone = True
        self._carried += end.schedule.carried
        self._lost += end.schedule.lost
        del self._ends[end.socket.fileno()]
        if reset:
            with suppress(OSError):
                end.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        end.socket.close()


def main(pipe: Connection, target: Base, conditions: Conditions, seed: int, cpus: set[int]) -> None:
    """Carry until the parent closes the pipe, or is gone."""
    # A Ctrl-C is for the parent, which ends things in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if cpus:
        os.sched_setaffinity(0, cpus)
    gc.freeze()
    Carrier(target, conditions, seed).run(pipe)
