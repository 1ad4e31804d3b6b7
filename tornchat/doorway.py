"""Where accepted connections wait until they have said something, for half a second at most.

Who asks for a stream with the first request of a connection, as thousands do that come back at
once, is let in from here, without what the HTTP server needs to hold a connection and to read from
it. Nothing is taken from the socket before: whatever else is asked for, whoever says nothing, and
whatever is to be refused comes to the HTTP server as if it had just been accepted.
"""

from __future__ import annotations

import asyncio
import logging
import selectors
import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol

from tornchat import connections
from tornchat.accepting import Arrival
from tornchat.connections import MOST_HEADER_BYTES, Server

logger = logging.getLogger(__name__)

SERVED_AT_ONCE = 32
"""Connections that had been accepted and then ask in one moment wait for one another, and let
messages and beats have their turn."""


class Gate(Protocol):
    """Who may let a connection in."""

    def let_in(self, arrival: Arrival, head: bytes, refuse: Callable[[Arrival], None]) -> bool:
        """Take a connection whose first bytes are these, which are still to be read from it.

        False: it is not for the gate. ``refuse`` takes it back later on, still unread.
        """


class Doorway:
    """Of one worker. What it holds counts as connections of ``server``."""

    def __init__(self, server: Server, gate: Gate) -> None:
        self._server = server
        self._gate = gate
        self._loop = asyncio.get_running_loop()
        self._selector = selectors.DefaultSelector()
        self._loop.add_reader(self._selector, self._somebody_speaks)
        self._silent: dict[Arrival, float] = {}
        """With the time until which they may wait, the oldest first."""
        self._ready: deque[Arrival] = deque()
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many wait here."""
        return len(self._silent) + len(self._ready)

    def welcome(self, arrival: Arrival) -> None:
        """A connection was accepted."""
        if not self._server.has_room():
            self._server.serve(arrival)
        elif not self._serve(arrival):
            wait = connections.QUIET_SECONDS / 2
            self._silent[arrival] = self._loop.time() + wait
            self._selector.register(arrival.socket, selectors.EVENT_READ, arrival)
            if self._sweep is None:
                self._sweep = self._loop.call_later(wait, self._send_on_the_silent)

    def clear(self) -> None:
        """Send all on to the HTTP server."""
        for arrival in [*self._silent, *self._ready]:
            self._forget(arrival)
            self._server.serve(arrival)
        self._ready.clear()

    def close(self) -> None:
        """Close all, and watch no more."""
        if self._sweep is not None:
            self._sweep.cancel()
        for arrival in [*self._silent, *self._ready]:
            arrival.close()
        self._silent.clear()
        self._ready.clear()
        self._loop.remove_reader(self._selector)
        self._selector.close()

    def _somebody_speaks(self) -> None:
        begun = not self._ready
        for key, _ in self._selector.select(0):
            self._forget(key.data)
            self._ready.append(key.data)
        if begun:
            self._serve_some()

    def _serve_some(self) -> None:
        for _ in range(min(SERVED_AT_ONCE, len(self._ready))):
            arrival = self._ready.popleft()
            if not self._serve(arrival):
                self._server.serve(arrival)
        if self._ready:
            self._loop.call_soon(self._serve_some)

    def _serve(self, arrival: Arrival) -> bool:
        """Let somebody in, or send them on; False: they have not said anything."""
        try:
            head = arrival.socket.recv(MOST_HEADER_BYTES, socket.MSG_PEEK)
            if not head or not self._gate.let_in(arrival, head, self._server.serve):
                self._server.serve(arrival)
        except BlockingIOError:
            return False
        except Exception as error:
            # Raised from here it would keep all who come after this one waiting for ever.
            if not isinstance(error, OSError):
                logger.exception("a connection could not be served and is closed")
            arrival.close()
        return True

    def _send_on_the_silent(self) -> None:
        self._sweep = None
        now = self._loop.time()
        while self._silent:
            arrival, until = next(iter(self._silent.items()))
            if until > now:
                self._sweep = self._loop.call_at(until, self._send_on_the_silent)
                return
            self._forget(arrival)
            self._server.serve(arrival)

    def _forget(self, arrival: Arrival) -> None:
        if self._silent.pop(arrival, None) is not None:
            self._selector.unregister(arrival.socket)
