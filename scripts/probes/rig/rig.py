"""The rig: nodes with workers, one Redis, one database, and lines between them that can break."""

from __future__ import annotations

import asyncio
import random
import re
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probes.calls import fetch
from probes.exchange import Base
from probes.postgres import PostgresServer
from probes.rig import facts
from probes.rig.children import CannotRun
from probes.rig.line import HOST, Line
from probes.rig.node import ROOT, Node
from probes.rig.publishes import Swallower
from probes.rig.redis_server import RedisServer

HEARTBEAT = 2.0
DRAIN = 3.0
POST_RATE = 50.0
"""Of one person, who writes from several devices."""
_FLOOR = re.compile(rb"^tornchat_log_floor_id ([0-9.e+]+)$", re.M)


@dataclass(frozen=True, slots=True)
class Layout:
    """``postgres``: with PostgreSQL, else with one file of SQLite. ``launcher``: the program of a
    node."""

    workers: int = 3
    nodes: int = 2
    postgres: bool = True
    launcher: Path = ROOT / "server.py"


class Rig:
    """``async with Rig(folder, layout, seed) as rig``: all of it runs meanwhile.

    ``direct`` are the nodes themselves, ``fronts`` the lines before them.
    """

    def __init__(self, folder: Path, layout: Layout, seed: int = 1) -> None:
        self.layout = layout
        self.folder = folder
        self.swallower = Swallower(random.Random(f"publishes {seed}"))
        self.redis = RedisServer(folder / "redis")
        self.postgres: PostgresServer | None = None
        self.nodes: list[Node] = []
        self.redis_lines: list[Line] = []
        """One for each node."""
        self.front_lines: list[Line] = []
        self._held = AsyncExitStack()
        self._secret = folder / "secret"
        self._secret.touch(0o600)
        self._secret.write_text(secrets.token_hex(32))

    async def __aenter__(self) -> Rig:
        try:
            await self._start()
        except BaseException:
            await self._held.aclose()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._held.aclose()

    @property
    def direct(self) -> list[Base]:
        return [Base(HOST, node.port) for node in self.nodes]

    @property
    def fronts(self) -> list[Base]:
        return [Base(HOST, line.port) for line in self.front_lines]

    def node_of(self, worker: str) -> tuple[Node, int] | None:
        """The node and the process id of a worker as a ``hello`` names it; None if it is gone."""
        pid = pid_of(worker)
        for node in self.nodes:
            if node.owns(pid):
                return node, pid
        return None

    def complaints(self) -> str:
        """What the nodes said on standard error."""
        return "".join(node.complaints() for node in self.nodes)

    async def floor(self) -> int:
        """The highest floor of the log that a node names in its figures; 0 where none does."""
        floors = [0]
        for node in self.nodes:
            figures = await fetch(Base(HOST, node.metrics_port), "GET", "/metrics", "", 5.0)
            floors += [int(float(text)) for text in _FLOOR.findall(figures.body)]
        return max(floors)

    def facts(self) -> dict[str, Any]:
        """What the figures were made on."""
        return {
            **facts.machine(),
            "redis": facts.short(facts.version([self.redis.binary, "--version"])),
            "database": self._database(),
        }

    def _database(self) -> str:
        if self.postgres is None:
            return "SQLite"
        return f"PostgreSQL {self.postgres.sql('SHOW server_version').split()[0]}"

    # -- start

    async def _start(self) -> None:
        await self.redis.start()
        self._held.push_async_callback(self.redis.stop)
        self._held.callback(self.redis.go_on)
        database = await self._start_database()
        for number in range(self.layout.nodes):
            line = await self.hold(Line(self.redis.port, self.swallower.filter))
            self.redis_lines.append(line)
            options = self._options(f"redis://{HOST}:{line.port}", database)
            node = Node(f"node{number + 1}", self.folder, options, self.layout.launcher)
            self.nodes.append(node)
            self._held.push_async_callback(node.stop)
            await node.start()
            self.front_lines.append(await self.hold(Line(node.port)))

    async def _start_database(self) -> str:
        """The URL of the database, which runs."""
        if not self.layout.postgres:
            return f"sqlite:///{self.folder / 'tornchat.db'}"
        try:
            postgres = self.postgres = PostgresServer(self.folder)
        except (FileNotFoundError, RuntimeError) as wrong:
            raise CannotRun(f"{wrong}; or run with --database sqlite") from None
        self._held.callback(postgres.remove)
        await asyncio.to_thread(postgres.start)
        return postgres.url

    async def hold(self, line: Line) -> Line:
        """Open a line, which is closed with the rig."""
        await line.open()
        self._held.push_async_callback(line.close)
        return line

    def _options(self, redis: str, database: str) -> Sequence[str]:
        return (
            *("--redis", redis),
            *("--database", database),
            *("--workers", str(self.layout.workers)),
            *("--heartbeat", f"{HEARTBEAT:g}"),
            *("--post-rate", f"{POST_RATE:g}"),
            *("--drain", f"{DRAIN:g}"),
            *("--secret-file", str(self._secret)),
        )


def pid_of(worker: str) -> int:
    """The process id in ``<host>:<pid>``, as a ``hello`` names a worker."""
    return int(worker.rpartition(":")[2])
