"""What the plots of the study are made of: headings, points with intervals, names at the ends of
lines; on axes of matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from probes.plots import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE
from probes.study.pictures import Data

_COLOURS = {"SSE": GREEN, "WebSocket": BLUE, "long poll": ORANGE, "short poll": PURPLE}
_MARKS = {"SSE": "o", "WebSocket": "s", "long poll": "^", "short poll": "D"}
_LABEL_POINTS, _WIDE_POINTS = 10.0, 60.0
POINTS: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8.5}


def head(plot: Any, title: str, unit: str) -> None:
    """A title, and below it what the axis shows."""
    plot.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=20)
    plot.annotate(unit, (0, 1), (0, 6), xycoords="axes fraction", color=FAINT, **POINTS)
    plot.grid(visible=True)
    plot.set_axisbelow(True)


def foot(plot: Any, text: str) -> None:
    where = {"xycoords": "axes fraction", "annotation_clip": False}
    plot.annotate(text, (0, 0), (0, -40), color=FAINT, va="top", **where, **POINTS)


def bars_say(plot: Any, data: Data) -> None:
    """Say how many runs are behind each point."""
    runs = sorted(set(_runs(data)))
    known = f"{runs[0]}" if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
    foot(plot, "one run each" if runs == [1] else f"medians of {known} runs, 95 % intervals")


def _runs(data: Any) -> list[int]:
    if isinstance(data, dict):
        own = [data["runs"]] if "runs" in data else []
        return own + [number for value in data.values() for number in _runs(value)]
    if isinstance(data, list):
        return [number for value in data for number in _runs(value)]
    return []


def line(plot: Any, x: Sequence[float], rows: Sequence[Data], way: str) -> None:
    plot.plot(x, [row["middle"] for row in rows], color=colour(way), lw=2)
    whiskers(plot, x, rows, way)


def whiskers(
    plot: Any, x: Sequence[float], rows: Sequence[Data], way: str, alpha: float = 1.0
) -> None:
    """Medians, and their intervals."""
    middle = [row["middle"] for row in rows]
    below = [max(0.0, row["middle"] - row["low"]) for row in rows]
    above = [max(0.0, row["high"] - row["middle"]) for row in rows]
    shown = {"color": colour(way), "alpha": alpha, "ms": 5, "capsize": 2.5, "elinewidth": 1}
    plot.errorbar(x, middle, [below, above], fmt=mark(way), **shown)


def label(plot: Any, labels: Sequence[tuple[str, float, float]], *, above: bool = False) -> None:
    """Names at the ends of lines, in their colours, moved apart where they would meet: beside the
    ends, or above them."""
    place = plot.transData.transform
    plot.get_xlim(), plot.get_ylim()  # limits are made when they are asked for
    dots = plot.figure.dpi / 72
    ends = [(name, (x, y), place((x, y))) for name, x, y in labels]
    if above:
        before, rise = -math.inf, 0.0
        for name, end, (x, _) in sorted(ends, key=lambda one: one[2][0]):
            rise = rise + _LABEL_POINTS if x - before < _WIDE_POINTS * dots else 0.0
            before = x
            plot.annotate(name, end, (0, 6 + rise), color=colour(name), ha="center", **POINTS)
        return
    need = _LABEL_POINTS * dots
    taken = -math.inf
    for name, end, (_, y) in sorted(ends, key=lambda one: one[2][1]):
        at = max(y, taken + need)
        taken = at
        shift = (8, (at - y) / dots)
        plot.annotate(name, end, shift, color=colour(name), va="center", **POINTS)
    plot.margins(x=0.16)


def logs(plot: Any) -> None:
    plot.set_xscale("log")
    plot.set_yscale("log")
    plot.minorticks_off()


def milliseconds(axis: Any) -> None:
    axis.set_major_formatter(plain)
    axis.set_minor_locator(_none())


def plain(value: float, _: int) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def _none() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def nines(share: float) -> float:
    """Each further 9 takes as much room as the one before."""
    return -math.log10(1 - share / 100)


def colour(name: str) -> str:
    return next(
        (colour for known, colour in _COLOURS.items() if name.startswith(known)),
        PURPLE if name.startswith("polls") else INK,
    )


def mark(name: str) -> str:
    return next((mark for known, mark in _MARKS.items() if name.startswith(known)), "o")


def wrapped(network: str) -> str:
    """Conditions of a line are long."""
    return network.replace(" loss", "\nloss").replace(" jitter 5 ms", " ± 5 ms")
