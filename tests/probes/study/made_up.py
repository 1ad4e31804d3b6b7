"""A study that nobody measured: its figures follow from prices that are known."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import lru_cache
from typing import Any

from probes.bench.figures import SPLIT
from probes.bench.latency import Delays
from probes.bench.result import Result, Run, Verdict
from probes.study.costs import Prices
from probes.study.matrix import POLLED, Cell, Matrix, quick

PRICES = Prices(rest=5_000, post=800, delivery=12, poll=120, event=2)
"""Of processor time, in us: polling is cheaper from 12 messages for each poll on."""
BYTES = Prices(rest=0, post=0, delivery=650, poll=500, event=610)
_DEAR = {"long-poll": 90.0}
"""What a delivery costs more by other transports."""
_DELIVERIES = 200


@lru_cache
def study(
    matrix: Matrix | None = None, verdict: Verdict = Verdict.GOOD, noise: float = 0.01
) -> dict[str, Result]:
    """Part -> result; made once, so nobody may change it."""
    chance = random.Random(7)
    found: dict[str, Result] = {}
    for number, cell in (matrix or quick()).turns(seed=1):
        machine, versions = {"machine": "made up"}, {"tornchat": {"tornchat": "Tornchat 1"}}
        empty = Result(
            machine, "scripts/lab study", "2026-01-02 03:04", {"form": "quick"}, versions
        )
        found.setdefault(cell.part, empty).runs.append(_run(number, cell, chance, verdict, noise))
    return found


def scaling(nodes: int = 3, runs: int = 3) -> Result:
    """Capacity of some nodes, and a law."""
    made = [
        Run(
            "tornchat",
            "scale",
            number,
            {
                "part": "capacity",
                "transport": "sse",
                "nodes": count,
                "limit_ms": 250.0,
                "rate": 20.0,
            },
            {
                "nodes": count,
                "capacity_members": 400.0 * count + number,
                "capacity_per_s": 8_000.0 * count + number,
                "speed_up": float(count),
                "efficiency": 1.0,
            },
            notes=["stopped at 900 members: p99 300 ms is above 250 ms", "something else"],
        )
        for number in range(1, runs + 1)
        for count in range(1, nodes + 1)
    ]
    band = [[float(n), 7_000.0 * n, 8_000.0 * n, 9_000.0 * n] for n in range(1, 2 * nodes)]
    intervals = {"sigma": [0.0, 0.02], "kappa": [0.0, 0.001]}
    law: dict[str, Any] = {"lam": 8_000.0, "sigma": 0.01, "kappa": 0.0, "peak": None, "note": ""}
    law |= {"band": band, "intervals": intervals}
    settings = {"usl": {"sse": {"capacity_per_s": law}}, "form": "quick"}
    return Result({"machine": "made up"}, "scripts/lab scale", "2026-01-02", settings, {}, made)


def _run(number: int, cell: Cell, chance: random.Random, verdict: Verdict, noise: float) -> Run:
    """One run, whose delays are those of the transport: half an interval, or 3 ms."""
    scenario = cell.scenario
    polled = scenario.transport == POLLED
    rate = scenario.rate or 500.0
    deliveries = rate * scenario.subscribers
    polls = scenario.subscribers / (scenario.interval or 1.0) if polled else 0.0
    dear = Prices(0, 0, _DEAR.get(scenario.transport, 0.0), 0, 0)
    spent = {}
    for name, prices in (("cpu_us", PRICES), ("wire_bytes", BYTES)):
        each = prices.event if polled else prices.delivery + dear.delivery
        cost = prices.shared(rate) + prices.poll * polls + each * deliveries
        spent[name] = cost / deliveries * chance.uniform(1 - noise, 1 + noise)
    delays = Delays()
    longest = scenario.interval if polled and scenario.interval else 0.006
    for step in range(1, _DELIVERIES + 1):
        share = step / _DELIVERIES * chance.uniform(1 - noise, 1 + noise)
        delays.add(int(longest * 1e9 * share))
    figures = {
        "deliveries": _DELIVERIES,
        "deliveries_per_s": deliveries,
        "offered_per_s": rate,
        "achieved_per_s": rate,
        "cpu_us_per_delivery": spent["cpu_us"],
        "wire_bytes_per_delivery": spent["wire_bytes"],
        "down_bytes_per_delivery": 0.9 * spent["wire_bytes"],
        "up_bytes_per_delivery": 0.1 * spent["wire_bytes"],
        "requests_per_delivery": polls / deliveries,
        "wasted_polls_per_delivery": max(0.0, polls - rate * scenario.subscribers) / deliveries,
        "server_share": 0.3,
        "client_share": 0.1,
        "others_share": 0.0,
        **delays.figures("delivery"),
        **delays.figures("delivery_closed"),
        **({f"split_{name}_ms": 0.5 for name in SPLIT} if scenario.trips else {}),
        **dict.fromkeys(("lost", "doubled", "disordered"), 0.0),
    }
    parameters = cell.scenario_of(number, seed=1).parameters()
    run = Run("tornchat", cell.part, number, parameters, figures, verdict)
    return replace(run, histograms={"delivery": delays.encoded()})
