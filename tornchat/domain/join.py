"""The join of history and live: what one reader is sent, once and in order.

A reader has one scalar cursor over all of its topics. To join, it first follows its topics, then
learns where the log stands (the *bound*), reads the log up to there, and only then goes live: it
drops what came live up to the bound and takes what came after. There is no other way to start, be
it for a connect, a resume, or a room joined in mid-stream: a new topic pauses the whole reader and
joins again from its own cursor, since one scalar stands for all of its topics.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tornchat.domain.events import Event
from tornchat.domain.topics import room_topic, user_topic

_NONE: Mapping[str, int] = MappingProxyType({})


class Join:
    """Where one reader stands. ``topics``: topic -> the id above which it is the reader's;
    ``bound``: that of the first join that was completed, 0 before.

    While ``joining``, live events wait in ``held``; the caller bounds what may wait.
    """

    __slots__ = (
        *("_after", "_from", "_upto"),
        *("bound", "cursor", "held", "joining", "topics", "user"),
    )

    def __init__(self, user: str, cursor: int) -> None:
        self.user = user
        self.cursor = cursor
        self.bound = 0
        self._from = self._after = self._upto = 0
        self.topics: Mapping[str, int] = _NONE
        self.joining = True
        self.held: list[Event] | tuple[()] = ()

    def offer(self, event: Event) -> bool:
        """A live event: whether it is to be sent now. Afterwards look at `joining`."""
        if self.joining:
            if event.id:
                if not self.held:
                    self.held = []  # made only now: a live reader has no use for it
                self.held.append(event)
            return False
        since = self.topics.get(event.topic)
        if since is None:
            return False
        if not event.id:
            return True
        if event.id <= self.cursor or event.id <= since:
            return False
        self.cursor = event.id
        self._follow(event)
        return True

    def passes(self, first: int, last: int) -> bool:
        """Live events of my topics, none of which changes them, with ids from ``first`` up to
        ``last`` in their order: whether all of them are to be sent, as `offer` would say of each.

        What a live reader has not seen is above the point from which the topic is its own.
        """
        if self.joining or first <= self.cursor:
            return False
        self.cursor = last
        return True

    def begin(self) -> None:
        """Join again, from where the reader stands."""
        self.joining = True

    def enter(self, topics: Mapping[str, int]) -> None:
        """The reader's topics as the log knows them at the bound."""
        self.topics = topics
        self._from = self.cursor

    def replay(self, event: Event) -> bool:
        """An event of the log up to the bound, in the order of ids: whether it is to be sent.

        Memberships in it have no effect: `enter` got them as they are at the bound.
        """
        since = self.topics.get(event.topic)
        if since is None or event.id <= self.cursor or event.id <= since:
            return False
        self.cursor = event.id
        return True

    def complete(self, bound: int) -> list[Event]:
        """Everything up to ``bound`` has been replayed: go live.

        Gives what was held and is to be sent now, in the order of ids even where a repair brought
        some of it late. Where one of these events opens another room, the reader is joining again
        and the rest stays held.
        """
        self.bound = self.bound or bound
        self._after, self._upto = self._from, bound
        self.cursor = max(self.cursor, bound)
        self.joining = False
        held, self.held = self.held, ()
        return [event for event in sorted(held, key=lambda event: event.id) if self.offer(event)]

    @property
    def replayed(self) -> tuple[int, int]:
        """(after, up to] of the last join that was completed, whose events came from the log."""
        return self._after, self._upto

    def passed_over(self, late: list[int]) -> bool:
        """Whether one of these ids may have been missed: it came late and is behind the cursor.

        Only the first join vouches for what it replayed: a later one started from a cursor that had
        itself passed over the hole.
        """
        return any(self.bound < id <= self.cursor for id in late)

    def raise_to(self, id: int) -> None:
        """Nothing of the reader's topics is missing up to ``id``. Only for a live reader."""
        if not self.joining and id > self.cursor:
            self.cursor = id

    def _follow(self, event: Event) -> None:
        """What an event of mine does to my topics: it takes effect at its place in the order."""
        fields = event.fields
        kind = fields["kind"]
        if kind == "member.left" and fields["user"] == self.user:
            self._drop(room_topic(fields["room"]))
        elif kind == "member.joined" and event.topic == user_topic(self.user):
            self._drop(room_topic(fields["room"]))
            self.joining = True

    def _drop(self, topic: str) -> None:
        self.topics = {name: since for name, since in self.topics.items() if name != topic}
