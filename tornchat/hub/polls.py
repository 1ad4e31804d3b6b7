"""The polls of a worker that woke together: one look at the log for all of them.

A poll that has joined once knows its topics. What it may be told next is found with less than a
join, by the heads of these topics alone, all read in one instant T2 after it had woken:

* A topic whose head is not above the poll's cursor has nothing new. One whose head is, has all of
  it in what the worker keeps (`domain.recent`), where that reaches from the cursor to the head: the
  chain of ``prev`` says so, and not that anything was heard.
* So the answer is what the log had up to T2, with the cursor T2, as that of a join would be.
* Which topics these are changes only with an event of the user's own topic, in the same script
  (`log/lua/announce.lua`). Where that topic has anything new the poll joins.
* After a fence, a repair that found something lost, or a gap of its session it was told to be
  `unsure`, and joins.

Whatever else is not as usual is left to the join, which says what it is.
"""

from __future__ import annotations

import asyncio
import logging
from operator import attrgetter
from typing import TYPE_CHECKING

from tornchat.domain.errors import LogAway
from tornchat.domain.events import Event
from tornchat.domain.recent import Recent
from tornchat.domain.topics import user_topic
from tornchat.hub.joining import REPLAY_LIMIT
from tornchat.hub.poll import Page, Poll, first_page
from tornchat.log.standing import Standing

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub

logger = logging.getLogger(__name__)

LOOKED_AT_ONCE = 1000
"""Polls that share a look, whose topics are that of a script in Redis."""
ANSWERED_AT_ONCE = 128
"""And those that are answered in one turn of the loop."""

_id = attrgetter("id")


class Polls:
    """Of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: list[Poll] = []
        self._task: asyncio.Task[None] | None = None

    def look(self, poll: Poll) -> None:
        """Tell the poll what it has `found`, or that it has to `look_closer`, or has failed.

        Polls that ask while a look is under way share the next one.
        """
        self._waiting.append(poll)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._waiting:
                polls = self._waiting[:LOOKED_AT_ONCE]
                del self._waiting[:LOOKED_AT_ONCE]
                await self._look(polls)
        finally:
            self._task = None

    async def _look(self, polls: list[Poll]) -> None:
        # Those of one person share one mapping.
        mappings = {id(poll.join.topics): poll.join.topics for poll in polls}
        try:
            stand = await self._hub.standings.heads(set().union(*mappings.values()))
        except Exception as error:
            if not isinstance(error, LogAway):
                logger.exception("polls could not look at the log")
            for poll in polls:
                _tell(poll, error)
            return
        look = Look(self._hub.recent, stand)
        for number, poll in enumerate(polls, 1):
            _tell(poll, look.page(poll))
            if not number % ANSWERED_AT_ONCE:
                await asyncio.sleep(0)


class Look:
    """What the log had in one instant, as pages: those who ask for the same get the same one."""

    def __init__(self, recent: Recent, stand: Standing) -> None:
        self._recent = recent
        self._stand = stand
        self._nothing = Page(stand.clock)
        self._pages: dict[tuple[tuple[str, int], ...], Page | None] = {}
        """By the topics that have something new, each with the id after which it is."""

    def page(self, poll: Poll) -> Page | None:
        """What a poll of these topics has not been told; None where it has to join."""
        join, stand = poll.join, self._stand
        cursor, heads = join.cursor, stand.heads
        if poll.unsure or not stand.floor <= cursor <= stand.clock:
            return None
        news = tuple(
            (topic, max(cursor, since))
            for topic, since in join.topics.items()
            if heads[topic] > cursor and heads[topic] > since
        )
        if not news:
            return self._nothing
        own = user_topic(join.user)
        if any(topic == own for topic, _ in news):
            return None
        if news not in self._pages:
            self._pages[news] = self._made(news)
        return self._pages[news]

    def _made(self, news: tuple[tuple[str, int], ...]) -> Page | None:
        events: list[Event] = []
        for topic, low in news:
            part = self._recent.between(topic, low, self._stand.heads[topic])
            if part is None:
                return None
            events += part
        if len(events) > REPLAY_LIMIT:
            return None
        events.sort(key=_id)
        return first_page(events, self._stand.clock)


def _tell(poll: Poll, found: Page | Exception | None) -> None:
    try:
        if isinstance(found, Page):
            poll.found(found)
        elif found is None:
            poll.look_closer()
        else:
            poll.fail(found)
    except Exception:
        # Raised from here it would leave all others without an answer.
        logger.exception("a poll could not be answered and is closed")
        poll.close()
