"""One connection that the HTTP server does not hold: it was just accepted, or it polls.

A request is read as it came, in one piece. Who cannot or will not answer it hands the connection to
the HTTP server, together with what was read: it is served there as if it had just been accepted.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Protocol

from tornchat.accepting import Arrival
from tornchat.connections import MOST_HEADER_BYTES
from tornchat.hub.outlet import Outlet

if TYPE_CHECKING:
    from tornchat.doorway import Doorway


class Guest(Protocol):
    """Whoever answers the requests of a line."""

    def gone(self) -> None:
        """The connection has ended, or is somebody else's now. Called once."""


class Line:
    """Implements `hub.outlet.Owner`. ``busy``: a request is being answered."""

    __slots__ = ("_arrival", "_doorway", "_outlet", "_unread", "busy", "closed", "guest", "leaving")

    def __init__(self, doorway: Doorway, arrival: Arrival) -> None:
        self.busy = False
        self.closed = False
        self.leaving = False
        """The next answer is the last."""
        self.guest: Guest | None = None
        self._arrival = arrival
        self._doorway = doorway
        self._outlet: Outlet | None = None
        """None while nobody watches the socket."""
        self._unread = b""

    @property
    def address(self) -> Any:
        """The other end, as the socket has it."""
        return self._arrival.address

    @property
    def telling(self) -> bool:
        """The client has yet to take some of its answer."""
        return self._outlet is not None and self._outlet.waiting > 0

    def read(self) -> bytes:
        """What has been said on a connection that is not watched. Raises as ``recv`` does."""
        return self._arrival.socket.recv(MOST_HEADER_BYTES)

    def watch(self) -> None:
        """Hear what is said from now on, and when it ends."""
        if self._outlet is None:
            self._outlet = self._doorway.hold(self, self._arrival.socket)

    def answer(self, data: bytes, *, last: bool) -> None:
        """Answer the request; ``last``: and close the connection. It has to be watched."""
        outlet = self._outlet
        if outlet is None:
            return
        self.busy = False
        outlet.send(data, limit=len(data))
        if self.closed:
            return  # the client has gone meanwhile
        if last or self.leaving or (self._unread and outlet.waiting):
            # The last: it asks on before it has taken an answer, and whoever answered that would
            # have no room for it.
            outlet.end()
        elif self._unread:
            self._doorway.heard_later(self)
        else:
            self._doorway.rest(self)

    def take(self) -> socket.socket:
        """The socket, for a stream. The line is over."""
        self._end()
        self._arrival.over()
        return self._arrival.socket

    def hand_over(self, data: bytes) -> None:
        """Let the HTTP server have the connection, on which this was read. The line is over."""
        if self.closed:
            return
        self._end()
        self._arrival.unread = data + self._unread
        self._doorway.server.serve(self._arrival)

    def keep(self, data: bytes) -> None:
        """This was said, and is for later."""
        self._unread += data

    def unread(self) -> bytes:
        """What was kept, and is no more."""
        data, self._unread = self._unread, b""
        return data

    # -- hub.outlet.Owner

    def close(self) -> None:
        """Close the connection."""
        if self.closed:
            return
        self._end()
        self._arrival.close()

    def cut(self) -> None:
        """It takes too little."""
        self.close()

    def hear(self, data: bytes) -> None:
        """The client said something."""
        if self._outlet is not None and self._outlet.ending:
            return  # it was answered for the last time, and has yet to take that
        if self.telling:
            self.close()  # it asks on before it has taken the answer: nobody does that
        elif not self.busy:
            self._doorway.heard(self, data)
        else:
            self.keep(data)
            if len(self._unread) > MOST_HEADER_BYTES:
                self._doorway.heard_too_much(self)

    # -- inside

    def _end(self) -> None:
        self.closed = True
        self._doorway.forget(self)
        outlet, self._outlet = self._outlet, None
        if outlet is not None and not outlet.closed:
            outlet.release()
        guest, self.guest = self.guest, None
        if guest is not None:
            guest.gone()
