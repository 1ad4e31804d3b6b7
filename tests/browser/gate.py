"""A line that knows the event streams it carries, and a server that refuses everything."""

from __future__ import annotations

import socket
import time
from http.server import BaseHTTPRequestHandler

from tests.browser.small_server import SmallServer
from tests.line import Line

# `wait=0` is a short poll of the same address.
_STREAM = b"GET /api/events?after="


class Gate(Line):
    """``opened`` and ``closed`` are when streams came and went, in seconds of `time.monotonic`."""

    def __init__(self, target: int) -> None:
        self.opened: list[float] = []
        self.closed: list[float] = []
        self._streams: set[socket.socket] = set()
        super().__init__(target)

    @property
    def streams(self) -> int:
        """How many are open now."""
        return len(self._streams)

    def passed(self, source: socket.socket, data: bytes) -> None:
        if data.startswith(_STREAM) and b"wait=0" not in data.split(b"\r\n", 1)[0]:
            self._streams.add(source)
            self.opened.append(time.monotonic())

    def ended(self, source: socket.socket) -> None:
        if source in self._streams:
            self._streams.remove(source)
            self.closed.append(time.monotonic())


class Refuser(SmallServer):
    """What a proxy answers whose server is gone: ``502`` to everything, or ``status``, at once."""

    def __init__(self, status: int = 502, headers: dict[str, str] | None = None) -> None:
        self.asked: list[str] = []
        refuser = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _refuse(self) -> None:
                refuser.asked.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = do_DELETE = _refuse  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        super().__init__(Answer)
