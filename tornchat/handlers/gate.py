"""The quick way to events and to post: for requests about which nothing is unusual.

It is the ordinary way (`handlers.events`, `handlers.rooms`) without Tornado's connection and
request machinery, which costs more than everything else that they need: the same checks, the same
join. Before it has taken a request it only ever says yes. Whatever is unusual, wrong or to be
refused is left to the ordinary way, which says so.
"""

from __future__ import annotations

import asyncio
import logging
import re

from tornchat.chat import accounts
from tornchat.chat.context import Chat
from tornchat.domain.errors import TornchatError
from tornchat.domain.ids import parse_cursor
from tornchat.handlers import answers
from tornchat.handlers.base import Site
from tornchat.handlers.desk import Desk, Outcome, count, object_of
from tornchat.handlers.events import LONGEST_WAIT, USUAL_WAIT
from tornchat.handlers.polling import Places, Polling
from tornchat.handlers.reading import entered
from tornchat.handlers.visiting import Visit, plain_head, post_head
from tornchat.hub.hub import Hub
from tornchat.hub.joining import Entry
from tornchat.hub.reader import Reader
from tornchat.line import Line
from tornchat.wire import sse

logger = logging.getLogger(__name__)

_AFTER = rb"after=([0-9]{1,20})"
_WAIT = rb"wait=([0-9]{1,2}(?:\.[0-9]{1,6})?)"
_ASKS = re.compile(
    rb"GET /api/events(?:\?(?:%b(?:&%b)?|%b(?:&%b)?))? HTTP/1\.([01])\r\n"
    % (_AFTER, _WAIT, _WAIT, _AFTER)
)


_POSTS = re.compile(rb"POST /api/rooms/([a-z0-9]+)/messages HTTP/1\.1(?=\r\n)")
_LENGTH = re.compile(rb"\r\nContent-Length: *([0-9]{1,5})(?=\r\n)", re.IGNORECASE)
_END = b"\r\n\r\n"


class Gate:
    """Of one worker; implements `doorway.Gate`."""

    def __init__(self, chat: Chat, hub: Hub, site: Site, desk: Desk) -> None:
        self._chat = chat
        self._hub = hub
        self._site = site
        self._desk = desk
        self._places = Places()
        self._entering: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        """How many connections are on their way to a stream."""
        return len(self._entering)

    def let_in(self, line: Line, data: bytes) -> bool:
        """See `doorway.Gate`."""
        asks = _ASKS.match(data)
        if asks is None:
            return self._post(line, data)
        rest, visit = data[asks.end() :], line.guest
        if not isinstance(visit, Visit) or visit.rest != rest:
            head = plain_head(rest, self._site, line.address)
            if head is None:
                return False
            if not isinstance(visit, Visit):
                visit = Visit()
            visit.rest, visit.head = rest, head
        head = visit.head
        after = asks[1] or asks[4]
        try:
            # That of the header wins: a browser that connects again keeps its first address.
            given = head.last_id or (after and after.decode())
            cursor = None if not given else parse_cursor(given)
        except TornchatError:
            return False
        wait = asks[2] or asks[3]
        if not head.wants_json:
            if wait is not None:
                return False
            self._begin_stream(line, visit, data, cursor)
            return True
        seconds = USUAL_WAIT if wait is None else float(wait)
        if seconds > LONGEST_WAIT or asks[5] != b"1" or head.last is None:
            return False
        _keep(line, visit)
        if visit.polling is None:
            visit.polling = Polling(self._chat, self._hub, self._places, line)
        visit.polling.ask(head, seconds, cursor, data)
        return True

    async def drain(self) -> None:
        """Done when nobody is on the way any more; raises nothing."""
        await asyncio.gather(*self._entering, return_exceptions=True)

    async def close(self) -> None:
        """Let nobody in any more; who is on the way is cut off."""
        for task in self._entering:
            task.cancel()
        await self.drain()

    # -- posts

    def _post(self, line: Line, data: bytes) -> bool:
        posts = _POSTS.match(data)
        if posts is None:
            return False
        end = data.find(_END)
        length = _LENGTH.search(data, posts.end(), end + 2)
        body = data[end + len(_END) :]
        if length is None or int(length[1]) != len(body):
            return False
        # Without the length, which is all that differs from one post to the next.
        rest = data[posts.end() + 2 : length.start() + 2] + data[length.end() + 2 : end + 4]
        visit = line.guest
        if not isinstance(visit, Visit) or visit.post_rest != rest:
            head = post_head(rest, self._desk.token)
            if head is None:
                return False
            if not isinstance(visit, Visit):
                visit = Visit()
            visit.post_rest, visit.post_head = rest, head
        head = visit.post_head
        who, asked = accounts.known(self._chat, head.digest), object_of(body)
        if who is None or asked is None or "files" in asked:
            return False
        _keep(line, visit)
        last = head.last

        def answer(outcome: Outcome) -> None:
            count(outcome, gone=line.closed)
            end = last or line.leaving
            line.answer(
                answers.answer(outcome.status, outcome.headers, outcome.body, last=end), last=end
            )

        self._desk.post(who, posts[1].decode(), asked, answer)
        return True

    # -- streams

    def _begin_stream(self, line: Line, visit: Visit, data: bytes, cursor: int | None) -> None:
        entering = self._loop.create_task(self._enter(line, visit, data, cursor))
        self._entering.add(entering)
        entering.add_done_callback(self._entering.discard)

    async def _enter(self, line: Line, visit: Visit, data: bytes, cursor: int | None) -> None:
        try:
            reader, entry = await self._join(visit, cursor)
        except TornchatError:
            line.hand_over(data)
            return
        except BaseException as error:
            line.close()
            if not isinstance(error, Exception):
                raise
            logger.exception("a stream could not be opened")
            return
        if line.closed:  # the client went while it joined
            reader.close()
            return
        sock = line.take()
        try:
            self._hub.stream(reader, entry, sock, sse.HEADERS)
        except Exception as error:
            reader.close()
            sock.close()
            if not isinstance(error, OSError):  # else the client went while it joined
                logger.exception("a stream could not be opened")

    async def _join(self, visit: Visit, cursor: int | None) -> tuple[Reader, Entry]:
        hub, head = self._hub, visit.head
        who = await accounts.identify(self._chat, head.digest)
        seat = await hub.admission.admit(who.user, head.address)
        reader = hub.reader(who.user, who.digest, cursor, seat)
        try:
            return reader, await entered(self._chat, hub, reader, cursor)
        except BaseException:
            reader.close()
            raise


def _keep(line: Line, visit: Visit) -> None:
    """The connection stays in the doorway after this request."""
    if line.guest is None:
        line.watch()
        line.guest = visit
