"""The model of what polling and streaming cost, and where they break even."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.study.costs import Load, Prices, TooFew, fit

price = st.floats(min_value=1, max_value=1e4)
all_prices = st.builds(Prices, rest=price, post=price, delivery=price, poll=price, event=price)


def loads(prices: Prices) -> list[Load]:
    """A few of both kinds, at what they cost by these prices."""
    found = []
    for members in (10, 100, 1000):
        for rate in (1, 5, 20):
            for polls_a_second in (0.0, 0.5, 4.0):
                polling, polls = polls_a_second > 0, members * polls_a_second
                load = Load(polling, rate, members * rate, polls, 0.0)
                cost = prices.cost(load)
                found.append(Load(polling, rate, members * rate, polls, cost))
    return found


@settings(max_examples=30, deadline=None)
@given(all_prices)
def test_prices_are_found_from_what_loads_cost(prices: Prices) -> None:
    known = loads(prices)
    found = fit(known)
    for load in known:
        assert found.cost(load) == pytest.approx(load.cost, rel=1e-3)


@settings(max_examples=50, deadline=None)
@given(all_prices, st.floats(min_value=0.01, max_value=100))
def test_polling_and_streaming_cost_the_same_at_the_break_even(prices: Prices, rate: float) -> None:
    even = prices.even(rate)
    if math.isinf(even):
        assert prices.delivery <= prices.event
        assert prices.polling(1e9, rate) >= prices.streaming(rate)
        return
    assert prices.polling(even, rate) == pytest.approx(prices.streaming(rate))
    assert prices.polling(2 * even, rate) < prices.streaming(rate) < prices.polling(even / 2, rate)


def test_the_break_even_is_a_number_of_messages_for_each_poll() -> None:
    prices = Prices(rest=0, post=500, delivery=12, poll=120, event=2)
    assert prices.messages_per_poll == 12
    assert prices.even(1) == 12
    assert prices.even(24) == 0.5


def test_loads_of_one_kind_tell_nothing_of_the_other() -> None:
    known = loads(Prices(1, 1, 1, 1, 1))
    with pytest.raises(TooFew):
        fit([load for load in known if not load.polling])
