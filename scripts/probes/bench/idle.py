"""Streams on which nothing is said: what they hold, what they take, and what opening them costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from probes.bench.client import Client, Still
from probes.bench.scenarios import Scenario
from probes.bench.target import Target
from probes.bench.usage import Memory, Usage
from probes.bench.window import Window

_WARM = 100
"""Streams that are there before anything is measured: what the first of all needs is not theirs."""
_REST_SECONDS = 2.0


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
    memory = _memory(processes)
    before = Usage.now(processes)
    client.connect(number)
    client.run(Still(), _REST_SECONDS)
    connecting = Usage.now(processes).since(before)
    now = _memory(processes)
    tell("measuring")
    window = Window(client, target)
    window.begin()
    client.run(Still(), scenario.seconds)
    window.end()
    if processes:
        figures["connect_us"] = connecting.server / number * 1e6
        for role in processes:
            figures[f"connect_us_{role}"] = connecting.roles[role] / number * 1e6
            figures[f"bytes_per_stream_{role}"] = (now[role].pss - memory[role].pss) / number
        figures["bytes_per_stream"] = sum(figures[f"bytes_per_stream_{r}"] for r in processes)
        private = sum(now[role].private - memory[role].private for role in processes)
        figures["private_bytes_per_stream"] = private / number
        figures["idle_cpu_percent"] = window.used.server / window.seconds * 100
    return window


def _memory(processes: Mapping[str, Sequence[int]]) -> dict[str, Memory]:
    return {role: Memory.of(pids) for role, pids in processes.items()}
