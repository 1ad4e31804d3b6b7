"""Tornchat as a target: a server of its own, with real accounts, rooms, sessions, Redis and
archive. Nothing is left out of its path; only limits of the rate are raised."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from probes.bench import scans
from probes.bench.pinning import pinned
from probes.bench.target import MARKER_PATTERN, USUAL_WAIT, Post, Scan, Shape, SseScan
from probes.calls import GivenUp, fetch
from probes.exchange import Base, request, signed
from probes.loads.machine import is_redis
from probes.people import Person
from probes.rig import facts
from probes.rig.children import CannotRun
from probes.rig.line import HOST
from probes.rig.node import ROOT, Node

_IN_DATA = rb'[^\n]*?"body":"' + MARKER_PATTERN
_POLLS = scans.polls(
    rb'"id":(?P<id>\d+),"prev":\d+,"topic":"room:' + _IN_DATA, rb'\{"cursor":(\d+),'
)
SCANS: Mapping[str, Scan] = {
    "sse": SseScan(rb"id: (?P<id>\d+)\nevent: message\ndata: " + _IN_DATA),
    "websocket": scans.frames(rb'"id":(?P<id>\d+),"prev":\d+,"topic":"room:' + _IN_DATA),
    "long-poll": _POLLS,
    "short-poll": _POLLS,
}
SERVED = {
    "sse": b"event: hello",
    "websocket": b'"hello"',
    "long-poll": b'{"cursor":',
    "short-poll": b'{"cursor":',
}
"""What a subscriber has received that is being served."""
_TOKEN_SECONDS = 120.0
_ANNOUNCED_SECONDS = 60.0


class Speaker:
    """What every target says that is a Tornchat, wherever it runs."""

    transports: Collection[str] = tuple(SCANS)
    _asking: Asking

    def subscribe(self, number: int, cursor: bytes | None = None) -> bytes:
        return self._asking.subscribe(number, cursor)

    def ready(self, data: bytes) -> bool:
        return SERVED[self._asking.transport] in data

    def publish(self, post: Post) -> bytes:
        return self._asking.publish(post)

    def published(self, status: int) -> bool:
        return status == 201


class StampingSpeaker(Speaker):
    """And one whose events may be followed through it (`probes.bench.target.Stamping`)."""

    def probe(self, nonce: str) -> bytes:
        return self._asking.probe(nonce)

    def follow(self, cursor: bytes | None = None) -> bytes:
        return self._asking.follow(cursor)


class Own(StampingSpeaker):
    """One server, made for one `Shape`."""

    name = "tornchat"

    def __init__(self, shape: Shape) -> None:
        self.scan = SCANS[shape.transport]
        self._shape = shape
        self._folder = Path(tempfile.mkdtemp(prefix="tornchat-bench-"))
        self._node = Node("bench", self._folder, _options(shape))
        self._asking = Asking(self.base, shape.transport)
        self._asking.wait = shape.wait

    @property
    def base(self) -> Base:
        return Base(HOST, self._node.port)

    def start(self, cpus: set[int]) -> None:
        with pinned(cpus):
            asyncio.run(self._node.start())
        try:
            asyncio.run(self._come_in())
        except GivenUp as refused:
            raise CannotRun(f"the accounts could not be made: {refused}") from None

    def stop(self) -> None:
        asyncio.run(self._node.stop())
        shutil.rmtree(self._folder, ignore_errors=True)

    def processes(self) -> dict[str, list[int]]:
        roles: dict[str, list[int]] = {"worker": [], "redis": [], "supervisor": [self._node.pid]}
        for pid in sorted(self._node.children()):
            role = "redis" if is_redis(pid) else "worker" if _is_worker(pid) else "supervisor"
            roles[role].append(pid)
        return roles

    def versions(self) -> dict[str, str]:
        known = facts.machine()
        del known["machine"]
        options = " ".join(_options(self._shape))
        return {**known, "redis": self._node.redis, "database": "SQLite", "options": options}

    def asking(self, transport: str, series: str) -> Asking:
        """For another run on the same server: its requests by that transport, with messages that
        are no repetitions of those of another ``series``."""
        asking = Asking(self.base, transport, series)
        known = self._asking
        asking.rooms, asking.sessions, asking.authors = known.rooms, known.sessions, known.authors
        asking.prober, asking.wait = known.prober, known.wait
        return asking

    async def _come_in(self) -> None:
        """Make the accounts; everybody is in all rooms, the first of which came with the first
        account."""
        chance = random.Random(0)
        people = [
            Person(f"member{number}", [self.base], chance) for number in range(self._shape.members)
        ]
        for person in people:
            await person.sign_up()
        first = people[0]
        rooms = list((await first.snapshot()).rooms)
        for number in range(1, self._shape.rooms):
            rooms.append(await first.make_room(f"room {number}"))
            for person in people[1:]:
                await person.join(rooms[-1])
        asking = self._asking
        asking.rooms = rooms
        asking.authors = asking.sessions = [person.caller.cookie for person in people]
        if self._shape.own_sessions:
            asking.sessions = await self._tokens([person.name for person in people])
        if self._shape.trips:
            people.append(Person("prober", [self.base], chance))
            await people[-1].sign_up()
            asking.prober = people[-1].caller.cookie
        for person in people:
            person.caller.close()

    async def _tokens(self, names: Sequence[str]) -> list[str]:
        """A new session for each subscriber, those of all members in turn."""
        each = -(-self._shape.subscribers // len(names))
        of_members = [await asyncio.to_thread(self._more, name, each) for name in names]
        sessions = [f"Bearer {token}" for turn in zip(*of_members, strict=True) for token in turn]
        async with asyncio.timeout(_ANNOUNCED_SECONDS):
            for token in sessions[-len(names) :]:
                while not await self._knows(token):  # noqa: ASYNC110 - a server sets no event
                    await asyncio.sleep(0.1)
        return sessions

    async def _knows(self, token: str) -> bool:
        return (await fetch(self.base, "GET", "/api/session", token, 10.0)).status == 200

    def _more(self, name: str, count: int) -> list[str]:
        """Bearer tokens of a member, as the shell makes them."""
        command = [sys.executable, str(ROOT / "server.py"), "token", "add", name]
        command += ["--count", str(count), "--data", str(self._folder / "bench")]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TOKEN_SECONDS, check=False
        )
        if done.returncode:
            raise CannotRun(f"there are no tokens: {done.stderr.strip()}")
        return done.stdout.split()


class Asking:
    """The requests to a Tornchat. ``sessions`` are those of subscribers, ``authors`` those of
    members, each a cookie or ``Bearer TOKEN``, taken in turn; ``prober``: who sends probes;
    ``wait``: seconds that a long poll waits at the longest. Nonces begin with ``series``: who loads
    a server more than once needs another each time, or nothing would be new."""

    def __init__(self, base: Base, transport: str, series: str = "bench") -> None:
        self.rooms: list[str] = []
        self.sessions: list[str] = []
        self.authors: list[str] = []
        self.prober = ""
        self.wait = USUAL_WAIT
        self._base = base
        self.transport = transport
        self._series = series

    def subscribe(self, number: int, cursor: bytes | None) -> bytes:
        """As `target.Target` asks."""
        return self._subscribe(self.sessions[number % len(self.sessions)], cursor)

    def follow(self, cursor: bytes | None) -> bytes:
        """As `target.Target` asks."""
        return self._subscribe(self.prober, cursor)

    def _subscribe(self, session: str, cursor: bytes | None) -> bytes:
        headers = signed(session)
        path = "/api/events"
        if self.transport in ("long-poll", "short-poll"):
            # The first one asks where to begin, and is answered at once.
            wait = self.wait if self.transport == "long-poll" and cursor is not None else 0
            path += f"?wait={wait:g}" + (f"&after={cursor.decode()}" if cursor is not None else "")
            headers["Accept"] = "application/json"
        elif self.transport == "websocket":
            path += "/socket"
            headers["Upgrade"], headers["Connection"] = "websocket", "Upgrade"
            headers["Sec-WebSocket-Version"] = "13"
            headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        return request(self._base, "GET", path, headers)

    def publish(self, post: Post) -> bytes:
        """As `target.Target` asks. The nonce is that of a client which would try again."""
        headers = signed(self.authors[post.author % len(self.authors)])
        headers["Content-Type"] = "application/json"
        body = json.dumps(
            {"body": post.text.decode(), "nonce": f"{self._series}-{post.seq}"}
        ).encode()
        path = f"/api/rooms/{self.rooms[post.room]}/messages"
        return request(self._base, "POST", path, headers, body)

    def probe(self, nonce: str) -> bytes:
        """As `target.Target` asks."""
        headers = {**signed(self.prober), "Content-Type": "application/json"}
        body = json.dumps({"nonce": nonce}).encode()
        return request(self._base, "POST", "/api/lab/probe", headers, body)


def _options(shape: Shape) -> tuple[str, ...]:
    return (
        *("--workers", str(shape.workers), "--heartbeat", f"{shape.heartbeat:g}"),
        *("--max-streams", "0", "--post-rate", "0"),
    )


def _is_worker(pid: int) -> bool:
    """The other child of a supervisor serves figures."""
    return b"metrics_server" not in Path(f"/proc/{pid}/cmdline").read_bytes()
