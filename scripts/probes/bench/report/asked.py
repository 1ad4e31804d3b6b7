"""What the server is to reach: each claim with its limit, and where it is measured."""

from __future__ import annotations

from probes.bench.report.claims import Against, Amount, Claim, Kept, Nothing
from probes.bench.report.evidence import Where

_ROOM = {"rooms": 1, "workers": 1, "transport": "sse", "size": 200}


def _crowd(subscribers: int) -> Where:
    return Where("saturation", {**_ROOM, "subscribers": subscribers})


_STEADY = Where("steady", {**_ROOM, "subscribers": 1000, "rate": 20})
_ROOMS = Where("rooms", {"subscribers": 1000, "rooms": 10, "workers": 1})
_SMALL = Where("messenger", {"subscribers": 50, "members": 50, "rate": 50})
_LARGE = Where("messenger-200", {"subscribers": 200, "members": 200, "rate": 10})
_POLLS = Where("long-poll", {"transport": "long-poll"})
_POSTS = Where("post", {"subscribers": 50, "rate": 200})
_ALONE = Where("post-alone", {"subscribers": 0})
_IDLE = Where("idle", {"subscribers": 10_000, "own_sessions": True, "heartbeat": 25})
_RATE, _COST = "deliveries_per_s", "cpu_us_per_delivery"

CLAIMS: tuple[Claim, ...] = (
    Against(
        "saturation-1000",
        "1,000 subscribers of one room: deliveries a second at saturation",
        *(4, True),
        where=_crowd(1000),
        figure=_RATE,
    ),
    Against(
        "saturation-1000-aim",
        "the same, as it is aimed at",
        *(6, True),
        where=_crowd(1000),
        figure=_RATE,
    ),
    Against(
        "cost-1000",
        "1,000 subscribers of one room: CPU per delivery",
        1 / 3,
        where=_crowd(1000),
        figure=_COST,
    ),
    Against(
        "steady-p50",
        "1,000 subscribers, 20 messages a second: median of send to receive",
        1,
        where=_STEADY,
        figure="delivery_p50_ms",
    ),
    Against(
        "steady-p99",
        "the same: 99th percentile",
        1,
        where=_STEADY,
        figure="delivery_p99_ms",
    ),
    Against(
        "saturation-100",
        "100 subscribers: deliveries a second at saturation",
        *(1, True),
        where=_crowd(100),
        figure=_RATE,
    ),
    Against(
        "saturation-5000",
        "5,000 subscribers: deliveries a second at saturation",
        *(4, True),
        where=_crowd(5000),
        figure=_RATE,
    ),
    Kept(
        "rooms",
        "1,000 readers who are all in the same 10 rooms: deliveries a second, to those of one room",
        *(0.6, True),
        where=_ROOMS,
        elsewhere=_crowd(1000),
        figure=_RATE,
    ),
    Amount(
        "messenger-50-p50",
        "50 members, 50 messages a second: median of send to receive",
        2.2,
        where=_SMALL,
        figure="delivery_p50_ms",
    ),
    Amount(
        "messenger-50-p99",
        "the same: 99th percentile",
        5,
        where=_SMALL,
        figure="delivery_p99_ms",
    ),
    Amount(
        "messenger-200-p50",
        "200 members, 10 messages a second: median of send to receive",
        3.3,
        where=_LARGE,
        figure="delivery_p50_ms",
    ),
    Amount(
        "messenger-200-p99",
        "the same: 99th percentile",
        11,
        where=_LARGE,
        figure="delivery_p99_ms",
    ),
    Amount("long-poll", "long polls: CPU per delivery", 50, where=_POLLS, figure=_COST),
    Amount(
        "post-p50",
        "200 posts a second among 50 members: median of POST to answer",
        2,
        where=_POSTS,
        figure="post_p50_ms",
    ),
    Amount("post-p99", "the same: 99th percentile", 10, where=_POSTS, figure="post_p99_ms"),
    Amount(
        "post-cost",
        "a post that nobody hears: CPU",
        500,
        where=_ALONE,
        figure="cpu_us_per_message",
    ),
    Amount(
        "idle-memory",
        "10,000 signed-in streams: memory of the server's processes for each",
        2048,
        where=_IDLE,
        figure="bytes_per_stream",
    ),
    Amount(
        "idle-cpu",
        "the same, with beats every 25 s: CPU while idle",
        2,
        where=_IDLE,
        figure="idle_cpu_percent",
    ),
    Amount(
        "idle-connect",
        "the same: CPU to connect each",
        300,
        where=_IDLE,
        figure="connect_us",
    ),
    Nothing(
        "complete",
        "lost, doubled or out of order, in all runs of ours",
        0,
        figures=("lost", "doubled", "disordered"),
    ),
)
