"""The polls of one connection, by the quick way: as `handlers.events` answers them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from tornchat import metrics
from tornchat.chat import accounts
from tornchat.chat.context import Chat
from tornchat.domain.errors import TornchatError
from tornchat.handlers import answers
from tornchat.handlers.base import JSON
from tornchat.handlers.events import count_answer
from tornchat.handlers.visiting import Head
from tornchat.hub.admission import Seat
from tornchat.hub.hub import Hub
from tornchat.hub.poll import Page, Poll
from tornchat.line import Line

logger = logging.getLogger(__name__)

KEPT_SECONDS = 0.2
"""A seat is kept for so long after an answer, for the same client's next question. Less than
`admission.SECOND_LOOK_SECONDS`, so that nobody is refused because of it."""

_JSON = {"Content-Type": JSON}
_ROUTE = ("/api/events", "GET")
_ANSWERED = metrics.REQUESTS.labels(*_ROUTE, "200")
_GOES_ON = metrics.STREAMS_OPENED.labels("poll", "cursor")
_GONE = metrics.REQUESTS.labels(*_ROUTE, "gone")


class Polling:
    """Of one line. Its poll is kept between two requests, for as long as they continue it."""

    __slots__ = ("_chat", "_head", "_hub", "_line", "_places", "_poll", "_task")

    _head: Head

    def __init__(self, chat: Chat, hub: Hub, places: Places, line: Line) -> None:
        self._chat = chat
        self._hub = hub
        self._places = places
        self._line = line
        self._poll: Poll | None = None
        self._task: asyncio.Task[None] | None = None

    def ask(self, head: Head, wait: float, cursor: int | None, data: bytes) -> None:
        """A request with this ``head``, which was read as ``data``."""
        self._head = head
        poll = self._poll
        who = accounts.known(self._chat, head.digest)
        if who is not None and poll is not None and poll.continues(head.digest, cursor):
            if wait and not poll.seat.taken:
                seat = self._hub.admission.admit_at_once(who.user, head.address)
            else:
                seat = poll.seat
            if seat is not None:
                poll.seat = seat
                _GOES_ON.inc()
                poll.ask(wait, self._answered)
                return
        self._task = asyncio.get_running_loop().create_task(self._begin(head, wait, cursor, data))

    def gone(self) -> None:
        """The connection has ended, or is somebody else's."""
        if self._task is not None:
            self._task.cancel()
        poll, self._poll = self._poll, None
        if poll is not None:
            if poll.asked:
                _GONE.inc()
            poll.forget()

    async def _begin(self, head: Head, wait: float, cursor: int | None, data: bytes) -> None:
        """Ask where it is not known yet who that is, or that they may wait, or where they are."""
        seat: Seat | None = None
        try:
            who = await accounts.identify(self._chat, head.digest)
            if wait:
                seat = await self._hub.admission.admit(who.user, head.address)
        except TornchatError:
            self._task = None
            self._line.hand_over(data)
            return
        except Exception:
            logger.exception("a poll could not be answered")
            self._task = None
            self._refuse(TornchatError())
            return
        poll = self._poll
        if poll is None or not poll.continues(head.digest, cursor):
            if poll is not None:
                poll.forget()
            poll = self._poll = self._hub.poll(who.user, who.digest, cursor, seat)
        elif seat is not None:
            poll.seat.leave()
            poll.seat = seat
        self._task = None
        poll.ask(wait, self._answered)

    def _answered(self, found: Page | Exception) -> None:
        if isinstance(found, TornchatError):
            self._refuse(found)
        elif not isinstance(found, Page):
            logger.error("a poll could not be answered", exc_info=found)
            self._refuse(TornchatError())
        elif accounts.known(self._chat, self._head.digest) is not None:
            # The session may have ended while this one waited, or before it could be told.
            self._answer(found)
        else:
            self._task = asyncio.get_running_loop().create_task(self._identify(found))

    async def _identify(self, found: Page) -> None:
        try:
            await accounts.identify(self._chat, self._head.digest)
        except Exception as error:
            self._task = None
            self._answered(error)
        else:
            self._task = None
            self._answer(found)

    def _answer(self, page: Page) -> None:
        count_answer(page)
        _ANSWERED.inc()
        last = bool(self._head.last or page.leaving or self._line.leaving)
        if last or page.cursor is None:
            self._drop()
        else:
            self._places.rest(self._poll)
        self._line.answer(answers.answer(200, _JSON, page.json(), last=last), last=last)

    def _refuse(self, problem: TornchatError) -> None:
        metrics.REQUESTS.labels(*_ROUTE, str(problem.status)).inc()
        self._drop()
        last = bool(self._head.last or self._line.leaving)
        self._line.answer(answers.problem(problem, last=last), last=last)

    def _drop(self) -> None:
        poll, self._poll = self._poll, None
        if poll is not None:
            poll.forget()


class Places:
    """The seats of polls that were just answered."""

    def __init__(self) -> None:
        self._resting: deque[tuple[float, Poll, int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def rest(self, poll: Poll | None) -> None:
        """A poll was answered, and is kept."""
        if poll is None or not poll.seat.taken:
            return
        if not poll.seat.limited:
            poll.seat.leave()
            return
        self._resting.append((self._loop.time() + KEPT_SECONDS, poll, poll.questions))
        if self._timer is None:
            self._timer = self._loop.call_later(KEPT_SECONDS, self._leave)

    def _leave(self) -> None:
        """Let others have the seats of those who did not come back."""
        self._timer = None
        now = self._loop.time()
        while self._resting:
            until, poll, questions = self._resting[0]
            if until > now:
                self._timer = self._loop.call_at(until, self._leave)
                return
            self._resting.popleft()
            if poll.questions == questions:
                poll.seat.leave()
