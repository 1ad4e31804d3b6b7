"""Streams on which nothing is said: what they hold, what they take, and what opening them costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from probes.bench.client import Client, Still
from probes.bench.scenarios import Scenario
from probes.bench.target import Target
from probes.bench.usage import Memory, Usage
from probes.bench.window import Window
from probes.loads.machine import port_bytes, slab_bytes
from probes.network.conditions import LOOPBACK

_WARM = 100
"""Streams that are there before anything is measured: what the first of all needs is not theirs."""
_REST_SECONDS = 2.0
_LOOK_SECONDS = 5.0


def measure(
    figures: dict[str, float],
    client: Client,
    target: Target,
    scenario: Scenario,
    tell: Callable[[str], None],
) -> Window:
    """Connect all but the first few, compare, and then look for ``scenario.seconds``."""
    warm = min(_WARM, scenario.subscribers // 2)
    number = scenario.subscribers - warm
    processes = target.processes()
    client.connect(warm)
    client.run(Still(), scenario.warm_up)
    resting = _looked(client, target, min(scenario.seconds, _LOOK_SECONDS))
    before = Usage.now(processes)
    memory, sockets = _memory(processes), _sockets(target, scenario)
    client.connect(number)
    client.run(Still(), min(scenario.seconds, _REST_SECONDS))
    connecting = Usage.now(processes).since(before)
    now, held = _memory(processes), _sockets(target, scenario)
    tell("measuring")
    traffic = client.subscribers.traffic
    window = _looked(client, target, scenario.seconds)
    traffic = client.subscribers.traffic.since(traffic)
    each = window.seconds * scenario.subscribers
    figures["requests_per_member_s"] = traffic.requests / each
    figures["wire_bytes_per_member_s"] = (traffic.up + traffic.down) / each
    if processes:
        figures["connect_us"] = connecting.server / number * 1e6
        for role in processes:
            figures[f"connect_us_{role}"] = connecting.roles[role] / number * 1e6
            figures[f"bytes_per_stream_{role}"] = (now[role].pss - memory[role].pss) / number
        figures["bytes_per_stream"] = sum(figures[f"bytes_per_stream_{r}"] for r in processes)
        private = sum(now[role].private - memory[role].private for role in processes)
        figures["private_bytes_per_stream"] = private / number
        figures["idle_cpu_percent"] = window.used.server / window.seconds * 100
        used = window.used.server / window.seconds - resting.used.server / resting.seconds
        figures["idle_cpu_us_per_member"] = max(0.0, used) / number * 1e6
        if sockets is not None and held is not None:
            figures["socket_bytes_per_stream"] = (held - sockets) / number
    return window


def _looked(client: Client, target: Target, seconds: float) -> Window:
    window = Window(client, target)
    window.begin()
    client.run(Still(), seconds)
    window.end()
    return window


def _sockets(target: Target, scenario: Scenario) -> float | None:
    """Kernel memory of the server's ends of its connections, where it can be known: both ends are
    here and in an epoll, so each has half of the small objects. Through a network there are more.
    """
    if scenario.network != LOOPBACK:
        return None
    return slab_bytes() / 2 + (port_bytes(target.base.port) or 0)


def _memory(processes: Mapping[str, Sequence[int]]) -> dict[str, Memory]:
    return {role: Memory.of(pids) for role, pids in processes.items()}
