"""Processes that the rig starts, watches and ends."""

from __future__ import annotations

import asyncio
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

PATIENCE = 30.0
_POLL = 0.05
_PR_SET_PDEATHSIG = 1
_PORTS = range(20_000, 32_000)


class CannotRun(Exception):
    """Something that a run needs is not there, or does not start; the text says what to do."""


class Child:
    """A process with its output in ``<name>.out`` and ``<name>.err`` of ``folder``.

    On Linux it gets SIGTERM when the generator dies without a word.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.out = folder / f"{name}.out"
        self.err = folder / f"{name}.err"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, command: Sequence[str | Path]) -> None:
        """Start it (again). Call it in the main thread: a child is tied to the thread."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TORNCHAT_")}
        with self.out.open("wb") as out, self.err.open("ab") as err:
            try:
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=kept,
                    # A Ctrl-C in the terminal is for the generator, which ends things in order.
                    start_new_session=True,
                    preexec_fn=_tied_to(os.getpid()),
                )
            except OSError as wrong:
                raise CannotRun(f"{self.name} cannot be started: {wrong}") from None

    def said(self) -> str:
        """All that it has written on standard output since its last start."""
        return self.out.read_text("utf-8", "replace")

    def complaints(self) -> str:
        """All that it, and those before it, wrote on standard error."""
        return self.err.read_text("utf-8", "replace")

    def send(self, number: int) -> None:
        if self.running:
            assert self.process is not None
            self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)

    async def until(self, true: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait until ``true()``. Raises `CannotRun` where it ends instead, or takes longer."""
        end = time.monotonic() + seconds
        while not true():
            if not self.running or time.monotonic() > end:
                last = "\n".join(self.complaints().splitlines()[-5:])
                raise CannotRun(f"{self.name} did not get ready; it said: {last}")
            await asyncio.sleep(_POLL)

    async def stop(self, number: int = signal.SIGTERM, seconds: float = PATIENCE) -> None:
        """End it in order; by force where it takes longer."""
        self.send(signal.SIGCONT)
        self.send(number)
        end = time.monotonic() + seconds
        while self.running and time.monotonic() < end:  # noqa: ASYNC110 - a process sets no event
            await asyncio.sleep(_POLL)
        self.kill()


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now.

    It is below those that the kernel gives to outgoing connections, so that none of the many
    clients can take it while a killed server is away.
    """
    for _ in range(100):
        port = random.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise CannotRun("no free port between 20000 and 32000")


def children_of(parent: int) -> set[int]:
    """The living children of a process (Linux)."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, ppid = stat.read_text().rpartition(")")[2].split()[:2]
            if int(ppid) == parent and state != "Z":
                found.add(int(stat.parent.name))
    return found


def _tied_to(parent: int) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return tie
