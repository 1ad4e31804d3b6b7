"""The plots of the study: what they show, apart from how they are drawn (`drawing`).

Each gives plain data for JSON, of which a digest stands in its files: so a test can tell whether a
plot is of today's data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from probes.network.conditions import LOOPBACK
from probes.study import model
from probes.study.matrix import INTERVAL, POLLED, PUSHED, RATE
from probes.study.model import BYTES, CPU, Model
from probes.study.reading import Estimate, Group, Study
from probes.study.scaling import Scaling

Data = dict[str, Any]
_SHARES = (*range(96), *(share / 10 for share in range(960, 1000)))
_QUIET_RATE = 1.0
_FINEST = 60
_FARTHEST = 60.0
"""Seconds between polls."""


@dataclass(frozen=True, slots=True)
class Picture:
    """``data`` gives nothing (an empty dict) where there is nothing to show."""

    about: str
    data: Callable[[Study], Data]

    def digest(self, data: Data) -> str:
        """Of all that it shows."""
        plain = json.dumps([self.about, data], sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _delays(study: Study) -> Data:
    """Way -> pairs of percentile and milliseconds, of all runs of the middle cell together."""
    curves: Data = {}
    for group in study.find("base"):
        whole = group.histogram("delivery")
        if whole is not None:
            known = [share for share in _SHARES if share < 100 * (1 - 1 / whole.total_count)]
            values = whole.get_percentile_to_value_dict(known)
            points = [(at, values[at] / 1000) for at in known]
            curves[str(group.way)] = {"points": points, "n": whole.total_count}
    return curves


def _rates(study: Study) -> Data:
    """Way -> rows of messages a second and delays: median, and 99th percentile."""
    found: Data = {}
    for transport in (*PUSHED, POLLED):
        groups = [one for one in _of_room(study, transport) if one.way.interval in (None, INTERVAL)]
        rows = []
        for group in sorted(groups, key=lambda one: one.rate):
            middle, tail = group.estimate("delivery_p50_ms"), group.estimate("delivery_p99_ms")
            if middle and tail:
                rows.append({"rate": group.rate, "p50": _bar(middle), "p99": _bar(tail)})
        if len(rows) > 1:
            found[str(groups[0].way)] = rows
    return found


def _costs(study: Study) -> Data:
    """Way -> processor time and bytes of a delivery, with everybody in the middle cell."""
    found: Data = {}
    for group in study.find("base"):
        cpu = group.estimate(CPU)
        up, down = (
            group.estimate("up_bytes_per_delivery"),
            group.estimate("down_bytes_per_delivery"),
        )
        if cpu and up and down:
            found[str(group.way)] = {"cpu": _bar(cpu), "up": up.middle, "down": down.middle}
    return found


def _freshness(study: Study) -> Data:
    """What polls at an interval see, and cost, beside a stream."""
    ages = [
        {"interval": group.way.interval, **age}
        for group in _of_room(study, POLLED, RATE)
        if (age := _age(group)) is not None
    ]
    stream = _age(study.one("base", transport=model.STREAM))
    if len(ages) < 2 or stream is None:
        return {}
    intervals = [row["interval"] for row in ages]
    costs = {
        name: shown
        for name, figure in (("cpu", CPU), ("bytes", BYTES))
        if (found := model.of(study, figure)) is not None
        and (shown := _prices(study, found, intervals))
    }
    return {"ages": sorted(ages, key=lambda row: row["interval"]), "stream": stream, "costs": costs}


def _prices(study: Study, found: Model, intervals: list[float]) -> Data:
    """By the number of messages a second: the cost of a member for a second, by polls at each
    interval and by a stream, as the model says and as it was measured."""
    known: Data = {}
    for rate in (RATE, _QUIET_RATE):
        measured = [
            {"interval": group.way.interval, **_bar(each)}
            for group in _of_room(study, POLLED, rate)
            if (each := _per_member(group, found.figure)) is not None
        ]
        streams = _of_room(study, model.STREAM, rate)
        stream = _per_member(streams[0], found.figure) if streams else None
        if not measured or stream is None:
            continue
        low, high = min(intervals), _longest(found, intervals)
        even = found.prices.even(rate)
        ticks = [low * (high / low) ** (step / _FINEST) for step in range(_FINEST + 1)]
        # The member's share of what the server does for all is in what was measured, too.
        share = found.prices.shared(rate) / streams[0].subscribers
        curve = [(at, share + found.prices.polling(at, rate)) for at in ticks]
        known[f"{rate:g}"] = {
            "measured": sorted(measured, key=lambda row: row["interval"]),
            "stream": _bar(stream),
            "modelled": {"polling": curve, "streaming": share + found.prices.streaming(rate)},
            "even": even if even <= high else None,
        }
    return known


def _longest(found: Model, intervals: list[float]) -> float:
    """Up to where costs are shown: past the break-even of a quiet room, where that is near."""
    even = found.prices.even(_QUIET_RATE)
    shown = 4 * max(intervals)
    return max(shown, 1.5 * even) if even < _FARTHEST else shown


def _networks(study: Study) -> Data:
    """Network -> way -> delays."""
    found: Data = {}
    for group in (*study.find("base"), *study.find("network")):
        middle, tail = group.estimate("delivery_p50_ms"), group.estimate("delivery_p99_ms")
        if middle and tail:
            ways = found.setdefault(group.network, {})
            ways[str(group.way)] = {"p50": _bar(middle), "p99": _bar(tail)}
    return found if len(found) > 1 else {}


def _capacity(study: Study) -> Data:
    """Transport -> capacity by the number of nodes, and the law that was fitted to it."""
    return Scaling(study.results).plain()


def _of_room(study: Study, transport: str, rate: float | None = None) -> list[Group]:
    """The cells with as many members as the middle one, on loopback, some at one rate."""
    size = {group.subscribers for group in study.find("base")}
    parts = ("base", "rate", "polling")
    return [
        group
        for group in study.find(*parts, transport=transport)
        if group.subscribers in size and group.network == LOOPBACK and rate in (None, group.rate)
    ]


def _per_member(group: Group, figure: str) -> Estimate | None:
    """What a member takes in a second."""
    each = group.estimate(figure)
    return each.times(group.rate) if each else None


def _age(group: Group | None) -> Data | None:
    """How old a message is when a member sees it: mean, median and 99th percentile, in ms."""
    whole = group.histogram("delivery") if group else None
    if whole is None:
        return None
    return {
        "mean": whole.get_mean_value() / 1000,
        "p50": whole.get_value_at_percentile(50) / 1000,
        "p99": whole.get_value_at_percentile(99) / 1000,
    }


def _bar(one: Estimate) -> Data:
    return {"middle": one.middle, "low": one.low, "high": one.high, "runs": one.runs}


@lru_cache(maxsize=2)
def drawn(study: Study) -> Sequence[tuple[str, Picture, Data]]:
    """Those for which there is something to show."""
    known = [(name, picture, picture.data(study)) for name, picture in PICTURES.items()]
    return [one for one in known if one[2]]


PICTURES = {
    "delay": Picture("How long a message is on its way", _delays),
    "rate": Picture("Delay against the number of messages", _rates),
    "cost": Picture("What a delivery costs", _costs),
    "capacity": Picture("Capacity against worker nodes", _capacity),
    "freshness": Picture("Polling: freshness against cost", _freshness),
    "network": Picture("Delay over a network", _networks),
}
"""Name of the files -> what they show."""
