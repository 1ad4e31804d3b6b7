"""A push service, and a browser that subscribed to it: they see what a real one would."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.handlers.visitor import Answer, Visitor


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Push:
    """What came: to whom, with which headers (small letters), and its bytes."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """``answers``: what the next pushes are answered, 201 when there are no more."""

    port: int = 0
    came: list[Push] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers["content-length"]))
        self.came.append(Push(head[0].split()[1], headers, body))
        answer = self.answers.pop(0) if self.answers else "201 Created"
        writer.write(
            f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """For as long as the block lasts."""
    service = PushService()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.close()


class Browser:
    """A browser's side of a subscription: its keys, which open what comes."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    @property
    def values(self) -> dict[str, Any]:
        """What it gives the page."""
        public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": text(public), "auth": text(self._auth)}
        return {"endpoint": self.endpoint, "keys": keys}

    def read(self, push: Push) -> dict[str, Any]:
        """What a push says."""
        opened = http_ece.decrypt(push.body, private_key=self._key, auth_secret=self._auth)
        said: dict[str, Any] = json.loads(opened)
        return said

    async def subscribe(self, who: Visitor, **more: Any) -> Answer:
        return await who.post("/api/push/subscriptions", {**self.values, **more})
