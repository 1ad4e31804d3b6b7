"""A poll: a reader that answers once for each time that it is asked.

What comes live only wakes it; the answer is what the log has up to the bound of a look at it. A
stream may hand on a live event before it shows that one before it was lost, because it is still
there to be told so. A poll has answered by then, and its cursor would lead the client past the
hole.

A poll that has answered may be kept, and asked again by the client that it gave its cursor to. It
goes on following its topics meanwhile, so it knows without asking whether there may be anything
new. `hub.polls` looks at the log for all that woke together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tornchat.domain.errors import LogAway
from tornchat.domain.events import PRESENCE, Event
from tornchat.hub import joining
from tornchat.hub.admission import Seat
from tornchat.hub.outlet import BUFFER_LIMIT
from tornchat.hub.reader import Reader
from tornchat.wire.browser import event_json, poll_answer

if TYPE_CHECKING:
    from tornchat.hub.fanout import Parcel
    from tornchat.hub.hub import Hub


class Page:
    """What a poll answers: events as JSON, and the cursor to come back with, None for a *reset*.

    ``leaving``: the stream would have ended here, so the client should connect anew. ``more``: the
    log had something after the cursor already. All polls that are answered the same share a page.
    """

    __slots__ = ("_json", "cursor", "events", "leaving", "more")

    def __init__(
        self,
        cursor: int | None,
        events: Sequence[bytes] = (),
        *,
        leaving: bool = False,
        more: bool = False,
    ) -> None:
        self.cursor = cursor
        self.events = events
        self.leaving = leaving
        self.more = more
        self._json: bytes | None = None

    def json(self) -> bytes:
        """The answer's body; made once."""
        if self._json is None:
            self._json = poll_answer(self.cursor, self.events)
        return self._json


def first_page(events: Sequence[Event], complete: int, *, more: bool = False) -> Page:
    """As much of ``events``, which are all up to ``complete``, as an answer may hold, but one event
    at least. The cursor is the id up to which that is complete; ``more``: the log goes on behind
    it."""
    found: list[bytes] = []
    size = upto = 0
    for event in events:
        data = event_json(event)
        size += len(data)
        if found and size > BUFFER_LIMIT:
            return Page(upto, found, more=True)
        found.append(data)
        upto = event.id
    return Page(complete, found, more=more)


Answered = Callable[[Page | Exception], None]


