"""A run that went well passes, and each single thing that goes wrong is found and named."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from probes.checker import check
from probes.evidence import (
    Closed,
    Evidence,
    Opened,
    Position,
    Reset,
    Seen,
    Step,
    Stored,
    Swallowed,
    Witness,
)
from probes.ledger import Accepted, Ledger, Moved
from probes.reading import NOTICE_SECONDS, REPLAY_LIMIT
from probes.violations import Violation, Wrong

from tests.probes.made_up_run import PEOPLE, ROOMS, made_up_run

SEEDS = st.integers(0, 10_000)
few = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


class Spoiler:
    """Spoils one thing in the notes of one reader; ``ids`` are those that it touched."""

    def __init__(self, evidence: Evidence, seed: int) -> None:
        self.evidence = evidence
        self.chance = random.Random(seed)
        self.witness = self.chance.choice(evidence.witnesses)
        self.ids: list[int] = []
        self.room = ""

    def place(self, kind: str = "message") -> int:
        """Where an event of a kind stands in the reader's notes."""
        places = [
            place
            for place, step in enumerate(self.witness.steps)
            if isinstance(step, Seen) and step.kind == kind
        ]
        assume(places)
        place = self.chance.choice(places)
        self.room = self.event(place).room
        return place

    def event(self, place: int) -> Seen:
        event = self.witness.steps[place]
        assert isinstance(event, Seen)
        self.ids.append(event.id)
        return event

    def later(self, place: int, kind: str = "message") -> int:
        """The next event of a kind after a place."""
        for later in range(place + 1, len(self.witness.steps)):
            step = self.witness.steps[later]
            if isinstance(step, Seen) and step.kind == kind:
                return later
        assume(False)
        raise AssertionError


def drop(spoiler: Spoiler) -> None:
    del spoiler.witness.steps[spoiler.place()]


def double(spoiler: Spoiler) -> None:
    place = spoiler.place()
    spoiler.witness.steps.insert(place + 1, spoiler.witness.steps[place])


def double_later(spoiler: Spoiler) -> None:
    spoiler.witness.steps.append(spoiler.witness.steps[spoiler.place()])


def swap(spoiler: Spoiler) -> None:
    steps = spoiler.witness.steps
    one = spoiler.place()
    other = spoiler.later(one)
    steps[one], steps[other] = steps[other], steps[one]


def go_back(spoiler: Spoiler) -> None:
    place = spoiler.place()
    spoiler.witness.steps.insert(place + 1, Position(spoiler.event(place).id - 1))


def leak(spoiler: Spoiler) -> None:
    """A reader sees one message more, that was not for them."""
    mine = {step.id for step in spoiler.witness.steps if isinstance(step, Seen)}
    strange = [m for m in spoiler.evidence.ledger.accepted if m.id not in mine]
    assume(strange)
    message = spoiler.chance.choice(strange)
    spoiler.ids, spoiler.room = [message.id], message.room
    for witness in spoiler.evidence.witnesses:
        for step in witness.steps:
            if isinstance(step, Seen) and step.id == message.id:
                steps = spoiler.witness.steps
                before = [
                    at for at, s in enumerate(steps) if isinstance(s, Seen) and s.id < step.id
                ]
                steps.insert(before[-1] + 1 if before else 0, step)
                return
    assume(False)


def forge(spoiler: Spoiler) -> None:
    place = spoiler.place()
    spoiler.witness.steps[place] = replace(spoiler.event(place), nonce="another", author="nobody")


def alter(spoiler: Spoiler) -> None:
    place = spoiler.place()
    spoiler.witness.steps[place] = replace(spoiler.event(place), digest=8)


def store_twice(spoiler: Spoiler) -> None:
    """What was sent again got another id."""
    place = spoiler.place()
    event = spoiler.event(place)
    twin = replace(event, id=event.id + 100_000, prev=event.id)
    spoiler.ids = [twin.id]
    spoiler.witness.steps.append(twin)


