"""Sentences that the data choose: none of them says more than its figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from probes.bench.show import shown
from probes.study.reading import Estimate


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """In Markdown; empty without rows."""
    lines = [[str(cell) for cell in row] for row in rows]
    if not lines:
        return ""
    return "\n".join(
        "| " + " | ".join(line) + " |" for line in (list(head), ["---"] * len(head), *lines)
    )


def cell(one: Estimate | None) -> str:
    """In a table."""
    return "" if one is None else str(one)


def compared(first: object, found: Estimate | None) -> str:
    """How many times something's a figure of the first is, in a few words."""
    if found is None:
        return f"{first} was not compared"
    if found.runs < 2:
        known = f"{first} {times(found.middle)} times, in one pair of runs"
    else:
        span = f"{times(found.low)} to {times(found.high)}"
        known = f"{first} {times(found.middle)} times ({span})"
    if not found.sound:
        return f"{known}, without a verdict"
    return known if found.certain or found.runs < 2 else f"{known}, no difference beyond noise"


def times(value: float) -> str:
    """A factor."""
    return f"{value:.2f}" if value < 10 else shown(value)


def seconds(value: float) -> str:
    """A duration."""
    if math.isinf(value):
        return "never"
    if value < 1:
        return f"{value * 1000:,.0f} ms"
    return f"{value:.3g} s" if value < 1000 else f"{value:,.0f} s"


def span(one: Estimate) -> str:
    """A duration with its interval."""
    if one.low == one.high:
        return seconds(one.middle)
    return f"{seconds(one.middle)} ({seconds(one.low)} to {seconds(one.high)})"


def listed(words: Sequence[str]) -> str:
    """With commas and an "and"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"* {line}" for line in lines if line)
