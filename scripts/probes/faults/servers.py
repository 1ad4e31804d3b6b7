"""Workers and nodes that die, hang, or are replaced."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

from probes.faults.base import DidNotStrike, Fault, Scene
from probes.rig.rig import DRAIN

_LOOKS, _TRIES = 300, 3
_RELOADED, _GIVEN_UP = "all workers are new", "the reload ends here"
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
        node = scene.rig.nodes[scene.node()]
        scene.note(f"reloading {node.name}")
        reloaded = node.said_often(_RELOADED)
        for _ in range(_TRIES):
            given_up = node.said_often(_GIVEN_UP)
            node.reload()
            for _ in range(_LOOKS):
                await self.last(0.1)
                if node.said_often(_RELOADED) > reloaded:
                    scene.note(f"all workers of {node.name} are new")
                    await self.last(DRAIN)
                    return
                if node.said_often(_GIVEN_UP) > given_up:
                    break  # a new worker found Redis away, so the old ones stay
        raise DidNotStrike(f"{node.name} did not reload")


class KillNode(Fault):
    """A whole machine less; its clients go to the other one."""

    name = "kill-node"
    about = "SIGKILL for the supervisor of a node, started again after 2 s"
    seconds = 6.0
    needs = frozenset({"workers", "redis", "database"})

    async def strike(self, scene: Scene) -> None:
        node = scene.rig.nodes[scene.node()]
        node.kill()
        scene.note(f"killed {node.name}")
        try:
            await self.last(2.0)
        finally:
            await node.start()


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
    raise DidNotStrike("no worker serves a stream")