def break_chain(spoiler: Spoiler) -> None:
    place = spoiler.later(spoiler.place())
    event = spoiler.event(place)
    spoiler.ids, spoiler.room = [event.id], event.room
    known = [
        step
        for step in spoiler.witness.steps[:place]
        if isinstance(step, Seen) and step.topic == event.topic
    ]
    assume(known and known[-1].user != spoiler.witness.user)
    spoiler.witness.steps[place] = replace(event, prev=event.prev - 1)


def reset_for_nothing(spoiler: Spoiler) -> None:
    place = spoiler.place()
    id = spoiler.event(place).id
    spoiler.ids, spoiler.room = [id, id], ""
    spoiler.witness.steps.insert(place + 1, Reset(id, id))


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (drop, Wrong.LOST),
        (double, Wrong.DOUBLED),
        (double_later, Wrong.DOUBLED),
        (store_twice, Wrong.DOUBLED),
        (swap, Wrong.REORDERED),
        (go_back, Wrong.REORDERED),
        (leak, Wrong.LEAKED),
        (forge, Wrong.FORGED),
        (alter, Wrong.FORGED),
        (break_chain, Wrong.CHAIN),
        (reset_for_nothing, Wrong.RESET),
    ],
)
@few
@given(seed=SEEDS)
def test_what_one_reader_saw_wrongly_is_named_with_reader_room_and_ids(
    spoil: Callable[[Spoiler], None], wrong: Wrong, seed: int
) -> None:
    evidence = made_up_run(seed)
    spoiler = Spoiler(evidence, seed)
    spoil(spoiler)
    found = check(evidence).violations
    named = [violation for violation in found if violation.what is wrong]
    assert named, found
    assert {violation.who for violation in named} == {spoiler.witness.name}
    if spoil is not go_back:
        assert any(spoiler.room in (v.room, "") and set(v.ids) & set(spoiler.ids) for v in named)


@few
@given(seed=SEEDS)
def test_a_run_that_went_well_passes(seed: int) -> None:
    assert check(made_up_run(seed)).violations == []


def lose(stored: list[Stored], chance: random.Random) -> None:
    del stored[chance.randrange(len(stored))]


def add(stored: list[Stored], chance: random.Random) -> None:
    stored.append(replace(stored[-1], id=stored[-1].id + 100_000))


def turn(stored: list[Stored], chance: random.Random) -> None:
    assume(len(stored) > 1)
    stored.reverse()


def rewrite(stored: list[Stored], chance: random.Random) -> None:
    stored[0] = replace(stored[0], digest=8)


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (lose, Wrong.LOST),
        (add, Wrong.FORGED),
        (turn, Wrong.HISTORY),
        (rewrite, Wrong.HISTORY),
    ],
)
@few
@given(seed=SEEDS)
def test_a_history_that_is_not_the_ledger_is_named(
    spoil: Callable[[list[Stored], random.Random], None], wrong: Wrong, seed: int
) -> None:
    evidence = made_up_run(seed)
    rooms = [room for room, stored in evidence.histories.items() if stored]
    assume(rooms)
    spoil(evidence.histories[rooms[0]], random.Random(seed))
    [violation] = check(evidence).violations
    assert (violation.what, violation.who, violation.room) == (wrong, "history", rooms[0])


@pytest.mark.parametrize("what", ["head", "unread", "members"])
@few
@given(seed=SEEDS)
def test_a_snapshot_that_is_not_what_was_said_is_named(what: str, seed: int) -> None:
    evidence = made_up_run(seed)
    snapshot = evidence.snapshots[0]
    [room] = random.Random(seed).sample(sorted(snapshot.rooms), 1)
    shown = snapshot.rooms[room]
    assume(shown.head)
    wrong = replace(shown, **{what: getattr(shown, what) + 1})
    evidence.snapshots[0] = replace(snapshot, rooms={**snapshot.rooms, room: wrong})
    [violation] = check(evidence).violations
    assert (violation.what, violation.room) == (Wrong.SNAPSHOT, room)


@few
@given(seed=SEEDS)
def test_a_room_that_a_snapshot_lacks_is_named(seed: int) -> None:
    evidence = made_up_run(seed)
    snapshot = evidence.snapshots[0]
    rooms = {room: shown for room, shown in snapshot.rooms.items() if room != ROOMS[0]}
    evidence.snapshots[0] = replace(snapshot, rooms=rooms)
    assert [violation.what for violation in check(evidence).violations] == [Wrong.SNAPSHOT]


