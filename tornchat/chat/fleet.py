"""How the servers are, as administrators see it: asked of every worker when somebody looks."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tornchat.archive import storage
from tornchat.archive.engine import Database
from tornchat.domain.errors import DatabaseAway
from tornchat.log import reports, upkeep
from tornchat.log.client import Client

PATIENCE_SECONDS = 1.0
"""A worker that has not answered by then is busy, or hangs."""
LOOK_SECONDS = 0.03


class Fleet:
    """Many who look at the same time share one question."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._asking: asyncio.Task[dict[str, Any]] | None = None

    async def health(self) -> dict[str, Any]:
        """Every worker, Redis and the database. Raises `LogAway`."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._look())
        # Shielded: one who gives up must not take the answer from the others.
        return await asyncio.shield(self._asking)

    async def _look(self) -> dict[str, Any]:
        database = asyncio.ensure_future(self._look_at_database())
        try:
            began = time.perf_counter()
            question = await reports.ask(self._client)
            answered = time.perf_counter() - began
            redis = await reports.server(self._client)
            marks = await upkeep.marks(self._client)
            living, found = await self._collect(question)
            return {
                "at": int(time.time() * 1000),
                "workers": sorted(found, key=lambda report: str(report["worker"])),
                "silent": max(0, living - len(found)),
                "redis": {**redis, "answered_ms": round(answered * 1000, 2)},
                "queue": marks.queued,
                "database": await database,
            }
        finally:
            database.cancel()

    async def _collect(self, question: str) -> tuple[int, list[dict[str, Any]]]:
        """How many workers there should be, and what those say who answer in time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        living = await reports.living(self._client)
        while True:
            found = await reports.answers(self._client, question)
            if (len(found) >= living and found) or loop.time() >= until:
                return living, found
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_at_database(self) -> dict[str, Any]:
        began = time.perf_counter()
        try:
            await self._database.ping()
            answered = time.perf_counter() - began
            async with self._database.read() as conn:
                engine = await storage.engine(conn)
        except DatabaseAway:
            return {"state": "away"}
        return {"state": "ok", "engine": engine, "answered_ms": round(answered * 1000, 2)}
