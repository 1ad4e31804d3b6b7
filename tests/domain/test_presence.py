"""What is shown of people: calmly, and in the end what is so."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.domain.presence import (
    GRACE_MS,
    IDLE,
    OFFLINE,
    ONLINE,
    PACE_MS,
    Roll,
    Shown,
    State,
    state_of,
)

ANA, BUDI = "ana", "budi"
TICK = 2_000
PEOPLE: st.SearchStrategy[dict[str, State]] = st.dictionaries(
    st.sampled_from([ANA, BUDI]), st.sampled_from([ONLINE, IDLE])
)


class Teller:
    """Lets a roll see and tell, and remembers when it told what."""

    def __init__(self, roll: Roll | None = None) -> None:
        self.roll = roll or Roll()
        self.told: list[tuple[int, str, State]] = []

    def tick(self, present: dict[str, State], now: int, most: int = 100) -> None:
        self.roll.see(present, now)
        changes = self.roll.due(now, most)
        self.roll.forget(now)
        self.roll.told(changes, now)
        self.told += [(now, user, state) for user, state in changes.items()]

    def of(self, user: str) -> list[tuple[int, State]]:
        return [(at, state) for at, who, state in self.told if who == user]


def test_one_device_that_is_not_idle_is_enough_to_be_there() -> None:
    assert state_of(["phone", "desk"], {"phone"}) == ONLINE
    assert state_of(["phone", "desk"], {"phone", "desk"}) == IDLE
    assert state_of([], {"phone"}) == OFFLINE


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(PEOPLE, st.integers(1, 9)), max_size=25))
def test_nobody_flaps_and_in_the_end_what_is_so_is_shown(
    history: list[tuple[dict[str, State], int]],
) -> None:
    teller, now = Teller(), 0
    for present, ticks in history:
        for _ in range(ticks):
            now += TICK
            teller.tick(present, now)
    last = history[-1][0] if history else {}
    for _ in range((GRACE_MS + PACE_MS) // TICK + 2):
        now += TICK
        teller.tick(last, now)
    for user in (ANA, BUDI):
        changes = teller.of(user)
        for (before, was), (after, becomes) in pairwise(changes):
            assert after - before >= PACE_MS
            assert was != becomes
        shown = teller.roll.shown.get(user)
        assert (shown.state if shown else OFFLINE) == last.get(user, OFFLINE)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, GRACE_MS - 1))
def test_a_short_absence_is_not_seen(absence: int) -> None:
    teller = Teller()
    teller.tick({ANA: ONLINE}, 0)
    teller.tick({}, 60_000)
    teller.tick({}, 60_000 + absence)
    teller.tick({ANA: ONLINE}, 60_000 + absence)
    teller.tick({ANA: ONLINE}, 200_000)
    assert teller.of(ANA) == [(0, ONLINE)]


def test_whoever_is_gone_for_longer_is_shown_as_gone_and_then_forgotten() -> None:
    teller = Teller()
    teller.tick({ANA: ONLINE}, 0)
    teller.tick({}, 60_000)
    teller.tick({}, 60_000 + GRACE_MS)
    assert teller.of(ANA) == [(0, ONLINE), (60_000 + GRACE_MS, OFFLINE)]
    teller.tick({}, 60_000 + GRACE_MS + PACE_MS)
    assert teller.roll.shown == {}


def test_the_next_judge_goes_on_from_what_was_shown() -> None:
    teller = Teller(Roll({ANA: Shown(ONLINE, 0), BUDI: Shown(IDLE, 0)}))
    teller.tick({ANA: ONLINE}, 30_000)
    assert teller.told == []
    teller.tick({ANA: ONLINE}, 30_000 + GRACE_MS)
    assert teller.told == [(30_000 + GRACE_MS, BUDI, OFFLINE)]


def test_a_herd_is_told_of_piece_by_piece() -> None:
    herd = {f"user{number:03}": ONLINE for number in range(25)}
    teller = Teller()
    for now in (0, TICK, 2 * TICK):
        teller.tick(herd, now, most=10)
    assert [sum(at == now for at, _, _ in teller.told) for now in (0, TICK, 2 * TICK)] == [
        10,
        10,
        5,
    ]
    assert {user for _, user, _ in teller.told} == herd.keys()


def test_a_clock_that_is_set_back_holds_nobody() -> None:
    teller = Teller(Roll({ANA: Shown(ONLINE, 1_000_000)}))
    teller.tick({ANA: IDLE}, 500_000)
    assert teller.told == [(500_000, ANA, IDLE)]
