"""How the plots of the study are drawn (`probes.plots` has the style)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from probes.plots import FAINT, GREEN, INK, PURPLE, drawn
from probes.study import pictures, strokes
from probes.study.pictures import Data
from probes.study.reading import Study

_TRANSPORTS = {"sse": "SSE", "websocket": "WebSocket", "long-poll": "long poll"}
_NINES = {0: "0 %", 50: "50 %", 90: "90 %", 99: "99 %", 99.9: "99.9 %"}
_KINDS = ("svg", "png")
_PALE = 0.45


def draw(study: Study, folder: Path) -> list[Path]:
    """Write the plots for which there is something to show, and remove the others; returns their
    files."""
    written = []
    for name in pictures.PICTURES:
        for kind in _KINDS:
            (folder / f"{name}.{kind}").unlink(missing_ok=True)
    for name, picture, data in pictures.drawn(study):
        files = [folder / f"{name}.{kind}" for kind in _KINDS]
        size, grid, painted = _PAINTERS[name]
        with drawn(files, picture.digest(data), size, grid, paper=True) as axes:
            painted(axes, data)
        written += files
    return written


def _delay(axes: list[Any], data: Data) -> None:
    [plot] = axes
    strokes.head(
        plot, "How long a message is on its way", "share of deliveries that took no longer"
    )
    labels = []
    for way, curve in data.items():
        x = [milliseconds for _, milliseconds in curve["points"]]
        y = [strokes.nines(share) for share, _ in curve["points"]]
        plot.plot(x, y, color=strokes.colour(way), lw=2)
        labels.append((way, x[-1], y[-1]))
    plot.set_xscale("log")
    plot.set_yticks([strokes.nines(share) for share in _NINES], list(_NINES.values()))
    plot.set_ylim(0, strokes.nines(99.9) + 0.35)
    strokes.milliseconds(plot.xaxis)
    plot.set_xlabel("milliseconds from the moment at which it was meant to be sent")
    strokes.label(plot, labels, above=True)
    counts = ", ".join(f"{way} {curve['n']:,}" for way, curve in data.items())
    strokes.foot(plot, f"deliveries: {counts}")


def _rate(axes: list[Any], data: Data) -> None:
    [plot] = axes
    strokes.head(
        plot,
        "Delay against messages a second",
        "milliseconds: median, and 99th percentile (dashed)",
    )
    labels = []
    for way, rows in data.items():
        x = [row["rate"] for row in rows]
        strokes.line(plot, x, [row["p50"] for row in rows], way)
        plot.plot(
            x, [row["p99"]["middle"] for row in rows], "--", color=strokes.colour(way), alpha=0.8
        )
        labels.append((way, x[-1], rows[-1]["p50"]["middle"]))
    strokes.logs(plot)
    rates = sorted({row["rate"] for rows in data.values() for row in rows})
    plot.set_xticks(rates, [f"{rate:g}" for rate in rates])
    strokes.milliseconds(plot.yaxis)
    plot.set_xlabel("messages a second, to every member")
    strokes.label(plot, labels)
    strokes.bars_say(plot, data)


def _cost(axes: list[Any], data: Data) -> None:
    left, right = axes
    ways = list(data)[::-1]
    colours = [strokes.colour(way) for way in ways]
    strokes.head(left, "Processor time of the server", "us per delivery, posts included")
    middles = [data[way]["cpu"]["middle"] for way in ways]
    left.barh(ways, middles, color=colours, height=0.55)
    for row, way in enumerate(ways):
        cpu = data[way]["cpu"]
        left.plot([cpu["low"], cpu["high"]], [row, row], color=INK, lw=1.2)
        left.annotate(
            f"{cpu['middle']:,.3g}", (cpu["high"], row), (5, 0), **strokes.POINTS, va="center"
        )
    strokes.head(right, "Bytes on the wire", "per delivery: down, and up (pale); posts left out")
    down = [data[way]["down"] for way in ways]
    right.barh(ways, down, color=colours, height=0.55)
    ups = [data[way]["up"] for way in ways]
    right.barh(ways, ups, left=down, color=colours, alpha=_PALE, height=0.55)
    for row, (below, above) in enumerate(zip(down, ups, strict=True)):
        right.annotate(
            f"{below + above:,.0f}", (below + above, row), (5, 0), **strokes.POINTS, va="center"
        )
    for plot in axes:
        plot.grid(visible=False, axis="y")
        plot.tick_params(axis="y", length=0)
        plot.margins(x=0.18)
    right.set_yticklabels([])
    strokes.bars_say(left, data)


def _capacity(axes: list[Any], data: Data) -> None:
    [plot] = axes
    text = "deliveries a second within the limit; the fitted law, and its 95 % band"
    strokes.head(plot, "Capacity against worker nodes", text)
    labels, most = [], 1
    for transport, found in data.items():
        way, points = _TRANSPORTS.get(transport, "short poll"), found["points"]
        x = [row["nodes"] for row in points]
        most = max([most, *x])
        strokes.whiskers(plot, x, points, way)
        rows = [row for row in found["law"].get("band") or [] if row[0] <= max(x) + 1]
        if rows:
            at, low, fitted, high = zip(*rows, strict=True)
            plot.fill_between(at, low, high, color=strokes.colour(way), alpha=0.15, lw=0)
            plot.plot(at, fitted, color=strokes.colour(way), lw=1.6)
            labels.append((way, at[-1], fitted[-1]))
        else:
            plot.plot(x, [row["middle"] for row in points], ":", color=strokes.colour(way))
            labels.append((way, x[-1], points[-1]["middle"]))
        if x[0] == 1:
            alone = points[0]["middle"]
            dashes = {"lw": 0.8, "ls": (0, (4, 4)), "color": FAINT}
            plot.plot([1, max(x) + 1], [alone, alone * (max(x) + 1)], **dashes)
    plot.set_xticks(range(1, most + 2))
    plot.set_ylim(0)
    plot.yaxis.set_major_formatter(strokes.plain)
    plot.set_xlabel("worker nodes (thin dashes: as many times what one does)")
    strokes.label(plot, labels)
    strokes.bars_say(plot, data)


def _freshness(axes: list[Any], data: Data) -> None:
    ages, *costs = axes
    strokes.head(ages, "How old a message is when a member sees it", "milliseconds")
    x = [row["interval"] for row in data["ages"]]
    labels = []
    for name, key, style in (("p99", "p99", "--"), ("mean", "mean", "-"), ("median", "p50", ":")):
        y = [row[key] for row in data["ages"]]
        marker = "D" if key == "mean" else ""
        ages.plot(x, y, style, color=PURPLE, lw=1.8, marker=marker, ms=4)
        labels.append((f"polls: {name}" if key != "p50" else "", x[-1], y[-1]))
    stream = data["stream"]
    ages.fill_between([min(x), max(x)], *[[stream[key]] * 2 for key in ("p50", "p99")], **_BAND)
    labels.append(("SSE: median to p99", x[-1], math.sqrt(stream["p50"] * stream["p99"])))
    strokes.logs(ages)
    strokes.milliseconds(ages.yaxis)
    strokes.label(ages, [label for label in labels if label[0]])
    known = {
        "cpu": (
            "Processor time for a member",
            "us for each second, with its share of posts and of an idle server",
        ),
        "bytes": ("Bytes for a member", "bytes on the wire for each second"),
    }
    for plot, (name, (title, unit)) in zip(costs, known.items(), strict=True):
        strokes.head(plot, title, unit)
        _even(plot, data["costs"].get(name, {}))
    far = [
        at
        for rates in data["costs"].values()
        for found in rates.values()
        for at, _ in found["modelled"]["polling"][-1:]
    ]
    last = max([4 * max(x), *far])
    ticks = [at for at in (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50) if min(x) <= at <= last]
    for plot in axes:
        plot.set_xlim(min(x) / 1.15, 1.1 * last)
        plot.set_xticks(ticks, [f"{at:g}" for at in ticks])
    axes[-1].set_xlabel("seconds between two polls")
    strokes.foot(
        axes[-1],
        "lines: the model; points: measured, with intervals; ring: polling is cheaper from here",
    )


def _even(plot: Any, rates: Mapping[str, Data]) -> None:
    """Costs by polls and by streams, and where they cross."""
    labels = []
    for number, (rate, found) in enumerate(rates.items()):
        alpha = 1.0 if number == 0 else _PALE
        curve = found["modelled"]["polling"]
        plot.plot(*zip(*curve, strict=True), color=PURPLE, alpha=alpha, lw=1.8)
        x = [row["interval"] for row in found["measured"]]
        strokes.whiskers(plot, x, found["measured"], "short poll", alpha)
        level = found["modelled"]["streaming"]
        plot.plot([curve[0][0], curve[-1][0]], [level, level], color=GREEN, alpha=alpha, lw=1.8)
        strokes.whiskers(plot, [curve[0][0]], [found["stream"]], "SSE", alpha)
        at = curve[-1][0]
        labels += [
            (f"polls, {rate}/s", at, curve[-1][1]),
            (f"SSE, {rate}/s", at, found["modelled"]["streaming"]),
        ]
        if found["even"]:
            ring = (found["even"], found["modelled"]["streaming"])
            plot.plot(*ring, "o", ms=11, mfc="none", mec=INK, mew=1.4)
            plot.annotate(f"{found['even']:.2g} s", ring, (0, 9), **strokes.POINTS, ha="center")
    strokes.logs(plot)
    plot.yaxis.set_major_formatter(strokes.plain)
    low, high = plot.get_ylim()
    plot.set_ylim(low, high * 1.5)  # for the label of a ring
    strokes.label(plot, labels)


def _network(axes: list[Any], data: Data) -> None:
    [plot] = axes
    text = "milliseconds: median (mark) to 99th percentile (end of the line)"
    strokes.head(plot, "Delay over a network", text)
    networks = list(data)[::-1]
    ways = list(dict.fromkeys(way for found in data.values() for way in found))
    for number, way in enumerate(ways):
        shift = 0.2 * ((len(ways) - 1) / 2 - number)
        for row, network in enumerate(networks):
            one = data[network].get(way)
            if one is not None:
                at = [row + shift] * 2
                ends = [one["p50"]["middle"], one["p99"]["middle"]]
                plot.plot(ends, at, color=strokes.colour(way), lw=2.2, solid_capstyle="round")
                plot.plot(ends[:1], at[:1], strokes.mark(way), color=strokes.colour(way), ms=5.5)
        plot.plot([], [], strokes.mark(way) + "-", color=strokes.colour(way), label=way)
    plot.set_yticks(range(len(networks)), [strokes.wrapped(network) for network in networks])
    plot.set_xscale("log")
    strokes.milliseconds(plot.xaxis)
    plot.grid(visible=False, axis="y")
    plot.tick_params(axis="y", length=0)
    plot.legend(frameon=False, ncols=len(ways), loc="upper center", bbox_to_anchor=(0.4, -0.08))


_BAND: dict[str, Any] = {"color": GREEN, "alpha": 0.3, "lw": 0}
_PAINTERS: dict[str, tuple[tuple[float, float], tuple[int, int], Callable[[list[Any], Data], None]]]
_PAINTERS = {
    "delay": ((7.6, 4.0), (1, 1), _delay),
    "rate": ((7.6, 4.2), (1, 1), _rate),
    "cost": ((7.6, 2.9), (1, 2), _cost),
    "capacity": ((7.6, 4.0), (1, 1), _capacity),
    "freshness": ((7.6, 8.6), (3, 1), _freshness),
    "network": ((7.6, 4.4), (1, 1), _network),
}
"""Name -> inches, rows and columns, and what draws it."""
