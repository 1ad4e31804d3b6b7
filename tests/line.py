"""A TCP line on loopback that a test can break, close, mend, slow down and freeze.

It stands between a browser and its server (Playwright's own offline switch does not cut an open
EventSource), or between a server and its Redis.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from types import TracebackType

HOST = "127.0.0.1"
# Closing sends RST at once: the other side sees a broken line, not an orderly end.
_ABORT = struct.pack("ii", 1, 0)


class Line:
    """Forwards connections to the port ``target`` of this machine until it is told otherwise.

    ``delay`` is in seconds and holds back every piece in both directions.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.delay = 0.0
        self.port = 0
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.mend()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def mend(self) -> None:
        """Carry connections (again), on the same port as before."""
        listener = self._listener = socket.create_server((HOST, self.port), backlog=64)
        self.port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Break every connection; new ones are carried."""
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Break every connection and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone does not wake a thread that waits in accept().
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def freeze(self) -> None:
        """Swallow what comes, in old connections and new ones, without closing any."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Carry on with what was held back."""
        self._flowing.set()

    def passed(self, source: socket.socket, data: bytes) -> None:
        """``data`` came from ``source``. For those who want to see what the line carries."""

    def ended(self, source: socket.socket) -> None:
        """Nothing more comes from ``source``."""

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.thaw()
        self.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((HOST, self.target))
            except OSError:
                near.close()
                continue
            with self._lock:
                if self._listener is not listener:
                    near.close()
                    far.close()
                    return
                self._ends |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self.passed(source, data)
                self._flowing.wait()
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._ends.discard(source)
        self.ended(source)
        source.close()
