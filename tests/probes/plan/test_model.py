"""What a load needs, worked out by hand and by laws that any answer must obey."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.plan.load import GIB, TRANSPORTS, BadLoad, Load, Site
from probes.plan.model import (
    Impossible,
    following,
    gives_out,
    plan,
    redis_memory,
    redis_parts,
    shard_of,
    shares,
    worker_parts,
)

from tests.probes.plan.made_up import made_up

COSTS = made_up()
SITE = Site()

loads = st.builds(
    Load,
    users=st.floats(1e3, 1e7),
    rooms=st.floats(1, 1e5),
    rate=st.floats(0.1, 2e4),
    members_per_room=st.floats(1, 1e3),
    online=st.floats(0.01, 1),
    transport=st.sampled_from(TRANSPORTS),
)
larger = st.floats(1, 20)


def test_a_load_that_can_be_done_by_hand() -> None:
    load = Load(users=1000, rooms=10, rate=100, members_per_room=100, online=0.5)
    parts = worker_parts(load, COSTS, 1)
    assert parts["posts"] == pytest.approx(100 * 0.002)
    assert parts["deliveries"] == pytest.approx(100 * 50 * 1.1e-5)
    assert parts["streams that are open"] == pytest.approx(500 * (1e-6 + 2.5e-5 / 25))
    assert parts["hearing of messages"] == 0  # the one worker that hears is the one that is asked
    assert redis_parts(load, COSTS, 1)["appending"] == pytest.approx(100 * 2e-4)
    hours = 48 * 500 + 24 * 200
    topics = 10 + 500 + 1
    assert redis_memory(load, COSTS, 1) == pytest.approx(100 * 3600 * hours + topics * 250)


def test_the_number_of_workers_is_the_least_that_has_room() -> None:
    load = Load(users=1000, rooms=10, rate=600, members_per_room=100, online=0.5)
    shard, bound = shard_of(load, COSTS, SITE)
    assert bound == "processor time"
    assert shard.worker_cores <= shard.workers * SITE.headroom
    fewer = shard.workers - 1
    assert sum(worker_parts(load, COSTS, fewer).values()) > fewer * SITE.headroom


@given(loads, larger)
@settings(max_examples=30, deadline=None)
def test_more_people_and_messages_never_need_less(load: Load, times: float) -> None:
    small, large = plan(load, COSTS, SITE), plan(load.scaled(times), COSTS, SITE)
    assert large.shards >= small.shards
    if large.shards == small.shards:  # else each shard is another one
        assert large.workers >= small.workers
        assert large.nodes >= small.nodes


@given(loads, larger)
@settings(max_examples=30, deadline=None)
def test_a_higher_rate_keeps_every_part_as_busy_or_busier(load: Load, times: float) -> None:
    faster = replace(load, rate=load.rate * times)
    for parts in (worker_parts, redis_parts):
        slow, fast = parts(load, COSTS, 7), parts(faster, COSTS, 7)
        assert all(fast[name] >= cores for name, cores in slow.items())


@given(loads)
@settings(max_examples=30, deadline=None)
def test_nothing_is_used_beyond_its_limit(load: Load) -> None:
    made = plan(load, COSTS, SITE)
    assert made.shard.worker_cores <= made.shard.workers * SITE.headroom + 1e-9
    assert all(share <= 1 for share in shares(made.shard, SITE).values())
    assert made.node_memory <= SITE.node_memory
    assert made.network <= SITE.node_gbit * 1e9 * SITE.headroom
    assert made.nodes * SITE.workers_per_node >= made.workers


@given(loads)
@settings(max_examples=20, deadline=None)
def test_what_gives_out_first_does_so_at_its_limit(load: Load) -> None:
    name, times = gives_out(load, COSTS, SITE)[0]
    if times * load.users > load.members_per_room:  # else there is not even one room
        shard, _ = shard_of(load.scaled(times * 1.01), COSTS, SITE)
        assert shares(shard, SITE)[name] >= 0.99
        below, _ = shard_of(load.scaled(times * 0.9), COSTS, SITE)
        assert shares(below, SITE)[name] <= 1


@given(st.integers(1, 2000), st.floats(1, 5000), st.floats(0.01, 1))
def test_a_room_is_followed_by_no_more_workers_than_there_are_or_than_listen(
    workers: int, members: float, online: float
) -> None:
    found = following(workers, members, online)
    assert 0 < found <= workers
    assert found <= members * online * (1 + 1e-9) or workers == 1
    assert found <= following(workers + 1, members, online) * (1 + 1e-9)


def test_a_room_of_all_is_followed_by_all() -> None:
    assert following(1, 1, 1.0) == 1
    assert following(8, 1e6, 0.5) == pytest.approx(8)
    assert following(2, 2, 1.0) == pytest.approx(1.5)


def test_all_who_lost_their_line_are_back_in_time() -> None:
    load = Load(users=1e6, rooms=10, rate=1, members_per_room=10, online=1.0)
    fast = plan(load, COSTS, replace(SITE, back_seconds=1.0))
    assert fast.bound == "coming back at once"
    assert fast.workers >= math.ceil(1e6 * 3e-4)


def test_what_can_not_be_is_refused() -> None:
    with pytest.raises(BadLoad, match="at most 1"):
        Load(online=2)
    with pytest.raises(BadLoad, match="more members"):
        Load(users=10, members_per_room=20)
    with pytest.raises(BadLoad, match="above 0"):
        Load(rate=0)
    with pytest.raises(BadLoad, match="transport"):
        Load(transport="pigeon")
    with pytest.raises(Impossible):
        plan(Load(), COSTS, replace(SITE, headroom=0.05))


def test_memory_divides_the_load_into_shards() -> None:
    small = replace(SITE, redis_memory=1 * GIB)
    assert plan(Load(rate=100), COSTS, small).shards > plan(Load(rate=100), COSTS, SITE).shards
