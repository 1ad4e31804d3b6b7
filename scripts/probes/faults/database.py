"""The database that dies; chat goes on without it."""

from __future__ import annotations

from probes.faults.base import Fault, Scene, Unavailable
from probes.rig.rig import Rig


class KillDatabase(Fault):
    """Chat goes on, the queue waits in Redis; changes and sign-in must wait."""

    name = "kill-database"
    about = "SIGKILL for PostgreSQL, started again after 4 s"
    seconds = 8.0
    needs = frozenset({"database"})

    @classmethod
    def check(cls, rig: Rig) -> None:
        raise Unavailable("SQLite cannot be killed")

    async def strike(self, scene: Scene) -> None:
        raise NotImplementedError