@few
@given(seed=SEEDS)
def test_a_change_of_membership_that_was_answered_and_never_said_is_named(seed: int) -> None:
    evidence = made_up_run(seed)
    evidence.ledger.moves.append(Moved(ROOMS[0], PEOPLE[1], joined=False))
    assert [violation.what for violation in check(evidence).violations] == [Wrong.MEMBERSHIP]


def test_what_a_correct_client_had_to_give_up_is_named() -> None:
    evidence = made_up_run(1)
    evidence.ledger.refused.append("POST: status 500 internal")
    assert [violation.what for violation in check(evidence).violations] == [Wrong.REFUSED]


# -- resets


def far_behind(count: int) -> tuple[Evidence, Witness]:
    """One of two readers slept over ``count`` messages, and was told to reload."""
    evidence = Evidence(made_up_run(1).ledger, [], {("garden", "ana"), ("garden", "budi")})
    accepted = evidence.ledger.accepted
    message = replace(accepted[0], room="garden", author="ana")
    accepted[:] = [replace(message, id=2000 + n, nonce=f"n{n}") for n in range(count)]
    evidence.ledger.moves.clear()
    awake, asleep = Witness("awake", "ana", 1000), Witness("asleep", "budi", 1000)
    prev = 0
    for said in accepted:
        room = f"room:{said.room}"
        awake.steps.append(
            Seen(said.id, prev, room, "message", said.room, "", "ana", said.nonce, said.digest)
        )
        prev = said.id
    asleep.steps.append(Reset(1000, prev))
    evidence.witnesses = [awake, asleep]
    return evidence, asleep


def test_a_reset_of_one_who_is_too_far_behind_is_explained() -> None:
    evidence, _ = far_behind(REPLAY_LIMIT + 1)
    assert check(evidence).violations == []


def test_a_reset_of_one_who_is_not_too_far_behind_is_not() -> None:
    evidence, _ = far_behind(REPLAY_LIMIT)
    assert [(v.what, v.who) for v in check(evidence).violations] == [(Wrong.RESET, "asleep")]


def test_a_reset_below_the_floor_is_explained() -> None:
    evidence, _ = far_behind(10)
    evidence.floor = 1001
    assert check(evidence).violations == []


def test_a_reset_after_an_event_that_a_fault_swallowed_is_explained() -> None:
    """What was behind the reader's cursor by then is left to the history as well."""
    evidence, asleep = far_behind(10)
    awake = evidence.witnesses[0]
    swallowed, *rest = [step for step in awake.steps if isinstance(step, Seen)]
    evidence.swallowed = [Swallowed(swallowed, at=100.0)]
    last = rest[-1].id
    asleep.steps[:] = [Opened(1000), *rest[3:], Reset(last, last)]
    assert [v.what for v in check(evidence).violations] == [Wrong.LOST]
    asleep.steps[:] = [Opened(1000), *rest, Reset(last, last)]
    assert check(evidence).violations == []


def one_passed_over(left: float) -> Evidence:
    """Of two rooms; a message of the first was swallowed at 100.0, and its only reader passed it,
    left at ``left``, and came back."""
    members = {("garden", "ana"), ("kitchen", "ana")}
    evidence = Evidence(Ledger(), [], members)
    events, heads = [], {"garden": 0, "kitchen": 0}
    for id in range(2000, 2012):
        room = ("garden", "kitchen")[id % 2]
        nonce = f"n{id}"
        evidence.ledger.accepted.append(Accepted(room, id, nonce, "ana", 7))
        topic = f"room:{room}"
        events.append(Seen(id, heads[room], topic, "message", room, "", "ana", nonce, 7))
        heads[room] = id
    evidence.swallowed = [Swallowed(events[4], at=100.0)]
    steps: list[Step] = [
        Opened(1000),
        *events[:4],
        events[5],
        Closed(left),
        Opened(2005),
        *events[6:],
    ]
    evidence.witnesses = [Witness("hasty", "ana", 1000, steps)]
    return evidence


