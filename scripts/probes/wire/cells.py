"""What is measured: rooms in which a message comes now and then, with time going faster.

What a delivery takes depends on how many polls and beats there are for each message, and not on the
clock. So a room with a message each 50 s is measured in seconds: messages, short polls, what a long
poll waits at the longest, and beats all come `speed` times as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from probes.bench.scenarios import Scenario
from probes.bench.target import USUAL_WAIT
from probes.rig.children import CannotRun

NAME = "wire"
_LEAST_MESSAGES = 8
_WARM_SECONDS = 0.5
_BEAT_SECONDS = 25.0
_LEAST_BEAT_SECONDS = 0.05
"""A server takes none that are faster."""


@dataclass(frozen=True, slots=True)
class Cell:
    """``every``: seconds from message to message in real life, all members together; ``interval``:
    from short poll to short poll of each."""

    transport: str
    every: float
    interval: float | None
    members: int
    size: int

    def speed(self, seconds: float) -> float:
        """How much faster time has to go, for enough messages in so many seconds."""
        return max(1.0, self.every * _LEAST_MESSAGES / seconds)

    def scenario(self, seconds: float, seed: int) -> Scenario:
        """What is run in so many seconds. It begins and ends in the middle between two messages,
        and holds whole ones. Raises `CannotRun` where time would have to go too fast."""
        speed = self.speed(seconds)
        beat = _BEAT_SECONDS / speed
        if beat < _LEAST_BEAT_SECONDS:
            raise CannotRun(
                f"with a message each {self.every:g} s a run needs more than {seconds:g} --seconds"
            )
        pause = self.every / speed
        lead = int(max(_WARM_SECONDS, (self.interval or 0.0) / speed) / pause) + 1
        return Scenario(
            NAME,
            "",
            subscribers=self.members,
            rate=1 / pause,
            members=self.members,
            transport=self.transport,
            size=self.size,
            heartbeat=beat,
            wait=USUAL_WAIT / speed,
            seconds=int(seconds / pause) * pause,
            warm_up=(lead + 0.5) * pause,
            interval=None if self.interval is None else self.interval / speed,
            seed=seed,
        )

    def parameters(self, seconds: float) -> dict[str, Any]:
        """Those of real life, for the result, and how much faster time went."""
        real = {
            "members": self.members,
            "accounts": self.members,
            "rate": 1 / self.every,
            "heartbeat": _BEAT_SECONDS,
            "wait": USUAL_WAIT,
            "speed": self.speed(seconds),
        }
        return real if self.interval is None else {**real, "interval": self.interval}


def cells(
    transports: Sequence[str],
    every: Sequence[float],
    intervals: Sequence[float],
    members: int,
    size: int,
) -> list[Cell]:
    """All of them."""
    return [
        Cell(transport, pause, interval, members, size)
        for pause in every
        for transport in transports
        for interval in (intervals if transport == "short-poll" else (None,))
    ]
