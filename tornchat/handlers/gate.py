"""The quick way to a stream: for who asks for nothing else, with the first request of a connection.

It is the ordinary way (`handlers.events`) without Tornado's request machinery, which costs more
than everything else that a stream needs: the same checks, the same join. It only ever says yes.
Whatever is unusual, wrong or to be refused is left to the ordinary way, which says so.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

from tornado.httputil import (
    HTTPHeaders,
    HTTPInputError,
    HTTPServerRequest,
    parse_request_start_line,
)

from tornchat.accepting import Arrival
from tornchat.chat import accounts
from tornchat.chat.context import Chat
from tornchat.domain.errors import TornchatError
from tornchat.handlers import asking
from tornchat.handlers.base import Site
from tornchat.handlers.reading import entered
from tornchat.hub.hub import Hub
from tornchat.hub.joining import Entry
from tornchat.hub.reader import Reader
from tornchat.wire import sse

logger = logging.getLogger(__name__)

_ASKS = re.compile(rb"GET /api/events(?:\?after=([0-9]{1,20}))? HTTP/1\.[01]\r\n")
_END = b"\r\n\r\n"
_BARE_LF = re.compile(rb"(?<!\r)\n")
"""Would end a line, and so perhaps the head, for some."""
_NOT_PLAIN = ("Content-Length", "Transfer-Encoding", "Expect", "Upgrade")
"""Headers of a request that is more than its head."""


class Gate:
    """Of one worker; implements `doorway.Gate`."""

    def __init__(self, chat: Chat, hub: Hub, site: Site) -> None:
        self._chat = chat
        self._hub = hub
        self._site = site
        self._entering: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        """How many connections are on their way to a stream."""
        return len(self._entering)

    def let_in(self, arrival: Arrival, head: bytes, refuse: Callable[[Arrival], None]) -> bool:
        """See `doorway.Gate`."""
        asks = _ASKS.match(head)
        if asks is None or head.find(_END) != len(head) - len(_END) or _BARE_LF.search(head):
            return False
        try:
            line, _, rest = head.decode("latin1").partition("\r\n")
            request = HTTPServerRequest(
                start_line=parse_request_start_line(line), headers=HTTPHeaders.parse(rest)
            )
            headers, after = request.headers, asks[1]
            cursor = asking.cursor(headers, None if after is None else after.decode())
        except (HTTPInputError, TornchatError, ValueError):  # the last for a port of many digits
            return False
        token = asking.bearer(headers)
        if token is None:
            token = asking.cookie(headers, self._site.cookie)
        if (
            token is None
            or not self._site.answers_to(request.host_name)
            or asking.wants_json(headers)
            or any(name in headers for name in _NOT_PLAIN)
            or not isinstance(arrival.address, tuple)  # a unix socket, which has no peer
        ):
            return False
        address = asking.address(headers, arrival.address[0], behind_proxy=self._site.behind_proxy)
        entering = self._loop.create_task(
            self._enter(arrival, len(head), token, address, cursor, refuse)
        )
        self._entering.add(entering)
        entering.add_done_callback(self._entering.discard)
        return True

    async def drain(self) -> None:
        """Done when nobody is on the way any more; raises nothing."""
        await asyncio.gather(*self._entering, return_exceptions=True)

    async def close(self) -> None:
        """Let nobody in any more; who is on the way is cut off."""
        for task in self._entering:
            task.cancel()
        await self.drain()

    async def _enter(
        self,
        arrival: Arrival,
        asked: int,
        token: str,
        address: str | None,
        cursor: int | None,
        refuse: Callable[[Arrival], None],
    ) -> None:
        try:
            reader, entry = await self._join(token, address, cursor)
        except TornchatError:
            refuse(arrival)
            return
        except BaseException as error:
            arrival.close()
            if not isinstance(error, Exception):
                raise
            logger.exception("a stream could not be opened")
            return
        arrival.over()
        try:
            arrival.socket.recv(asked)
            self._hub.stream(reader, entry, arrival.socket, sse.HEADERS)
        except Exception as error:
            reader.close()
            arrival.socket.close()
            if not isinstance(error, OSError):  # else the client went while it joined
                logger.exception("a stream could not be opened")

    async def _join(
        self, token: str, address: str | None, cursor: int | None
    ) -> tuple[Reader, Entry]:
        hub = self._hub
        who = await accounts.authenticate(self._chat, token)
        seat = await hub.admission.admit(who.user, address)
        reader = hub.reader(who.user, who.digest, cursor, seat)
        try:
            return reader, await entered(self._chat, hub, reader, cursor)
        except BaseException:
            reader.close()
            raise
