"""Takes single publishes out of what Redis says to a server, and notes which."""

from __future__ import annotations

import random
import time
from typing import Any

import hiredis

from probes.evidence import Swallowed, seen
from tornchat.wire.browser import event_object
from tornchat.wire.packed import event_of_frame

_CHANNEL = b":topic:"


class Swallower:
    """While ``share`` is above 0, so much of what is published does not come through.

    ``swallowed`` has them, as evidence: a reader that had passed one when it was missed is told to
    reload, and that is right.
    """

    def __init__(self, chance: random.Random) -> None:
        self.share = 0.0
        self.swallowed: list[Swallowed] = []
        self._chance = chance

    def filter(self) -> _Filter:
        """For one connection."""
        return _Filter(self)

    def takes(self, reply: Any) -> bool:
        """Whether this reply is to be swallowed."""
        if not self.share or not isinstance(reply, list) or len(reply) != 3:
            return False
        if reply[0] != b"message" or _CHANNEL not in reply[1] or self._chance.random() > self.share:
            return False
        topic = reply[1].partition(_CHANNEL)[2].decode()
        event = event_of_frame(topic, reply[2])
        if not event.id:
            return False
        self.swallowed.append(Swallowed(seen(event_object(event)), time.monotonic()))
        return True


class _Filter:
    """Reads replies of RESP2 and writes them again (a status as a string, which is no matter)."""

    def __init__(self, swallower: Swallower) -> None:
        self._swallower = swallower
        self._reader = hiredis.Reader()

    def __call__(self, data: bytes) -> bytes:
        self._reader.feed(data)
        through = []
        while (reply := self._reader.gets()) is not False:
            if not self._swallower.takes(reply):
                through.append(_encoded(reply))
        return b"".join(through)


def _encoded(reply: Any) -> bytes:
    if isinstance(reply, list):
        return b"*%d\r\n%b" % (len(reply), b"".join(map(_encoded, reply)))
    if isinstance(reply, bytes):
        return b"$%d\r\n%b\r\n" % (len(reply), reply)
    if isinstance(reply, hiredis.ReplyError):
        return b"-%b\r\n" % str(reply).encode()
    return b"$-1\r\n" if reply is None else b":%d\r\n" % reply
