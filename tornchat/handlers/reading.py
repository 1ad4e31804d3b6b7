"""What all transports of events share: the cursor, the join, and taking the socket."""

from __future__ import annotations

import logging
import os
import socket

from tornchat.chat import accounts
from tornchat.chat.context import Chat
from tornchat.domain.errors import Unavailable
from tornchat.handlers import asking
from tornchat.handlers.base import Handler
from tornchat.hub import joining
from tornchat.hub.hub import Hub
from tornchat.hub.reader import Reader
from tornchat.wire.framing import Framing

logger = logging.getLogger(__name__)


async def entered(chat: Chat, hub: Hub, reader: Reader, cursor: int | None) -> joining.Entry:
    """Join. Raises `LogAway`, and `Unauthenticated` for a session that has ended meanwhile."""
    entry = await joining.enter(hub, reader, cursor)
    # Had the session ended before its user's topic was followed, nobody would have told this
    # stream.
    accounts.check_live(chat, entry.session)
    if reader.closed:
        raise Unavailable()
    return entry


class ReadingHandler(Handler):
    """Base of what reads events after a cursor."""

    _reader: Reader | None = None

    def cursor(self) -> int | None:
        return asking.cursor(self.request.headers, self.query("after"))

    async def stream(self, framing: Framing, head: bytes) -> None:
        """Join, then answer with ``head`` and everything after the cursor.

        The stream outlives the request: its reader takes the socket, and handler, request and
        IOStream go. Errors before that are ordinary answers.
        """
        cursor = self.cursor()
        seat = await self.hub.admission.admit(self.who.user, self.address)
        reader = self._reader = self.hub.reader(
            self.who.user, self.who.digest, cursor, seat, framing
        )
        try:
            entry = await entered(self.chat, self.hub, reader, cursor)
            sock = self._take_socket()
        except BaseException:
            reader.close()
            raise
        if sock is None:
            reader.close()
        else:
            self.hub.stream(reader, entry, sock, head)

    def on_connection_close(self) -> None:
        super().on_connection_close()
        if self._reader is not None:
            self._reader.close()

    def _take_socket(self) -> socket.socket | None:
        """The connection's socket, taken from Tornado; None where there is nothing to take."""
        stream = self.detach()
        try:
            if stream.closed():  # the client went while it joined, and Tornado did not say so yet
                return None
            return socket.socket(fileno=os.dup(stream.socket.fileno()))
        except OSError:  # no descriptor is left
            logger.exception("a stream could not be opened")
            return None
        finally:
            stream.close()
