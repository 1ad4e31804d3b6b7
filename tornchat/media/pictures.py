"""Pictures made small, and what is known of the large ones."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

_DRAW = str(Path(__file__).with_name("draw.py"))
MOST_SECONDS = 30.0
"""Of real time, where the processors are busy with other things."""
DRAWN = "image/webp"
"""Type of what is drawn."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What there was: ``type``, ``width`` and ``height`` as it is to be seen, which side
    of it is up (EXIF 0x0112), whether it ``moves``;
    and the size of what was drawn of it. All in pixels."""

    type: str
    width: int
    height: int
    orientation: int
    moves: bool
    drawn_width: int
    drawn_height: int


def shrink(source: Path, target: Path, edge: int, *, square: bool = False) -> Picture | None:
    """Draw ``source`` as WebP of at most ``edge`` x ``edge`` pixels into ``target``; None where it
    is no picture, or not one that is shown (`draw`).

    ``square`` cuts off what is beside. Nothing of the metadata comes along, orientation is applied.
    Takes 0.1 to 2 s in a process of its own: not for the loop, see `chat.offloop`.
    """
    program = [sys.executable, "-I", _DRAW, str(source), str(target), str(edge)]
    try:
        done = subprocess.run(
            [*program, "square" if square else "whole"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        target.unlink(missing_ok=True)
        return None
    if done.returncode != 0:
        logger.debug("not a picture: %s", done.stderr[-200:].decode(errors="replace").strip())
        target.unlink(missing_ok=True)
        return None
    found = json.loads(done.stdout)
    return Picture(
        type=found["type"],
        width=found["width"],
        height=found["height"],
        orientation=found["orientation"],
        moves=found["moves"],
        drawn_width=found["drawn"]["width"],
        drawn_height=found["drawn"]["height"],
    )
