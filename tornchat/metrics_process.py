"""``--metrics`` as the supervisor sees it: a bound socket, a folder, and a process on both."""

from __future__ import annotations

import math
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tornchat import metrics, metrics_file
from tornchat.data_folder import make_folder
from tornchat.domain.errors import Unusable
from tornchat.setting_values import parted
from tornchat.settings import Settings
from tornchat.sockets import listen
from tornchat.workers import Backoff, environment, in_words

_OPTIONS = ("--metrics", "--metrics")


@contextmanager
def serving_metrics(
    settings: Settings, patience: float, say: Callable[[str], None]
) -> Iterator[MetricsProcess | None]:
    """The process, for as long as this lasts; none where the settings do not ask for one.

    ``patience`` as of `sockets.listen`. Raises `Unusable`.
    """
    if settings.metrics is None:
        yield None
        return
    with listen(*parted(settings.metrics), patience, _OPTIONS) as listener:
        process = MetricsProcess(settings.data / "metrics", listener, say)
        try:
            yield process
        finally:
            process.end()


class MetricsProcess:
    """Serves what all processes of the server write into ``folder``; also holds what the
    supervisor itself counts."""

    def __init__(self, folder: Path, listener: socket.socket, say: Callable[[str], None]) -> None:
        """Begin with nothing counted, and start the process. Raises `Unusable`."""
        self._folder = make_folder(folder)
        self._listener = listener
        self._say = say
        self._backoff = Backoff()
        #: When to start it again, on the monotonic clock; none while it runs.
        self._start_at: float | None = None
        try:
            metrics_file.clear(folder)
            self._figures = metrics_file.FigureFile(folder, "supervisor", metrics.FIGURES)
        except OSError as wrong:
            raise Unusable(f"cannot write in the folder {folder}: {wrong.strerror}") from None
        self._started = time.monotonic()
        self._process = self._spawn()

    @property
    def address(self) -> str:
        """``ADDRESS:PORT``, as `setting_values.address_and_port` has it."""
        host, port = self._listener.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def tend(self) -> float:
        """Write down what the supervisor has counted, and start the process again if it has died;
        returns the seconds until that is due."""
        self._figures.write()
        now = time.monotonic()
        if self._start_at is None and self._process.poll() is not None:
            self._close()
            pause = self._backoff.after(now - self._started)
            self._start_at = now + pause
            self._say(f"The process of --metrics ended; starting it again {in_words(pause)}.")
        if self._start_at is not None and self._start_at <= now:
            self._start_at = None
            self._started = now
            self._process = self._spawn()
        return math.inf if self._start_at is None else self._start_at - now

    def end(self) -> None:
        """It keeps nothing, so it is simply killed."""
        if self._start_at is None:
            self._process.kill()
            self._process.wait()
            self._close()
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

    def _close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
