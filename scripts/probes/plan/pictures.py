"""The plots: where one Redis gives out as nodes are added, and what shards give."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probes.plan.costs import Costs
from probes.plan.load import Load, Site
from probes.plan.model import shard_of, worker_parts
from probes.plan.tables import redis_takes
from probes.plots import BLUE, GREEN, GREY, ORANGE, PURPLE, YELLOW, drawn

NODES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
LISTENERS = {10: GREEN, 100: BLUE, 1000: ORANGE}
SHARDS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Messages a second by the number of nodes, for rooms to which so many listen: what the
    workers can carry, and what one Redis takes where they come alone, or many at once."""

    workers: list[float]
    redis: list[float]
    crowd: list[float]
    node: int | None
    """The first number of nodes with which Redis is the limit."""


def crossing(costs: Costs, site: Site, listeners: int) -> Crossing:
    """For rooms to which so many listen, and nothing else."""
    numbers = [nodes * site.workers_per_node for nodes in NODES]
    return Crossing(
        [_carried(costs, site, number, listeners) for number in numbers],
        [redis_takes(costs, site, number, listeners) for number in numbers],
        [redis_takes(costs, site, number, listeners, costs.reach.together) for number in numbers],
        next(
            (
                nodes
                for nodes in range(1, NODES[-1] + 1)
                for number in [nodes * site.workers_per_node]
                if _carried(costs, site, number, listeners)
                > redis_takes(costs, site, number, listeners)
            ),
            None,
        ),
    )


def shard_parts(load: Load, costs: Costs, site: Site) -> dict[str, list[float]]:
    """Cores of the Redis of each shard, for each thing that it does, by the number of shards."""
    parts: dict[str, list[float]] = {}
    for shards in SHARDS:
        shard, _ = shard_of(load.scaled(1 / shards), costs, site)
        for name, cores in shard.redis_parts.items():
            parts.setdefault(name, []).append(cores)
    return parts


def digest(costs: Costs, load: Load, site: Site) -> str:
    """Of what the plots show."""
    crossings = [crossing(costs, site, listeners) for listeners in LISTENERS]
    plain = [[one.workers, one.redis, one.crowd] for one in crossings]
    rounded = _rounded([plain, list(shard_parts(load, costs, site).values())])
    return hashlib.sha256(json.dumps(rounded).encode()).hexdigest()[:16]


def draw(costs: Costs, load: Load, site: Site, folder: Path) -> list[Path]:
    """Write the plots."""
    files = [folder / "fan-out.svg", folder / "shards.svg"]
    mark = digest(costs, load, site)
    with drawn(files[:1], mark, (7.2, 3.8)) as [axes]:
        _draw_crossings(axes, costs, site)
    with drawn(files[1:], mark, (7.2, 3.2)) as [axes]:
        _draw_shards(axes, load, costs, site)
    return files


def _draw_crossings(axes: Any, costs: Costs, site: Site) -> None:
    axes.set_title(
        "Messages a second: what the nodes can carry, and what one Redis takes",
        fontsize=10,
        loc="left",
    )
    for listeners, colour in LISTENERS.items():
        found = crossing(costs, site, listeners)
        label = f"{listeners:,} listen"
        axes.plot(NODES, found.workers, color=colour, label=f"{label}: nodes")
        axes.fill_between(NODES, found.redis, found.crowd, color=colour, alpha=0.15, linewidth=0)
        axes.plot(NODES, found.redis, color=colour, linestyle="--", label=f"{label}: Redis")
        if found.node is not None:
            taken = redis_takes(costs, site, found.node * site.workers_per_node, listeners)
            axes.plot([found.node], [taken], "o", color=colour, markersize=5)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(NODES[::2], [str(nodes) for nodes in NODES[::2]])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel(f"nodes, of {site.workers_per_node} workers each")
    axes.set_ylabel("messages/s")
    axes.grid(axis="y")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 5)
    axes.legend(frameon=False, fontsize=7.5, ncols=3, loc="upper left")


def _draw_shards(axes: Any, load: Load, costs: Costs, site: Site) -> None:
    axes.set_title("Processor of the Redis of each shard", fontsize=10, loc="left")
    below = [0.0] * len(SHARDS)
    for (name, cores), colour in zip(
        shard_parts(load, costs, site).items(), (GREEN, ORANGE, BLUE, YELLOW, PURPLE), strict=False
    ):
        axes.bar(range(len(SHARDS)), cores, 0.7, bottom=below, label=name, color=colour)
        below = [low + more for low, more in zip(below, cores, strict=True)]
    axes.axhline(site.headroom, color=GREY, linestyle="--", linewidth=1)
    axes.text(len(SHARDS) - 0.6, site.headroom, "limit", fontsize=8, va="bottom", ha="right")
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.set_xticks(range(len(SHARDS)), [str(shards) for shards in SHARDS])
    axes.set_xlabel("shards")
    axes.set_ylabel("cores")
    axes.legend(frameon=False, fontsize=8)


def _carried(costs: Costs, site: Site, workers: int, listeners: int) -> float:
    """Messages a second that these workers can do, to so many listeners each."""
    parts = worker_parts(Load(1e9, 1.0, 1.0, float(listeners), online=1.0), costs, workers)
    each = parts["posts"] + parts["hearing of messages"] + parts["deliveries"]
    return workers * (site.headroom - costs["worker_base"]) / each


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.6g}")
