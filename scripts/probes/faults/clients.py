"""Clients that are cut, slow, or stopped."""

from __future__ import annotations

from probes.cast import Kind
from probes.faults.base import Fault, Scene

_REST_SECONDS = 0.2


class ResetProxy(Fault):
    """Every client connection through one proxy breaks at once, three times."""

    name = "proxy-reset"
    about = "a proxy resets all of its client connections, three times in 3 s"
    seconds = 4.0
    needs = frozenset({"front"})

    async def strike(self, scene: Scene) -> None:
        line = scene.rig.front_lines[scene.node()]
        before = line.broken
        for _ in range(3):
            line.cut()
            await self.last(scene.chance.uniform(0.3, 1.0))
        line.refuse()
        await self.last(0.5)
        line.mend()
        scene.note(f"reset {line.broken - before} client connections")


class SlowReader(Fault):
    """Some readers take a little now and then, while long messages are said."""

    name = "slow-reader"
    about = "readers take 4 KiB five times a second, while long messages are posted, for 6 s"
    seconds = 7.0
    needs = frozenset({"readers"})

    async def strike(self, scene: Scene) -> None:
        slow = [member for member in scene.readers if member.kind is Kind.SLOW]
        scene.note(f"{len(slow)} readers are slow")
        try:
            scene.load.long = True
            for member in slow:
                member.reader.pace = _REST_SECONDS
            await self.last(6.0)
        finally:
            scene.load.long = False
            for member in slow:
                member.reader.pace = None


class FreezeReader(Fault):
    """Some readers stop like processes under SIGSTOP, and go on later where they stood."""

    name = "freeze-reader"
    about = "readers read nothing for 6 s, while long messages are posted"
    seconds = 7.0
    needs = frozenset({"readers"})

    async def strike(self, scene: Scene) -> None:
        frozen = [member for member in scene.readers if member.kind is Kind.FROZEN]
        scene.note(f"{len(frozen)} readers are frozen")
        try:
            scene.load.long = True
            for member in frozen:
                member.reader.freeze()
            await self.last(6.0)
        finally:
            scene.load.long = False
            for member in frozen:
                member.reader.thaw()
