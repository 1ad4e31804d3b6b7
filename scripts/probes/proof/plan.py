"""What a run is to do, all of it decided by the seed before it begins."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from probes.client import Transport
from probes.faults import Fault

CALM_BEFORE, CALM_AFTER = 2.0, 3.0
"""Seconds without faults, so that every reader is live before the first and after the last."""
TOGETHER = 2
"""Faults that may be going on at once."""
_ORDERS = 100
"""So many are tried until one fits."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``rate`` is posts per second, all posters together; ``followers`` have the readers of most
    kinds, ``walkers`` are taken out of rooms and put back."""

    seconds: float
    seed: int
    transports: tuple[Transport, ...]
    faults: tuple[type[Fault], ...]
    rate: float = 80.0
    rooms: int = 10
    posters: int = 6
    followers: int = 4
    walkers: int = 2


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault at its time, in seconds from the beginning."""

    at: float
    fault: type[Fault]
    number: int

    @property
    def end(self) -> float:
        return self.at + self.fault.seconds


class TooShort(ValueError):
    """The faults do not fit into the time."""


def schedule(faults: Sequence[type[Fault]], seconds: float, seed: int) -> list[Strike]:
    """Every fault once, in an order of chance, and again while there is time.

    At most `TOGETHER` at once, and never two that need the same thing. Raises `TooShort`.
    """
    chance = random.Random(f"schedule {seed}")
    last = seconds - CALM_AFTER
    made = _in_some_order([], faults, chance)
    for _ in range(_ORDERS):
        if _end(made) <= last:
            break
        made = min(made, _in_some_order([], faults, chance), key=_end)
    else:
        least = _end(made) + CALM_AFTER
        raise TooShort(f"these faults need at least {least:.0f} seconds, not {seconds:g}")
    while faults:
        more = _in_some_order(made, faults, chance)
        fitting = [strike for strike in more if strike.end <= last]
        if len(fitting) == len(made):
            break
        made = fitting
    return sorted(made, key=lambda strike: strike.at)


def _in_some_order(
    before: Sequence[Strike], faults: Sequence[type[Fault]], chance: random.Random
) -> list[Strike]:
    """Each fault once more, as early as it fits in."""
    made = list(before)
    for fault in chance.sample(faults, len(faults)):
        made.append(Strike(_free_slot(made, fault, chance), fault, len(made)))
    return made


def _end(strikes: Sequence[Strike]) -> float:
    return max((strike.end for strike in strikes), default=0.0)


def _free_slot(made: Sequence[Strike], fault: type[Fault], chance: random.Random) -> float:
    """The first time from which on the fault fits in, with some chance in it."""
    starts = [CALM_BEFORE, *(strike.end for strike in made)]
    for start in sorted(starts):
        at = start + chance.uniform(0.2, 1.0)
        end = at + fault.seconds
        same = [strike for strike in made if strike.at < end and at < strike.end]
        if len(same) < TOGETHER and not any(strike.fault.needs & fault.needs for strike in same):
            return round(at, 3)
    raise AssertionError("after the last one there is room")
