"""What Redis spends on a publish by the number of those who hear it, and on a pulse by the number
of topics; and the memory of a subscription. On a Redis of its own, which counts its processor time
to the microsecond."""

from __future__ import annotations

import asyncio
import select
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import redis

from probes.bench import pinning
from probes.bench.result import Run
from probes.plan.measure.runs import Tell, run
from probes.rig.line import HOST
from probes.rig.node import ROOT
from probes.rig.redis_server import RedisServer
from tornchat.domain.events import message
from tornchat.wire import packed

SUBSCRIBERS = (1, 2, 4, 8, 16, 32, 64)
TOGETHER = (1, 16)
"""Publishes that are on their way at once."""
TOPICS = (1, 1000, 5000, 20_000)
_WRITES = 8000
"""To subscribers, in each measurement: enough for a tenth of a second."""
_PUBLISHES = 1000
_HEADS = 60_000
"""Topics in all pulses of a measurement."""
_CHANNEL = "tornchat:{main}:topic:room:8r5c0tq2mz"
_LUA = ROOT / "tornchat" / "log" / "lua"


def measure(number: int, tell: Tell) -> list[Run]:
    """All of it, once."""
    found = []
    with _redis() as (server, client):
        for subscribers in SUBSCRIBERS:
            tell(f"publishing to {subscribers}")
            found += [_publish(server, client, number, subscribers, some) for some in TOGETHER]
        tell("pulses")
        found += [_pulse(client, number, topics) for topics in TOPICS]
        tell("subscriptions")
        found.append(_subscriptions(client, number))
    return found


@contextmanager
def _redis() -> Iterator[tuple[RedisServer, redis.Redis]]:
    """A Redis on the server's processors, with this process on the client's."""
    places = pinning.places()
    with tempfile.TemporaryDirectory(prefix="tornchat-plan-") as folder:
        server = RedisServer(Path(folder), persistent=False)
        with pinning.pinned(places.server):
            asyncio.run(server.start())
        try:
            with pinning.pinned(places.client), redis.Redis(HOST, server.port) as client:
                yield server, client
        finally:
            asyncio.run(server.stop())


def _used(client: redis.Redis) -> float:
    """Microseconds of processor time."""
    known: Any = client.info("cpu")
    return float(known["used_cpu_user"] + known["used_cpu_sys"]) * 1e6


@contextmanager
def _hearing(client: redis.Redis) -> Iterator[Any]:
    """A subscription of redis-py, which gives it no types."""
    pubsub: Any = client.pubsub
    with pubsub() as hearer:
        yield hearer


class _Hearers:
    """Connections that are subscribed to a channel, and read when they are told to."""

    def __init__(self, port: int, count: int) -> None:
        self._epoll = select.epoll()
        self._lines = {}
        for _ in range(count):
            line = socket.create_connection((HOST, port))
            line.sendall(f"SUBSCRIBE {_CHANNEL}\r\n".encode())
            line.recv(1000)
            line.setblocking(False)
            self._lines[line.fileno()] = line
            self._epoll.register(line, select.EPOLLIN)

    def read(self) -> None:
        for fd, _ in self._epoll.poll(0):
            with suppress(BlockingIOError):
                while len(self._lines[fd].recv(1 << 18)) == 1 << 18:
                    pass

    def close(self) -> None:
        self._epoll.close()
        for line in self._lines.values():
            line.close()


def _publish(
    server: RedisServer, client: redis.Redis, number: int, subscribers: int, together: int
) -> Run:
    """Messages of 200 bytes, so many at once, to so many subscribers."""
    text = ("The tide is in and the boats lie on the water near the old wall. " * 4)[:200]
    fields = message("8r5c0tq2mz", "v4gm1k9x2p", text, f"<p>{text}</p>", "f3a1" * 9, None)
    frame = packed.frame({**fields, "at": 1_795_410_450_842})
    times = max(_PUBLISHES, _WRITES // subscribers) // together
    hearers = _Hearers(server.port, subscribers)
    try:
        before = _used(client)
        for _ in range(times):
            with client.pipeline(transaction=False) as pipeline:
                for _ in range(together):
                    pipeline.publish(_CHANNEL, frame)
                pipeline.execute()
            hearers.read()
        used = _used(client) - before
    finally:
        hearers.close()
    figures = {"publish_us": used / (times * together), "messages": float(times * together)}
    return run(
        *("cost-publish", number, figures),
        subscribers=subscribers,
        in_flight=together,
        size=len(text),
        bytes=len(frame),
    )


def _pulse(client: redis.Redis, number: int, topics: int) -> Run:
    """The server's own script, by the heads of so many topics."""
    script = (_LUA / "fenced.lua").read_text() + (_LUA / "pulse.lua").read_text()
    names = [f"user:{n:010}" for n in range(topics)]
    information: Any = client.info("server")
    run_id = information["run_id"]
    keys = ("run", "clock", "heads")
    client.mset({"run": run_id, "clock": 1})
    client.hset("heads", mapping=dict.fromkeys(names, "1838500301662215"))
    sha = client.script_load(script)
    times = max(30, min(1000, _HEADS // topics))
    with _hearing(client) as hearer:
        hearer.subscribe("pulse")
        hearer.get_message(timeout=10)
        before = _used(client)
        for _ in range(times):
            client.evalsha(sha, len(keys), *keys, run_id, "pulse", *names)
            hearer.get_message(timeout=10)
        used = _used(client) - before
    client.delete("heads")
    return run("cost-pulse", number, {"pulse_us": used / times}, topics=topics)


def _subscriptions(client: redis.Redis, number: int) -> Run:
    """Memory for each channel of a worker that follows many."""
    topics = TOPICS[-1]
    before = _memory(client)
    with _hearing(client) as hearer:
        for start in range(0, topics, 500):
            names = [f"tornchat:{{main}}:topic:user:{n:010}" for n in range(start, start + 500)]
            hearer.subscribe(*names)
        for _ in range(topics):
            hearer.get_message(timeout=10)
        each = (_memory(client) - before) / topics
    return run("cost-subscription", number, {"subscription_bytes": each}, topics=topics)


def _memory(client: redis.Redis) -> int:
    known: Any = client.info("memory")
    return int(known["used_memory"])
