"""How messages are found in what comes by other transports than Server-Sent Events.

As `target.Scan` asks, each depends on nothing but the bytes it is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes.bench.target import Event, Scan, Scanned

_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class BadStream(Exception):
    """What came is not what the transport promises."""


def frames(pattern: bytes) -> Scan:
    """Of WebSocket frames behind the head of the handshake. ``pattern`` finds the message of one
    frame, with the groups ``id`` and ``seq``."""
    finder = re.compile(pattern, re.DOTALL)

    def scan(data: bytes) -> Scanned:
        at = 0
        if data.startswith(b"HTTP/"):
            at = data.find(_HEAD) + len(_HEAD)
            if at < len(_HEAD):
                return Scanned((), data)
        events: list[Event] = []
        while (frame := _frame(data, at)) is not None:
            start, at = frame
            events.extend(_found(finder, data, start, at))
        return Scanned(tuple(events), data[at:])

    return scan


def polls(pattern: bytes, cursor: bytes) -> Scan:
    """Of answers to polls, each with a head and a length. ``cursor`` has one group, which finds
    with what to ask again; an answer without it is not one to a poll."""
    finder = re.compile(pattern, re.DOTALL)
    again = re.compile(cursor)

    def scan(data: bytes) -> Scanned:
        head = data.find(_HEAD)
        length = _LENGTH.search(data, 0, head) if head >= 0 else None
        if length is None:
            return Scanned((), data)
        start = head + len(_HEAD)
        end = start + int(length[1])
        if len(data) < end:
            return Scanned((), data)
        position = again.search(data, start, end)
        if position is None:
            raise BadStream(f"a poll was answered with {data[start : start + 100]!r}")
        return Scanned(tuple(_found(finder, data, start, end)), data[end:], position[1])

    return scan


def _found(finder: re.Pattern[bytes], data: bytes, start: int, end: int) -> Iterator[Event]:
    return ((int(m["id"]), int(m["seq"])) for m in finder.finditer(data, start, end))


def _frame(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at ``at`` begins and ends, if it is there."""
    if len(data) < at + 2:
        return None
    size = data[at + 1]
    start = at + 2
    if size > 125:
        start += 2 if size == 126 else 8
        size = int.from_bytes(data[at + 2 : start], "big")
    end = start + size
    return (start, end) if len(data) >= end else None
