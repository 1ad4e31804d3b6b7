"""A private, real PostgreSQL on a free port of 127.0.0.1, which can be stopped, killed and frozen.

Its data lie in a temporary folder of their own: PostgreSQL refuses to run as root, so root lends it
another account, which could not enter a folder of root's; and paths of unix sockets are short.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

USER = "tornchat"
PASSWORD = "not a secret"  # noqa: S105 - it guards a server for tests, on 127.0.0.1
DATABASE = "tornchat"
START_SECONDS = 30.0
STOP_SECONDS = 20.0

#: Accounts that root may lend to the server.
_ACCOUNTS = ("postgres", "nobody")
_QUIETLY = ("-XAtq", "-v", "ON_ERROR_STOP=1")
#: Below the ports that the kernel gives to outgoing connections: one of those must not be in the
#: way when the server is started again.
_PORTS = range(20_000, 32_000)
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
shared_buffers = 16MB
max_wal_size = 128MB
log_min_messages = warning
log_line_prefix = '%m [%p] '
"""


class PostgresServer:
    """A cluster with one database; ``folder`` gets the log of the server, ``postgres.log``.

    ``durable=False`` spares the disk, for who never kills it and expects all to be there.
    The object's end, at the latest that of the process, ends the server and removes the data.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._programs = find_programs()
        self._account = _account()
        self.log = folder / "postgres.log"
        self.port = _free_port()
        self._durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        # Short and not resolved: a socket's path has room for about 100 characters.
        self._home = Path(tempfile.mkdtemp(prefix="tornchat-pg-"))
        self._data = self._home / "data"
        if self._account:
            os.chown(self._home, int(self._account["user"]), int(self._account["group"]))
        self._remove = weakref.finalize(self, _remove, self._home)

    @property
    def url(self) -> str:
        """The URL of its database, over TCP."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of one of its databases, over TCP."""
        return (
            f"postgresql://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"
        )

    @property
    def socket_url(self) -> str:
        """The URL of its database through its unix socket, which asks for no password."""
        return f"postgresql://{USER}@/{DATABASE}?host={self._home}&port={self.port}"

    def start(self) -> None:
        """Start it, on a new cluster the first time; return when it takes connections."""
        if not self._data.exists():
            self._make_cluster()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", self._data, "-p", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **self._account,
            )
        ready = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        until = time.monotonic() + START_SECONDS
        while subprocess.run(ready, check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in order, without waiting for its clients; the data stay."""
        if self.process is None or self.process.poll() is not None:
            return
        self.go_on()
        self.process.send_signal(signal.SIGINT)  # a fast shutdown, as pg_ctl stop does
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL for the server and all of its processes, as when the machine's power fails (but
        for the disk's cache)."""
        if self.process is None or self.process.poll() is not None:
            return
        family = self._family_held()
        for pid in family:
            _send(pid, signal.SIGKILL)
        self.process.wait(STOP_SECONDS)
        # Another one refuses to start while one of them still has the shared memory.
        _wait(lambda: not any(map(_is_alive, family)), "its processes to end")

    def pause(self) -> None:
        """Stop all of its processes in their tracks: connections stay, and nobody answers."""
        self._family_held()

    def go_on(self) -> None:
        """The end of a pause."""
        assert self.process is not None
        for pid in reversed([self.process.pid, *_children(self.process.pid)]):
            _send(pid, signal.SIGCONT)

    def remove(self) -> None:
        """End it and remove its data: the end of this object."""
        self.kill()
        self._remove()

    def sql(self, statements: str, database: str = DATABASE) -> str:
        """What psql prints for the statements (unaligned, rows only); raises where one fails."""
        done = subprocess.run(
            [str(self._programs / "psql"), *_QUIETLY, "-d", self.url_of(database)],
            input=statements,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def _make_cluster(self) -> None:
        words = self._home / "password"
        words.write_text(PASSWORD)
        words.chmod(0o644)  # read by the lent account, and gone in a second
        self._run(
            *(self._programs / "initdb", "-D", self._data, "-U", USER, "--pwfile", words),
            *("--auth-host=scram-sha-256", "--auth-local=trust", "--no-sync"),
            *("--encoding=UTF8", "--locale=C.UTF-8"),
        )
        words.unlink()
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(f"{_CONFIGURATION}unix_socket_directories = '{self._home}'\n")
            file.write(f"fsync = {'on' if self._durable else 'off'}\n")
        self._run(
            *(self._programs / "postgres", "--single", "-D", self._data, "postgres"),
            said=f"CREATE DATABASE {DATABASE};\n",
        )

    def _run(self, *command: Path | str, said: str = "") -> None:
        done = subprocess.run(
            [str(word) for word in command],
            input=said,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **self._account,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")

    def _family_held(self) -> list[int]:
        """All of its processes, each stopped: the first one before it can start another."""
        assert self.process is not None
        _send(self.process.pid, signal.SIGSTOP)
        children = _children(self.process.pid)
        for pid in children:
            _send(pid, signal.SIGSTOP)
        return [self.process.pid, *children]


def find_programs() -> Path:
    """The folder of initdb and postgres: that on PATH, else Debian's newest.

    Raises ``FileNotFoundError`` where there is none.
    """
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not installed:
        raise FileNotFoundError("there is no PostgreSQL: apt-get install postgresql")
    return max(installed, key=lambda folder: int(folder.parent.name))


def _account() -> dict[str, Any]:
    """What makes a process run as another than root; nothing where we are not root."""
    if os.geteuid() != 0:
        return {}
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise RuntimeError(f"PostgreSQL does not run as root, and there is none of: {_ACCOUNTS}")


def _free_port() -> int:
    for port in random.sample(_PORTS, 50):
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


def _remove(home: Path) -> None:
    """Ends what still runs on ``home``, by the number in its own file, and removes all."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        postmaster = int((home / "data" / "postmaster.pid").read_text().split()[0])
        if str(home).encode() in Path(f"/proc/{postmaster}/cmdline").read_bytes():
            for pid in (postmaster, *_children(postmaster)):
                _send(pid, signal.SIGKILL)
    shutil.rmtree(home, ignore_errors=True)


def _children(parent: int) -> list[int]:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        return [int(word) for word in text.split()]
    return []


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait(true: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + STOP_SECONDS
    while not true():
        if time.monotonic() > until:
            raise RuntimeError(f"waited {STOP_SECONDS:g} s in vain for {what}")
        time.sleep(0.01)
