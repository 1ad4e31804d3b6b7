"""Nodes that share one Redis and one database, and may join and leave while clients are there."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from probes.bench.pinning import pinned
from probes.calls import GivenUp
from probes.exchange import Base
from probes.people import Person
from probes.postgres import PostgresServer
from probes.rig import facts
from probes.rig.children import CannotRun, children_of
from probes.rig.line import HOST
from probes.rig.node import Node
from probes.rig.redis_server import RedisServer
from probes.scale.balancer import Balancer
from probes.scale.quota import Quota

_SPARE = 500


@dataclass(frozen=True, slots=True)
class Layout:
    """``nodes`` that may join, each with ``workers``. ``quota``: share of one processor that a
    node may use, 0 for no limit. ``accounts`` take part. ``drain`` in seconds. ``most``:
    connections at once. ``cpus``: the processors of everything but the generator."""

    nodes: int
    workers: int
    quota: float
    postgres: bool
    accounts: int
    drain: float
    most: int
    cpus: frozenset[int]


class Cluster:
    """``async with Cluster(folder, layout) as cluster``: one node has joined, and has accounts, who
    are all in one room (``room``)."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.layout = layout
        self.people: list[Person] = []
        self.room = ""
        self.joined: list[Node] = []
        self._redis = RedisServer(folder / "redis")
        self._postgres: PostgresServer | None = None
        self._folder = folder
        self._nodes: list[Node] = []
        self._quotas: dict[str, Quota] = {}
        self._held = AsyncExitStack()
        self._names: dict[int, str] = {}

    async def __aenter__(self) -> Cluster:
        try:
            with pinned(set(self.layout.cpus)):
                await self._start()
            await self.join()
            await self._come_in()
        except GivenUp as refused:
            await self._held.aclose()
            raise CannotRun(f"the accounts could not be made: {refused}") from None
        except BaseException:
            await self._held.aclose()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        for person in self.people:
            person.caller.close()
        await self._held.aclose()

    @property
    def base(self) -> Base:
        """Where clients go: the proxy."""
        return self._balancer.base

    @property
    def credentials(self) -> list[str]:
        """Cookies of those who take part."""
        return [person.caller.cookie for person in self.people]

    async def join(self) -> Node:
        """Start another node, and have clients sent there; gives it."""
        node = next(node for node in self._nodes if not node.running)
        with pinned(set(self.layout.cpus)):
            await node.start()
        if self.layout.quota:
            quota = self._quotas[node.name]
            quota.add([node.pid, *node.children()])
        self.joined.append(node)
        self._balancer.join(node.name)
        return node

    async def leave(self, node: Node) -> None:
        """As an operator stops it: SIGTERM, so that it drains; done when it has ended."""
        self.joined.remove(node)
        await node.drain(self.layout.drain)

    async def only(self, count: int) -> None:
        """Have so many nodes."""
        while len(self.joined) < count:
            await self.join()
        while len(self.joined) > count:
            await self.leave(self.joined[-1])

    def throttle(self, on: bool) -> None:
        """Hold the nodes to their quota, or let them run (to start, to let clients in)."""
        for node in self.joined if self.layout.quota else ():
            self._quotas[node.name].limit(self.layout.quota if on else 0.0)

    def processes(self) -> dict[str, int]:
        """Pids by the names of processes: ``node1 supervisor``, ``node1 worker 1``, ``redis``..."""
        found = {"redis": self._redis.pid, "proxy": self._balancer.pid}
        if self._postgres is not None and self._postgres.process is not None:
            family = [self._postgres.process.pid, *sorted(children_of(self._postgres.process.pid))]
            found |= {f"database {number}": pid for number, pid in enumerate(family, 1)}
        for node in self.joined:
            found |= {self._name(node, pid): pid for pid in (node.pid, *sorted(node.children()))}
        return found

    def node_of(self, worker: str) -> str:
        """The name of the node of a worker, as a ``hello`` names it; "" if it is gone."""
        pid = int(worker.rpartition(":")[2])
        return next((node.name for node in self._nodes if node.owns(pid)), "")

    def streams(self) -> dict[str, int]:
        """Exchanges that the proxy has under way with each node."""
        return self._balancer.streams()

    def versions(self) -> dict[str, str]:
        """What it is made of."""
        known = facts.machine()
        del known["machine"]
        known["redis"] = facts.short(facts.version([self._redis.binary, "--version"]))
        known["database"] = "SQLite"
        if self._postgres is not None:
            known["database"] = f"PostgreSQL {self._postgres.sql('SHOW server_version').split()[0]}"
        known["proxy"] = self._balancer.version
        return known

    def complaints(self) -> str:
        """What the nodes said on standard error."""
        return "".join(node.complaints() for node in self._nodes)

    # -- start

    async def _start(self) -> None:
        layout = self.layout
        await self._redis.start()
        self._held.push_async_callback(self._redis.stop)
        options = self._options(self._start_database())
        for number in range(1, layout.nodes + 1):
            name = f"node{number}"
            if layout.quota:
                self._quotas[name] = quota = Quota(name)
                self._held.callback(quota.remove)
            node = Node(name, self._folder, options)
            self._nodes.append(node)
            self._held.push_async_callback(node.stop)
        addresses = {node.name: Base(HOST, node.port) for node in self._nodes}
        self._balancer = Balancer(self._folder, addresses, layout.most + _SPARE)
        self._held.push_async_callback(self._balancer.stop)
        await self._balancer.start()

    def _name(self, node: Node, pid: int) -> str:
        """What a process of a node is called; one that replaces another has a name of its own."""
        if pid not in self._names:
            kind = "supervisor" if pid == node.pid else _kind(pid)
            if kind == "worker":
                others = sum(
                    name.startswith(f"{node.name} worker") for name in self._names.values()
                )
                kind = f"worker {others + 1}"
            self._names[pid] = f"{node.name} {kind}"
        return self._names[pid]

    def _start_database(self) -> str:
        """The URL of the database, which runs."""
        if not self.layout.postgres:
            return f"sqlite:///{self._folder / 'tornchat.db'}"
        try:
            self._postgres = PostgresServer(self._folder)
        except (FileNotFoundError, RuntimeError) as wrong:
            raise CannotRun(f"{wrong}; or run with --database sqlite") from None
        self._held.callback(self._postgres.remove)
        self._postgres.start()
        return self._postgres.url

    def _options(self, database: str) -> Sequence[str]:
        secret = self._folder / "secret"
        secret.touch(0o600)
        secret.write_text(secrets.token_hex(32))
        return (
            *("--redis", f"redis://{HOST}:{self._redis.port}"),
            *("--database", database),
            *("--workers", str(self.layout.workers)),
            *("--drain", f"{self.layout.drain:g}"),
            *("--secret-file", str(secret)),
            *("--max-streams", "0", "--post-rate", "0"),
        )

    async def _come_in(self) -> None:
        """Make the accounts. The first room is everybody's."""
        chance = random.Random(0)
        for number in range(self.layout.accounts):
            person = Person(f"member{number}", [self.base], chance)
            await person.sign_up()
            self.people.append(person)
        (self.room,) = (await self.people[0].snapshot()).rooms


def role_of(process: str) -> str:
    """The role of a process by its name, as results call it."""
    kind = process.partition(" ")
    if process.startswith("node"):
        return "worker" if kind[2].startswith("worker") else "supervisor"
    return kind[0]


def _kind(pid: int) -> str:
    """Of a supervisor's children, one serves figures."""
    with suppress(OSError):
        if b"metrics_server" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return "figures"
    return "worker"
