"""Clients, workers and a Redis in a simulated world, around the real `Join` and `Sequence`.

What is checked is what the protocol promises to a client, whatever happens: nothing missing unless
a reset was said, nothing twice, in order, and nothing of a room outside of one's membership.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from functools import partial

from tests.domain.simulated_log import topics_of
from tests.domain.simulated_reader import Reader
from tests.domain.simulated_worker import Worker
from tests.domain.simulated_world import Away, Process, SimulatedRedis, Time
from tornchat.domain.events import Event
from tornchat.domain.join import Join
from tornchat.domain.sequence import Sequence


class Client:
    """A browser. ``base``: the cursor of its last snapshot, which vouches for all up to there."""

    def __init__(self, model: Model, user: str) -> None:
        self.model, self.user = model, user
        self.reader: Reader | None = None
        self.cursor = self.base = 0
        self.got: dict[int, Event] = {}
        self.resets = 0
        model.time.spawn(self.load())

    def load(self) -> Process:
        """Load the snapshot, and open a stream from its cursor."""
        worker = self.model.any_worker()
        while True:
            try:
                self.cursor = self.base = yield worker.call(lambda: worker.redis.clock)
                break
            except Away:
                yield 100
        yield self.model.time.latency()
        self.connect()

    def connect(self) -> None:
        self.reader = Reader(
            self.model.any_worker(), self, self.model.join_type(self.user, self.cursor)
        )

    def cut(self) -> None:
        """The line breaks: what is in flight is gone. The browser connects again after a while."""
        if (reader := self.reader) is not None:
            self.reader = None
            reader.link.alive = False
            reader.close(tell=False)
            self.model.time.after(self.model.time.random.uniform(1, 200), self.connect)

    def hear(self, event: Event) -> None:
        model = self.model
        model.demand(event.id > self.cursor, "order", self, event)
        model.demand(event.id not in self.got, "twice", self, event)
        model.demand(model.may_have(self.user, event), "leak", self, event)
        self.got[event.id] = event
        self.cursor = max(self.cursor, event.id)

    def hear_cursor(self, cursor: int) -> None:
        self.model.demand(cursor >= self.cursor, "cursor goes back", self, cursor)
        self.cursor = max(self.cursor, cursor)

    def hear_end(self, reader: Reader) -> None:
        if reader is self.reader:
            self.cut()

    def hear_reset(self, reader: Reader) -> None:
        if reader is self.reader:
            self.reader = None
            self.resets += 1
            self.model.time.spawn(self.load())


class Model:
    """One run. ``faults`` names what may happen: cut, bus, deaf, trim, restart, wipe."""

    USERS, ROOMS = ("ana", "budi", "citra"), ("kitchen", "garden", "roof")

    def __init__(
        self,
        seed: int,
        faults: tuple[str, ...] = (),
        *,
        loss: float = 0.0,
        join: type[Join] = Join,
        sequence: type[Sequence] = Sequence,
        length: float = 3000.0,
    ) -> None:
        self.time = Time(seed)
        self.redis = redis = SimulatedRedis(self.time)
        self.join_type, self.faults, self.length = join, faults, length
        self.wrong: list[str] = []
        self.happened: Counter[str] = Counter()
        self.comings: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        redis.publish = self.published
        redis.on_restart = self.restarted
        for number, user in enumerate(self.USERS):
            for room in self.ROOMS[number:]:
                redis.change_membership(user, room)
        self.workers = [Worker(redis, sequence(), loss) for _ in range(2)]
        self.clients = [Client(self, user) for user in (*self.USERS, self.USERS[0])]
        for process in (self.talk(), self.come_and_go(), self.break_things()):
            self.time.spawn(process)

    def run(self) -> Model:
        """Let it happen, then let all repairs end, then look for what is missing."""
        self.time.run(self.length)
        for worker in self.workers:
            worker.loss = 0.0
        self.redis.come_back()
        self.time.run(self.length + 4000)
        for client in self.clients:
            self.look_for_what_is_missing(client)
        return self

    def any_worker(self) -> Worker:
        return self.time.random.choice(self.workers)

    # -- what happens

    def talk(self) -> Process:
        chance = self.time.random
        while self.time.now < self.length:
            yield chance.expovariate(1 / 20) if chance.random() < 0.9 else chance.uniform(50, 300)
            for _ in range(chance.choice([1, 1, 1, 4])):
                room = chance.choice(self.ROOMS)
                with suppress(Away):
                    yield self.any_worker().call(partial(self.redis.append, f"room:{room}"))

    def come_and_go(self) -> Process:
        chance = self.time.random
        while self.time.now < self.length:
            yield chance.uniform(50, 400)
            self.redis.change_membership(chance.choice(self.USERS), chance.choice(self.ROOMS))

    def break_things(self) -> Process:
        chance = self.time.random
        while self.faults and self.time.now < self.length:
            yield chance.uniform(20, 400)
            fault = chance.choice(self.faults)
            self.happened[fault] += 1
            worker = chance.choice(self.workers)
            if fault == "cut":
                chance.choice(self.clients).cut()
            elif fault == "bus":
                worker.lose()
            elif fault == "deaf" and worker.subscription is not None:
                worker.subscription.cut()  # and nobody is told
            elif fault == "trim":
                self.redis.trim(chance.uniform(200, 1500))
            elif fault in ("restart", "wipe") and not self.redis.down:
                self.redis.crash(chance.choice([0, 50, 500]), everything=fault == "wipe")
                self.time.after(chance.uniform(20, 800), self.redis.come_back)

    def published(self, event: Event) -> None:
        if event.kind != "message" and event.topic.startswith("room:"):
            user, room = event.fields["user"], event.fields["room"]
            self.comings[user, room].append((event.id, event.kind))
        for worker in self.workers:
            worker.publish(event)

    def restarted(self) -> None:
        for worker in self.workers:
            worker.lose()

    # -- what must hold

    def demand(self, fulfilled: bool, what: str, client: Client, about: object) -> None:
        if not fulfilled:
            self.wrong.append(f"{what}: {client.user} at {client.cursor}: {about}")

    def may_have(self, user: str, event: Event) -> bool:
        """Whether the user was a member when it was said; the event of one's going is included."""
        if not event.topic.startswith("room:"):
            return True
        before = [kind for id, kind in self.comings[user, event.topic[5:]] if id < event.id]
        own = event.fields.get("user") == user
        return own or before[-1:] == ["member.joined"]

    def look_for_what_is_missing(self, client: Client) -> None:
        redis = self.redis
        mine = {
            room: id for (user, room), id in redis.members.items() if user == client.user and id
        }
        topics = topics_of(client.user, mine)
        for event in redis.events:
            since = topics.get(event.topic)
            if since is not None and event.id > max(since, client.base):
                self.demand(event.id in client.got, "missing", client, event)
