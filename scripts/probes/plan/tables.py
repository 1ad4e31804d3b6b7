"""What a plan shows, as tables: for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from probes.bench.show import shown
from probes.plan.check import FACTOR, Row
from probes.plan.costs import Cost, Costs
from probes.plan.load import GIB, Load, Site
from probes.plan.model import Plan, following, gives_out, plan, redis_parts, shard_of, shares


@dataclass(frozen=True, slots=True)
class Table:
    """All cells are words already."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def answer(found: Plan, costs: Costs) -> Table:
    """What is needed, and how far that is beyond what was measured."""
    load, shard, reach = found.load, found.shard, costs.reach
    each = 1 / found.shards
    reads = load.streams if load.transport == "sse" else 0.0
    lines = [
        ("messages a second, of one Redis", load.rate * each, reach.rate),
        ("messages a second, of one archive", load.rate * each, reach.archived),
        ("deliveries a second, of one worker", load.deliveries / found.workers, reach.deliveries),
        ("who listens to a message", load.listeners, reach.listeners),
        ("streams of one worker", reads / found.workers, reach.streams),
        ("workers that follow a room", shard.followed_by, reach.workers),
        ("topics in a worker's pulse", shard.topics / shard.workers, reach.topics),
        (
            "messages in the log of one Redis",
            load.rate * each * 3600 * load.log_hours,
            reach.logged,
        ),
        ("workers on one Redis", float(shard.workers), reach.fleet),
    ]
    rows = [
        (what, shown(value), shown(known), _beyond(value, known)) for what, value, known in lines
    ]
    return Table(("what", "in this plan", "measured up to", "extrapolated"), rows)


def needs(found: Plan) -> Table:
    """How busy everything is."""
    shard, site = found.shard, found.site
    rows = [
        ("workers", f"{found.workers:,}", f"decided by: {found.bound}"),
        ("nodes", f"{found.nodes:,}", f"decided by: {found.node_bound}"),
        ("shards", f"{found.shards:,}", "each a space with a Redis and an archive of its own"),
        ("streams of a worker", shown(found.streams_per_worker), ""),
        ("memory of a node", f"{shown(found.node_memory / GIB)} GiB", "worker and kernel"),
        ("network of a node", f"{shown(found.network / 1e6)} Mbit/s", "events alone"),
        *(_part("a worker", *part) for part in _each(shard.worker_parts.items(), shard.workers)),
        *(_part("a Redis", *part) for part in shard.redis_parts.items()),
        *(
            (f"used of the limit: {name}", f"{share:.0%}", "of one shard")
            for name, share in shares(shard, site).items()
        ),
    ]
    return Table(("what", "how much", "remark"), rows)


def first(load: Load, costs: Costs, site: Site) -> Table:
    """What one shard has once, the first to give out first."""
    rows = [
        (name, f"{shown(times)} x", f"{shown(load.rate * times)} messages a second")
        for name, times in gives_out(load, costs, site)
    ]
    return Table(("with one shard", "gives out at", "which is"), rows)


def what_if(load: Load, costs: Costs, site: Site) -> Table:
    """The same with one thing changed."""
    many, few = load.members_per_room / 10, load.members_per_room * 10
    cases = [
        ("as given", load),
        ("2 x users, rooms and messages", load.scaled(2)),
        ("10 x users, rooms and messages", load.scaled(10)),
        ("a tenth of them", load.scaled(0.1)),
        ("the log kept for 4 hours", replace(load, log_hours=4.0)),
        (f"rooms of {shown(many)}, as many deliveries", _sized(load, many)),
        (f"rooms of {shown(few)}, as many deliveries", _sized(load, few)),
        ("16 messages at once, wherever they go", replace(load, batch=16.0, together=16.0)),
        ("by long polls", replace(load, transport="long-poll")),
        (f"by short polls each {load.interval:g} s", replace(load, transport="short-poll")),
    ]
    rows = []
    for name, case in cases:
        made = plan(case, costs, site)
        out, times = gives_out(case, costs, site)[0]
        rows.append(
            (
                name,
                *(f"{number:,}" for number in (made.workers, made.nodes, made.shards)),
                shown(made.shard.worker_cores * made.shards),
                f"{out} ({shown(times)} x)",
            )
        )
    head = ("what if", "workers", "nodes", "shards", "cores that are busy in workers")
    return Table((*head, "with one shard gives out first"), rows)


