"""Workers and nodes that die, hang, or are replaced."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

from probes.faults.base import Fault, Scene
from probes.rig.children import CannotRun

_LOOKS = 300
WORKERS = frozenset({"workers"})


class KillWorker(Fault):
    """The streams of one worker break all at once."""

    name = "kill-worker"
    about = "SIGKILL for a worker that serves streams"
    seconds = 2.0
    needs = WORKERS

    async def strike(self, scene: Scene) -> None:
        worker = await _signal_one(scene, signal.SIGKILL)
        scene.note(f"killed worker {worker}")
        await self.last(1.5)


class StopWorker(Fault):
    """Its sockets stay open and nothing answers, until the supervisor replaces it."""

    name = "stop-worker"
    about = "SIGSTOP for a worker that serves streams, for 15 s or until it is replaced"
    seconds = 16.0
    needs = WORKERS

    async def strike(self, scene: Scene) -> None:
        worker = await _signal_one(scene, signal.SIGSTOP)
        scene.note(f"stopped worker {worker}")
        try:
            for _ in range(30):
                await self.last(0.5)
                if scene.rig.node_of(worker) is None:
                    scene.note(f"worker {worker} was replaced")
                    return
        finally:
            found = scene.rig.node_of(worker)
            if found is not None:
                with suppress(ProcessLookupError):
                    os.kill(found[1], signal.SIGCONT)


class Drain(Fault):
    """Workers are replaced one by one, and each tells its streams when to move."""

    name = "drain"
    about = "SIGHUP for a node: every worker is replaced, and sends its streams elsewhere"
    seconds = 16.0
    needs = frozenset({"workers", "redis", "database"})

    async def strike(self, scene: Scene) -> None:
        node = scene.chance.choice(scene.rig.nodes)
        old = {pid for worker in scene.workers() if (pid := _pid(worker)) in node.children()}
        scene.note(f"reloading {node.name}, {len(old)} of whose workers serve streams")
        node.reload()
        for _ in range(30):
            await self.last(0.5)
            if not old & node.children():
                scene.note(f"all workers of {node.name} were replaced")
                return
        scene.note(f"{len(old & node.children())} old workers are still there")


class KillNode(Fault):
    """A whole machine less; its clients go to the other one."""

    name = "kill-node"
    about = "SIGKILL for the supervisor of a node, started again after 2 s"
    seconds = 6.0
    needs = frozenset({"workers", "redis", "database"})

    async def strike(self, scene: Scene) -> None:
        node = scene.chance.choice(scene.rig.nodes)
        node.kill()
        scene.note(f"killed {node.name}")
        try:
            await self.last(2.0)
        finally:
            await node.start()


def _pid(worker: str) -> int:
    return int(worker.rpartition(":")[2])


async def _signal_one(scene: Scene, number: int) -> str:
    """Send a signal to a worker that serves streams, as soon as one does; gives its name."""
    for _ in range(_LOOKS):
        workers = scene.workers()
        scene.chance.shuffle(workers)
        for worker in workers:
            found = scene.rig.node_of(worker)
            if found is not None:
                with suppress(ProcessLookupError):
                    os.kill(found[1], number)
                    return worker
        await asyncio.sleep(0.1)
    raise CannotRun("no worker serves a stream any more")
