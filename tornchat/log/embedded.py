"""The embedded Redis: a real redis-server of our own, on a unix socket in the data folder.

It lives and dies with the supervisor: the kernel ends it when the supervisor is killed, and what a
crash left behind is ended before a new one starts, so that two never write to one folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tornchat.data_folder import FolderLock, make_folder
from tornchat.domain.errors import RedisUnusable
from tornchat.log import leftover
from tornchat.log.address import Address, socket_url
from tornchat.log.binaries import Binary, Release, choose
from tornchat.log.blocking import Conversation, RedisIsLoading, RedisSays
from tornchat.log.placement import socket_path, tie_to_parent

_POLL = 0.01
_ANSWER = 2.0
_TELL_AFTER = 1.0
_SILENT = 60.0
_LOG_TAIL = 8192

_CONFIGURATION = """\
# Written by Tornchat at every start: changes made here are lost.
daemonize no
port 0
unixsocket {socket}
unixsocketperm 700
dir {folder}
pidfile {pid_file}
logfile {log}
# The command line stays as it is: a leftover of a crash is known by it.
set-proc-title no
# The append-only file is the store; it is never thrown away to make room.
save ""
appendonly yes
appendfsync {fsync}
maxmemory-policy noeviction
client-output-buffer-limit pubsub 32mb 8mb 60
"""


class EmbeddedRedis:
    """One redis-server process on ``<data>/redis``.

    ``start`` spawns it, ``wait_until_ready`` waits for its data to be loaded, ``stop`` ends it.
    """

    def __init__(
        self,
        data: Path,
        *,
        binary: Path | None = None,
        fsync: str = "everysec",
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Take the folder and clear what a crash left. Raises :class:`Unusable`.

        ``data`` must be absolute; ``binary`` is the server to run (none: looked for).
        """
        self.folder = make_folder(data / "redis")
        self._lock = FolderLock(self.folder / "lock")
        try:
            self.socket = socket_path(self.folder)
            self._configuration = self.folder / "redis.conf"
            self._log = self.folder / "redis.log"
            self._writer = self.folder / "written-by"
            self._fsync = fsync
            self._say = say
            leftover.end(self.socket, self.folder / "redis.pid", self._configuration)
            self.binary: Binary = choose(binary, self._written_by())
        except BaseException:
            self._lock.release()
            raise
        self.process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def to_sync(self) -> Path | None:
        """The folder to bring to the disk once a second; none where Redis does that itself."""
        return None if self._fsync == "always" else self.folder

    @property
    def url(self) -> str:
        """The URL that workers connect to."""
        return socket_url(self.socket)

    def start(self) -> None:
        """Spawn the server; again after it has died. Returns before it answers."""
        self._write_configuration()
        self.socket.unlink(missing_ok=True)
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        try:
            self.process = subprocess.Popen(
                [self.binary.path, self._configuration],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=tie_to_parent(signal.SIGTERM),
            )
        except (OSError, subprocess.SubprocessError) as wrong:
            raise RedisUnusable(f"cannot start {self.binary.path}: {wrong}") from None

    def wait_until_ready(self, pause: Callable[[float], None] = time.sleep) -> None:
        """Return when it answers with its data loaded, calling ``pause`` between two looks.

        Raises :class:`RedisUnusable`, with the reason, where it ends instead, refuses, or says
        nothing for a minute. Loading a large log may take longer than that.
        """
        started = heard = time.monotonic()
        told = False
        while True:
            try:
                if self._answers():
                    break
            except RedisIsLoading:
                heard = time.monotonic()
            if self.exit_status() is not None:
                raise RedisUnusable(self.why_it_ended())
            if time.monotonic() - heard > _SILENT:
                raise RedisUnusable(f"the embedded Redis runs and says nothing (see {self._log})")
            if not told and time.monotonic() - started > _TELL_AFTER:
                size = sum(f.stat().st_size for f in self.folder.glob("appendonlydir/*"))
                self._say(f"The embedded Redis is loading its log ({size / 1e6:.0f} MB) ...")
                told = True
            pause(_POLL)
        self._writer.write_text(f"{self.binary.release}\n", "ascii")

    def exit_status(self) -> int | None:
        """How the process ended; none while it runs. Reaps it."""
        return self.process.poll() if self.process else None

    def why_it_ended(self) -> str:
        """What its log says about its end, and what to do, in one line."""
        lines = self._last_lines()
        writer = self._written_by()
        here = self.binary
        text = "\n".join(lines)
        unreadable = any(sign in text for sign in ("append only file", "RDB", "AOF manifest"))
        if unreadable and writer and not here.release.reads(writer):
            return (
                f"{self.folder} was written by {writer}, which {here} cannot read; install "
                f"{writer.flavour} {writer.version} or newer, or name one with --redis-server"
            )
        if "Bad file format" in text or "Unexpected end of file" in text:
            manifest = self.folder / "appendonlydir" / "appendonly.aof.manifest"
            broken = manifest if manifest.exists() else self.folder / "appendonly.aof"
            return (
                f"the log of the embedded Redis is damaged: copy {self.folder} elsewhere, run "
                f"'redis-check-aof --fix {broken}', and start again"
            )
        last = lines[-1] if lines else f"exit status {self.exit_status()}"
        return f"{here} did not start: {last} (see {self._log})"

    def stop(self) -> None:
        """End it and wait until its log is on the disk; then give the folder free."""
        process = self.process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(leftover.PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._lock.release()

    def _answers(self) -> bool:
        try:
            with Conversation(Address.of_socket(self.socket), _ANSWER) as redis:
                return bool(redis.ask("PING") == "PONG")
        except RedisIsLoading:
            raise
        except RedisSays as answer:
            raise RedisUnusable(f"the embedded Redis refuses: {answer} (see {self._log})") from None
        except OSError:
            return False

    def _write_configuration(self) -> None:
        text = _CONFIGURATION.format(
            socket=_quoted(self.socket),
            folder=_quoted(self.folder),
            pid_file=_quoted(self.folder / "redis.pid"),
            log=_quoted(self._log),
            # Once a second it is the workers who do it: see `log.syncing`.
            fsync="always" if self._fsync == "always" else "no",
        )
        fresh = self._configuration.with_suffix(".new")
        fresh.write_bytes(text.encode())
        fresh.replace(self._configuration)

    def _written_by(self) -> Release | None:
        try:
            return Release.of(self._writer.read_text("ascii"))
        except (OSError, ValueError):
            return None

    def _last_lines(self) -> list[str]:
        try:
            with self._log.open("rb") as log:
                size = os.fstat(log.fileno()).st_size
                log.seek(max(self._log_start, size - _LOG_TAIL))
                lines = log.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return []
        # "123:M 01 Jan 2026 00:00:00.000 # text" -> "text"
        return [line.split(maxsplit=6)[-1] for line in lines if line.strip()]


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
