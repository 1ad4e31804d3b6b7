"""How far the clock of a server is from ours, by questions and answers (as NTP does).

Only what a server has stamped needs it: delays are measured between two moments of one clock. The
stamps are those of ``POST /api/lab/probe``; a ``Date`` header counts seconds, which says nothing.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

from probes.exchange import Base, signed

_QUESTIONS = 12
_SECONDS = 10.0
_PAUSE = 0.02


class NoStamps(Exception):
    """The server says nothing of its clock; the text says why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, in microseconds: ``sent`` and ``came`` by our clock, ``received``
    and ``answered`` by the server's."""

    sent: int
    received: int
    answered: int
    came: int

    @property
    def on_the_way(self) -> int:
        """Both ways together: what the server took is left out."""
        return (self.came - self.sent) - (self.answered - self.received)


@dataclass(frozen=True, slots=True)
class Offset:
    """Milliseconds to add to a moment of ours to get the server's; no further off than ``error``,
    which is half of what both ways took: so far, where all of it was one way."""

    milliseconds: float
    error: float

    def __str__(self) -> str:
        return f"{self.milliseconds:+.3f} ms, at most {self.error:.3f} ms off"

    def correct(self, figures: dict[str, float]) -> None:
        """Tell it, and take it out of what lies between a moment of ours and one of the server's:
        the first part of a trip, and the last."""
        figures |= {"clock_offset_ms": self.milliseconds, "clock_error_ms": self.error}
        for name, ahead in (("split_post_ms", -1), ("split_client_ms", 1)):
            if name in figures:
                figures[name] += ahead * self.milliseconds


def offset(exchanges: Iterable[Exchange]) -> Offset:
    """By the one that was under way for the shortest time."""
    best = min(exchanges, key=lambda one: one.on_the_way)
    ahead = (best.received - best.sent + best.answered - best.came) / 2
    return Offset(ahead / 1000, best.on_the_way / 2 / 1000)


def measure(server: Base, credential: str, questions: int = _QUESTIONS) -> Offset:
    """Ask a server, on one connection. Raises `NoStamps`, and ``OSError`` where none answers."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=_SECONDS)
    try:
        exchanges = []
        for _ in range(questions):
            exchanges.append(_ask(connection, credential))
            time.sleep(_PAUSE)
        return offset(exchanges)
    except http.client.HTTPException as wrong:
        raise NoStamps(f"no answer to be read: {wrong}") from None
    finally:
        connection.close()


def _ask(connection: http.client.HTTPConnection, credential: str) -> Exchange:
    headers = {**signed(credential), "Content-Type": "application/json"}
    if connection.sock is None:
        connection.connect()
    sent = _now()
    connection.request("POST", "/api/lab/probe", b"{}", headers)
    answer = connection.getresponse()
    came = _now()
    body = answer.read()
    if answer.status != 201:
        raise NoStamps(f"a probe was answered with status {answer.status}")
    try:
        stamps = json.loads(body)
        return Exchange(sent, int(stamps["received"]), int(stamps["appended"]), came)
    except (ValueError, KeyError, TypeError) as wrong:
        raise NoStamps(f"an answer without stamps: {wrong}") from None


def _now() -> int:
    """Unix microseconds."""
    return time.time_ns() // 1000
