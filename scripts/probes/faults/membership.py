"""Rooms that people are taken out of and put into again."""

from __future__ import annotations

import asyncio

from probes.faults.base import Fault, Scene


class Churn(Fault):
    """Nobody may see what was said while they were out, and everybody what was said after."""

    name = "churn"
    about = "walkers are removed from rooms, leave, and come back, for 3 s"
    seconds = 6.0
    needs = frozenset({"database"})

    async def strike(self, scene: Scene) -> None:
        before = sum(churner.moves for churner in scene.churners)
        end = asyncio.get_running_loop().time() + 3.0
        await asyncio.gather(*(churner.churn(end) for churner in scene.churners))
        moved = sum(churner.moves for churner in scene.churners) - before
        scene.note(f"{moved} times somebody left a room or came back")
