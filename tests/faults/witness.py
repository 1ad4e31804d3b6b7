"""A witness: a follower that does all that a client must, and can be held to what it saw."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

from tests.people import Follower, Person


@dataclass(frozen=True, slots=True)
class Gap:
    """What a reset left to the history: events in (low, high], after so many had been streamed."""

    low: int
    high: int
    events: int


class Witness(Follower):
    """On a reset it loads the snapshot and opens its next stream from there.

    Streams of one that was stopped and started again on the same port go on by themselves.
    """

    def __init__(self, person: Person, after: int | None = None) -> None:
        cookie = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
        super().__init__(person.http.base_url.port or 80, cookie, after)
        self.user = person.id
        self.gaps: list[Gap] = []
        self._base_url = str(person.http.base_url).rstrip("/")
        self._cookie = cookie
        self.start()
        self.wait(lambda: self.hellos, "hello")

    def ids(self, room: str) -> list[int]:
        """The ids of the messages of a room, in the order of arrival."""
        return [event["id"] for event in self.messages() if event["room"] == room]

    def wait_until(self, id: int, seconds: float = 60) -> None:
        """Until its position is at ``id`` or behind it."""
        self.wait(lambda: int(self.last_id or 0) >= id, f"position {id}", seconds)

    def wait_for_more(self, room: str, than: int, seconds: float = 60) -> None:
        """Until it has seen more messages of a room than so many."""
        self.wait(lambda: len(self.ids(room)) > than, f"a message in {room}", seconds)

    def covers(self, id: int) -> bool:
        """Whether a reset has left this id to the history."""
        return any(gap.low < id <= gap.high for gap in self.gaps)

    def faults(self) -> list[str]:
        """Where what came breaks a promise that one stream can be held to: order, once, no hole."""
        found: list[str] = []
        last, known = 0, dict[str, int]()
        gaps = list(self.gaps)
        for number, event in enumerate(list(self.events)):
            while gaps and gaps[0].events <= number:
                last = max(last, gaps.pop(0).high)
                known.clear()
            topic, id = event["topic"], event["id"]
            if id <= last:
                found.append(f"{event['kind']} {id} came at or below {last}")
            if known.get(topic, event["prev"]) != event["prev"]:
                found.append(f"a hole in {topic}: {id} follows {event['prev']}, not {known[topic]}")
            last, known[topic] = id, id
            self._forget_room_i_left(event, known)
        if self.positions != sorted(self.positions):
            found.append("a position went back")
        return found

    def _forget_room_i_left(self, event: dict[str, Any], known: dict[str, int]) -> None:
        if event["kind"] in ("member.left", "member.joined") and event["user"] == self.user:
            known.pop(f"room:{event['room']}", None)

    def _take(self, kind: str, data: dict[str, Any], id: str) -> None:
        super()._take(kind, data, id)
        if kind == "hello" and data["reset"]:
            low = int(self.last_id or 0)
            high = self._snapshot()["cursor"]
            self.gaps.append(Gap(low, high, len(self.events)))
            self.last_id = str(high)

    def _snapshot(self) -> dict[str, Any]:
        end = time.monotonic() + 60
        while True:
            try:
                answer = httpx.get(
                    f"{self._base_url}/api/session", headers={"Cookie": self._cookie}, timeout=5
                )
                if answer.status_code == 200:
                    snapshot: dict[str, Any] = answer.json()
                    return snapshot
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, "no snapshot after a reset"
            time.sleep(0.1)
