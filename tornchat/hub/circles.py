"""Who reads what: topic -> circles of readers that follow exactly the same topics.

All streams of one person are in the same rooms. They share one mapping of topics and stand in each
topic's list as one, so that another stream costs an entry in a set, however many rooms it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tornchat.log.bus import Bus

if TYPE_CHECKING:
    from tornchat.hub.reader import Reader


class Circle:
    """Readers of one user with the same ``topics``: topic -> the id above which it is theirs."""

    __slots__ = ("readers", "topics", "user")

    def __init__(self, user: str, topics: Mapping[str, int]) -> None:
        self.user = user
        self.topics = topics
        self.readers: dict[Reader, None] = {}
        """In fact a set; a dictionary has the smaller table."""


class Circles:
    """All circles of a worker. ``bus`` is told what has to be heard."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._of_topic: dict[str, set[Circle]] = {}
        self._of_user: dict[str, list[Circle]] = {}

    def move(self, reader: Reader, topics: Mapping[str, int]) -> Mapping[str, int]:
        """Make these the topics that the reader hears; gives them as its circle shares them."""
        before = reader.circle
        if before is not None and before.topics is topics:
            return topics
        if before is None or (before.topics is not topics and before.topics != topics):
            reader.circle = circle = self._circle(reader.join.user, topics)
            circle.readers[reader] = None
            if before is not None:  # only now: what both follow is not unsubscribed in between
                self._quit(before, reader)
            return circle.topics
        return before.topics

    def leave(self, reader: Reader) -> None:
        """The reader hears nothing more."""
        if reader.circle is not None:
            circle, reader.circle = reader.circle, None
            self._quit(circle, reader)

    def of(self, topic: str) -> list[Circle]:
        """Those who follow a topic now."""
        return list(self._of_topic.get(topic, ()))

    def readers_of(self, topic: str) -> list[Reader]:
        return [reader for circle in self.of(topic) for reader in circle.readers]

    def _circle(self, user: str, topics: Mapping[str, int]) -> Circle:
        circles = self._of_user.setdefault(user, [])
        for circle in circles:
            if circle.topics is topics or circle.topics == topics:
                return circle
        circle = Circle(user, topics)
        circles.append(circle)
        for topic in topics:
            self._of_topic.setdefault(topic, set()).add(circle)
            self._bus.follow(topic)
        return circle

    def _quit(self, circle: Circle, reader: Reader) -> None:
        del circle.readers[reader]
        if circle.readers:
            return
        user = reader.join.user
        self._of_user[user].remove(circle)
        if not self._of_user[user]:
            del self._of_user[user]
        for topic in circle.topics:
            circles = self._of_topic[topic]
            circles.discard(circle)
            if not circles:
                del self._of_topic[topic]
            self._bus.unfollow(topic)