def _sized(load: Load, members: float) -> Load:
    """With rooms of another size, and as many deliveries and memberships as before."""
    times = members / load.members_per_room
    return replace(load, members_per_room=members, rooms=load.rooms / times, rate=load.rate / times)


def fan_out(costs: Costs, site: Site) -> Table:
    """To how many workers a message goes, and how many messages one Redis can take then."""
    sizes, numbers = (5, 50, 500, 5000), (2, 8, 32, 128, 512)
    rows = [
        (
            f"{workers}",
            *(
                f"{shown(following(workers, size))}: {shown(most)}"
                for size in sizes
                for most in [redis_takes(costs, site, workers, size)]
            ),
        )
        for workers in numbers
    ]
    head = ("workers", *(f"{size:,} listen: follow, messages/s" for size in sizes))
    return Table(head, rows)


def redis_takes(
    costs: Costs, site: Site, workers: int, listeners: float, together: float = 1.0
) -> float:
    """Messages a second, with so many workers, of rooms to which so many listen; no pulses."""
    one = Load(1e9, 1.0, 1.0, max(1.0, listeners), online=1.0, together=together)
    parts = redis_parts(one, costs, workers)
    return (site.headroom - costs["redis_base"] - workers * costs["pulse"]) / (
        parts["appending"] + parts["fan-out to workers"]
    )


def sharding(load: Load, costs: Costs, site: Site) -> Table:
    """One shard with all of it, two with a half each, and so on."""
    rows = []
    for shards in (1, 2, 4, 8, 16, 32, 64):
        shard, _ = shard_of(load.scaled(1 / shards), costs, site)
        rows.append(
            (
                f"{shards}",
                f"{shard.workers * shards:,}",
                f"{shard.workers:,}",
                shown(shard.followed_by),
                *(f"{share:.0%}" for share in shares(shard, site).values()),
            )
        )
    head = ("shards", "workers in all", "of a shard", "follow a room", *shares(shard, site))
    return Table(head, rows)


def known(costs: Costs) -> Table:
    """The costs."""
    rows = [
        (f"{name}: {one.title}", _value(one, one.value), _spread(one), one.source)
        for name, one in costs.of.items()
    ]
    return Table(("cost", "value", "from, to", "out of"), rows)


def checked(rows: Iterable[Row], held: bool = True) -> Table:
    """Predictions beside measurements."""
    lines = [
        (
            row.cell,
            row.process,
            shown(row.measured),
            shown(row.predicted),
            f"{row.ratio:.2f}" + (" **(beyond)**" if held and row.error > FACTOR else ""),
        )
        for row in rows
    ]
    return Table(
        ("scenario", "of", "measured (us per message)", "predicted by the others", "ratio"), lines
    )


def _each(parts: Iterable[tuple[str, float]], workers: int) -> Iterable[tuple[str, float]]:
    return ((name, cores / workers) for name, cores in parts)


def _part(whose: str, what: str, cores: float) -> tuple[str, str, str]:
    return f"processor of {whose}: {what}", f"{cores:.1%}", ""


def _beyond(value: float, known: float) -> str:
    return "no" if value <= known * 1.0001 else f"**{shown(value / known)} x**"


def _value(one: Cost, value: float) -> str:
    if one.unit == "s":
        return f"{shown(value * 1e6)} us"
    return f"{value:.2%} of a core" if one.unit == "cores" else f"{shown(value)} B"


def _spread(one: Cost) -> str:
    if one.low == one.high:
        return "one measurement"
    return f"{_value(one, one.low)} to {_value(one, one.high)}"
