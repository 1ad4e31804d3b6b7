"""An interval holds what it is to hold."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.loads.numbers import median
from probes.statistics.bootstrap import interval

values = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=12)


@settings(max_examples=25)
@given(values, st.integers(0, 1000))
def test_it_lies_within_the_values_and_around_their_median(given: list[float], seed: int) -> None:
    low, high = interval(given, seed=seed, draws=200)
    assert min(given) <= low <= high <= max(given)
    assert (low, high) == interval(given, seed=seed, draws=200)
    if len(given) == 1:
        assert low == high == given[0]


def test_it_holds_the_true_mean_about_as_often_as_it_says() -> None:
    chance = random.Random(1)

    def mean(some: Sequence[float]) -> float:
        return sum(some) / len(some)

    held = 0
    for seed in range(200):
        low, high = interval(
            [chance.gauss(10, 2) for _ in range(30)], mean, 0.9, seed=seed, draws=200
        )
        held += low <= 10 <= high
    assert 165 <= held <= 195  # of 200; 180 expected


def test_a_greater_share_is_a_wider_interval() -> None:
    known = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    narrow, wide = interval(known, median, 0.5), interval(known, median, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError, match="no values"):
        interval([])
