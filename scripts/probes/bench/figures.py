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

SPLIT = {
    "post": "POST to handler",
    "log": "handler to log",
    "worker": "log to worker",
    "socket": "worker to socket",
    "client": "socket to client",
}
"""Part of a message's way -> from where to where."""


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
        for what, title in (
            ("delivery", "send to receive"),
            ("delivery_closed", "send to receive, closed loop"),
            ("post", "POST to answer"),
            ("row", "POST to row"),
            ("row_closed", "POST to row, closed loop"),
            ("paint", "POST to paint"),
            ("paint_closed", "POST to paint, closed loop"),
        )
        for name in PERCENTILES.values()
    },
    "offered_per_s": Figure("messages offered", "1/s"),
    "achieved_per_s": Figure("messages that came", "1/s", "more"),
    "requests_per_delivery": Figure("requests per delivery", "", "less"),
    "wasted_polls_per_delivery": Figure("wasted polls per delivery", "", "less"),
    "wire_bytes_per_delivery": Figure("bytes on the wire per delivery", "B", "less"),
    "up_bytes_per_delivery": Figure("bytes up per delivery", "B", "less"),
    "down_bytes_per_delivery": Figure("bytes down per delivery", "B", "less"),
    **{
        f"split_{name}_ms": Figure(f"of a trip, {part}", "ms", "less")
        for name, part in SPLIT.items()
    },
    "opening_bytes": Figure("bytes to begin with, per member", "B", "less"),
    "missed_polls": Figure("polls missed", "", "less"),
    **{
        f"{what}_{name}_ms": Figure(f"{title} {name}", "ms", "less")
        for what, title in (
            ("quiet_delivery", "send to receive while all stay"),
            ("return", "return"),
        )
        for name in PERCENTILES.values()
    },
    "offered_connects_per_s": Figure("returns asked for", "1/s"),
    "connects_per_s": Figure("returns", "1/s"),
    **_with_roles("connect_us", "CPU per connect", "us"),
    **_with_roles("bytes_per_stream", "memory per idle stream", "B"),
    "private_bytes_per_stream": Figure("private memory per idle stream", "B", "less"),
    "socket_bytes_per_stream": Figure("kernel memory per idle stream", "B", "less"),
    "idle_cpu_percent": Figure("CPU while idle", "%", "less"),
    "idle_cpu_us_per_member": Figure("CPU of an idle member in a second", "us", "less"),
    "requests_per_member_s": Figure("requests of an idle member", "1/s", "less"),
    "wire_bytes_per_member_s": Figure("bytes of an idle member, both ways", "B/s", "less"),
    "server_share": Figure("server's processors busy", "share"),
    "client_share": Figure("client busy", "share"),
    "clock_offset_ms": Figure("server's clock ahead of ours", "ms"),
    "clock_error_ms": Figure("the same, at most wrong by", "ms"),
    "network_share": Figure("network's processes on the client's processor", "share"),
    "network_late_p99_ms": Figure("network late p99", "ms"),
    "network_segments": Figure("segments carried", ""),
    "network_lost_segments": Figure("segments lost by the network", ""),
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
    "uneven_joined": Figure("fullest node to mean, a node has joined", "", "less"),
    "uneven_more": Figure("fullest node to mean, more streams have come", "", "less"),
    "uneven_reloaded": Figure("fullest node to mean, the first was reloaded", "", "less"),
    "uneven_left": Figure("fullest node to mean, the last has left", "", "less"),
    "moved_streams": Figure("streams that moved", ""),
    "moved_reload_s": Figure("all moved, after a reload", "s"),
    "moved_leave_s": Figure("all moved, after a node left", "s"),
    "without_stream_p50_ms": Figure("without a stream p50", "ms", "less"),
    "without_stream_p99_ms": Figure("without a stream p99", "ms", "less"),
    "without_stream_max_ms": Figure("without a stream max", "ms", "less"),
    "streams_cut": Figure("streams cut", "", "less"),
    "reference_members": Figure("members, for costs", ""),
    "reference_rate": Figure("messages, for costs", "1/s"),
    "lost": Figure("lost", ""),
    "doubled": Figure("doubled", ""),
    "disordered": Figure("out of order", ""),
    "refused_posts": Figure("posts refused", ""),
    "clock_offset_error_ms": Figure("the browser's clock may be off by", "ms"),
    "clock_drift_ms": Figure("the browser's clock went ahead by", "ms"),
    # Of scripts/lab plan --measure.
    "publish_us": Figure("Redis: CPU per publish", "us", "less"),
    "pulse_us": Figure("Redis: CPU per pulse", "us", "less"),
    "archive_us": Figure("CPU per message archived", "us", "less"),
    "hear_us": Figure("CPU per message heard and read by nobody", "us", "less"),
    "not_heard_us": Figure("CPU of a worker per message that it does not hear", "us", "less"),
    "poll_us_worker": Figure("CPU per poll, workers", "us", "less"),
    "poll_us_redis": Figure("CPU per poll, Redis", "us", "less"),
    "worker_bytes": Figure("memory of a worker without streams", "B", "less"),
    "socket_bytes": Figure("kernel's memory per idle socket", "B", "less"),
    "subscription_bytes": Figure("Redis: memory per followed topic", "B", "less"),
    "log_bytes": Figure("Redis: memory per message in the log", "B", "less"),
    "nonce_bytes": Figure("Redis: memory per nonce", "B", "less"),
}
"""Name -> what it is. Memory is that of the server's processes, processor time user and system."""
