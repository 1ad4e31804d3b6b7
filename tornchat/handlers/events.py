"""``GET /api/events``: the stream."""

from __future__ import annotations

import logging
import os
import socket

from tornchat.chat import accounts
from tornchat.domain.errors import BadRequest, Unavailable
from tornchat.domain.ids import parse_cursor
from tornchat.handlers.base import Handler
from tornchat.hub import joining
from tornchat.hub.reader import Reader

logger = logging.getLogger(__name__)


class Events(Handler):
    """Server-Sent Events after a cursor, then live, until either side ends it."""

    _reader: Reader | None = None

    async def get(self) -> None:
        if "application/json" in self.request.headers.get("Accept", ""):
            raise BadRequest("Polling is not served yet: ask for text/event-stream.")
        cursor = self._cursor()
        seat = await self.hub.admission.admit(self.who.user, self.address)
        reader = self._reader = self.hub.reader(self.who.user, self.who.digest, cursor, seat)
        try:
            entry = await joining.enter(self.hub, reader, cursor)
            # Once more: had the session ended before its user's topic was followed, nobody would
            # have told this stream.
            await accounts.identify(self.chat, self.who.digest)
            if reader.closed:
                raise Unavailable("Too much came at once. Try again.")
        except BaseException:
            reader.close()
            raise
        # The stream outlives the request: take the socket, and let handler, request and IOStream
        # go.
        stream = self.detach()
        try:
            if stream.closed():  # the client went while it joined, and Tornado did not say so yet
                reader.close()
                return
            sock = socket.socket(fileno=os.dup(stream.socket.fileno()))
        except OSError:  # no descriptor is left
            logger.exception("a stream could not be opened")
            reader.close()
            return
        finally:
            stream.close()
        self.hub.stream(reader, entry, sock)

    def on_connection_close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _cursor(self) -> int | None:
        """`Last-Event-ID` wins, since a browser that connects again keeps its first address."""
        last = self.request.headers.get("Last-Event-ID")
        text = last if last else self.query("after")
        return None if text is None else parse_cursor(text)
