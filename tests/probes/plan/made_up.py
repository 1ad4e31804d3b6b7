"""Costs, made up: round numbers, so that a plan can be worked out by hand."""

from __future__ import annotations

from probes.plan.costs import Cost, Costs, Reach

VALUES = {
    "worker_base": 0.1,
    "post": 0.001,
    "post_wake": 0.001,
    "write": 1e-5,
    "event": 1e-6,
    "redis_base": 0.1,
    "append": 1e-4,
    "append_wake": 1e-4,
    "publish": 1e-6,
    "publish_wake": 9e-6,
    "pulse": 1e-4,
    "pulse_topic": 1e-6,
    "hear": 1e-4,
    "archive": 1e-4,
    "poll": 1e-3,
    "poll_redis": 1e-4,
    "connect": 3e-4,
    "connect_redis": 2e-5,
    "stream_bytes": 1000.0,
    "socket_bytes": 4000.0,
    "worker_bytes": 5e7,
    "log_bytes": 500.0,
    "nonce_bytes": 200.0,
    "subscription_bytes": 250.0,
    "delivery_bytes": 650.0,
    "idle_base": 0.01,
    "look": 1e-6,
    "beat": 2.5e-5,
}


def made_up() -> Costs:
    of = {name: Cost(name, "s", value, value, value, "made up") for name, value in VALUES.items()}
    return Costs(of, Reach(*[1000.0] * 10), ())
