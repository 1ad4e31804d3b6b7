"""What a worker spends on a message that another one posts: as the keeper of the archive, and as
one that only hears it; what a poll costs; and what the message leaves in Redis.

Three nodes with a worker each share a Redis and a database. The first that started keeps the
archive, the second takes the posts, and the third hears them.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import tempfile
import time
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any

import redis

from probes.bench import pinning
from probes.bench.result import Run
from probes.bench.usage import Memory
from probes.exchange import Base, signed
from probes.loads.machine import cpu_seconds
from probes.people import Person
from probes.plan.measure.runs import Tell, run
from probes.rig.children import CannotRun
from probes.rig.line import HOST
from probes.rig.node import Node
from probes.rig.redis_server import RedisServer

RATE = 400.0
_PEOPLE = 8
_SECONDS = 5.0
_QUIET_SECONDS = 4.0
_POLL_SECONDS = 3.0
_FOLLOWED_SECONDS = 3.0
"""Less than the time for which a worker still follows what nobody reads any more."""
_NONCES = 200
_NAMES = ("keeper", "poster", "hearer")
_PREFIX = "tornchat:{main}:"
_TEXT = ("The tide is in and the boats lie on the water near the old wall. " * 4)[:200]


def measure(number: int, tell: Tell) -> list[Run]:
    """Once. Raises `CannotRun`."""
    with tempfile.TemporaryDirectory(prefix="tornchat-plan-") as folder:
        return asyncio.run(_Nodes(Path(folder), number, tell).measure())


@dataclass(frozen=True, slots=True)
class _Window:
    """Cores of each worker, and how many things happened."""

    used: Mapping[str, float]
    happened: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.happened / self.seconds

    def extra_us(self, quiet: _Window, worker: str) -> float:
        """What a worker used more than in quiet, for each thing that happened."""
        return max(0.0, self.used[worker] - quiet.used[worker]) / self.rate * 1e6


class _Poller:
    """Short polls of one person, on a connection that is kept."""

    def __init__(self, base: Base, cookie: str) -> None:
        self._line = HTTPConnection(base.host, base.port, timeout=30)
        self._headers = {**signed(cookie), "Accept": "application/json"}

    def poll(self, cursor: int | None) -> int:
        """The cursor to come back with. Raises `CannotRun`."""
        after = "" if cursor is None else f"&after={cursor}"
        try:
            self._line.request("GET", f"/api/events?wait=0{after}", headers=self._headers)
            answer = self._line.getresponse()
            body = answer.read()
        except OSError as wrong:
            raise CannotRun(f"a poll broke: {wrong}") from None
        if answer.status != 200:
            raise CannotRun(f"a poll was answered {answer.status}")
        known: int = json.loads(body)["cursor"]
        return known

    def close(self) -> None:
        self._line.close()


class _Nodes:
    def __init__(self, folder: Path, number: int, tell: Tell) -> None:
        self._folder = folder
        self._number = number
        self._tell = tell
        self._redis = RedisServer(folder / "redis")
        self._workers: dict[str, int] = {}
        self._messages = 0

    async def measure(self) -> list[Run]:
        places = pinning.places()
        async with AsyncExitStack() as held:
            self._tell("starting three nodes")
            with pinning.pinned(places.server):
                await self._redis.start()
                held.push_async_callback(self._redis.stop)
                bases = {name: await self._node(held, name) for name in _NAMES}
            held.enter_context(pinning.pinned(places.client))
            client = held.enter_context(redis.Redis(HOST, self._redis.port))
            chance = random.Random(self._number)
            people = [Person(f"m{n}", [bases["poster"]], chance) for n in range(_PEOPLE)]
            for person in people:
                held.callback(person.caller.close)
                await person.sign_up()
            [room] = (await people[0].snapshot()).rooms
            memory = float(Memory.of([self._workers["hearer"]]).pss)
            quiet = await self._window(asyncio.sleep(_QUIET_SECONDS, 1))
            self._tell("posting while nobody listens")
            unheard = await self._window(self._post(people, room))
            self._tell("posting while a worker hears")
            await self._follow(bases["hearer"], people[0])
            if _followers(client, room) != 1:
                raise CannotRun("a poll did not make its worker follow the room")
            following = asyncio.create_task(self._keep_following(bases["hearer"], people[0]))
            heard = await self._window(self._post(people, room))
            following.cancel()
            if not _followers(client, room):
                raise CannotRun("the worker has forgotten the room: this machine is too slow now")
            log = self._log(client, room)
            self._tell("polling")
            return [
                self._node_run(quiet, unheard, heard, memory),
                log,
                await self._polls(bases["hearer"], people, client),
            ]

    async def _node(self, held: AsyncExitStack, name: str) -> Base:
        secret = self._folder / "secret"
        if not secret.exists():
            secret.touch(0o600)
            secret.write_text(secrets.token_hex(32))
        options = (
            *("--redis", f"redis://{HOST}:{self._redis.port}"),
            *("--database", f"sqlite:///{self._folder / 'tornchat.db'}"),
            *("--workers", "1", "--post-rate", "0", "--secret-file", str(secret)),
        )
        node = Node(name, self._folder, options)
        held.push_async_callback(node.stop)
        await node.start()
        [self._workers[name]] = [pid for pid in node.children() if _is_worker(pid)]
        return Base(HOST, node.port)

    async def _window(self, work: Awaitable[int]) -> _Window:
        """``work`` tells how many things happened."""
        before = {name: cpu_seconds([pid]) for name, pid in self._workers.items()}
        began = time.monotonic()
        happened = await work
        seconds = time.monotonic() - began
        used = {name: cpu_seconds([pid]) for name, pid in self._workers.items()}
        cores = {name: (used[name] - before[name]) / seconds for name in used}
        return _Window(cores, happened, seconds)

    async def _post(self, people: Sequence[Person], room: str) -> int:
        """At even distances; who is late goes on at once. Gives how many were accepted."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        each = len(people) / RATE

        async def talk(person: Person, shift: float) -> int:
            said = 0
            while (due := max(began + shift + said * each, loop.time())) < began + _SECONDS:
                await asyncio.sleep(due - loop.time())
                self._messages += 1
                await person.say(room, _TEXT, f"{person.name}-{self._messages}")
                said += 1
            return said

        talks = (talk(person, n / RATE) for n, person in enumerate(people))
        return sum(await asyncio.gather(*talks))

    async def _follow(self, base: Base, person: Person) -> None:
        """Have a worker follow the room, with nobody on it who reads: a poll does, and what it
        followed is followed for some seconds more."""
        poller = _Poller(base, person.caller.cookie)
        await asyncio.to_thread(poller.poll, None)
        poller.close()

    async def _keep_following(self, base: Base, person: Person) -> None:
        """A poll now and then, which costs the worker little beside what it hears."""
        while True:
            await asyncio.sleep(_FOLLOWED_SECONDS)
            await self._follow(base, person)

    async def _polls(self, base: Base, people: Sequence[Person], client: redis.Redis) -> Run:
        """Short polls, one after another, that find nothing."""
        end = time.monotonic() + _POLL_SECONDS
        before = _redis_us(client)

        def ask(person: Person) -> int:
            poller, cursor, asked = _Poller(base, person.caller.cookie), None, 0
            while time.monotonic() < end:
                cursor = poller.poll(cursor)
                asked += 1
            poller.close()
            return asked

        async def all_ask() -> int:
            asks = (asyncio.to_thread(ask, person) for person in people)
            return sum(await asyncio.gather(*asks))

        found = await self._window(all_ask())
        figures = {
            "poll_us_worker": found.used["hearer"] / found.rate * 1e6,
            "poll_us_redis": (_redis_us(client) - before) / found.happened,
        }
        return run("cost-poll", self._number, figures, rate=round(found.rate), in_flight=_PEOPLE)

    def _node_run(self, quiet: _Window, unheard: _Window, heard: _Window, memory: float) -> Run:
        figures = {
            "archive_us": unheard.extra_us(quiet, "keeper"),
            "hear_us": heard.extra_us(quiet, "hearer"),
            "not_heard_us": unheard.extra_us(quiet, "hearer"),
            "worker_bytes": memory,
        }
        return run("cost-node", self._number, figures, rate=round(heard.rate), size=len(_TEXT))

    def _log(self, client: redis.Redis, room: str) -> Run:
        log = f"{_PREFIX}log:room:{room}"
        entries: Any = client.xlen(log)
        size: Any = client.memory_usage(log, samples=0)
        nonces: Any = client.scan_iter(f"{_PREFIX}once:*", 1000)
        some = list(islice(nonces, _NONCES))
        figures = {
            "messages": float(entries),
            "log_bytes": size / entries,
            "nonce_bytes": sum(client.memory_usage(key) or 0 for key in some) / len(some),
        }
        return run("cost-log", self._number, figures, size=len(_TEXT))


def _followers(client: redis.Redis, room: str) -> int:
    """Workers that follow a room."""
    [(_, number)] = client.pubsub_numsub(f"{_PREFIX}topic:room:{room}")
    return int(number)


def _redis_us(client: redis.Redis) -> float:
    known: Any = client.info("cpu")
    return float(known["used_cpu_user"] + known["used_cpu_sys"]) * 1e6


def _is_worker(pid: int) -> bool:
    """The other child of a supervisor serves figures."""
    return b"metrics_server" not in Path(f"/proc/{pid}/cmdline").read_bytes()
