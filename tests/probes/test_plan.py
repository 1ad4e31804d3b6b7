"""The schedule: the seed decides it, everything strikes, and nothing strikes what is struck."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.faults import FAULTS, UnknownFault, named
from probes.proof.plan import CALM_AFTER, CALM_BEFORE, TOGETHER, TooShort, schedule

ALL = tuple(FAULTS.values())
few = settings(max_examples=20, deadline=None)


@few
@given(seed=st.integers())
def test_a_seed_repeats_its_schedule(seed: int) -> None:
    assert schedule(ALL, 90, seed) == schedule(ALL, 90, seed)


@few
@given(seed=st.integers(), seconds=st.floats(90, 300))
def test_every_fault_strikes_in_time_and_never_beside_one_that_needs_the_same(
    seed: int, seconds: float
) -> None:
    strikes = schedule(ALL, seconds, seed)
    assert {strike.fault for strike in strikes} == set(ALL)
    for strike in strikes:
        assert strike.at >= CALM_BEFORE
        assert strike.end <= seconds - CALM_AFTER
        same = [other for other in strikes if other.at < strike.end and strike.at < other.end]
        assert not any(strike.fault.needs & o.fault.needs for o in same if o is not strike)
        moment = [other for other in strikes if other.at <= strike.at < other.end]
        assert len(moment) <= TOGETHER


def test_faults_that_do_not_fit_are_refused_with_the_time_that_they_need() -> None:
    with pytest.raises(TooShort, match=r"need at least \d+ seconds, not 20"):
        schedule(ALL, 20, 1)


def test_without_faults_nothing_strikes() -> None:
    assert schedule((), 20, 1) == []


def test_faults_are_named_or_all_or_none() -> None:
    assert named("all") == ALL
    assert named("none") == ()
    assert [fault.name for fault in named("kill-redis, churn,kill-redis")] == [
        "kill-redis",
        "churn",
    ]


def test_an_unknown_fault_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(
        UnknownFault, match="'kill-moon' is not a fault; there are: all, none, kill-"
    ):
        named("kill-moon")


def test_every_fault_says_what_it_is() -> None:
    for name, fault in FAULTS.items():
        assert fault.name == name
        assert fault.about
        assert fault.__doc__
        assert fault.seconds > 0
