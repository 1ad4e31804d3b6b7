"""The model: what a load needs. Values in, a plan out.

Rooms are spread over workers by nobody: a stream goes where the balancer sends it. With W workers
and m members of a room, each of them online with the chance p, a worker has none of them with the
chance (1 - p/W)^m. So the expected number of workers that follow the room, and to which Redis says
each of its messages, is W(1 - (1 - p/W)^m).

A **shard** is a space with a Redis, an archive and workers of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from probes.plan.costs import Costs
from probes.plan.load import Load, Site

HEARTBEAT = 25.0
"""Seconds between two beats; what a server has without a setting."""
NONCE_HOURS = 24.0
_MOST_SHARDS = 100_000
_FOREVER = 1e9
"""Times the load: what does not give out before never does."""


class Impossible(ValueError):
    """No number of machines serves this load; the text says why."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One of ``shards`` alike. Parts are in cores; memory in bytes."""

    workers: int
    followed_by: float
    """Workers that follow a room."""
    topics: float
    """That are followed, summed over the workers."""
    worker_parts: Mapping[str, float]
    redis_parts: Mapping[str, float]
    redis_memory: float
    keeper: float
    """Cores of the one worker that writes the archive, for that."""

    @property
    def worker_cores(self) -> float:
        return sum(self.worker_parts.values())

    @property
    def redis_cores(self) -> float:
        return sum(self.redis_parts.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """``bound``: what decides the number of workers, and of nodes; ``network`` in bit/s of a node,
    ``node_memory`` in bytes."""

    load: Load
    site: Site
    shards: int
    shard: Shard
    workers: int
    nodes: int
    bound: str
    node_bound: str
    network: float
    node_memory: float

    @property
    def streams_per_worker(self) -> float:
        return self.load.streams / self.workers


def following(workers: int, members: float, online: float = 1.0) -> float:
    """Expected number of workers that follow a room."""
    if online >= workers:
        return 1.0
    return workers * -math.expm1(members * math.log1p(-online / workers))


def _followers(load: Load, workers: int) -> float:
    return following(workers, load.members_per_room, load.online)


def worker_parts(load: Load, costs: Costs, workers: int) -> dict[str, float]:
    """Cores of all workers of a shard with this load, for each thing that they do."""
    parts = {
        "posts": load.rate * (costs["post"] + costs["post_wake"] / load.batch),
        "hearing of messages": load.rate * max(0.0, _followers(load, workers) - 1) * costs["hear"],
    }
    if load.transport == "sse":
        per_write = costs["write"] / load.batch + costs["event"]
        parts["deliveries"] = load.deliveries * per_write
        parts["streams that are open"] = load.streams * (costs["look"] + costs["beat"] / HEARTBEAT)
    else:
        parts["polls"] = _polls(load) * costs["poll"]
        parts["deliveries"] = load.deliveries * costs["event"]
    parts["being there"] = workers * costs["worker_base"]
    return parts


def redis_parts(load: Load, costs: Costs, workers: int) -> dict[str, float]:
    """Cores of the Redis of a shard with this load, for each thing that it does."""
    further = max(0.0, _followers(load, workers) - 1)
    publish = costs["publish"] + costs["publish_wake"] / load.together
    parts = {
        "appending": load.rate * (costs["append"] + costs["append_wake"] / load.together),
        "fan-out to workers": load.rate * further * publish,
        "pulses": workers * costs["pulse"] + _topics(load, workers) * costs["pulse_topic"],
        "being there": costs["redis_base"],
    }
    if load.transport != "sse":
        parts["polls"] = _polls(load) * costs["poll_redis"]
    return parts


def redis_memory(load: Load, costs: Costs, workers: int) -> float:
    """Bytes: the log, the nonces, and who follows what."""
    return load.rate * _kept(load, costs) + _topics(load, workers) * costs["subscription_bytes"]


def shard_of(load: Load, costs: Costs, site: Site) -> tuple[Shard, str]:
    """One shard that serves all of ``load``, and what decides how many workers it has.

    More workers hear more of each other, so the number is the least that can carry what it causes.
    Raises `Impossible`.
    """
    spare = site.headroom - costs["worker_base"]
    if spare <= 0:
        raise Impossible("a worker needs more than the headroom even when nothing is asked of it")
    workers = 1
    while True:
        parts = worker_parts(load, costs, workers)
        busy = sum(parts.values()) - parts["being there"]
        if (needed := max(1, math.ceil(busy / spare))) <= workers:
            break
        workers = needed
    bound = "processor time"
    back = math.ceil(busy + load.streams * costs["connect"] / site.back_seconds)
    if load.transport == "sse" and back > workers:
        workers, bound = back, "coming back at once"
    return (
        Shard(
            workers,
            _followers(load, workers),
            _topics(load, workers),
            worker_parts(load, costs, workers),
            redis_parts(load, costs, workers),
            redis_memory(load, costs, workers),
            load.rate * costs["archive"],
        ),
        bound,
    )


def shares(shard: Shard, site: Site) -> dict[str, float]:
    """What of the limit is used, of what a shard has once: above 1 it has given out."""
    return {
        "Redis, processor": shard.redis_cores / site.headroom,
        "Redis, memory of the log": shard.redis_memory / site.redis_memory,
        "the archive's one writer": shard.keeper / site.headroom,
    }


def plan(load: Load, costs: Costs, site: Site, shards: int | None = None) -> Plan:
    """The least that serves the load; with so many shards, or the fewest that do.

    Raises `Impossible`.
    """
    numbers = count(_at_least(load, costs, site)) if shards is None else [shards]
    for number in numbers:
        shard, bound = shard_of(load.scaled(1 / number), costs, site)
        if shards is not None or max(shares(shard, site).values()) <= 1:
            return _plan(load, costs, site, number, shard, bound)
        if number >= _MOST_SHARDS:
            break
    raise Impossible(f"{_MOST_SHARDS:,} shards are not enough")


def _at_least(load: Load, costs: Costs, site: Site) -> int:
    """Shards that it takes for what depends on the messages alone, and falls with their number."""
    alone = (
        (costs["append"] + costs["append_wake"] / load.together) / site.headroom,
        costs["archive"] / site.headroom,
        _kept(load, costs) / site.redis_memory,
    )
    return max(1, math.floor(load.rate * max(alone)))


def gives_out(load: Load, costs: Costs, site: Site) -> list[tuple[str, float]]:
    """What one shard has once, and at how many times the load it gives out: the first one first."""
    found = []
    for name in ("Redis, processor", "Redis, memory of the log", "the archive's one writer"):
        low, high = 0.0, 1.0
        while high < _FOREVER and _share(load, costs, site, high, name) < 1:
            low, high = high, high * 2
        for _ in range(40):
            middle = (low + high) / 2
            if _share(load, costs, site, middle, name) < 1:
                low = middle
            else:
                high = middle
        found.append((name, low))
    return sorted(found, key=lambda row: row[1])


def _share(load: Load, costs: Costs, site: Site, times: float, name: str) -> float:
    return shares(shard_of(load.scaled(times), costs, site)[0], site)[name]


def _plan(load: Load, costs: Costs, site: Site, shards: int, shard: Shard, bound: str) -> Plan:
    workers = shard.workers * shards
    sockets = costs["stream_bytes"] + costs["socket_bytes"]
    memory = load.streams * sockets + workers * costs["worker_bytes"]
    bits = load.deliveries * event_bytes(load, costs) * 8
    needs = {
        "workers": math.ceil(workers / site.workers_per_node),
        "memory": math.ceil(memory / site.node_memory),
        "network": math.ceil(bits / (site.node_gbit * 1e9 * site.headroom)),
    }
    nodes = max(needs.values())
    node_bound = next(name for name, number in needs.items() if number == nodes)
    return Plan(
        load, site, shards, shard, workers, nodes, bound, node_bound, bits / nodes, memory / nodes
    )


def event_bytes(load: Load, costs: Costs) -> float:
    """Of an event on the wire. The text stands in it twice, as it was typed and rendered; what was
    measured had 200 bytes."""
    return costs["delivery_bytes"] + 2 * (load.size - 200)


def _kept(load: Load, costs: Costs) -> float:
    """Bytes in Redis for one message a second."""
    return 3600 * (load.log_hours * costs["log_bytes"] + NONCE_HOURS * costs["nonce_bytes"])


def _polls(load: Load) -> float:
    """A second. A short poll takes along what has come since; a long poll ends with what comes, or
    with nothing after its time."""
    if load.transport == "short-poll":
        return load.streams / load.interval
    return load.streams / load.wait + load.deliveries / load.batch


def _topics(load: Load, workers: int) -> float:
    """Followed topics, summed over the workers: each room that somebody listens to on each worker
    where they do, everybody's own, and the space."""
    return load.rooms * _followers(load, workers) + load.streams + workers
