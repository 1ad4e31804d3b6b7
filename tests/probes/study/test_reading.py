"""Which runs count for what, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from probes.bench.result import Run, Verdict
from probes.study.reading import Estimate, Group, ratio
from probes.study.words import compared, span

CPU, DELAY = "cpu_us_per_delivery", "delivery_p50_ms"


def group(*runs: tuple[float, Verdict]) -> Group:
    """Runs that cost and took so much, numbered from 1 on."""
    made = [
        Run("tornchat", "base", number, {"transport": "sse"}, {CPU: value, DELAY: value}, verdict)
        for number, (value, verdict) in enumerate(runs, 1)
    ]
    return Group("base", {"transport": "sse"}, tuple(made))


def test_what_is_clocked_comes_from_runs_with_a_verdict_and_what_is_counted_from_all() -> None:
    found = group((1, Verdict.GOOD), (9, Verdict.REFUSED), (99, Verdict.FAILED))
    assert found.values(DELAY) == {1: 1}
    assert found.values(CPU) == {1: 1, 2: 9}
    assert found.says(DELAY)


def test_without_any_verdict_it_is_marked() -> None:
    found = group((2, Verdict.REFUSED), (4, Verdict.REFUSED), (3, Verdict.REFUSED))
    assert str(found.estimate(DELAY)) == "3 (2 to 4) *"
    assert str(found.estimate(CPU)) == "3 (2 to 4)"


def test_only_runs_with_the_same_number_are_compared() -> None:
    first = group((10, Verdict.GOOD), (30, Verdict.GOOD), (99, Verdict.REFUSED))
    second = group((5, Verdict.GOOD), (10, Verdict.GOOD))
    found = ratio(first, second, DELAY)
    assert found is not None
    assert (found.low, found.high, found.runs) == (2, 3, 2)
    assert ratio(first, None, DELAY) is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Estimate(3, 2.5, 3.5, 3), "A 3.00 times (2.50 to 3.50)"),
        (Estimate(1.1, 0.9, 1.2, 3), "A 1.10 times (0.90 to 1.20), no difference beyond noise"),
        (Estimate(3, 2.5, 3.5, 3, sound=False), "A 3.00 times (2.50 to 3.50), without a verdict"),
        (Estimate(3, 3, 3, 1), "A 3.00 times, in one pair of runs"),
        (None, "A was not compared"),
    ],
)
def test_a_comparison_says_no_more_than_its_runs(found: Estimate | None, said: str) -> None:
    assert compared("A", found) == said


def test_an_interval_that_never_comes_is_said_so() -> None:
    never = Estimate(float("inf"), 12.0, float("inf"), 3)
    assert span(never) == "never (12 s to never)"
    assert span(replace(never, low=never.high)) == "never"
