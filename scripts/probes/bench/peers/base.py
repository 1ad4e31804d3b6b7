"""What all peers have in common: one process, a Redis of their own, Server-Sent Events."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from probes.bench.peers.body import Body
from probes.bench.pinning import pinned
from probes.bench.target import MARKER_PATTERN, NotServed, Post, Scan, Shape, SseScan, text_of
from probes.exchange import Base
from probes.rig.children import Child, children_of, free_port
from probes.rig.facts import short, version
from probes.rig.redis_server import RedisServer

_STOP_SECONDS = 10.0


class Peer(ABC):
    """A `probes.bench.target.Target`. A subclass says how its server is started and set."""

    name: str
    body = Body.SAME
    transports: Collection[str] = ("sse",)
    scan: Scan

    def __init__(self, shape: Shape) -> None:
        if shape.transport not in self.transports:
            raise NotServed(f"{self.name} is measured with {', '.join(self.transports)} only")
        if shape.workers != 1:
            raise NotServed(f"{self.name} is measured with one worker only")
        self.shape = shape
        self.scan = self._scan()
        self.port = free_port()
        self._size = self.body.size(shape)
        self._rooms = ",".join(str(number) for number in range(shape.rooms))
        self._folder = tempfile.TemporaryDirectory(prefix="tornchat-bench-")
        # Kept in memory alone, though ours writes its log to the disk: the faster for the peer.
        self._redis = RedisServer(self.folder / "redis", persistent=False)
        self._child = Child(self.name, self.folder)

    @property
    def folder(self) -> Path:
        """For its files; it goes when the peer is stopped."""
        return Path(self._folder.name)

    @property
    def redis(self) -> RedisServer:
        return self._redis

    @property
    def base(self) -> Base:
        return Base("127.0.0.1", self.port)

    def start(self, cpus: set[int]) -> None:
        """Start Redis and the server on these processors. Raises `CannotRun`."""
        self.prepare()
        with pinned(cpus):
            asyncio.run(self._start())

    def stop(self) -> None:
        """End both, and remove their files."""
        asyncio.run(self._stop())
        self._folder.cleanup()

    def subscribe(self, number: int, cursor: bytes | None = None) -> bytes:
        """Every subscriber follows all rooms, over one connection."""
        return (
            f"GET /subscribe?rooms={self._rooms} HTTP/1.1\r\n"
            f"Host: {self.base}\r\nAccept: text/event-stream\r\n\r\n"
        ).encode()

    def ready(self, data: bytes) -> bool:
        """Once the head of the answer has come."""
        return data.startswith(b"HTTP/1.1 200 ") and b"\r\n\r\n" in data

    def publish(self, post: Post) -> bytes:
        """The text, made as long as the body is to be."""
        body = text_of(post.seq, self._size)
        return (
            f"POST /publish?room={post.room} HTTP/1.1\r\n"
            f"Host: {self.base}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def published(self, status: int) -> bool:
        return 200 <= status < 300

    def processes(self) -> Mapping[str, Sequence[int]]:
        """The process that serves, and Redis."""
        return {"worker": self.workers(), "redis": [self._redis.pid]}

    def versions(self) -> Mapping[str, str]:
        """With the settings that decide how fast it is."""
        return {
            "body": f"{self._size} bytes",
            "redis": short(version([self._redis.binary, "--version"])) + ", nothing on the disk",
        }

    def workers(self) -> Sequence[int]:
        """Pids of the processes that serve."""
        return [self._child.pid]

    def children(self) -> set[int]:
        return children_of(self._child.pid)

    @abstractmethod
    def prepare(self) -> None:
        """See to it that everything is installed. Raises `CannotRun`."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """What starts the server in the foreground; it listens on ``port``, on loopback."""

    def _scan(self) -> SseScan:
        """How to find messages in what it sends."""
        return SseScan(rb"data: " + MARKER_PATTERN)

    async def _start(self) -> None:
        await self._redis.start()
        self._child.start(self.command())
        await self._child.until(self._takes_messages)

    async def _stop(self) -> None:
        await self._child.stop(signal.SIGTERM, _STOP_SECONDS)
        await self._redis.stop()

    def _takes_messages(self) -> bool:
        """Whether a message to a room that nobody follows is accepted."""
        request = self.publish(Post(0, self.shape.rooms, 0, b""))
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as line:
            line.sendall(request)
            return self.published(int((line.recv(4096).split() or [b"", b"0"])[1]))
        return False
