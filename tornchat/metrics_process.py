"""``--metrics`` as the supervisor sees it: a bound socket, a folder, and a process on both."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tornchat import metrics, metrics_file
from tornchat.data_folder import make_folder
from tornchat.domain.errors import Unusable
from tornchat.workers import Backoff, environment


class MetricsProcess:
    """Serves what all processes of the server write into ``folder``; also holds what the
    supervisor itself counts."""

    def __init__(self, folder: Path, listener: socket.socket, say: Callable[[str], None]) -> None:
        """Begin with nothing counted, and start the process. Raises `Unusable`."""
        self._folder = make_folder(folder)
        self._listener = listener
        self._say = say
        self._backoff = Backoff()
        self._start_at = 0.0
        try:
            metrics_file.clear(folder)
            self._figures = metrics_file.FigureFile(folder, "supervisor", metrics.FIGURES)
        except OSError as wrong:
            raise Unusable(f"cannot write in the folder {folder}: {wrong.strerror}") from None
        self._started = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = self._spawn()

    def write(self) -> None:
        """Write down what the supervisor has counted."""
        self._figures.write()

    def keep_up(self, now: float) -> float | None:
        """Start it again if it has died; when to look again, on the monotonic clock."""
        if self._process is not None and self._process.poll() is not None:
            self._close(self._process)
            self._process = None
            pause = self._backoff.after(now - self._started)
            self._start_at = now + pause
            self._say(f"The process of --metrics ended; starting it again in {pause:g} s.")
        if self._process is None and self._start_at <= now:
            self._started = now
            self._process = self._spawn()
        return self._start_at if self._process is None else None

    def end(self) -> None:
        """It keeps nothing, so it is simply killed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._close(self._process)
        self._figures.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "tornchat.metrics_server"),
                *(str(self._folder), str(self._listener.fileno())),
            ],
            stdin=subprocess.PIPE,  # its end tells the process that we are gone
            pass_fds=(self._listener.fileno(),),
            start_new_session=True,
            env=environment(),
        )

    def _close(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()
