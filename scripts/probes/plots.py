"""How the lab's plots look: one style and one palette, small files, the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

GREY = "#808890"
"""Of text and lines on no ground at all: it stands out from white as well as from black."""
INK, FAINT, PAPER = "#24292f", "#6b7480", "#ffffff"
"""Of text, of what stands behind, and of the ground where there is one."""
GREEN, ORANGE, YELLOW, BLUE, PURPLE = "#2f9e6e", "#d9822b", "#e8b04a", "#5b8def", "#a06cd5"
PALETTE = (GREEN, ORANGE, YELLOW, BLUE, PURPLE)
"""For what is compared, in this order."""
_PIXELS_PER_INCH = 160
_DIGEST = 16
"""Characters of a digest."""
_STYLE: dict[str, Any] = {
    # Text stays text, in whatever sans-serif the reader has.
    "svg.fonttype": "none",
    "svg.hashsalt": "tornchat",
    "font.family": "sans-serif",
    "font.size": 9,
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
    "grid.alpha": 0.25,
}
_INKED = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")


@contextmanager
def drawn(
    files: Sequence[Path],
    digest: str,
    size: tuple[float, float] = (7.2, 3.2),
    grid: tuple[int, int] = (1, 1),
    *,
    paper: bool = False,
) -> Iterator[list[Any]]:
    """The axes of a figure, in so many rows and columns, row by row. It is ``size`` inches large,
    and written to each of the files (``.svg``, ``.png``) in the end, with the digest of what it
    shows.

    ``paper``: on a white ground. Without, it is transparent, for light and for dark pages.
    """
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    ink = INK if paper else GREY
    style: Any = {**_STYLE, **dict.fromkeys(_INKED, ink), "grid.color": FAINT if paper else GREY}
    with matplotlib.rc_context(style):
        figure, axes = pyplot.subplots(*grid, figsize=size, layout="constrained", squeeze=False)
        try:
            yield list(axes.flat)
            if len(files) > 1:  # arranged once, which takes longer than drawing
                figure.draw_without_rendering()
                figure.set_layout_engine("none")
            for file in files:
                _save(figure, file, digest, paper)
        finally:
            pyplot.close(figure)


def _save(figure: Any, file: Path, digest: str, paper: bool) -> None:
    kind = file.suffix.removeprefix(".")
    known: dict[str, Any] = {"Description": digest}
    if kind == "svg":
        known |= dict.fromkeys(("Date", "Creator"))
    ground = {"facecolor": PAPER} if paper else {"transparent": True}
    figure.savefig(file, format=kind, dpi=_PIXELS_PER_INCH, metadata=known, **ground)


def digest_in(file: Path) -> str:
    """What `drawn` was told that a file shows; empty where it does not say so."""
    if file.suffix == ".svg":
        _, _, rest = file.read_text("utf-8").partition("<dc:description>")
        return rest.partition("</dc:description>")[0].strip()
    _, _, after = file.read_bytes().partition(b"tEXtDescription\0")
    return after[:_DIGEST].decode("ascii", "replace")
