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


def compared(first: str, second: str, what: str, found: Estimate | None) -> str:
    """One sentence about the ratio of a figure of the first to the second's."""
    if found is None:
        return f"The {what} of {first} and {second} was not compared."
    known = f"{times(found.middle)} ({times(found.low)} to {times(found.high)})"
    if not found.sound:
        return (
            f"The {what} of {first} to that of {second} came to {known}, but somebody else was in "
            "the way: no verdict."
        )
    if found.runs < 2:
        return f"The {what} of {first} was {known} times that of {second}, in one pair of runs."
    if not found.certain:
        return f"The {what} of {first} and {second} do not differ beyond noise: {known} times."
    return f"The {what} of {first} was {known} times that of {second}."


def times(value: float) -> str:
    """A factor."""
    return f"{value:.2f}" if value < 10 else shown(value)


def seconds(value: float) -> str:
    """A duration."""
    if math.isinf(value):
        return "never"
    return f"{value * 1000:,.0f} ms" if value < 1 else f"{value:,.3g} s"


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
