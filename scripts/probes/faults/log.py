"""Redis that dies or hangs, and the lines to it that break, go deaf, or lose what is published."""

from __future__ import annotations

from probes.faults.base import DidNotStrike, Fault, Scene

REDIS = frozenset({"redis"})


class KillRedis(Fault):
    """Nothing that was accepted is gone, since each write was with the kernel by then."""

    name = "kill-redis"
    about = "SIGKILL for Redis, started again on the same log"
    seconds = 4.0
    needs = REDIS

    async def strike(self, scene: Scene) -> None:
        scene.rig.redis.kill()
        scene.note("killed Redis")
        try:
            await self.last(scene.chance.uniform(0.0, 1.5))
        finally:
            await scene.rig.redis.start()
        await self.last(2.0)


class PauseRedis(Fault):
    """Connections stay open and nothing answers."""

    name = "pause-redis"
    about = "SIGSTOP for Redis for 3 s"
    seconds = 4.0
    needs = REDIS

    async def strike(self, scene: Scene) -> None:
        scene.rig.redis.pause()
        scene.note("stopped Redis")
        try:
            await self.last(3.0)
        finally:
            scene.rig.redis.go_on()


class CutRedis(Fault):
    """First an orderly network error, then a line that swallows everything."""

    name = "cut-redis"
    about = "the line from a node to Redis is refused for 1.5 s, then frozen for 4 s"
    seconds = 7.0
    needs = REDIS

    async def strike(self, scene: Scene) -> None:
        line = scene.rig.redis_lines[scene.node()]
        scene.note("cut a line to Redis")
        try:
            line.refuse()
            await self.last(1.5)
            line.mend()
            await self.last(1.0)
            line.freeze()
            await self.last(4.0)
        finally:
            line.mend()


class DeafRedis(Fault):
    """Commands arrive; neither answers nor events come back."""

    name = "deaf-redis"
    about = "nothing comes from Redis to a node for 4 s, while what it sends arrives"
    seconds = 5.0
    needs = REDIS

    async def strike(self, scene: Scene) -> None:
        line = scene.rig.redis_lines[scene.node()]
        scene.note("made a node deaf")
        try:
            line.freeze(up=False, down=True)
            await self.last(4.0)
        finally:
            line.mend()


class DropPublish(Fault):
    """Pub/sub is at most once: what a node missed must be read from the log."""

    name = "drop-publish"
    about = "a fifth of what Redis publishes does not reach the nodes, for 3 s"
    seconds = 4.0
    needs = REDIS

    async def strike(self, scene: Scene) -> None:
        swallower = scene.rig.swallower
        before = len(swallower.swallowed)
        try:
            swallower.share = 0.2
            await self.last(3.0)
        finally:
            swallower.share = 0.0
        taken = len(swallower.swallowed) - before
        scene.note(f"swallowed {taken} publishes")
        if not taken:
            raise DidNotStrike("nothing was published")
