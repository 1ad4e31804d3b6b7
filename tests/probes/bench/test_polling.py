"""Polls keep their distance, whatever the answers take."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from probes.bench.polling import Schedule

SECOND = 1_000_000_000
few = settings(max_examples=30)
seeds = st.integers(0, 1000)
numbers = st.integers(1, 60)


def first_dues(schedule: Schedule, number: int) -> list[int]:
    """When each of so many pollers asks first, who all were answered at the beginning."""
    for poller in range(number):
        schedule.answered(poller, 0)
    found = []
    while (due := schedule.next) is not None:
        found += [due] * len(schedule.due(due))
    return found


@few
@given(seeds, numbers)
def test_pollers_are_spread_evenly_over_the_interval(seed: int, number: int) -> None:
    dues = first_dues(Schedule(SECOND, seed, 0), number)
    assert len(dues) == number
    assert all(0 <= due < SECOND for due in dues)
    gaps = [
        after - before for before, after in zip(dues, [*dues[1:], dues[0] + SECOND], strict=True)
    ]
    assert max(gaps) <= 3 * SECOND / number  # at random it would be about ln(n) times the mean
    assert dues == first_dues(Schedule(SECOND, seed, 0), number)


@few
@given(seeds, st.lists(st.floats(0, 3.5), min_size=1, max_size=30))
def test_each_poll_is_due_an_interval_after_the_one_before_and_none_is_caught_up(
    seed: int, answers: list[float]
) -> None:
    schedule = Schedule(SECOND, seed, 0)
    schedule.answered(0, 0)
    phase = schedule.phase(0)
    now = 0
    for asked, seconds in enumerate(answers, 1):
        due = schedule.next
        assert due is not None
        now = max(now, due)
        assert schedule.due(now) == [0]
        assert schedule.due(due + 100 * SECOND) == []  # one at a time
        assert (due - phase) % SECOND == 0
        now += int(seconds * SECOND)
        schedule.answered(0, now)
        assert schedule.next is not None
        assert due < schedule.next
        # It asks at the last moment that is over, or at the next.
        assert schedule.next > now - SECOND
        assert (schedule.next - phase) // SECOND == asked + schedule.missed


def test_nobody_polls_before_they_were_brought_in() -> None:
    schedule = Schedule(SECOND, 1, 5 * SECOND)
    assert schedule.due(100 * SECOND) == []
    schedule.answered(7, 9 * SECOND)
    assert schedule.next is not None
    assert 9 * SECOND <= schedule.next < 10 * SECOND
