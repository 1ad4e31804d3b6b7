"""What a proxy might do to a stream: drop, double or swap one event."""

from __future__ import annotations

import json
from collections.abc import Callable

Tamper = Callable[[list[bytes]], list[bytes]]
"""Two frames, each with a message, in; what the client gets of them out."""


def drop(two: list[bytes]) -> list[bytes]:
    return two[1:]


def double(two: list[bytes]) -> list[bytes]:
    return [two[0], *two]


def swap(two: list[bytes]) -> list[bytes]:
    return [two[1], two[0]]


class Tamperer:
    """Does it once, to the messages number ``at`` and the next of one stream.

    ``ids`` are those of the two, ``room`` is that of the first.
    """

    def __init__(self, tamper: Tamper, at: int = 20) -> None:
        self.ids: list[int] = []
        self.room = ""
        self._tamper = tamper
        self._at = at
        self._messages = 0

    def filter(self) -> Callable[[bytes], bytes]:
        """For one connection of a `probes.rig.line.Line`."""
        rest, waiting = b"", list[bytes]()

        def carry(data: bytes) -> bytes:
            nonlocal rest
            *frames, rest = (rest + data).split(b"\n\n")
            out: list[bytes] = []
            for frame in frames:
                whole = frame + b"\n\n"
                if b"\nevent: message\n" in frame and len(self.ids) < 2:
                    self._messages += 1
                    if self._messages >= self._at:
                        waiting.append(whole)
                        self._note(frame)
                        if len(waiting) == 2:
                            out += self._tamper(waiting)
                        continue
                out.append(whole)
            return b"".join(out)

        return carry

    def _note(self, frame: bytes) -> None:
        event = json.loads(frame.partition(b"\ndata: ")[2])
        self.ids.append(event["id"])
        self.room = self.room or event["room"]
