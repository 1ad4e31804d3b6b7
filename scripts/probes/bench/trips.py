"""Single trips, whose stations are stamped: where a message's time goes.

A probe (`POST /api/lab/probe`) comes back to the one who sent it by the way of every event, with
the unix time in microseconds at which it was received by the handler, taken by the log, heard by
the worker that delivers it, and framed for the socket. What this client adds is on its own clock:
with server and client on two machines the first and the last part are wrong by what their clocks
differ.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Mapping
from typing import Any

from probes.bench.polling import Schedule
from probes.bench.posters import Register
from probes.bench.target import Stamping, Target
from probes.exchange import Answer, Base
from probes.loads.numbers import median

_EACH_NS = 100_000_000
"""From probe to probe: a server takes 20 a second of one user."""
_READ = 65_536
_PROBE = re.compile(rb'\{"id":\d+,"prev":\d+,"topic":"user:[^{}]*"kind":"probe"[^{}]*\}')


class Trips:
    """Beside the load: one connection that follows, and one that sends probes as the same user, one
    at a time. ``interval``: seconds between short polls."""

    def __init__(
        self,
        target: Target,
        stamping: Stamping,
        near: Base,
        register: Register,
        *,
        number: int,
        interval: float | None,
        seed: int,
    ) -> None:
        self.refused = 0
        self._target = target
        self._stamping = stamping
        self._number = number
        self._sent: dict[str, int] = {}
        self._answers: dict[str, Mapping[str, Any]] = {}
        self._came: dict[str, tuple[Mapping[str, Any], int]] = {}
        """Nonce -> when it was sent, what was answered, and the event with when it came."""
        self._next = 0
        self._answer: Answer | None = None
        self._body = b""
        self._rest = b""
        self._opening: bytes | None = b""
        self._cursor: bytes | None = None
        self._polls = None
        if interval is not None:
            self._polls = Schedule(int(interval * 1e9), seed, time.monotonic_ns())
        self._register = register
        self._asking = self._connect(near, self._answered)
        self._following = self._connect(near, self._followed)
        self._following.send(stamping.follow())

    @property
    def over(self) -> bool:
        """Whether all that are to be sent have come, or were refused."""
        return len(self._came) + self.refused >= self._number

    def go(self, now: int) -> int:
        """Send and ask what is due at ``now`` (ns); gives when there is more."""
        if self._ready and self._answer is None and now >= self._next:
            self._next = max(self._next + _EACH_NS, now)
            if len(self._sent) < self._number:
                self._send(f"trip-{len(self._sent)}")
        wake = self._next if self._next > now else now + _EACH_NS
        if self._polls is not None:
            for _ in self._polls.due(now):
                self._following.send(self._stamping.follow(self._cursor))
            wake = min(wake, self._polls.next or wake)
        return wake

    def figures(self) -> dict[str, float]:
        """``split_<part>_ms``: the medians. Nothing where no probe came back."""
        parts: dict[str, list[float]] = {}
        for nonce, (event, came) in self._came.items():
            if nonce in self._answers:
                stations = _stations(self._sent[nonce], self._answers[nonce], event, came)
                for name, (begun, ended) in stations.items():
                    parts.setdefault(name, []).append((ended - begun) / 1000)
        return {f"split_{name}_ms": median(values) for name, values in parts.items()}

    def close(self) -> None:
        for line in (self._asking, self._following):
            self._register(line, None)
            line.close()

    @property
    def _ready(self) -> bool:
        """Whether what is sent now would come."""
        return self._opening is None and (self._polls is None or self._cursor is not None)

    def _connect(self, near: Base, readable: Any) -> socket.socket:
        line = socket.create_connection((near.host, near.port), 10)
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._register(line, readable)
        return line

    def _send(self, nonce: str) -> None:
        request = self._stamping.probe(nonce)
        if request is None:
            self.refused = self._number
            return
        self._answer, self._body = Answer(), b""
        self._sent[nonce] = time.time_ns() // 1000
        self._asking.send(request)

    def _answered(self) -> None:
        data = self._asking.recv(_READ)
        if self._answer is None or not data:
            raise OSError("the server ended the connection of probes")
        self._body += self._answer.feed(data)
        if self._answer.complete and self._answer.head is not None:
            if self._answer.head.status == 201:
                nonce = list(self._sent)[-1]
                self._answers[nonce] = json.loads(self._body)
            else:
                self.refused += 1
            self._answer = None

    def _followed(self) -> None:
        data = self._following.recv(_READ)
        came = time.time_ns() // 1000
        if not data:
            raise OSError("the server ended the stream of probes")
        if self._opening is not None:
            self._opening += data
            if self._target.ready(self._opening):
                self._opening = None
        data = self._rest + data
        scanned = self._target.scan(data)
        self._rest = scanned.rest
        for found in _PROBE.finditer(data, 0, len(data) - len(scanned.rest)):
            event = json.loads(found[0])
            if event.get("nonce") in self._sent:
                self._came.setdefault(event["nonce"], (event, came))
        if scanned.cursor is not None:
            self._cursor = scanned.cursor
            if self._polls is None:
                self._following.send(self._stamping.follow(self._cursor))
            else:
                self._polls.answered(0, time.monotonic_ns())


def _stations(
    sent: int, answer: Mapping[str, Any], event: Mapping[str, Any], came: int
) -> dict[str, tuple[int, int]]:
    """From when to when each part went. They lie one behind the other: a worker can hear of a probe
    before it is told that the log has it, and one that was read from the log, as polls do, was
    taken up when it was framed."""
    framed = event["framed"]
    heard = event.get("heard", framed)
    appended = min(answer["appended"], heard)
    received = event["received"]
    return {
        "post": (sent, received),
        "log": (received, appended),
        "worker": (appended, heard),
        "socket": (heard, framed),
        "client": (framed, came),
    }
