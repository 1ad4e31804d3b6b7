"""Ending the embedded Redis of a server that crashed, before another one takes its folder."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tornchat.domain.errors import RedisUnusable
from tornchat.log.address import Address
from tornchat.log.blocking import Conversation, RedisSays

#: Seconds to write a large log to the disk before a leftover is killed.
PATIENCE = 30.0
_KILLED = 5.0
_ANSWER = 2.0
_POLL = 0.02


def end(socket: Path, pid_file: Path, configuration: Path) -> None:
    """End what still runs with ``configuration`` and remove its socket.

    Told SHUTDOWN where it answers, else ended by the pid in its file, but only if that process
    is ours: pids are used again. Raises :class:`RedisUnusable` where it stays.
    """
    pid = _told_to_shut_down(socket) or _pid_in(pid_file)
    if pid is not None and _is_ours(pid, configuration):
        _end_process(pid, configuration)
    socket.unlink(missing_ok=True)
    pid_file.unlink(missing_ok=True)


def _told_to_shut_down(socket: Path) -> int | None:
    try:
        with Conversation(Address.of_socket(socket), _ANSWER) as redis:
            pid = redis.info().get("process_id", "")
            with suppress(ConnectionResetError):  # this is how it obeys
                redis.ask("SHUTDOWN")
    except (OSError, RedisSays):
        return None
    return int(pid) if pid.isdecimal() else None


def _pid_in(pid_file: Path) -> int | None:
    try:
        text = pid_file.read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isdecimal() and int(text) > 1 else None


def _is_ours(pid: int, configuration: Path) -> bool:
    """Whether the process runs (is no zombie) and was started with our configuration file."""
    try:
        return os.fsencode(configuration) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
    except OSError:
        return False
    listing = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return str(configuration) in listing.stdout


def _end_process(pid: int, configuration: Path) -> None:
    for number, seconds in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, _KILLED)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        except PermissionError:
            break
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not _is_ours(pid, configuration):
                return
            time.sleep(_POLL)
    raise RedisUnusable(
        f"process {pid} is a Redis that a crashed server left on {configuration.parent}; "
        "it does not end: end it by hand"
    )
