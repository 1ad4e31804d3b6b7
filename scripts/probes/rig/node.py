"""A node: one ``server.py`` with its own data folder, on one port whenever it is started."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from probes.rig.children import Child, children_of, free_port

ROOT = Path(__file__).resolve().parents[3]
STOP_SECONDS = 20.0


class Node:
    """``options`` are those of the server; ``launcher`` is the program that is started."""

    def __init__(
        self, name: str, folder: Path, options: Sequence[str], launcher: Path = ROOT / "server.py"
    ) -> None:
        self.name = name
        self.port = free_port()
        self.metrics_port = free_port()
        self._child = Child(name, folder)
        self._command = [
            *(sys.executable, str(launcher)),
            *("--data", str(folder / name)),
            *("--port", str(self.port)),
            *("--metrics", f"127.0.0.1:{self.metrics_port}"),
            *options,
        ]

    async def start(self) -> None:
        """Start it (again) and wait for its banner. Raises `CannotRun`."""
        self._child.start(self._command)
        await self._child.until(lambda: "\n  data  " in self._child.said())

    def owns(self, pid: int) -> bool:
        """Whether a process is one of its own: nothing else may ever be hurt."""
        return pid in self.children()

    @property
    def pid(self) -> int:
        """Of the supervisor, once it was started."""
        return self._child.pid

    def children(self) -> set[int]:
        """Its processes: the workers, and one that serves figures."""
        return children_of(self._child.pid) if self._child.running else set()

    def reload(self) -> None:
        """SIGHUP: replace the workers one by one."""
        self._child.send(signal.SIGHUP)

    def kill(self) -> None:
        """SIGKILL for the supervisor; its workers notice and end."""
        self._child.kill()

    @property
    def running(self) -> bool:
        return self._child.running

    @property
    def redis(self) -> str:
        """Flavour and version of its Redis, as its banner says."""
        found = re.search(r"^ +Redis +(\w+ [^ ,]+)", self._child.said(), re.M)
        return found[1] if found else ""

    def complaints(self) -> str:
        """What it said on standard error."""
        return self._child.complaints() if self._child.err.exists() else ""

    def said_often(self, words: str) -> int:
        """How often it has said something."""
        return self.complaints().count(words)

    async def stop(self) -> None:
        await self._child.stop(signal.SIGINT, STOP_SECONDS)

    async def drain(self, seconds: float) -> None:
        """SIGTERM: send all streams elsewhere within so many seconds, then end."""
        await self._child.stop(signal.SIGTERM, seconds + STOP_SECONDS)
