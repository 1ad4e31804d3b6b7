"""A stream in the simulated world: the steps of hub/reader.py and hub/joining.py, and a `Join`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from tests.domain.simulated_log import topics_of
from tests.domain.simulated_worker import Worker
from tests.domain.simulated_world import STEP, Away, Link, Process
from tornchat.domain.events import Event
from tornchat.domain.join import Join

if TYPE_CHECKING:
    from tests.domain.delivery_model import Client


class Reader:
    """One stream: hub/reader.py and hub/joining.py."""

    def __init__(self, worker: Worker, client: Client, join: Join) -> None:
        self.worker, self.client, self.join = worker, client, join
        self.link = Link(worker.time)
        self.following: set[str] = set()
        self.closed = self.greeted = self.stale = False
        self.busy = True
        worker.readers[self] = None
        worker.time.spawn(self.carry_on())

    def take(self, event: Event) -> None:
        if self.join.offer(event):
            self.send(event)

    def send(self, event: Event) -> None:
        self.link.carry(self.client.hear, event)
        if self.join.joining and not self.busy:
            self.join_again()
        elif event.kind == "member.left":
            self.follow(self.join.topics)

    def join_again(self) -> None:
        if self.busy:
            self.stale = True
        elif not self.closed:
            self.join.begin()
            self.busy = True
            self.worker.time.spawn(self.carry_on())

    def carry_on(self) -> Process:
        try:
            while not self.closed:
                self.stale = False
                yield from self.enter()
                if not self.join.joining:
                    return
        except Away:
            self.close()
        finally:
            self.busy = False

    def enter(self) -> Process:
        worker, redis, join = self.worker, self.worker.redis, self.join
        user = join.user
        mine = yield worker.call(lambda: dict(redis.memberships[user]))
        now = topics_of(user, mine)
        topics: dict[str, int] = {}
        while not now.keys() <= topics.keys():
            topics = now
            self.follow(topics)
            while not worker.confirmed(topics) and not self.closed:
                yield STEP
            bound, heads, mine = yield worker.call(
                lambda: (redis.clock, dict(redis.heads), dict(redis.memberships[user]))
            )
            now = topics_of(user, mine)
        if self.closed:
            return
        self.follow(now)
        join.enter(now)
        for topic in now:
            worker.sequence.baseline(topic, heads.get(topic, 0))
        cursor = join.cursor
        history: list[Event] = []
        for topic, since in now.items():
            low = max(cursor, since)
            history += yield worker.call(partial(redis.read, topic, low, bound))
        floor = yield worker.call(lambda: redis.floor)
        if cursor > bound or cursor < floor:
            self.reset()
        if self not in worker.readers:
            return
        self.greeted = True
        for event in sorted(history, key=lambda event: event.id):
            if join.replay(event):
                self.send(event)
        if not self.stale:
            for event in join.complete(bound):
                self.send(event)

    def follow(self, topics: Iterable[str]) -> None:
        if self.closed:
            return
        for topic in topics:
            if topic not in self.following:
                self.following.add(topic)
                self.worker.hub[topic][self] = None
                self.worker.follow(topic)
        for topic in self.following - set(topics):
            self.unfollow(topic)

    def unfollow(self, topic: str) -> None:
        self.following.discard(topic)
        del self.worker.hub[topic][self]
        self.worker.unfollow(topic)

    def reset(self) -> None:
        """A hello without an id, and the end."""
        if not self.closed:
            self.link.carry(self.client.hear_reset, self)
            self.close(tell=False)

    def close(self, tell: bool = True) -> None:
        if self.closed:
            return
        self.closed = True
        del self.worker.readers[self]
        for topic in list(self.following):
            self.unfollow(topic)
        if tell:
            self.link.carry(self.client.hear_end, self)
