"""When a segment leaves a line, for made-up conditions."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.network.conditions import Conditions, Hops
from probes.network.schedule import SEGMENT, Schedule, handshake
from probes.rig.children import CannotRun

MS = 1_000_000
EXAMPLES = settings(max_examples=40, deadline=None)

milliseconds = st.floats(0, 500)
losses = st.floats(0, 50)
conditions = st.builds(Conditions, milliseconds, milliseconds, losses, st.sampled_from(Hops))
arrivals = st.lists(
    st.tuples(st.integers(0, 100 * MS), st.integers(0, 20 * SEGMENT)), min_size=1, max_size=40
)
"""How long after the one before something comes, and how large it is."""


def carried(
    conditions: Conditions, pieces: list[tuple[int, int]], seed: int = 1, opened: int = 0
) -> list[list[tuple[int, int, int]]]:
    """For each arrival: when it came, and bytes and moment of what left."""
    schedule, now = Schedule(conditions, random.Random(seed), opened), 0
    found = []
    for pause, size in pieces:
        now += pause
        found.append([(now, *piece) for piece in schedule.pieces(now, size)])
    return found


@EXAMPLES
@given(conditions, arrivals, st.integers(0, 300 * MS))
def test_nothing_overtakes_comes_early_or_is_left_behind(
    given: Conditions, pieces: list[tuple[int, int]], opened: int
) -> None:
    last = 0
    for (_, size), left in zip(pieces, carried(given, pieces, opened=opened), strict=True):
        assert sum(bytes_ for _, bytes_, _ in left) == size
        for came, _, at in left:
            assert at >= max(came, opened) + int(given.delay * MS)
            assert at >= last
            last = at


@EXAMPLES
@given(conditions, arrivals, st.integers())
def test_the_same_seed_does_the_same(
    given: Conditions, pieces: list[tuple[int, int]], seed: int
) -> None:
    assert carried(given, pieces, seed) == carried(given, pieces, seed)
    assert handshake(given, random.Random(seed)) == handshake(given, random.Random(seed))


@EXAMPLES
@given(milliseconds, milliseconds, arrivals)
def test_without_loss_nothing_waits_longer_than_delay_and_jitter(
    delay: float, jitter: float, pieces: list[tuple[int, int]]
) -> None:
    for left in carried(Conditions(delay, jitter), pieces):
        for came, _, at in left:
            assert at <= came + (delay + jitter) * MS + 1


@pytest.mark.parametrize("percent", [3.0, 40.0])
def test_as_many_segments_are_lost_as_was_asked_for(percent: float) -> None:
    schedule = Schedule(Conditions(loss=percent), random.Random(1), 0)
    number = 50_000
    for turn in range(number // 5):
        schedule.pieces(turn, 5 * SEGMENT)
    # Each segment is sent until it comes: those that were lost are p / (1 - p) of those that came.
    assert schedule.carried == number
    share = schedule.lost / (number + schedule.lost)
    assert share == pytest.approx(percent / 100, rel=0.1)


def test_a_lost_segment_holds_up_what_is_behind_it_and_nothing_before_it() -> None:
    class Chance(random.Random):
        """The third segment is lost, and no other."""

        draws = iter([0.0200, 0.99, 0.9999999999])

        def random(self) -> float:
            return next(self.draws)

    schedule = Schedule(Conditions(delay=20, loss=1), Chance(), 0)
    first, second = schedule.pieces(0, 4 * SEGMENT)
    assert first[1] == 20 * MS
    # A time-out of 200 ms and the round trip, and the way once more.
    assert second[1] == (20 + 200 + 40) * MS
    assert first[0] + second[0] == 4 * SEGMENT
    assert schedule.pieces(100 * MS, 10) == [(10, second[1])]
    assert schedule.pieces(300 * MS, 10) == [(10, 320 * MS)]


def test_a_connection_costs_a_round_trip_before_it_carries_anything() -> None:
    assert handshake(Conditions(delay=20), random.Random(1)) == 40 * MS
    lossy = [handshake(Conditions(delay=20, loss=20), random.Random(seed)) for seed in range(500)]
    delayed = [taken for taken in lossy if taken > 40 * MS]
    assert all(taken in (1040 * MS, 3040 * MS, 7040 * MS) or taken > 7040 * MS for taken in delayed)
    assert len(delayed) / len(lossy) == pytest.approx(1 - 0.8**2, abs=0.08)


@EXAMPLES
@given(st.integers(0, 900), st.integers(0, 90), st.integers(0, 50), st.sampled_from(Hops))
def test_conditions_are_read_as_they_were_written(
    delay: int, jitter: int, loss: int, hops: Hops
) -> None:
    given = Conditions(delay / 10, jitter / 2, loss / 10, hops)
    assert Conditions.of(str(given)) == given


def test_what_is_no_network_is_refused() -> None:
    assert str(Conditions()) == "loopback"
    assert str(Conditions(20, 5, 1, Hops.TLS)) == "delay 20 ms jitter 5 ms loss 1 %, tls"
    for words in ("carrier pigeon", "tls, pigeon", ""):
        with pytest.raises(CannotRun):
            Conditions.of(words)
    for wrong in ((-1.0, 0.0, 0.0), (0.0, 0.0, 51.0)):
        with pytest.raises(CannotRun):
            Conditions(*wrong)
