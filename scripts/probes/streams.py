"""Visits to a stream: Server-Sent Events and WebSocket."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from probes.exchange import SWITCHING
from probes.visit import End, Visit
from tornchat.wire import frames
from tornchat.wire.frames import Opcode
from tornchat.wire.sse import Decoder
from tornchat.wire.websocket import accept_of

_MOST_FRAME = 16 * 1024 * 1024


class Stream(Visit):
    """An answer that does not end by itself."""

    _greeted = False
    _goodbye: End | None = None

    def heard(self, kind: str, data: dict[str, Any], id: int | None) -> None:
        """One event of the stream."""
        reader, hooks = self._reader, self._hooks
        if not self._greeted and kind != "hello":
            hooks.broken(f"a stream that begins with {kind}")
        if kind == "hello":
            self._hello(data, id)
        elif kind == "beat":
            self._move_to(id if id is not None else data["cursor"])
        elif kind == "bye":
            retry = bool(data["retry"])
            self._goodbye = End(f"bye {data['code']}", final=not retry)
        elif kind == "move":
            moved = End("moved")
            self._later("move", data["after_ms"] / 1000, lambda: self.end(moved))
        else:
            if id is not None:
                if data["id"] != id:
                    hooks.broken(f"event {data['id']} under the id {id}")
                reader.at(id)
            hooks.event(data)

    def finish(self, why: str) -> End:
        return self._goodbye or super().finish(why)

    def _hello(self, data: dict[str, Any], id: int | None) -> None:
        reader, hooks = self._reader, self._hooks
        reader.heartbeat = float(data["heartbeat"])
        if data["reset"]:
            self.end(End("reset", reset=True))
            return
        if self._greeted or id != reader.cursor:
            hooks.broken(f"a hello at {id} for a reader at {reader.cursor}")
        self._greeted = True
        reader.worker, reader.live = data["worker"], True
        hooks.opened(self.name, data["worker"], data["cursor"])
        self._watch()  # the heartbeat may be another than was expected
        self._move_to(data["cursor"])

    def _move_to(self, id: int) -> None:
        self._hooks.position(id)
        self._reader.at(id)


class SseVisit(Stream):
    """Server-Sent Events, with the cursor in ``Last-Event-ID`` as a browser comes back."""

    def begin(self) -> None:
        self._decoder = Decoder(str(self._reader.cursor))

    def address(self) -> str:
        return self.path

    def headers(self) -> dict[str, str]:
        return {"Last-Event-ID": str(self._reader.cursor)}

    def take(self, data: bytes) -> None:
        for received in self._decoder.feed(data):
            event = json.loads(received.data)
            numbered = received.kind in ("hello", "beat") or "id" in event
            id = int(received.id) if numbered and received.id else None
            self.heard(received.kind, event, id)


class WebSocketVisit(Stream):
    """A text frame for each event."""

    name = "websocket"
    path = "/api/events/socket"
    accept = "*/*"

    def headers(self) -> dict[str, str]:
        self._key = base64.b64encode(os.urandom(16)).decode()
        return {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": self._key,
        }

    def good(self, status: int) -> bool:
        return status == SWITCHING

    def begin(self) -> None:
        assert self._head is not None
        if self._head.headers.get("sec-websocket-accept") != accept_of(self._key):
            self._hooks.broken("a handshake with another accept than that of our key")
        self._frames = frames.Decoder(masked=False, limit=_MOST_FRAME)

    def take(self, data: bytes) -> None:
        for message in self._frames.feed(data):
            if message.opcode is Opcode.TEXT:
                event = json.loads(message.payload)
                self.heard(event["kind"], event, event.get("id", event.get("cursor")))
            elif message.opcode is Opcode.PING:
                self._say(Opcode.PONG, message.payload)
            elif message.opcode is Opcode.CLOSE:
                self._say(Opcode.CLOSE, message.payload[:2])
                why = f"closed with {frames.close_code(message.payload)}"
                self.end(self._goodbye or End(why, failed=True))

    def _say(self, opcode: Opcode, payload: bytes) -> None:
        self._connection.write(frames.encode(opcode, payload, os.urandom(4)))
