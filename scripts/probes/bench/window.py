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
    """Deliveries count that came in it, and delays of messages that were due in it."""

    def __init__(self, client: Client, target: Target) -> None:
        self.answers = Delays()
        self.deliveries = 0
        self.used = Usage({}, {})
        self.client_seconds = 0.0
        """Of the client, with its helpers."""
        self.helpers_seconds = 0.0
        self.seconds = 0.0
        self._client = client
        self._processes = target.processes()
        self._delays: Delays | None = None
        self._lag = Delays()

    def begin(self) -> None:
        self._before = Usage.now(self._processes)
        self._client_before = time.process_time()
        self._helpers_before = cpu_seconds(self._client.helpers)
        self._bytes = self._client.subscribers.bytes
        self._first = len(self._client.due)
        self._begun = time.monotonic_ns()

    def end(self) -> None:
        client = self._client
        self._ended = time.monotonic_ns()
        self.helpers_seconds = cpu_seconds(client.helpers) - self._helpers_before
        self.client_seconds = time.process_time() - self._client_before + self.helpers_seconds
        self.used = Usage.now(self._processes).since(self._before)
        self.seconds = (self._ended - self._begun) / 1e9
        self._bytes = client.subscribers.bytes - self._bytes
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
            found["bytes_per_delivery"] = self._bytes / self.deliveries
            found["deliveries_per_read"] = self.deliveries / self._reads
            found |= self._costs("delivery", self.deliveries)
            found |= self._deliveries().figures("delivery")
        return found | self.answers.figures("post")

    def curves(self) -> dict[str, list[tuple[float, float]]]:
        """Percentiles of delays, where there are any."""
        curves = {"delivery": self._deliveries().curve(), "post": self.answers.curve()}
        return {name: curve for name, curve in curves.items() if curve}

    def _costs(self, what: str, number: int) -> dict[str, float]:
        """Processor time for each, in us, and that of each role."""
        if not number or not self._processes:
            return {}
        costs = {f"cpu_us_per_{what}": self.used.server / number * 1e6}
        for role, used in self.used.roles.items():
            if used or role in ("worker", "redis"):
                costs[f"cpu_us_per_{what}_{role}"] = used / number * 1e6
        return costs

    def _deliveries(self) -> Delays:
        """Delays of the messages that were due in the window, of which some came after it."""
        if self._delays is None:
            numbers = range(self._first, self._last)
            due = {number: self._client.due[number] for number in numbers}
            subscribers = self._client.subscribers
            self._delays = Delays()
            self._delays.add_all(subscribers.came_at, subscribers.came, due)
        return self._delays
