"""A redis-server that a test runs beside the server, on a port of loopback, and may mistreat."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis

from tests.running import until


def ask(*command: str, **where: Any) -> Any:
    """The reply to one command. ``where``: ``port``, or ``unix_socket_path``."""
    with redis.Redis(**where, socket_timeout=20, decode_responses=True) as client:
        return client.execute_command(*command)


class OwnRedis:
    """Keeps its append-only file in ``folder``, and loses nothing when it is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it (again), and wait until it has loaded its data."""
        binary = shutil.which("redis-server") or shutil.which("valkey-server")
        assert binary, "redis-server or valkey-server must be installed"
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "save": "",
            "appendonly": "yes",
            "appendfsync": "no",  # everysec holds writes back while it syncs
            "maxmemory-policy": "noeviction",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                [binary, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until(self._answers, 60, "the test's own Redis")

    def kill(self) -> None:
        """SIGKILL, and it is gone."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(60)

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def ask(self, *command: str) -> Any:
        """The reply to one command, on a connection of its own."""
        return ask(*command, port=self.port)

    def is_asked(self) -> bool:
        """Whether somebody has sent it what it has not read, as it does not while it is frozen."""
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, _, state, queues, *_ = line.split()
            established = state == "01" and local.endswith(f":{self.port:04X}")
            if established and int(queues.partition(":")[2], 16):
                return True
        return False

    def kill_clients(self, kind: str) -> None:
        """CLIENT KILL: ``pubsub`` or ``normal`` connections."""
        with suppress(redis.RedisError):
            self.ask("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            return bool(self.ask("PING"))
        except redis.RedisError:
            return False
