"""How far a figure may be off, from the runs alone.

The percentile bootstrap (B. Efron, "Bootstrap methods: another look at the jackknife", 1979): draw
as many values as there are, with replacement, again and again; the interval holds the middle of
what the statistic of these draws came to. It assumes no distribution. With few values it cannot
reach beyond the least and the greatest of them, and is too narrow rather than too wide.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from probes.loads.numbers import median

_DRAWS = 2000


def interval(
    values: Sequence[float],
    statistic: Callable[[Sequence[float]], float] = median,
    share: float = 0.95,
    *,
    seed: int = 1,
    draws: int = _DRAWS,
) -> tuple[float, float]:
    """From where to where ``share`` of the draws went; the same for the same seed.

    Raises ``ValueError`` where there are no values. One value alone gives that value twice.
    """
    if not values:
        raise ValueError("no values")
    chance = random.Random(seed)
    drawn = sorted(statistic(chance.choices(values, k=len(values))) for _ in range(draws))
    spare = round((1 - share) / 2 * draws)
    return drawn[spare], drawn[-1 - spare]
