"""Plots as SVG: small, the same on every machine, and readable on light and on dark pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from probes.bench.report.evidence import Evidence
from probes.bench.report.pictures import PICTURES, TARGETS, Bars, Curves, Picture
from probes.plots import PALETTE, drawn

_COLOURS = dict(zip(TARGETS, PALETTE, strict=True))


def draw(evidence: Evidence, folder: Path) -> list[Path]:
    """Write the plots for which there are figures; returns their files."""
    written = []
    for name, picture in PICTURES.items():
        shown = picture.data(evidence)
        if shown.of:
            file = folder / f"{name}.svg"
            _draw(picture, shown, file, picture.digest(evidence))
            written.append(file)
    return written


def _draw(picture: Picture, shown: Bars | Curves, file: Path, digest: str) -> None:
    with drawn([file], digest) as [axes]:
        axes.set_title(picture.about, fontsize=10, loc="left")
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        if isinstance(shown, Bars):
            _bars(axes, shown, picture.unit)
        else:
            _curves(axes, shown, picture.unit)
        axes.legend(frameon=False, ncols=len(shown.of), fontsize=8, loc="upper left")


def _bars(axes: Any, shown: Bars, unit: str) -> None:
    labels = sorted({label for bars in shown.of.values() for label in bars}, key=_number)
    width = 0.8 / len(shown.of)
    highest = 0.0
    for place, (target, bars) in enumerate(shown.of.items()):
        shift = (place - (len(shown.of) - 1) / 2) * width
        at = [number + shift for number, label in enumerate(labels) if label in bars]
        heights = [bars[label] for label in labels if label in bars]
        bars_drawn = axes.bar(at, heights, width * 0.92, label=target, color=_COLOURS[target])
        axes.bar_label(bars_drawn, fmt=_short, fontsize=7, padding=1)
        highest = max([highest, *heights])
    axes.set_xticks(range(len(labels)), labels)
    axes.set_ylabel(unit)
    # Room for the legend.
    axes.set_ylim(0, highest * 1.25)


def _curves(axes: Any, shown: Curves, unit: str) -> None:
    """Each further 9 of the percentile takes as much room as the one before."""
    marks: dict[float, str] = {}
    for target, points in shown.of.items():
        kept = [(at, value) for at, value in points if at < 100]
        x = [100 / (100 - at) for at, _ in kept]
        axes.plot(x, [value for _, value in kept], label=target, color=_COLOURS[target])
        marks |= {100 / (100 - at): f"{at:g} %" for at, _ in kept if at in _TICKS}
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(list(marks), list(marks.values()))
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylabel(unit)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 2)


_TICKS = (50, 90, 99, 99.9, 99.99)


def _number(label: object) -> int:
    return int("".join(filter(str.isdigit, str(label))))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
