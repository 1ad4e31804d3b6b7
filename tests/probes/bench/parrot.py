"""A tiny server that the benchmark can load: it repeats what is posted, and errs where it is told.

It runs in a thread, on a port of loopback, and is a `probes.bench.target.Target`.
"""

from __future__ import annotations

import re
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from probes.bench.target import MARKER_PATTERN, Post, SseScan
from probes.exchange import Base

Spoil = Callable[[int, list[bytes]], list[bytes]]
"""What becomes of the messages that a subscriber (by its number) gets at one time."""
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
_ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Parrot:
    """``spoil`` sees all that goes out; while ``stalled`` nothing is answered or handed on."""

    name = "parrot"
    transports = ("sse",)
    scan = SseScan(rb"id: (?P<id>\d+)\ndata: " + MARKER_PATTERN)

    def __init__(self, spoil: Spoil = lambda number, messages: messages) -> None:
        self.stalled = threading.Event()
        self._spoil = spoil
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.base = Base(*self._listener.getsockname())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._subscribers: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()
        self._last = 0

    def start(self, cpus: set[int]) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(20)
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()

    def subscribe(self, number: int, cursor: bytes | None = None) -> bytes:
        return b"GET / HTTP/1.1\r\n\r\n"

    def ready(self, data: bytes) -> bool:
        return b"\r\n\r\n" in data

    def publish(self, post: Post) -> bytes:
        return b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(post.text), post.text)

    def published(self, status: int) -> bool:
        return status == 202

    def processes(self) -> Mapping[str, Sequence[int]]:
        return {}

    def versions(self) -> Mapping[str, str]:
        return {}

    def _serve(self) -> None:
        self._selector.register(self._listener, selectors.EVENT_READ)
        while not self._over.is_set():
            if self.stalled.is_set():
                time.sleep(0.01)
                continue
            for key, _ in self._selector.select(0.02):
                line = key.fileobj
                assert isinstance(line, socket.socket)
                if line is self._listener:
                    self._selector.register(line.accept()[0], selectors.EVENT_READ)
                else:
                    self._read(line)

    def _read(self, line: socket.socket) -> None:
        data = b""
        with suppress(ConnectionResetError):
            data = line.recv(65_536)
        if not data:
            self._selector.unregister(line)
            line.close()
        elif data.startswith(b"GET"):
            self._subscribers.append(line)
            line.sendall(_HEAD)
        else:
            texts = re.findall(rb"\r\n\r\n(seq=[^\r]*?)(?=POST|\Z)", data)
            line.sendall(_ANSWER * len(texts))
            self._hand_on([self._event(text) for text in texts])

    def _event(self, text: bytes) -> bytes:
        self._last += 1
        return b"id: %d\ndata: %b\n\n" % (self._last, text)

    def _hand_on(self, messages: list[bytes]) -> None:
        for number, line in enumerate(self._subscribers):
            with suppress(OSError):  # one that is gone
                line.sendall(b"".join(self._spoil(number, messages)))
