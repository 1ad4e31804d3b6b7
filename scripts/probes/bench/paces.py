"""When messages are published."""

from __future__ import annotations

from probes.bench.client import Client, Pace
from probes.bench.trips import Trips


class Saturation:
    """As many as there may be on their way: sent, and not yet come to everybody.

    So a server cannot win by letting them queue.
    """

    def __init__(self, in_flight: int) -> None:
        self._most = in_flight

    def go(self, client: Client, now: int) -> None:
        for _ in range(self._most - client.in_flight):
            client.publish(now)


class OpenLoop:
    """So many a second from ``start`` (ns) on, at even distances, whatever becomes of them."""

    def __init__(self, rate: float, start: int) -> None:
        self._pause = 1e9 / rate
        self._start = start
        self._sent = 0

    def go(self, client: Client, now: int) -> None:
        while (due := self._start + int(self._sent * self._pause)) <= now:
            self._sent += 1
            client.publish(due)
        client.wake(due)


class Beside:
    """Single trips, beside whatever else is published."""

    def __init__(self, pace: Pace, trips: Trips) -> None:
        self._pace = pace
        self._trips = trips

    def go(self, client: Client, now: int) -> None:
        self._pace.go(client, now)
        client.wake(self._trips.go(now))
