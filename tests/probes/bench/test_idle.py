"""Streams on which nothing is said are weighed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from probes.bench import idle
from probes.bench.client import Client, Plan
from probes.bench.figures import FIGURES
from probes.bench.scenarios import SCENARIOS
from probes.bench.usage import Memory

from tests.probes.bench.parrot import Parrot


class Weighed(Parrot):
    """It runs in this process, and what it takes is ours."""

    def processes(self) -> Mapping[str, Sequence[int]]:
        return {"worker": [os.getpid()]}


def test_memory_and_processor_time_are_told_for_each_stream() -> None:
    scenario = replace(SCENARIOS["idle"], subscribers=40, warm_up=0.1, seconds=0.2)
    parrot = Weighed()
    parrot.start(set())
    client = Client(parrot, Plan(rooms=1, authors=1, size=50, connections=1))
    figures: dict[str, float] = {}
    try:
        window = idle.measure(figures, client, parrot, scenario, lambda text: None)
    finally:
        client.close()
        parrot.stop()
    assert client.subscribers.served == 40
    assert window.seconds >= 0.2
    assert figures["bytes_per_stream"] == figures["bytes_per_stream_worker"]
    assert figures["connect_us"] >= 0
    assert figures.keys() <= FIGURES.keys()


def test_memory_of_a_process_is_known_and_of_one_that_is_gone_nothing() -> None:
    ours = Memory.of([os.getpid()])
    assert 1_000_000 < ours.private <= ours.pss
    assert Memory.of([2**22 + 1]) == Memory()
