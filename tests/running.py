"""A real server for tests: server.py in a process of its own, on a port that the kernel picks."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

from tests.furnished import furnish

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 60.0
#: Most of the tests make accounts, and none of them is about how dear that is.
CHEAPER = {"TORNCHAT_PASSWORD_MEMORY": "19"}


class RunningServer:
    """``server.py`` with its output in files; ``url`` and ``port`` once it is ready.

    Where ``data`` is not there yet it gets a new database, unless the server is to make all of it
    (``empty``).
    """

    def __init__(
        self,
        data: Path,
        *options: str,
        port: int = 0,
        environ: Mapping[str, str] | None = None,
        through: Sequence[str] = (),
        stdin: int = subprocess.DEVNULL,
        root: Path = ROOT,
        empty: bool = False,
    ) -> None:
        if not (empty or data.exists()):
            furnish(data)
        command = [sys.executable, str(root / "server.py"), "--port", str(port)]
        self.data = data
        self._output = data.with_name(f"{data.name}.out")
        self._errors = data.with_name(f"{data.name}.err")
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TORNCHAT_")}
        with self._output.open("wb") as output, self._errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [*through, *command, "--data", data, *options],
                stdin=stdin,
                stdout=output,
                stderr=errors,
                env={**kept, **CHEAPER, **(environ or {})},
            )

    @property
    def output(self) -> str:
        """What it has said on standard output."""
        return self._output.read_text()

    @property
    def errors(self) -> str:
        """What it, its workers and those before it on this folder said on standard error."""
        return self._errors.read_text()

    def until_ready(self) -> RunningServer:
        """Wait for the banner."""
        until(
            lambda: "\n  data  " in self.output or self.process.poll() is not None,
            START_WITHIN,
            f"ready server; it said: {self.errors}",
        )
        assert self.process.poll() is None, self.errors
        return self

    @property
    def port(self) -> int:
        match = re.search(r"listens on .* port (\d+)", self.output)
        assert match, self.output
        return int(match[1])

    @property
    def url(self) -> str:
        """``http://localhost:PORT``, without a slash."""
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether /healthz is 200."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def workers(self) -> list[int]:
        """The process ids of the workers, the oldest first."""
        return [pid for pid in children(self.process.pid) if "tornchat.app" in command_line(pid)]

    def redis(self) -> int:
        """The process id of the embedded Redis."""
        [pid] = [pid for pid in children(self.process.pid) if "redis.conf" in command_line(pid)]
        return pid

    def stop(self, number: int = signal.SIGINT) -> int:
        """Stop it at once, as Ctrl-C does; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()  # its workers and its Redis end with it
            raise

    def drain(self) -> int:
        """Stop it as systemd does, streams first; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def reload(self) -> None:
        """Have all workers replaced; returns when they are, while the old ones may still drain."""
        done = self.errors.count("Reloaded: ")
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.errors.count("Reloaded: ") > done, 120, "the end of the reload")

    def kill(self) -> None:
        """SIGKILL for the supervisor alone."""
        self.process.kill()
        self.process.wait(60)


def until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until ``true()``; fails with ``what`` was awaited."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds:g} s in vain for: {what}"
        time.sleep(0.02)


def command_line(pid: int) -> str:
    """The command line of a process; nothing for one that has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def children(parent: int) -> list[int]:
    """The process ids of the living children of ``parent``, the oldest first."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid, *more = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(ppid) == parent and state != "Z":
            # By the time of their start: process ids begin anew some time.
            found.append((int(more[17]), int(stat.parent.name)))
    return [pid for _, pid in sorted(found)]
