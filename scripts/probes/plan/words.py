"""The answer in a sentence or two."""

from __future__ import annotations

from probes.bench.show import shown
from probes.plan.costs import Costs
from probes.plan.load import Load, Site
from probes.plan.model import Plan, gives_out


def question(load: Load) -> str:
    """What was asked for."""
    how = "over Server-Sent Events" if load.transport == "sse" else f"by {load.transport}"
    return (
        f"{shown(load.users)} users in {shown(load.rooms)} rooms of "
        f"{shown(load.members_per_room)} members, {load.online:.0%} of them online {how}, "
        f"{shown(load.rate)} messages a second: {shown(load.streams)} people who listen and "
        f"{shown(load.deliveries)} deliveries a second."
    )


def answer(found: Plan, costs: Costs, site: Site) -> str:
    """What that takes, and why not less."""
    name, times = gives_out(found.load, costs, site)[0]
    why = f"With one shard {name} gives out first, at {shown(times)} x this load"
    enough = times >= 1
    return (
        f"{found.workers:,} workers on {found.nodes:,} nodes, and {found.shards:,} "
        f"{'shard' if found.shards == 1 else 'shards'}. {why}"
        + (", so one is enough." if enough else ".")
    )
