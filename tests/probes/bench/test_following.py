"""Streams that are cut anywhere are followed byte by byte, and nothing that is wrong passes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.bench.following import CALLS, Chain, Judgement, Place
from probes.bench.target import MARKER_PATTERN, SseScan, text_of

Messages = list[tuple[int, int]]

SCAN = SseScan(rb"id: (?P<id>\d+)\ndata: " + MARKER_PATTERN)
counts = st.integers(2, 30)
chances = st.randoms(use_true_random=False)
few = settings(max_examples=25)


def as_bytes(messages: Messages) -> bytes:
    head = b"HTTP/1.1 200 OK\r\n\r\nevent: hello\ndata: {}\n\n"
    return head + b"".join(
        b"id: %d\ndata: %b\n\nid: %d\nevent: beat\ndata: {}\n\n" % (id, text_of(seq, 40), id)
        for id, seq in messages
    )


def pieces(data: bytes, chance: random.Random) -> list[bytes]:
    """The same bytes, cut anywhere."""
    cuts = sorted(chance.sample(range(1, len(data)), min(len(data) - 1, chance.randint(0, 12))))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def follow(streams: Sequence[Messages], chance: random.Random) -> tuple[Chain, list[Place]]:
    """Bring all streams piece by piece, in any order of streams."""
    chain = Chain(SCAN)
    waiting = [pieces(as_bytes(messages), chance) for messages in streams]
    places = [chain.start] * len(streams)
    while any(waiting):
        number = chance.choice([number for number, left in enumerate(waiting) if left])
        data = waiting[number].pop(0)
        place = places[number]
        known = [step for bytes_, step in place.steps if bytes_ == data]
        places[number] = (known[0] if known else chain.step(place, data)).place
        chain.forget(min(place.position for place in places))
    return chain, places


def messages(count: int) -> Messages:
    return [(100 + 3 * number, number) for number in range(count)]


@few
@given(counts, st.integers(1, 5), chances)
def test_every_stream_is_counted_however_it_is_cut(
    count: int, streams: int, chance: random.Random
) -> None:
    chain, places = follow([messages(count)] * streams, chance)
    assert [place.position for place in places] == [count] * streams
    assert chain.events == messages(count)
    assert not chain.judge(places, set(range(count)), 0)


@few
@given(counts, chances)
def test_a_lost_message_is_found(count: int, chance: random.Random) -> None:
    short = messages(count)
    del short[chance.randrange(count)]
    assert judged([messages(count), short, messages(count)], chance) == Judgement(lost=1)


@few
@given(counts, chances)
def test_a_doubled_message_is_found_and_is_out_of_order(count: int, chance: random.Random) -> None:
    long = messages(count)
    at = chance.randrange(count)
    long.insert(at, long[at])
    assert judged([long, messages(count)], chance) == Judgement(doubled=1, disordered=1)


@few
@given(counts, chances)
def test_swapped_messages_are_found(count: int, chance: random.Random) -> None:
    swapped = messages(count)
    at = chance.randrange(count - 1)
    swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    assert judged([messages(count), swapped], chance) == Judgement(disordered=1)


@few
@given(counts, st.integers(2, 4), chances)
def test_what_is_wrong_for_everybody_is_found_as_well(
    count: int, streams: int, chance: random.Random
) -> None:
    short = messages(count)
    del short[chance.randrange(count)]
    assert judged([short] * streams, chance, count) == Judgement(lost=streams)


@few
@given(counts, chances)
def test_a_message_that_nobody_sent_is_found(count: int, chance: random.Random) -> None:
    forged = [*messages(count), (9_999, 77)]
    assert judged([forged], chance) == Judgement(forged=1)


def test_a_refused_message_may_come_all_the_same() -> None:
    chain, places = follow([messages(3)], random.Random(1))
    assert not chain.judge(places, {0, 1}, 1)


def test_calls_are_not_messages() -> None:
    chain = Chain(SCAN)
    step = chain.step(chain.start, as_bytes([(1, CALLS + 7), (2, 0)]))
    assert (step.calls, step.seqs, step.place.position) == ((CALLS + 7,), (0,), 1)


def test_the_same_bytes_lead_to_the_same_place_without_being_taken_apart() -> None:
    chain = Chain(SCAN)
    data = as_bytes(messages(3))
    step = chain.step(chain.start, data)
    assert chain.start.steps == [(data, step)]
    assert step.place.position == 3


@pytest.mark.parametrize("ids", [False, True])
def test_a_server_without_ids_is_only_held_to_completeness(ids: bool) -> None:
    scan = SseScan((rb"id: (?P<id>\d+)\n" if ids else b"") + rb"data: " + MARKER_PATTERN)
    chain = Chain(scan)
    places = [chain.step(chain.start, as_bytes([(2, 1), (1, 0)])).place]
    assert chain.judge(places, {0, 1}, 0) == Judgement(disordered=int(ids))


def judged(streams: Sequence[Messages], chance: random.Random, count: int = 0) -> Judgement:
    chain, places = follow(streams, chance)
    longest = max(len({seq for _, seq in messages if seq < 50}) for messages in streams)
    return chain.judge(places, set(range(count or longest)), 0)
