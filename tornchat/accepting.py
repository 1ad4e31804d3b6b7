"""Accepting connections so that workers on one listening socket end up with even shares.

All workers wake for a new connection, and whoever is quickest takes it: left alone, that is the one
that just did. So a worker with more than the mean looks away for a few milliseconds, and longer
while one with less is awake. What nobody has taken after that it takes after all: the others may
be stopped, or have too much to do.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import time
from collections.abc import Callable
from typing import Any

from tornchat.board import Board

logger = logging.getLogger(__name__)

#: Connections taken in one turn of the loop: in a storm, what was taken is served in between, and
#: others come to take theirs.
BATCH = 8
#: Seconds of CPU time in a turn of the loop after which it takes one only. What is accepted waits
#: here, where everybody's messages and the pulse wait behind it; in the backlog it does not.
BUSY_SECONDS = 0.02
#: A worker may have so much more than the mean, as a part of it, before it looks away.
SLACK = 0.02
#: Seconds that it looks away: more with the distance from the mean, of which ``WAIT`` is for one
#: with twice the mean.
SHORTEST_WAIT = 0.001
WAIT = 0.1
LONGEST_WAIT = 0.025
#: It goes on looking away while one with less has been awake in the last so many seconds,
AWAKE_SECONDS = 0.1
#: and takes a connection after so many whoever is awake.
PATIENCE = 0.5
#: Seconds for which an accepted connection counts that has not become a stream: one that waits for
#: its next request is no load.
FRESH_SECONDS = 5.0
#: Seconds of no accepting after that has failed: descriptors or memory may have run out.
REFUSED_WAIT = 0.25


class Arrival:
    """A connection that was accepted. It counts until it is `over`, at most `FRESH_SECONDS`.

    ``unread``: what was read of it, and is for whoever serves it.
    """

    __slots__ = ("_acceptor", "address", "socket", "unread")

    def __init__(self, acceptor: Acceptor, sock: socket.socket, address: Any) -> None:
        self.socket = sock
        self.address = address
        self.unread = b""
        self._acceptor = acceptor

    def over(self) -> None:
        """It was closed, or its socket was taken for a stream."""
        self._acceptor.forget(self)

    def close(self) -> None:
        self.over()
        self.socket.close()


class Acceptor:
    """Takes connections from a listening socket for one worker; ``streams`` counts its streams.

    ``welcome`` is given each of them, with a socket that does not block.
    """

    def __init__(
        self,
        welcome: Callable[[Arrival], None],
        streams: Callable[[], int],
        board: Board,
        slot: int,
    ) -> None:
        self._welcome = welcome
        self._streams = streams
        self._board = board
        self._slot = slot
        self._listener: socket.socket | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._refused = False
        #: CPU time of this thread when it last looked.
        self._used = 0.0
        #: Connections that count although they are no streams yet, the oldest first, each with the
        #: time on the monotonic clock up to which it does.
        self._fresh: dict[Arrival, float] = {}

    def open(self, listener: socket.socket) -> None:
        """Begin to accept."""
        self._listener = listener
        self._watch(listener)
        self.report()

    def close(self) -> None:
        """Accept no more, and close the listening socket."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        else:
            asyncio.get_running_loop().remove_reader(listener)
        listener.close()
        self.report()

    def report(self) -> int:
        """Show on the board how many connections count; returns the number."""
        now = time.monotonic()
        while self._fresh:
            oldest = next(iter(self._fresh))
            if self._fresh[oldest] > now:
                break
            del self._fresh[oldest]
        load = self._streams() + len(self._fresh)
        self._board.show(self._slot, load, accepting=self._listener is not None)
        return load

    def forget(self, arrival: Arrival) -> None:
        """It does not count any more."""
        self._fresh.pop(arrival, None)

    # -- the listening socket

    def _watch(self, listener: socket.socket) -> None:
        asyncio.get_running_loop().add_reader(listener, self._readable, listener)

    def _readable(self, listener: socket.socket) -> None:
        used, self._used = self._used, time.thread_time()
        for _ in range(1 if self._used - used > BUSY_SECONDS else BATCH):
            wait = self._wait()
            if wait:
                self._look_away(listener, wait, time.monotonic())
                return
            if not self._take(listener):
                return

    def _wait(self) -> float:
        """Seconds to leave the next connection to others."""
        load = self.report()
        mean = self._board.mean_load()
        over = load - mean
        if not mean or over <= SLACK * mean:
            return 0.0
        return max(SHORTEST_WAIT, min(LONGEST_WAIT, WAIT * over / mean))

    def _look_away(self, listener: socket.socket, seconds: float, since: float) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)  # readable all the while: the loop would spin
        self._waiting = loop.call_later(seconds, self._look_again, listener, since)

    def _look_again(self, listener: socket.socket, since: float) -> None:
        self._waiting = None
        self._watch(listener)
        wait = self._wait()
        patient = time.monotonic() - since < PATIENCE
        if wait and patient and self._board.anybody_below_mean(AWAKE_SECONDS):
            self._look_away(listener, wait, since)
        else:
            self._take(listener)

    def _take(self, listener: socket.socket) -> bool:
        """Accept one connection; false where there is none."""
        try:
            sock, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError as wrong:
            # EINVAL: the supervisor has shut the socket down, and is about to tell us to end.
            if wrong.errno != errno.EINVAL and not self._refused:
                logger.warning("no connection can be accepted: %s", wrong.strerror)
            self._refused = True
            self._look_away(listener, REFUSED_WAIT, time.monotonic() - PATIENCE)
            return False
        self._refused = False
        sock.setblocking(False)
        arrival = Arrival(self, sock, address)
        self._fresh[arrival] = time.monotonic() + FRESH_SECONDS
        self._welcome(arrival)
        return True
