"""The scalability law finds again what made-up capacities were made with."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.statistics.usl import Law, TooFew, fit, law_of

laws = st.builds(
    Law,
    lam=st.floats(10, 1e6),
    sigma=st.floats(0, 0.5),
    kappa=st.floats(0, 0.05),
)


@given(law=laws, most=st.integers(3, 12))
@settings(max_examples=60, deadline=None)
def test_the_law_of_exact_capacities_is_found(law: Law, most: int) -> None:
    found = law_of((n, law.at(n)) for n in range(1, most + 1))
    assert found.lam == pytest.approx(law.lam, rel=1e-6)
    assert found.sigma == pytest.approx(law.sigma, abs=1e-6)
    assert found.kappa == pytest.approx(law.kappa, abs=1e-6)


@given(values=st.lists(st.floats(1, 1000), min_size=3, max_size=8))
@settings(max_examples=60, deadline=None)
def test_no_parameter_is_ever_below_zero(values: list[float]) -> None:
    try:
        found = law_of(enumerate(values, 1))
    except TooFew:
        return
    assert found.lam > 0
    assert found.sigma >= 0
    assert found.kappa >= 0


def test_noise_around_a_law_leaves_it_in_its_band() -> None:
    law, chance = Law(1000, 0.1, 0.01), random.Random(1)
    noisy = {n: [law.at(n) * chance.gauss(1, 0.03) for _ in range(5)] for n in range(1, 7)}
    found = fit(noisy)
    for name in ("lam", "sigma", "kappa"):
        low, high = found.intervals[name]
        assert low <= getattr(law, name) <= high, name
    assert all(low <= law.at(n) <= high for n, low, _, high in found.band)
    assert found.note == ""
    json.dumps(found.plain(), allow_nan=False)


def test_the_most_is_where_more_becomes_less() -> None:
    law = Law(1, 0.1, 0.01)
    assert law.at(law.peak) > max(law.at(law.peak - 1), law.at(law.peak + 1))


@pytest.mark.parametrize(
    ("sizes", "said"), [((), "0 sizes"), ((1,), "1 size"), ((1, 2), "2 sizes")]
)
def test_fewer_sizes_than_parameters_are_not_fitted(sizes: tuple[int, ...], said: str) -> None:
    with pytest.raises(TooFew, match=f"3 parameters, and capacity is known for {said}"):
        fit({n: [float(n)] * 3 for n in sizes})


@pytest.mark.parametrize(
    ("capacities", "said"),
    [
        ({1: [1.0], 2: [1.9], 3: [2.7]}, "nothing is left to test the law; no repeats: no band"),
        ({n: [n * n + 0.0] * 2 for n in range(1, 5)}, "more came than in proportion"),
    ],
)
def test_what_a_fit_cannot_tell_is_said(capacities: dict[int, list[float]], said: str) -> None:
    assert said in fit(capacities).note
