"""What is measured between two moments of a run."""

from __future__ import annotations

import time
from collections.abc import Collection

from probes.bench.client import Client
from probes.bench.latency import Delays
from probes.bench.target import Target
from probes.bench.usage import Usage
from probes.loads.machine import cpu_seconds


class Window:
    """Deliveries count that came in it, and delays of messages that were due in it.

    ``open_loop``: whether messages were meant to be sent at moments of their own, so that it makes
    a difference when each was in fact.
    """

    def __init__(self, client: Client, target: Target, *, open_loop: bool = False) -> None:
        self.answers = Delays()
        self.deliveries = 0
        self.used = Usage({}, {})
        self.client_seconds = 0.0
        """Of the client, with its helpers."""
        self.helpers_seconds = 0.0
        self.seconds = 0.0
        self._client = client
        self._processes = target.processes()
        self._open_loop = open_loop
        self._delays: dict[str, Delays] | None = None
        self._lag = Delays()

    def begin(self) -> None:
        self._before = Usage.now(self._processes)
        self._client_before = time.process_time()
        self._helpers_before = cpu_seconds(self._client.helpers)
        self._traffic = self._client.subscribers.traffic
        self._missed = self._client.subscribers.missed
        self._accepted = len(self._client.posters.published)
        self._first = len(self._client.due)
        self._begun = time.monotonic_ns()

    def end(self) -> None:
        client = self._client
        self._ended = time.monotonic_ns()
        self.helpers_seconds = cpu_seconds(client.helpers) - self._helpers_before
        self.client_seconds = time.process_time() - self._client_before + self.helpers_seconds
        self.used = Usage.now(self._processes).since(self._before)
        self.seconds = (self._ended - self._begun) / 1e9
        self._traffic = client.subscribers.traffic.since(self._traffic)
        self._missed = client.subscribers.missed - self._missed
        self._accepted = len(client.posters.published) - self._accepted
        self._last = len(client.due)
        self._reads = len(client.subscribers.came)
        self._lag = client.lag
        client.lag = Delays()

    @property
    def messages(self) -> int:
        """Those that were due in it."""
        return self._last - self._first

    def server_share(self, cpus: Collection[int]) -> float:
        """Of these processors: what the server took."""
        return self.used.server / self.seconds / len(cpus)

    def others_share(self, cpus: Collection[int], ours: float) -> float:
        """Of these processors: what neither server nor client took, who took ``ours`` seconds."""
        return max(0.0, self.used.on(cpus) - ours) / self.seconds / len(cpus)

    @property
    def client_share(self) -> float:
        """Of its processor."""
        return self.client_seconds / self.seconds

    def figures(self, cpus: Collection[int]) -> dict[str, float]:
        """All of them, by their names; ``cpus`` are the server's."""
        self.deliveries = sum(map(len, self._client.subscribers.came[: self._reads]))
        found = {
            "seconds": self.seconds,
            "messages": self.messages,
            "deliveries": self.deliveries,
            "messages_per_s": self.messages / self.seconds,
            **self._rates(),
            "client_share": self.client_share,
        }
        if self._client.helpers:
            found["network_share"] = self.helpers_seconds / self.seconds
        lag = self._lag.figures("client_lag")
        found |= {name: lag[name] for name in ("client_lag_p99_ms", "client_lag_max_ms") if lag}
        if self._processes:
            found["server_share"] = self.server_share(cpus)
            found |= self._costs("message", self.messages)
        if self.deliveries:
            found["deliveries_per_s"] = self.deliveries / self.seconds
            found |= self._traffic_figures()
            found["deliveries_per_read"] = self.deliveries / self._reads
            found |= self._costs("delivery", self.deliveries)
            for name, delays in self._deliveries().items():
                found |= delays.figures(name)
        return found | self.answers.figures("post")

    def curves(self) -> dict[str, list[tuple[float, float]]]:
        """Percentiles of delays, where there are any."""
        curves = {name: delays.curve() for name, delays in self._all_delays().items()}
        return {name: curve for name, curve in curves.items() if curve}

    def histograms(self) -> dict[str, str]:
        """The same delays whole, as `Delays.encoded` writes them."""
        histograms = {name: delays.encoded() for name, delays in self._all_delays().items()}
        return {name: histogram for name, histogram in histograms.items() if histogram}

    def _all_delays(self) -> dict[str, Delays]:
        return {**self._deliveries(), "post": self.answers}

    def _rates(self) -> dict[str, float]:
        """Messages a second: those that were to be sent, and those that came."""
        if not self.messages:
            return {}
        listeners = len(self._client.subscribers.all)
        came = self.deliveries / listeners if listeners else self._accepted
        return {
            "offered_per_s": self.messages / self.seconds,
            "achieved_per_s": came / self.seconds,
        }

    def _traffic_figures(self) -> dict[str, float]:
        """What each delivery took on the wire; posts, the same for all transports, left out."""
        traffic, each = self._traffic, self.deliveries
        found = {
            "bytes_per_delivery": traffic.down / each,
            "up_bytes_per_delivery": traffic.up / each,
            "down_bytes_per_delivery": traffic.down / each,
            "wire_bytes_per_delivery": (traffic.up + traffic.down) / each,
            "requests_per_delivery": traffic.requests / each,
            "wasted_polls_per_delivery": traffic.wasted / each,
        }
        return found | ({"missed_polls": self._missed} if self._missed else {})

    def _costs(self, what: str, number: int) -> dict[str, float]:
        """Processor time for each, in us, and that of each role."""
        if not number or not self._processes:
            return {}
        costs = {f"cpu_us_per_{what}": self.used.server / number * 1e6}
        for role, used in self.used.roles.items():
            if used or role in ("worker", "redis"):
                costs[f"cpu_us_per_{what}_{role}"] = used / number * 1e6
        return costs

    def _deliveries(self) -> dict[str, Delays]:
        """Delays of the messages that were due in the window, of which some came after it: from
        when they were meant to be sent, and (closed) from when they were."""
        if self._delays is None:
            numbers = range(self._first, self._last)
            client = self._client
            begun = {"delivery": client.due}
            if self._open_loop:
                begun["delivery_closed"] = client.posters.sent
            self._delays = {}
            for name, moments in begun.items():
                delays = self._delays[name] = Delays()
                since = {number: moments[number] for number in numbers}
                delays.add_all(client.subscribers.came_at, client.subscribers.came, since)
        return self._delays
