"""Where connections are before the HTTP server has them, and where those stay that poll.

Who asks for a stream with the first request of a connection, as thousands do that come back at
once, is let in from here, without what the HTTP server needs to hold a connection and to read from
it; and who polls is answered from here, again and again. Whatever else is asked for, whoever says
nothing for half a second, and whatever is to be refused goes on to the HTTP server.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from typing import Protocol

from tornchat import connections
from tornchat.accepting import Arrival
from tornchat.connections import IDLE_SECONDS, Server
from tornchat.hub.outlet import Outlet, Outlets
from tornchat.line import Line

logger = logging.getLogger(__name__)

SERVED_AT_ONCE = 32
"""Connections that had been accepted and then ask in one moment wait for one another, and let
messages and beats have their turn."""
LOOK_SECONDS = 1.0
DRAIN_LOOK_SECONDS = 0.1


class Gate(Protocol):
    """Who may let a connection in."""

    def let_in(self, line: Line, data: bytes) -> bool:
        """Take a connection on which this was said, all that has come.

        False: it is not for the gate. It may still `Line.hand_over` the connection later on.
        """


class Doorway:
    """Of one worker. What it holds counts as connections of ``server``."""

    def __init__(self, server: Server, gate: Gate) -> None:
        self.server = server
        self.outlets = Outlets(_prepare)
        self._gate = gate
        self._loop = asyncio.get_running_loop()
        self._silent: dict[Line, float] = {}
        """They have never said anything; with the time until which they may wait, the oldest
        first."""
        self._resting: dict[Line, float] = {}
        """They have been answered; with the time since when, the longest first."""
        self._busy: dict[Line, None] = {}
        self._ready: deque[Line] = deque()
        """They have said something for the first time, or while they were busy, and wait for their
        turn."""
        self._sweep: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many are here."""
        return len(self.outlets)

    def welcome(self, arrival: Arrival) -> None:
        """A connection was accepted."""
        if not self.server.has_room() and not self._close_a_resting_one():
            self.server.serve(arrival)
            return
        line = Line(self, arrival)
        try:
            data = line.read()
        except BlockingIOError:
            self._await_the_first(line)
        except OSError:
            line.close()
        else:
            if data:
                self._serve(line, data)
            else:
                line.close()

    def clear(self) -> None:
        """Nobody stays from now on. Who is being answered goes after that, who has been as soon as
        they are quiet, and all others go on to the HTTP server."""
        for line in [*self._ready, *self._silent]:
            line.hand_over(b"")
        self._ready.clear()
        for line in [*self._busy, *self._resting]:
            line.leaving = True

    async def drain(self) -> None:
        """Done when nobody is here any more. To be called after `clear`."""
        while len(self):
            quiet = self._loop.time() - connections.QUIET_SECONDS
            for line, since in list(self._resting.items()):
                if since > quiet:
                    break
                if not line.telling:
                    line.close()
            await asyncio.sleep(DRAIN_LOOK_SECONDS)

    def close(self) -> None:
        """Close all, and watch no more."""
        for timer in (self._sweep, self._look):
            if timer is not None:
                timer.cancel()
        for line in [*self._silent, *self._resting, *self._busy, *self._ready]:
            line.close()
        self._ready.clear()
        self.outlets.close()

    # -- called by a line

    def hold(self, line: Line, sock: socket.socket) -> Outlet:
        """Watch the line's socket, and listen to it."""
        if self._look is None:
            self._look = self._loop.call_later(LOOK_SECONDS, self._look_around)
        outlet = self.outlets.open(sock, line)
        outlet.listen()
        return outlet

    def heard(self, line: Line, data: bytes) -> None:
        """Something was said on a line that is not busy."""
        self.forget(line)
        if line.guest is not None:
            self._serve(line, data)
            return
        line.keep(data)
        self.heard_later(line)

    def heard_later(self, line: Line) -> None:
        """What was said is kept by the line, which has its turn later."""
        self.forget(line)
        line.busy = True  # more may come before that
        if not self._ready:
            self._loop.call_soon(self._serve_some)
        self._ready.append(line)

    def heard_too_much(self, line: Line) -> None:
        """A busy line keeps more than it may."""
        if line in self._busy:
            line.close()  # it asks on and on before it has an answer: nobody does that
        else:
            line.hand_over(b"")  # a large request whose turn has not come

    def rest(self, line: Line) -> None:
        """The line was answered, and may ask again."""
        self._busy.pop(line, None)
        self._resting[line] = self._loop.time()

    def forget(self, line: Line) -> None:
        """It is not waiting here any more."""
        self._silent.pop(line, None)
        self._resting.pop(line, None)
        self._busy.pop(line, None)

    # -- inside

    def _await_the_first(self, line: Line) -> None:
        wait = connections.QUIET_SECONDS / 2
        self._silent[line] = self._loop.time() + wait
        line.watch()
        if self._sweep is None:
            self._sweep = self._loop.call_later(wait, self._send_on_the_silent)

    def _serve_some(self) -> None:
        for _ in range(min(SERVED_AT_ONCE, len(self._ready))):
            line = self._ready.popleft()
            if not line.closed:
                self._serve(line, line.unread())
        if self._ready:
            self._loop.call_soon(self._serve_some)

    def _serve(self, line: Line, data: bytes) -> None:
        """Let somebody in, or send them on."""
        line.busy = True
        self._busy[line] = None
        try:
            if not self._gate.let_in(line, data):
                line.hand_over(data)
        except Exception as error:
            # Raised from here it would keep all who come after this one waiting for ever.
            if not isinstance(error, OSError):
                logger.exception("a connection could not be served and is closed")
            line.close()

    def _send_on_the_silent(self) -> None:
        self._sweep = None
        now = self._loop.time()
        while self._silent:
            line, until = next(iter(self._silent.items()))
            if until > now:
                self._sweep = self._loop.call_at(until, self._send_on_the_silent)
                return
            line.hand_over(b"")

    def _look_around(self) -> None:
        """Close who has not asked for a long time, and cut those who take nothing."""
        self._look = None
        self.outlets.cut_stuck()
        while self._resting:
            line, since = next(iter(self._resting.items()))
            if since > self._loop.time() - IDLE_SECONDS:
                break
            self.forget(line)
            if line.telling:  # slowly; who takes nothing is cut above
                self.rest(line)
            else:
                line.close()
        if len(self.outlets):
            self._look = self._loop.call_later(LOOK_SECONDS, self._look_around)

    def _close_a_resting_one(self) -> bool:
        """Close the connection that has not asked for the longest; False where all just did."""
        for line, since in self._resting.items():
            if since > self._loop.time() - connections.QUIET_SECONDS:
                return False
            if not line.telling:
                line.close()
                return True
        return False


def _prepare(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
