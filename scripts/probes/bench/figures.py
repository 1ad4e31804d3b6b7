"""What a run may find: the names of figures in results, and how to show them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """``better``: which way is better, "more" or "less", or "" for facts of the run."""

    title: str
    unit: str
    better: str = ""

    @property
    def label(self) -> str:
        """With its unit, where it has one."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


_LATENCIES = ((50, "p50"), (90, "p90"), (99, "p99"), (99.9, "p999"), (100, "max"))
PERCENTILES = dict(_LATENCIES)
"""Percentile -> how it is called in the names of figures."""

ROLES = {
    "worker": "workers",
    "redis": "Redis",
    "proxy": "proxy",
    "database": "database",
    "supervisor": "supervisor",
}
"""Role of a process -> how it is called."""


def _with_roles(name: str, title: str, unit: str) -> dict[str, Figure]:
    """A figure of all processes, and that of each role."""
    whole = {name: Figure(title, unit, "less")}
    return whole | {
        f"{name}_{role}": Figure(f"{title}, {called}", unit, "less")
        for role, called in ROLES.items()
    }


FIGURES = {
    "deliveries_per_s": Figure("deliveries", "1/s", "more"),
    "messages_per_s": Figure("messages", "1/s", "more"),
    **_with_roles("cpu_us_per_delivery", "CPU per delivery", "us"),
    **_with_roles("cpu_us_per_message", "CPU per message", "us"),
    **{
        f"{what}_{name}_ms": Figure(f"{title} {name}", "ms", "less")
        for what, title in (("delivery", "send to receive"), ("post", "POST to answer"))
        for name in PERCENTILES.values()
    },
    **_with_roles("connect_us", "CPU per connect", "us"),
    **_with_roles("bytes_per_stream", "memory per idle stream", "B"),
    "private_bytes_per_stream": Figure("private memory per idle stream", "B", "less"),
    "idle_cpu_percent": Figure("CPU while idle", "%", "less"),
    "server_share": Figure("server's processors busy", "share"),
    "client_share": Figure("client busy", "share"),
    "others_share": Figure("others on the server's processors", "share"),
    "client_lag_p99_ms": Figure("client's lag p99", "ms"),
    "client_lag_max_ms": Figure("client's lag max", "ms"),
    "bytes_per_delivery": Figure("bytes per delivery", "B"),
    "deliveries_per_read": Figure("deliveries per read", ""),
    "seconds": Figure("measured", "s"),
    "messages": Figure("messages", ""),
    "deliveries": Figure("deliveries", ""),
    "nodes": Figure("nodes", ""),
    "capacity_members": Figure("capacity, members", "", "more"),
    "capacity_per_s": Figure("capacity, deliveries", "1/s", "more"),
    "speed_up": Figure("speed-up", "", "more"),
    "efficiency": Figure("efficiency", "", "more"),
    "speed_up_by_cost": Figure("speed-up by what a delivery costs", "", "more"),
    "cpu_us_per_delivery_nodes": Figure("CPU per delivery, nodes", "us", "less"),
    "reference_members": Figure("members, for costs", ""),
    "reference_rate": Figure("messages, for costs", "1/s"),
    "lost": Figure("lost", ""),
    "doubled": Figure("doubled", ""),
    "disordered": Figure("out of order", ""),
    "refused_posts": Figure("posts refused", ""),
}
"""Name -> what it is. Memory is that of the server's processes, processor time user and system."""
