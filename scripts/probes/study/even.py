"""The part of the report about the break-even of polling and streaming."""

from __future__ import annotations

import math
from collections.abc import Callable

from probes.bench.show import shown
from probes.loads.numbers import median
from probes.study import model
from probes.study.costs import Prices
from probes.study.matrix import RATE
from probes.study.model import BYTES, CPU, Model
from probes.study.reading import Estimate, Study
from probes.study.words import cell, seconds, span, table

_RATES = (RATE, 1.0, 0.02)
"""Messages a second for which the break-even is told: a busy room, a quiet one, one each 50 s."""
_PRICES: dict[str, Callable[[Prices], float]] = {
    "a poll": lambda prices: prices.poll,
    "an event in the answer of a poll": lambda prices: prices.event,
    "a delivery on a stream": lambda prices: prices.delivery,
}


def freshness(study: Study) -> str:
    """Prices, break-even and check, by processor time and by bytes."""
    parts = []
    for figure, what, unit in ((CPU, "processor time", "us"), (BYTES, "bytes", "B")):
        found = model.of(study, figure)
        if found is None:
            parts.append(f"**By {what}**: not measured in this form of the study.")
        else:
            parts += [f"**By {what}.**", _prices(found, unit), _crossing(found), _check(found)]
    return "\n\n".join(parts)


def in_short(study: Study, figure: str, what: str) -> str:
    """One sentence."""
    found = model.of(study, figure)
    if found is None:
        return ""
    each = found.estimate(lambda prices: prices.messages_per_poll)
    if math.isinf(each.middle):
        return (
            f"By {what}, polling is never cheaper here: an event in a poll's answer costs no less "
            f"than a delivery on a stream, and the poll comes on top{_doubt(each)}."
        )
    return (
        f"By {what}, polling is cheaper than SSE once a poll brings more than "
        f"{_number(each.middle)} ({_number(each.low)} to {_number(each.high)}) messages: with "
        f"{_often(RATE)} that is from {_from(found, RATE)} between polls on, with {_often(1.0)} "
        f"from {_from(found, 1.0)} on{_doubt(each)}."
    )


def again(study: Study) -> str:
    """Whether polling wins once delay is tolerated, by processor time."""
    found = model.of(study, CPU)
    if found is None:
        return "Not measured in this form of the study."
    each = found.estimate(even(1.0))
    if math.isinf(each.middle):
        return (
            "By processor time, it does not: an event in a poll's answer costs no less than a "
            f"delivery on a stream{_doubt(each)}."
        )
    return (
        f"By processor time, with {_often(1.0)}, from {span(each)} between polls on, which is a "
        f"mean age of {seconds(each.middle / 2)}; with {_often(0.02)}, from "
        f"{seconds(found.prices.even(0.02))} on{_doubt(each)}."
    )


def even(rate: float) -> Callable[[Prices], float]:
    """What tells the break-even (s) for so many messages a second."""
    return lambda prices: prices.even(rate)


def _prices(found: Model, unit: str) -> str:
    prices = dict(_PRICES)
    if found.figure == CPU:
        prices["a post"] = lambda prices: prices.post
    rows = [(name, cell(found.estimate(price))) for name, price in prices.items()]
    return table(("what one costs the server, fitted", unit), rows)


def _crossing(found: Model) -> str:
    rows = [
        (_often(rate), _from(found, rate), seconds(found.prices.even(rate) / 2)) for rate in _RATES
    ]
    head = ("a member gets", "polling is cheaper from this interval on", "mean age of a message")
    return table(head, rows)


def _check(found: Model) -> str:
    """How well the model tells what it was fitted to."""
    errors = [one.error for one in found.checked]
    worst = max(found.checked, key=lambda one: one.error)
    cell = f"{worst.group.way}, {worst.group.subscribers:,} members, {worst.group.rate:g}/s"
    return (
        f"Held to the {len(errors)} cells that it was fitted to, the model is off by "
        f"{median(errors):.0%} in the middle and {worst.error:.0%} at worst ({cell})."
    )


def _from(found: Model, rate: float) -> str:
    return span(found.estimate(even(rate)))


def _doubt(each: Estimate) -> str:
    """Where the runs do not agree on whether there is a break-even at all."""
    if math.isinf(each.low) == math.isinf(each.high):
        return ""
    return " (the runs do not agree on whether it ever is)"


def _often(rate: float) -> str:
    if rate < 1:
        return f"a message each {1 / rate:g} s"
    return f"{rate:g} messages a second" if rate > 1 else "one message a second"


def _number(value: float) -> str:
    return "infinitely many" if math.isinf(value) else shown(value)
