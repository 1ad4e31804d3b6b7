"""The scenarios: what is loaded how, and for how long. Each of their numbers is an option."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from probes.bench.target import USUAL_WAIT, Shape
from probes.network.conditions import LOOPBACK

USUAL_INTERVAL = 1.0
"""Seconds from one short poll to the next, where nothing is said."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``rate`` is messages a second, all together; 0: as many as `in_flight` allows, and with it
    0, too, none. Members post and subscribe in turn; ``own_sessions``: as in `Shape`; ``network``:
    in the words of `probes.network.conditions`.

    What is None plays no part: ``interval``: seconds from short poll to short poll;
    ``connections``: the most over which is posted, each with one request at a time; ``seed`` of
    what is left to chance; ``trips``: so many probes are followed after what is measured.
    """

    name: str
    about: str
    subscribers: int = 1000
    rate: float = 0.0
    in_flight: int = 0
    rooms: int = 1
    members: int = 20
    own_sessions: bool = False
    transport: str = "sse"
    workers: int = 1
    size: int = 200
    heartbeat: float = 25.0
    wait: float = USUAL_WAIT
    seconds: float = 5.0
    warm_up: float = 2.0
    network: str = LOOPBACK
    interval: float | None = None
    connections: int | None = None
    seed: int | None = None
    trips: int | None = None

    def shape(self) -> Shape:
        """What a server is to be ready for."""
        known = {row.name: getattr(self, row.name) for row in fields(Shape)}
        return Shape(**known)

    def parameters(self) -> dict[str, Any]:
        """All numbers that play a part, for the result."""
        about = ("name", "about")
        known = {row.name: getattr(self, row.name) for row in fields(self) if row.name not in about}
        return {name: value for name, value in known.items() if value is not None}

    def with_options(self, given: dict[str, Any]) -> Self:
        """Another one, with the parameters that were given (not None). No more members than
        subscribers take part."""
        changed = replace(self, **{k: v for k, v in given.items() if v is not None})
        if changed.subscribers and "members" not in given:
            changed = replace(changed, members=min(changed.members, changed.subscribers))
        if changed.transport != "short-poll":
            return replace(changed, interval=None)
        return replace(changed, interval=changed.interval or USUAL_INTERVAL)


_ALL = (
    Scenario(
        "saturation",
        "one room, as many messages as come through: deliveries a second, and their cost",
        in_flight=16,
    ),
    Scenario("steady", "one room, messages at even distances: how long they take", rate=20),
    Scenario(
        "rooms",
        "as saturation, with everybody in the same ten rooms and messages all over them",
        in_flight=16,
        rooms=10,
    ),
    Scenario("messenger", "50 members who write to each other", 50, rate=50, members=50),
    Scenario("messenger-200", "200 members who write to each other", 200, rate=10, members=200),
    Scenario("post", "200 posts a second in a room of 50: how long an answer takes", 50, 200),
    Scenario("post-alone", "200 posts a second that nobody hears: what a post costs", 0, 200),
    Scenario(
        "long-poll",
        "50 members who write to each other, and ask for each message",
        50,
        rate=50,
        members=50,
        transport="long-poll",
    ),
    Scenario(
        "idle",
        "streams on which nothing is said: memory, beats, and what connecting costs",
        10_000,
        members=5,
        own_sessions=True,
        seconds=25,
    ),
    Scenario(
        "workers",
        "as saturation, with two workers on all processors: what a delivery costs",
        in_flight=16,
        workers=2,
    ),
)
SCENARIOS = {scenario.name: scenario for scenario in _ALL}
