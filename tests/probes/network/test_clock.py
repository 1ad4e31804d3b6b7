"""The clock of a server, from questions and answers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.network.clock import Exchange, NoStamps, Offset, measure, offset
from probes.network.conditions import Conditions
from probes.network.line import line

from tests.probes.network.conftest import Shared

seconds = st.integers(0, 1_000_000)
ways = st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=8)
"""Microseconds there, at the server, and back."""
EXAMPLES = settings(max_examples=60, deadline=None)


def exchanges(ahead: int, ways: list[tuple[int, int, int]]) -> list[Exchange]:
    found, now = [], 1_000_000_000
    for there, at_it, back in ways:
        came = now + there + at_it + back
        found.append(Exchange(now, now + there + ahead, now + there + at_it + ahead, came))
        now = came
    return found


@EXAMPLES
@given(st.integers(-(10**12), 10**12), ways)
def test_it_is_never_further_off_than_is_said(ahead: int, ways: list[tuple[int, int, int]]) -> None:
    found = offset(exchanges(ahead, ways))
    assert abs(found.milliseconds - ahead / 1000) <= found.error + 1e-6
    assert found.error == pytest.approx(min(there + back for there, _, back in ways) / 2000)


@EXAMPLES
@given(st.integers(-(10**12), 10**12), ways)
def test_it_is_right_where_both_ways_are_alike(
    ahead: int, ways: list[tuple[int, int, int]]
) -> None:
    alike = [(there, at_it, there) for there, at_it, _ in ways]
    assert offset(exchanges(ahead, alike)).milliseconds == pytest.approx(ahead / 1000)


def test_the_clock_of_this_machine_is_its_own(server: Shared) -> None:
    mine = server._asking.sessions[0]
    near = measure(server.base, mine)
    assert abs(near.milliseconds) <= near.error
    with line(server.base, Conditions(delay=20)) as opened:
        far = measure(opened.base, mine, questions=3)
    assert far.error >= 20
    assert abs(far.milliseconds) <= far.error


def test_a_server_that_stamps_nothing_has_no_known_clock(server: Shared) -> None:
    with pytest.raises(NoStamps, match="status 401"):
        measure(server.base, "Bearer nobody")


def test_parts_of_a_trip_between_two_clocks_are_put_right() -> None:
    # The server is 7 ms ahead: on its clock the request took 2 + 7, and the delivery 3 - 7.
    figures = {"split_post_ms": 9.0, "split_log_ms": 1.0, "split_client_ms": -4.0}
    Offset(7.0, 0.5).correct(figures)
    assert figures["split_post_ms"] == 2.0
    assert figures["split_client_ms"] == 3.0
    assert figures["split_log_ms"] == 1.0
    assert figures["clock_error_ms"] == 0.5