class Poll(Reader):
    """Made by `Hub.poll`; whoever made it closes it. Its cursor is `join.cursor`."""

    __slots__ = (
        "_answered",
        "_from_now",
        "_heard",
        "_leaving",
        "_looking",
        "_over",
        "_passing",
        "_passing_bytes",
        "_resting",
        "_stayed",
        "_timer",
        "_until",
        "questions",
        "unsure",
    )

    def __init__(self, hub: Hub, user: str, session: str, cursor: int | None, seat: Seat) -> None:
        super().__init__(hub, user, session, cursor or 0, seat)
        self.unsure = True
        """It has to join, and not only to look at the heads of its topics."""
        self.questions = 0
        """So often it was asked."""
        self._from_now = cursor is None
        self._answered: Answered | None = None
        """Who is waiting for the answer; None while nobody has asked."""
        self._until = 0.0
        """When to answer at the latest, on the loop's clock."""
        self._timer: asyncio.TimerHandle | None = None
        """Goes off at that moment or before."""
        self._looking = False
        self._heard = 0
        """The newest event that came live, or an id up to which there is one."""
        self._leaving = False
        self._over = False
        self._resting = False
        """It has answered, and nobody has asked again."""
        self._stayed = False
        """So it was at the last beat."""
        self._passing: list[bytes] = []
        """Ephemeral events, which the log does not have."""
        self._passing_bytes = 0

    @property
    def transport(self) -> str:
        return "poll"

    @property
    def ending(self) -> bool:
        return self.closed or self._over

    @property
    def asked(self) -> bool:
        """Somebody waits for its answer."""
        return self._answered is not None

    def continues(self, session: str, cursor: int | None) -> bool:
        """Whether it may be asked for what comes after ``cursor``, which it gave to this
        session."""
        return (
            cursor == self.join.cursor
            and session == self.session
            and not (self.unsure or self.closed or self._leaving)
        )

    def ask(self, wait: float, answered: Answered) -> None:
        """Have ``answered`` called with what lies after the cursor, as soon as there is something,
        at the latest after ``wait`` seconds; or with `LogAway`, or what else went wrong.

        Never before this returns, and not at all once it was told to `forget`.
        """
        loop = asyncio.get_running_loop()
        self._answered = answered
        self.questions += 1
        self._resting = self._stayed = False
        self.start = self.join.cursor
        self._until = loop.time() + wait
        if wait and (self._timer is None or self._timer.when() > self._until):
            self._set_timer(loop)
        if not wait or self.unsure or self._leaving or self._heard > self.join.cursor:
            self._look()

    async def answer(self, wait: float) -> Page:
        """`ask`, and wait for it. Raises `LogAway`."""
        future: asyncio.Future[Page] = asyncio.get_running_loop().create_future()

        def answered(found: Page | Exception) -> None:
            if future.done():
                return
            if isinstance(found, Page):
                future.set_result(found)
            else:
                future.set_exception(found)

        self.ask(wait, answered)
        return await future

    def forget(self) -> None:
        """Nobody waits for the answer any more."""
        self._answered = None
        self.close()

    # -- the look at the log

    def found(self, page: Page) -> None:
        """What the log has after the cursor."""
        self._looking = False
        if page.cursor is None:
            self.unsure = True
        else:
            self.join.cursor = page.cursor
            if page.more:  # it may have come before this one listened, and nothing else tell of it
                self._heard = max(self._heard, page.cursor + 1)
        if self._answered is None or self.closed:
            return
        passing, self._passing, self._passing_bytes = self._passing, [], 0
        if passing or self._leaving:
            page = Page(page.cursor, [*page.events, *passing], leaving=self._leaving)
        late = asyncio.get_running_loop().time() >= self._until
        if page.cursor is None or page.events or page.leaving or late:
            self._give(page)
        elif self.unsure or self._heard > page.cursor:
            self._look()

    def look_closer(self) -> None:
        """The heads of its topics do not tell enough."""
        self._looking = False
        self.unsure = True
        if not self.closed:
            self._look()

    def fail(self, error: Exception) -> None:
        """The log could not be looked at."""
        self._looking = False
        self.unsure = True
        self._give(error)

    def _look(self) -> None:
        if self._looking:
            return
        self._looking = True
        if self.unsure:
            self.task = asyncio.get_running_loop().create_task(self._join())
        else:
            self._hub.polls.look(self)

    async def _join(self) -> None:
        self.unsure = False
        cursor = None if self._from_now else self.join.cursor
        try:
            entry = await joining.enter(self._hub, self, cursor)
            more = entry.complete < entry.bound
            page = Page(None)
            if entry.start is not None:
                page = first_page(entry.events, entry.complete, more=more)
        except Exception as error:
            self.fail(error)
            return
        finally:
            self.task = None
        self._from_now = False
        self.found(page)

    def _give(self, answer: Page | Exception) -> None:
        answered, self._answered = self._answered, None
        if answered is not None:
            self._resting = True
            answered(answer)

    def _wake(self) -> None:
        if self._answered is not None:
            self._look()

    def _set_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._until, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        if self._answered is None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._until - 0.001:  # it was set for an earlier question
            self._set_timer(loop)
        else:
            self._until = 0.0
            self._look()

    # -- what happens to a reader

    def take(self, event: Event) -> bool:
        """A live event of a followed topic, which is not sent, but wakes."""
        if event.id > self.join.cursor:
            self._heard = max(self._heard, event.id)
            self._wake()
        return False

    def take_passing(self, parcel: Parcel) -> bool:
        """What is said live and not logged, where somebody waits for it: who is writing. Who comes
        and goes would answer all polls of a space again and again, and is left out."""
        said = [event_json(event) for event in parcel.events if event.kind != PRESENCE]
        if self._answered is None or not said:
            return False
        self._passing_bytes += sum(map(len, said))
        if self._passing_bytes > BUFFER_LIMIT:
            return False
        self._passing += said
        self._wake()
        return True

    def beat(self, last: int | None) -> None:
        """A poll has no need of beats. One that is kept and was not asked from one to the next is
        kept no longer."""
        if self._stayed:
            self.close()
        self._stayed = self._resting

    def tell(self, kind: str, data: dict[str, Any], id: int | None = None) -> None:
        """A stream would be told to move: answer, and let the client connect anew."""
        self._leaving = True
        self._depart()

    def say_goodbye(self, kind: str, data: dict[str, Any]) -> None:
        """A stream would end with this."""
        self._leaving = self._over = True
        self._depart()

    def reset(self, reason: str) -> None:
        """This one has told its client nothing yet that could be wrong: to join again shows whether
        the log reaches back to its cursor."""
        self.unsure = True
        self._wake()

    def join_again(self) -> None:
        """The log was fenced."""
        self.unsure = True
        self._wake()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().close()
        self._give(LogAway())

    def _depart(self) -> None:
        """Answer now what is known. One that nobody has asked has nothing to say."""
        if self._resting:
            self.close()
        elif self._answered is not None and not self._looking:
            self._give(Page(self.join.cursor, leaving=True))
