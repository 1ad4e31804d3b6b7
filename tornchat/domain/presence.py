"""Presence: who is there, decided on values and ``now``; all times are unix milliseconds.

People come and go more often than others want to hear: a line breaks for a moment, a laptop is shut
and opened again, one device is idle and another is not. What is shown of a person changes at most
once in `PACE_MS`, and somebody who is away for less than `GRACE_MS` has not gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["online", "idle", "offline"]
ONLINE: State = "online"
IDLE: State = "idle"
OFFLINE: State = "offline"

PACE_MS = 10_000
GRACE_MS = 20_000


@dataclass(frozen=True, slots=True)
class Shown:
    """What others see of a person, and since when."""

    state: State
    at: int


_NEVER = Shown(OFFLINE, -PACE_MS)


def state_of(sessions: Iterable[str], idle: Collection[str]) -> State:
    """Of one person, by their connected sessions: one that is not idle is enough to be there."""
    state: State = OFFLINE
    for session in sessions:
        if session not in idle:
            return ONLINE
        state = IDLE
    return state


class Roll:
    """Everybody who is there, and what was told of them."""

    def __init__(self, shown: Mapping[str, Shown] | None = None) -> None:
        self.shown: dict[str, Shown] = dict(shown or {})
        """Nobody else is shown as there. Those who went stay for `PACE_MS`."""
        self._present: Mapping[str, State] = {}
        self._missed: dict[str, int] = {}
        """Since when those are not there of whom it was not told yet."""
        self._restless: set[str] = set()
        """Who is shown as something else than what is so."""

    def see(self, present: Mapping[str, State], now: int) -> None:
        """This is everybody who is there, and how."""
        self._present = present
        self._missed = {
            user: self._missed.get(user, now)
            for user, shown in self.shown.items()
            if shown.state != OFFLINE and user not in present
        }
        self._restless = {
            user for user, state in present.items() if self.shown.get(user, _NEVER).state != state
        }
        self._restless.update(self._missed)

    def due(self, now: int, most: int) -> dict[str, State]:
        """What is to be told now, of at most so many people, who was told of longest ago first."""
        due = sorted(
            (self.shown.get(user, _NEVER).at, user)
            for user in self._restless
            if self._is_due(user, now)
        )
        return {user: self._present.get(user, OFFLINE) for _, user in due[:most]}

    def told(self, changes: Mapping[str, State], now: int) -> None:
        """These were told."""
        for user, state in changes.items():
            self.shown[user] = Shown(state, now)
            self._restless.discard(user)
            if state == OFFLINE:
                self._missed.pop(user, None)

    def forget(self, now: int) -> list[str]:
        """Drop those who went `PACE_MS` ago; who they were."""
        gone = [
            user
            for user, shown in self.shown.items()
            if shown.state == OFFLINE and not 0 <= now - shown.at < PACE_MS
        ]
        for user in gone:
            del self.shown[user]
        return gone

    def _is_due(self, user: str, now: int) -> bool:
        shown, state = self.shown.get(user, _NEVER), self._present.get(user, OFFLINE)
        # A clock that was set back must not hold anybody for longer.
        if 0 <= now - shown.at < PACE_MS:
            return False
        return state != OFFLINE or not 0 <= now - self._missed.get(user, now) < GRACE_MS
