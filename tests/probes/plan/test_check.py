"""The costs of the model are those that were measured, and it tells what was measured."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.bench.result import BadResult
from probes.plan import check
from probes.plan.cells import Cell
from probes.plan.costs import Costs, costs, read_all
from probes.plan.fitting import REDIS, WORKER, Terms, fit


@pytest.fixture(scope="module")
def committed() -> Costs:
    return costs(read_all())


def test_the_model_tells_each_scenario_from_the_others(committed: Costs) -> None:
    rows = check.rows(committed)
    assert len(rows) >= 16
    assert [(row.cell, row.process, row.ratio) for row in rows if row.error > check.FACTOR] == []


def test_every_cost_lies_in_its_interval_and_is_named(committed: Costs) -> None:
    for name, cost in committed.of.items():
        assert 0 <= cost.low <= cost.high, name
        assert cost.low * 0.999 <= cost.value <= cost.high * 1.001, name
        assert cost.source.endswith(".json"), name


def test_costs_that_nobody_measured_are_told() -> None:
    with pytest.raises(BadResult, match="--measure"):
        costs([file for file in read_all() if file[0] != "costs.json"])
    with pytest.raises(BadResult, match="scenarios"):
        costs([])


SHAPES = (
    *((0, 200.0, 1.0), (50, 200.0, 1.0), (50, 10.0, 1.0), (1000, 20.0, 1.0)),
    *((100, 1200.0, 8.0), (1000, 500.0, 12.0), (5000, 140.0, 14.0)),
)
"""Subscribers, messages a second and events in a write."""


def cells(terms: Terms, wanted: list[float]) -> Iterator[Cell]:
    """Runs of a server that has exactly these costs."""
    for subscribers, rate, batch in SHAPES:
        deliveries = subscribers * rate
        bare = Cell("made up", subscribers, 1, rate, deliveries, batch, 0.0, 0.0)
        used = terms.predicted(bare, wanted)
        yield Cell(f"at {rate:g}", subscribers, 1, rate, deliveries, batch, used, used)


@pytest.mark.parametrize("terms", [WORKER, REDIS])
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_the_fit_finds_the_costs_of_a_server_that_has_them(
    terms: Terms, data: st.DataObject
) -> None:
    scale = {"worker_base": 0.05, "redis_base": 0.05, "write": 1e-5, "event": 1e-6}
    wanted = [data.draw(st.floats(0.2, 2)) * scale.get(name, 5e-4) for name in terms.names]
    assert fit(terms, list(cells(terms, wanted))) == pytest.approx(wanted, rel=1e-3)
