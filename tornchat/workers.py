"""One worker process as the supervisor sees it: spawned early, handed its work, replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tornchat.board import Board

#: The line that a worker writes when it accepts connections.
READY = b"ready\n"
#: Exit status of one that could not begin and has said why.
GAVE_UP = 2

#: Looks at the board, a second apart, that find no new beat: the worker is hung. Looks are counted
#: and not seconds, so that a machine that slept, supervisor and all, finds nobody hung.
HUNG_LOOKS = 10

#: Seconds: a process that dies sooner after its start is started again more slowly each time.
_TOO_SOON = 10.0
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


class Backoff:
    """When to start a process again that has died."""

    def __init__(self) -> None:
        self._pause = 0.0

    def after(self, lived: float) -> float:
        """Seconds to wait, for a process that lived so many seconds."""
        if lived >= _TOO_SOON:
            self._pause = 0.0
            return 0.0
        pause = self._pause
        self._pause = min(_LONGEST_PAUSE, pause * 2 or _FIRST_PAUSE)
        return pause


def in_words(pause: float) -> str:
    """When something is started again, for the log: ``at once`` or ``in 0.4 s``."""
    return f"in {pause:g} s" if pause else "at once"


class WorkerProcess:
    """A process of ``python -m tornchat.app`` and the two pipes to it."""

    def __init__(self, number: int, listen_fd: int, board: Board, slot: int) -> None:
        """Spawn it: it imports while the rest of the server is made ready.

        ``number`` is that of its seat, ``slot`` its own on the board.
        """
        self.number = number
        self.slot = slot
        self.started = time.monotonic()
        self.ready = False
        #: It has closed its end of the report pipe: nothing more will be heard.
        self.silent = False
        self._listen_fd = listen_fd
        self._board = board
        self._beat = 0
        self._missed = 0
        self._received = b""
        self.report, report_end = os.pipe()
        self._report_fd = report_end
        os.set_blocking(self.report, False)
        try:
            self.process = subprocess.Popen(
                # -P: what lies in the current folder is not imported.
                [sys.executable, "-P", "-m", "tornchat.app"],
                stdin=subprocess.PIPE,
                pass_fds=(listen_fd, report_end, board.fd),
                start_new_session=True,
                env=environment(),
            )
        except BaseException:
            os.close(self.report)
            raise
        finally:
            os.close(report_end)

    def hand(self, work: Mapping[str, Any]) -> None:
        """Tell it what to serve. The pipe stays open: its end tells the worker that we are gone."""
        line = {
            **work,
            "listen_fd": self._listen_fd,
            "report_fd": self._report_fd,
            "board_fd": self._board.fd,
            "board_slots": self._board.slots,
            "slot": self.slot,
        }
        assert self.process.stdin is not None
        with suppress(OSError):  # it has died: its exit status is seen next
            self.process.stdin.write(json.dumps(line).encode() + b"\n")
            self.process.stdin.flush()

    def hear(self) -> bool:
        """Read its reports; true when it has just become ready."""
        try:
            received = os.read(self.report, 4096)
        except BlockingIOError:
            return False
        self.silent = not received
        self._received = (self._received + received)[-4096:]
        if self.ready or READY not in self._received:
            return False
        self.ready = True
        return True

    def look(self) -> bool:
        """Look at its beat, about once a second; true when it has just been found hung."""
        beat = self._board.last_beat(self.slot)
        self._missed = 0 if beat != self._beat or not self.ready else self._missed + 1
        self._beat = beat
        return self._missed == HUNG_LOOKS

    def drain(self) -> None:
        """SIGTERM: accept no more, let the streams move, end."""
        self._signal(signal.SIGTERM)

    def stop(self) -> None:
        """SIGINT: end now. One that is not ready has nobody to say goodbye to, and may not
        understand."""
        self._signal(signal.SIGINT if self.ready else signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._signal(signal.SIGKILL)

    def how_it_ended(self) -> str:
        """The end of a sentence about one that has ended."""
        return ended(self.process.returncode)

    def close(self) -> None:
        """Close the pipes of a worker that has ended."""
        os.close(self.report)
        if self.process.stdin is not None:
            with suppress(OSError):  # what could not be written to it is lost with it
                self.process.stdin.close()

    def _signal(self, number: int) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)


def ended(status: int) -> str:
    """How a process ended, from its exit status as `subprocess` has it."""
    if status >= 0:
        return f"ended with status {status}"
    return f"was ended by {signal.Signals(-status).name}"


def environment() -> dict[str, str]:
    """The variables of a process of the server: it imports the package that we run from."""
    package_parent = str(Path(__file__).resolve().parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    paths = [package_parent, *([inherited] if inherited else [])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
