"""The database that dies; chat goes on without it."""

from __future__ import annotations

import asyncio

from probes.faults.base import Fault, Scene, Unavailable
from probes.rig.rig import Rig


class KillDatabase(Fault):
    """Chat goes on and the queue waits in Redis; sign-in and changes must wait."""

    name = "kill-database"
    about = "SIGKILL for PostgreSQL, started again after 4 s"
    seconds = 8.0
    needs = frozenset({"database"})

    @classmethod
    def check(cls, rig: Rig) -> None:
        if rig.postgres is None:
            raise Unavailable(f"{cls.name} needs PostgreSQL: there is no process of SQLite to kill")

    async def strike(self, scene: Scene) -> None:
        postgres = scene.rig.postgres
        assert postgres is not None
        await asyncio.to_thread(postgres.kill)
        scene.note("killed PostgreSQL")
        try:
            await self.last(4.0)
        finally:
            await asyncio.to_thread(postgres.start)
