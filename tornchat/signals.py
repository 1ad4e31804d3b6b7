"""Signals for a process without an event loop: they arrive as bytes on a socket."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

#: What the supervisor hears: the end of a child, and what the operator says.
HEARD = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Signals:
    """``socket`` can be read when signals have come."""

    def __init__(self, receiving: socket.socket, hangup_ignored: bool) -> None:
        self.socket = receiving
        #: Started with SIGHUP ignored, as nohup does: a closed terminal must not end us.
        self.outlives_terminal = hangup_ignored
        self._terminal = _has_terminal()

    def read(self) -> list[int]:
        """The numbers of those that have come since."""
        numbers: list[int] = []
        with suppress(BlockingIOError):
            while received := self.socket.recv(64):
                numbers += received
        return numbers

    def lost_terminal(self) -> bool:
        """Whether the terminal that we were started from has been closed; true once.

        The kernel and the shell send SIGHUP then, too, which otherwise is the operator's.
        """
        lost = self._terminal and not _has_terminal()
        self._terminal = self._terminal and not lost
        return lost


@contextmanager
def heard() -> Iterator[Signals]:
    """Hear the signals instead of what they would do, for as long as this lasts."""
    receiving, sending = socket.socketpair()
    receiving.setblocking(False)
    sending.setblocking(False)
    before = {number: signal.signal(number, lambda _number, _frame: None) for number in HEARD}
    woke = signal.set_wakeup_fd(sending.fileno(), warn_on_full_buffer=False)
    try:
        yield Signals(receiving, before[signal.SIGHUP] is signal.SIG_IGN)
    finally:
        signal.set_wakeup_fd(woke)
        for number, handler in before.items():
            signal.signal(number, handler)
        receiving.close()
        sending.close()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
