"""The loads that a search has tried, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from probes.scale.generator import Found
from probes.scale.stops import Judged, of_nodes, of_roles


@dataclass(slots=True)
class Step:
    """One load that was tried."""

    members: int
    rate: float
    found: Found
    judged: Judged
    streams: dict[str, int]
    """Of each node, as it began; short polls have none."""

    @property
    def load(self) -> str:
        return f"{self.members:,} members at {self.rate:g} messages/s"

    @property
    def spread(self) -> str:
        """Where the members were, for people; "" where that is not known."""
        if 2 * sum(self.streams.values()) < self.members:
            return ""
        nodes = (f"{node} {count}" for node, count in self.streams.items() if count)
        return f" ({', '.join(nodes)})"

    @property
    def achieved(self) -> float:
        """Messages a second that came to each member."""
        return self.found.figures.get("achieved_per_s", 0.0)

    @property
    def cost(self) -> float:
        """Processor time of the nodes for each delivery, in us; 0 where it is not known."""
        deliveries = self.found.figures.get("deliveries_per_s", 0.0)
        used = sum(of_nodes(self.found.shares).values())
        return used / deliveries * 1e6 if deliveries else 0.0

    def costs(self) -> dict[str, float]:
        """That of all processes, and of each role, by the names of figures."""
        deliveries = self.found.figures.get("deliveries_per_s", 0.0)
        if not deliveries or not self.found.shares:
            return {}
        roles = of_roles(self.found.shares)
        costs = {"cpu_us_per_delivery": sum(roles.values()) / deliveries * 1e6}
        for role, share in roles.items():
            costs[f"cpu_us_per_delivery_{role}"] = share / deliveries * 1e6
        return costs


@dataclass(slots=True)
class Outcome:
    """``best``: the largest load that held, below ``worst``, the smallest that did not; ``ended``:
    the last of the search. ``reference``: the load at which costs are compared."""

    best: Step | None = None
    worst: Step | None = None
    ended: Step | None = None
    reference: Step | None = None
    steps: list[list[float]] = field(default_factory=list)
    series: dict[str, list[list[float]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    """Promises that were broken, at whichever load."""

    @property
    def refused(self) -> list[str]:
        """Why the loads between which the search ended say nothing of the server, where so."""
        steps = {id(step): step for step in (self.best, self.worst, self.ended) if step}
        return [
            f"{step.judged.refused} at {step.load}"
            for step in steps.values()
            if step.judged.refused
        ]
