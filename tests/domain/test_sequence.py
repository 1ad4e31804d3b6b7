"""A channel that loses things: in the end nothing is missing or misplaced."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.lossy_channel import TOPICS, LossyChannel
from tests.domain.sabotage import WithoutHeads, WithoutPrev
from tornchat.domain.events import Event
from tornchat.domain.sequence import Sequence

KITCHEN, GARDEN = TOPICS
# More often what is needed to get anywhere, and seldom what ends everything else.
STEPS = (
    *["say"] * 4,
    *["hear"] * 4,
    *["say_what_gets_lost"] * 2,
    *["go_on_with_the_repair"] * 2,
    *["go_on_with_the_join"] * 2,
    *["connect"] * 2,
    "follow",
    "pulse",
    "lose_the_connection",
    "forget",
)
Steps = list[tuple[str, str]]


def run(steps: Steps, sequence: Sequence | None = None) -> LossyChannel:
    """Both topics are followed at first; then the steps; then all that is left is repaired."""
    channel = LossyChannel(sequence or Sequence())
    for topic in TOPICS:
        channel.follow(topic)
        channel.go_on_with_the_join(topic)
        channel.go_on_with_the_join(topic)
    for step, topic in steps:
        getattr(channel, step)(topic)
    channel.settle()
    channel.check()
    return channel


def random_steps(seed: int) -> Steps:
    chance = random.Random(seed)
    length = chance.randrange(5, 50)
    return [(chance.choice(STEPS), chance.choice(TOPICS)) for _ in range(length)]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(TOPICS)), max_size=50))
def test_whatever_gets_lost_is_handed_on_in_the_end_and_in_order(steps: Steps) -> None:
    run(steps)


def test_the_same_for_three_thousand_long_random_walks() -> None:
    for seed in range(3000):
        try:
            run(random_steps(seed))
        except AssertionError as wrong:
            raise AssertionError(f"seed {seed}: {wrong}\n{random_steps(seed)}") from wrong


class WithoutKnownIds(Sequence):
    """Repairs every topic from the last id of all, as if nothing could be missing below it."""

    def lows(self, heads: Mapping[str, int]) -> dict[str, int]:
        if self.missing is not None:
            return super().lows(heads)
        return {topic: self.last for topic, head in heads.items() if head > self.last}


SABOTAGE = [WithoutPrev, WithoutHeads, WithoutKnownIds]


@pytest.mark.parametrize("broken", SABOTAGE)
def test_the_model_notices_a_sequence_that_leaves_out_one_of_its_rules(
    broken: type[Sequence],
) -> None:
    def walk() -> None:
        for seed in range(500):
            run(random_steps(seed), broken())

    with pytest.raises(AssertionError, match=r"missing|misplaced"):
        walk()


def ids(channel: LossyChannel, topic: str) -> list[int]:
    return [event.id for event in channel.handed if event.topic == topic]


def steps(text: str) -> Steps:
    """``"say kitchen, hear"`` and so on."""
    named = {"kitchen": KITCHEN, "garden": GARDEN, "": ""}
    return [
        (step.replace(" ", "_"), named[place])
        for step, _, place in (part.strip().partition(" in ") for part in text.split(","))
    ]


def test_a_hole_in_each_of_two_topics_is_repaired() -> None:
    channel = run(
        steps(
            "say what gets lost in kitchen, say what gets lost in garden,"
            "say in kitchen, say in garden, hear, hear"
        )
    )
    assert ids(channel, KITCHEN) == [1, 3]
    assert ids(channel, GARDEN) == [2, 4]


def test_a_pulse_shows_the_loss_of_the_last_event() -> None:
    channel = run(steps("say what gets lost in kitchen, pulse, hear"))
    assert ids(channel, KITCHEN) == [1]


def test_what_is_said_during_the_repair_comes_after_what_was_repaired() -> None:
    channel = run(
        steps(
            "say what gets lost in kitchen, say in kitchen, hear, go on with the repair,"
            "say in kitchen, hear, go on with the repair, say in garden, hear"
        )
    )
    assert ids(channel, KITCHEN) == [1, 2, 3]
    assert ids(channel, GARDEN) == [4]


def test_an_unnoticed_hole_is_repaired_even_where_the_connection_is_lost_next() -> None:
    channel = run(
        steps("say what gets lost in kitchen, say in garden, hear, lose the connection, connect")
    )
    assert ids(channel, KITCHEN) == [1]


def test_a_topic_that_was_forgotten_and_is_followed_again_has_no_hole_between() -> None:
    channel = LossyChannel(Sequence())
    for step, topic in steps(
        "follow in kitchen, go on with the join in kitchen, go on with the join in kitchen,"
        "say in kitchen, hear, forget in kitchen, say in kitchen, say in kitchen,"
        "follow in kitchen, go on with the join in kitchen, go on with the join in kitchen,"
        "say in kitchen, hear"
    ):
        getattr(channel, step)(topic)
    assert not channel.sequence.holding
    assert ids(channel, KITCHEN) == [1, 4]


def test_what_was_held_of_a_forgotten_topic_does_not_count_when_it_is_followed_again() -> None:
    sequence = Sequence()
    sequence.start(0)
    sequence.baseline(KITCHEN, 0)
    sequence.hold()
    assert not sequence.offer(Event(1, 0, KITCHEN, {"kind": "message"}))
    sequence.forget(KITCHEN)
    assert sequence.resume(1, {}, []) == []
    sequence.baseline(KITCHEN, 5)
    assert sequence.offer(Event(6, 5, KITCHEN, {"kind": "message"}))


def test_a_baseline_above_frames_still_in_flight_is_no_hole() -> None:
    sequence = Sequence()
    sequence.start(0)
    sequence.baseline(KITCHEN, 3)
    for id in (1, 2, 3, 4):
        assert sequence.offer(Event(id, id - 1, KITCHEN, {"kind": "message"}))
    assert sequence.pulse(4, {KITCHEN: 4})


def test_a_hole_between_the_baseline_and_what_was_heard_before_it_is_found() -> None:
    sequence = Sequence()
    sequence.start(0)
    assert sequence.offer(Event(5, 4, KITCHEN, {"kind": "message"}))
    sequence.baseline(KITCHEN, 3)
    assert not sequence.pulse(5, {KITCHEN: 5})
    assert sequence.lows({KITCHEN: 5}) == {KITCHEN: 3}


def test_a_tail_that_redis_lost_is_no_hole() -> None:
    """After a fence an event may name a ``prev`` below what was shown: there is nothing to read."""
    sequence = Sequence()
    sequence.start(9)
    sequence.baseline(KITCHEN, 9)
    assert sequence.offer(Event(100, 4, KITCHEN, {"kind": "message"}))


def test_what_is_not_logged_is_handed_on_at_once_during_a_repair_too() -> None:
    typing = Event(0, 0, KITCHEN, {"kind": "typing"})
    sequence = Sequence()
    sequence.start(0)
    assert sequence.offer(typing)
    sequence.hold()
    assert sequence.offer(typing)
    assert sequence.resume(0, {KITCHEN: 0}, []) == []