def test_what_was_swallowed_is_excused_where_the_reader_left_before_it_could_be_noticed() -> None:
    verdict = check(one_passed_over(left=100.0 + NOTICE_SECONDS / 2))
    assert verdict.violations == []
    assert verdict.shown_by_prev == 1


def test_a_poll_that_lost_what_was_swallowed_has_no_excuse() -> None:
    evidence = one_passed_over(left=100.0 + NOTICE_SECONDS / 2)
    steps = evidence.witnesses[0].steps
    evidence.witnesses[0].steps = [
        Opened(step.cursor, stream=False) if isinstance(step, Opened) else step for step in steps
    ]
    assert {v.what for v in check(evidence).violations} == {Wrong.LOST, Wrong.CHAIN}


def test_what_was_swallowed_is_lost_where_the_reader_stayed() -> None:
    found = check(one_passed_over(left=100.0 + NOTICE_SECONDS + 1)).violations
    assert {(v.what, v.ids) for v in found} == {(Wrong.LOST, (2004,)), (Wrong.CHAIN, (2006,))}


def one_who_came_in() -> tuple[Evidence, Witness]:
    """Budi came into the garden, where Ana talks, and the word of it to him was swallowed."""
    evidence = Evidence(Ledger(), [], {("garden", "ana")}, swallowed=[])
    evidence.ledger.moves.append(Moved("garden", "budi", joined=True))
    word = Seen(2001, 0, "user:budi", "member.joined", "garden", "budi")
    evidence.swallowed.append(Swallowed(word, at=100.0))
    heard = [Seen(2002, 0, "room:garden", "member.joined", "garden", "budi")]
    for id in range(2003, 2006):
        evidence.ledger.accepted.append(Accepted("garden", id, f"n{id}", "ana", 7))
        heard.append(Seen(id, id - 1, "room:garden", "message", "garden", "", "ana", f"n{id}", 7))
    budi = Witness("budi", "budi", 1000, [Opened(1000), Position(2004), Reset(2004, 2004)])
    budi.steps += [Opened(2004), heard[-1]]
    evidence.witnesses = [Witness("ana", "ana", 1000, [Opened(1000), *heard]), budi]
    return evidence, budi


def test_what_was_said_to_one_who_was_not_told_to_be_in_the_room_is_left_to_history() -> None:
    evidence, budi = one_who_came_in()
    assert check(evidence).violations == []
    budi.steps[2:4] = []
    assert [(v.what, v.ids) for v in check(evidence).violations] == [(Wrong.LOST, (2003, 2004))]


def test_what_was_said_while_the_reader_was_not_in_the_room_is_no_hole() -> None:
    evidence, budi = one_who_came_in()
    ana = evidence.witnesses[0]
    garden = ("room:garden", "message", "garden", "", "ana")
    said = [Seen(1500, 0, *garden, "n1500", 7), Seen(1700, 1600, *garden, "n1700", 7)]
    left = Seen(1600, 1500, "room:garden", "member.left", "garden", "budi")
    came, *rest = [step for step in ana.steps if isinstance(step, Seen)]
    came = replace(came, prev=1700)
    evidence.members.add(("garden", "budi"))
    evidence.ledger.accepted += [Accepted("garden", m.id, m.nonce, "ana", 7) for m in said]
    evidence.ledger.moves.insert(0, Moved("garden", "budi", joined=False))
    ana.steps = [Opened(1000), said[0], left, said[1], came, *rest]
    # The word to him was swallowed as well, and his stream ended before anybody could notice.
    evidence.swallowed.insert(0, Swallowed(left, at=100.0))
    budi.steps = [Opened(1000), said[0], Position(2001), Closed(101.0), Opened(2001), came, *rest]
    assert check(evidence).violations == []
    evidence.swallowed = []
    assert {v.what for v in check(evidence).violations} == {Wrong.CHAIN}


def test_a_violation_says_who_where_and_what() -> None:
    violation = Violation(Wrong.LOST, "steady-sse-1", "garden", (1, 2, 3, 4, 5, 6), "as it seems")
    said = "lost: steady-sse-1 in room garden: 1, 2, 3, 4, 5 and 1 more (as it seems)"
    assert str(violation) == said
