"""What the worker says on its streams itself: where one starts, that it lives, why it ends."""

from __future__ import annotations

from typing import Any

from tornchat.wire.framing import Framing

TOO_SLOW = "too_slow"


class Frames:
    """Of one worker. ``heartbeat`` is in seconds."""

    def __init__(self, worker: str, heartbeat: float) -> None:
        self._worker = worker
        self._heartbeat = heartbeat
        self._hellos: dict[Framing, tuple[tuple[int, int], bytes]] = {}
        self._beats: dict[Framing, tuple[int, bytes]] = {}
        self._farewells: dict[Framing, bytes] = {}

    def hello(self, start: int | None) -> dict[str, Any]:
        """The verdict on a stream's cursor; None is a reset, which carries no id and ends it."""
        return {
            "cursor": start,
            "reset": start is None,
            "heartbeat": self._heartbeat,
            "worker": self._worker,
        }

    def opening(self, framing: Framing, start: int, bound: int) -> bytes:
        """The hello of a stream that starts there, and to which everything up to ``bound`` is
        replayed: many who come at once start at the same id, and share the bound."""
        place = (start, bound)
        kept, frame = self._hellos.get(framing, (None, b""))
        if kept != place:
            frame = framing.encode("hello", {**self.hello(start), "live_after": bound}, start)
            self._hellos[framing] = (place, frame)
        return frame

    def beat(self, framing: Framing, cursor: int) -> bytes:
        """Most readers stand at the same id: keep the last frame."""
        kept, frame = self._beats.get(framing, (-1, b""))
        if kept != cursor:
            frame = framing.encode("beat", {"cursor": cursor}, cursor)
            self._beats[framing] = (cursor, frame)
        return frame

    def farewell(self, framing: Framing) -> bytes:
        """What a stream is cut with that does not take what it is sent; one for all of them."""
        if framing not in self._farewells:
            bye = {"code": TOO_SLOW, "retry": True}
            self._farewells[framing] = framing.last("bye", bye)
        return self._farewells[framing]
