"""Clients, workers and a Redis in a simulated world, around the real `Join` and `Sequence`.

The steps are those of log/bus.py, hub/joining.py and hub/reader.py. What is checked is what the
protocol promises to a client, whatever happens: nothing missing unless a reset was said, nothing
twice, in order, and nothing of a room outside of one's membership.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from tests.domain.simulated_log import topics_of
from tests.domain.simulated_world import STEP, Away, Call, Link, Process, SimulatedRedis, Time
from tornchat.domain.events import Event
from tornchat.domain.join import Join
from tornchat.domain.sequence import Sequence

PULSE, DEAF, BEAT, PAUSE = 300.0, 900.0, 250.0, 3000.0


class Subscription:
    """A worker's pub/sub connection. ``topics``: what Redis has subscribed it to."""

    def __init__(self, worker: Worker) -> None:
        self.there, self.back = Link(worker.time), Link(worker.time)
        self.topics: set[str] = set()
        self.run = worker.redis.run

    def cut(self) -> None:
        self.there.alive = self.back.alive = False


class Worker:
    """The bus and the hub of one process."""

    def __init__(self, redis: SimulatedRedis, sequence: Sequence, loss: float) -> None:
        self.redis, self.time, self.sequence, self.loss = redis, redis.time, sequence, loss
        self.requests, self.replies = Link(self.time), Link(self.time)
        self.wanted: Counter[str] = Counter()
        self.unconfirmed: Counter[str] = Counter()
        self.subscription: Subscription | None = Subscription(self)
        self.run, self.heard, self.held_since = redis.run, 0.0, 0.0
        self.hub: dict[str, dict[Reader, None]] = defaultdict(dict)
        self.readers: dict[Reader, None] = {}
        sequence.start(redis.clock)
        for process in (self.keep(), self.pulses(), self.beats()):
            self.time.spawn(process)

    def call(self, command: Callable[[], Any]) -> Call:
        return Call(self.redis, self, command)

    # -- log/bus.py

    def follow(self, topic: str) -> None:
        self.wanted[topic] += 1
        if self.wanted[topic] == 1 and self.subscription is not None:
            self.subscribe(self.subscription, topic)

    def unfollow(self, topic: str) -> None:
        self.wanted[topic] -= 1
        if not self.wanted[topic]:
            del self.wanted[topic]
            self.sequence.forget(topic)
            if self.subscription is not None:
                self.subscription.there.carry(self.subscription.topics.discard, topic)

    def subscribe(self, to: Subscription, topic: str) -> None:
        def arrive() -> None:
            to.topics.add(topic)
            to.back.carry(self.confirm, topic)

        self.unconfirmed[topic] += 1
        to.there.carry(arrive)

    def confirm(self, topic: str) -> None:
        self.unconfirmed[topic] -= 1

    def confirmed(self, topics: Any) -> bool:
        return self.subscription is not None and not any(self.unconfirmed[t] for t in topics)

    def publish(self, event: Event) -> None:
        to = self.subscription
        if to is not None and event.topic in to.topics and self.time.random.random() >= self.loss:
            to.back.carry(self.hear, event)

    def hear(self, event: Event) -> None:
        if event.topic in self.wanted and not self.unconfirmed[event.topic]:
            if self.sequence.offer(event):
                self.hand_on(event)

    def hear_pulse(self, clock: int, heads: dict[str, int]) -> None:
        self.heard = self.time.now
        self.sequence.pulse(clock, {topic: heads.get(topic, 0) for topic in self.wanted})

    def lose(self) -> None:
        if self.subscription is not None:
            self.subscription.cut()
            self.subscription = None
            self.unconfirmed.clear()
            self.sequence.hold()

    def pulses(self) -> Process:
        while True:
            if to := self.subscription:
                try:
                    yield self.call(
                        lambda to=to: to.back.carry(
                            self.hear_pulse, self.redis.clock, dict(self.redis.heads)
                        )
                    )
                except Away:
                    pass
            yield PULSE
            if self.subscription is not None and self.time.now - self.heard > DEAF:
                self.lose()
            if self.sequence.holding and self.time.now - self.held_since > PAUSE:
                self.held_since = self.time.now
                for reader in list(self.readers):
                    reader.close()

    def keep(self) -> Process:
        while True:
            while not self.sequence.holding:
                self.held_since = self.time.now
                yield STEP
            try:
                if self.subscription is None:
                    yield from self.connect()
                if self.sequence.holding:
                    yield from self.repair()
            except Away:
                yield 50

    def connect(self) -> Process:
        yield self.time.latency()
        if self.redis.down:
            raise Away
        self.subscription = to = Subscription(self)
        self.heard = self.time.now
        topics = list(self.wanted)
        for topic in topics:
            self.subscribe(to, topic)
        while not self.confirmed(topics):
            yield STEP
            if self.subscription is not to:
                raise Away

    def repair(self) -> Process:
        redis, sequence = self.redis, self.sequence
        wanted = list(self.wanted)
        clock, heads, run = yield self.call(
            lambda: (redis.clock, {t: redis.heads.get(t, 0) for t in wanted}, redis.run)
        )
        to = self.subscription
        if to is None or to.run != run:
            raise Away
        base, partial = sequence.last, sequence.missing
        history: list[Event] = []
        lows = sequence.lows(heads)
        for topic, low in lows.items():
            history += yield self.call(lambda t=topic, low=low: redis.read(t, low, clock))
        floor = yield self.call(lambda: redis.floor)
        if self.subscription is not to:
            return
        heads = {topic: head for topic, head in heads.items() if topic in self.wanted}
        fenced, self.run = self.run != run, run
        if partial is None and base < floor:
            history = []
            for reader in list(self.readers):
                reader.reset()
        for topic, low in lows.items():
            late = [event.id for event in history if event.topic == topic and event.id <= base]
            trimmed = partial is not None and low < floor
            for reader in list(self.hub[topic]) if late or trimmed else []:
                if trimmed or reader.join.passed_over(late):
                    reader.reset()
        if fenced:
            for reader in list(self.readers):
                reader.join_again()
        for event in sequence.resume(clock, heads, history):
            self.hand_on(event)

    # -- hub/hub.py

    def hand_on(self, event: Event) -> None:
        for reader in list(self.hub[event.topic]):
            reader.take(event)

    def beats(self) -> Process:
        while True:
            yield BEAT
            healthy = self.subscription is not None and not self.sequence.holding
            for reader in self.readers:
                if healthy:
                    reader.join.raise_to(self.sequence.last)
                if reader.greeted:
                    reader.link.carry(reader.client.hear_cursor, reader.join.cursor)


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
            history += yield worker.call(lambda t=topic, low=low: redis.read(t, low, bound))
        floor = yield worker.call(lambda: redis.floor)
        if cursor > bound or cursor < floor:
            self.reset()
        if self.closed:
            return
        self.greeted = True
        for event in sorted(history, key=lambda event: event.id):
            if join.replay(event):
                self.send(event)
        if not self.stale:
            for event in join.complete(bound):
                self.send(event)

    def follow(self, topics: Any) -> None:
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
                try:
                    yield self.any_worker().call(lambda room=room: self.redis.append(f"room:{room}"))
                except Away:
                    pass

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
        return own or bool(before) and before[-1] == "member.joined"

    def look_for_what_is_missing(self, client: Client) -> None:
        redis = self.redis
        mine = {room: id for (user, room), id in redis.members.items() if user == client.user and id}
        topics = topics_of(client.user, mine)
        for event in redis.events:
            since = topics.get(event.topic)
            if since is not None and event.id > max(since, client.base):
                self.demand(event.id in client.got, "missing", client, event)
