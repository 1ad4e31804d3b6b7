"""Whether a load holds, and what stands in the way of more: no I/O here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from probes.bench.judging import BUSY, OTHERS
from probes.scale.cluster import role_of
from probes.scale.generator import Found

SATURATED = 0.95
"""Of a processor, of a quota, or of all processors of the server."""
_CALLED = {
    "worker": "workers",
    "supervisor": "supervisors",
    "redis": "Redis",
    "proxy": "proxy",
    "database": "database",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """``milliseconds`` at the 99th percentile, ``achieved`` of what was offered, and the ``quota``
    of a node (a share of one processor; 0: none) on ``processors``."""

    milliseconds: float = 250.0
    achieved: float = 0.95
    quota: float = 0.0
    processors: int = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """``reasons`` why the load does not hold; none where it does. ``failed``: a promise was broken.
    ``refused``: why this says nothing of the server; ``generator``: because that was the limit.
    ``who`` had how much of the processors."""

    reasons: tuple[str, ...] = ()
    failed: str = ""
    refused: str = ""
    generator: bool = False
    who: str = ""

    @property
    def held(self) -> bool:
        return not (self.reasons or self.failed or self.generator)


def judge(found: Found, offered: float, achieved: float, limits: Limits) -> Judged:
    """What a step comes to; ``offered`` and ``achieved`` are messages a second."""
    reasons = []
    if found.broken:
        reasons.append(found.broken)
    p99 = found.figures.get("delivery_p99_ms", 0.0)
    if p99 > limits.milliseconds:
        reasons.append(f"p99 {p99:,.0f} ms is above {limits.milliseconds:g} ms")
    if found.figures and achieved < limits.achieved * offered:
        reasons.append(f"only {achieved / offered:.0%} of what was offered came through")
    reasons += saturated(found, limits)
    refused = ""
    if found.client_share > BUSY:
        refused = f"the generator was busy {found.client_share:.0%} of its processor"
    elif (others := others_share(found, limits)) > OTHERS:
        refused = f"others took {others:.0%} of the server's processors"
    generator = found.client_share > BUSY
    return Judged(tuple(reasons), found.wrong, refused, generator, who(found, limits))


def saturated(found: Found, limits: Limits) -> list[str]:
    """Which processor time was used up, and by whom."""
    said = []
    if limits.quota:
        for node, share in sorted(of_nodes(found.shares).items()):
            if share > SATURATED * limits.quota:
                said.append(f"{node} used {share / limits.quota:.0%} of its quota")
    for name, share in found.shares.items():
        if share > SATURATED:
            said.append(f"{name} used {share:.0%} of a processor")
    if found.busy > SATURATED and of_nodes(found.shares) and others_share(found, limits) <= OTHERS:
        said.append(f"the server's processors were busy {found.busy:.0%}")
    return said


def who(found: Found, limits: Limits) -> str:
    """Shares of a processor, for people."""
    parts = [
        f"{_CALLED.get(role, role)} {share:.0%}"
        for role, share in sorted(of_roles(found.shares).items(), key=lambda pair: -pair[1])
        if share >= 0.005
    ]
    if not of_nodes(found.shares):
        return ", ".join([*parts, f"generator {found.client_share:.0%}"]) + " of a processor"
    count = "processor" if limits.processors == 1 else f"{limits.processors} processors"
    return (
        f"the server's {count} busy {found.busy:.0%} ({', '.join(parts)} of one), "
        f"generator {found.client_share:.0%} of its own"
    )


def others_share(found: Found, limits: Limits) -> float:
    """Of the server's processors: what nobody of the server took; 0 where its processes are not
    known."""
    if not of_nodes(found.shares):
        return 0.0
    return max(0.0, found.busy - sum(found.shares.values()) / limits.processors)


def of_nodes(shares: Mapping[str, float]) -> dict[str, float]:
    """Of all processes of each node together."""
    found: defaultdict[str, float] = defaultdict(float)
    for name, share in shares.items():
        if name.startswith("node"):
            found[name.partition(" ")[0]] += share
    return dict(found)


def of_roles(shares: Mapping[str, float]) -> dict[str, float]:
    """Of all processes of each role together."""
    found: defaultdict[str, float] = defaultdict(float)
    for name, share in shares.items():
        found[role_of(name)] += share
    return dict(found)
