"""Who is there: each worker says who is connected to it, and one of them judges what is shown.

A worker keeps its attendance in Redis, under a key that goes with it. The judge (an office that
expires, so there is always one) looks at all of them, lets `domain.presence` decide, and tells what
has changed to all workers in one publish, with the rooms of each person. A worker hands it to those
of its readers who are in one of these rooms.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tornchat import metrics
from tornchat.domain import events
from tornchat.domain.errors import Unavailable
from tornchat.domain.events import Event
from tornchat.domain.presence import OFFLINE, Roll, Shown, State, state_of
from tornchat.domain.topics import SPACE, room_topic
from tornchat.hub.circles import Circle
from tornchat.log import presence as log

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub
    from tornchat.hub.reader import Reader

logger = logging.getLogger(__name__)

TICK_SECONDS = 2.0
SAY_SECONDS = 5.0
"""A worker says at least so often that it lives."""
MOST_AT_ONCE = 200
"""Most people told of in one tick: a herd that comes back is told of piece by piece."""
IDLE_KEPT_SECONDS = 60.0
"""That a session is idle is forgotten when it has not been connected for so long."""
LAST_WORD_SECONDS = 1.0


class Presence:
    """Of one worker. ``tick`` is in seconds."""

    def __init__(self, hub: Hub, tick: float = TICK_SECONDS) -> None:
        self.tick = tick
        self._hub = hub
        self._client = hub.client
        # Not the process id: another process may have it after a crash.
        self._worker = secrets.token_hex(8)
        self._open: dict[str, Counter[str]] = {}
        """user -> their sessions, and how many streams of each are open here."""
        self._came: dict[str, set[str]] = {}
        """Who came since it was last said, and may have left again: a poll, say."""
        self._unsaid: set[str] = set()
        self._known = False
        self._said = 0.0
        self._judge = Judge(hub)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._keep())

    async def close(self) -> None:
        """Say that nobody is here any more."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_WORD_SECONDS):
                await log.depart(self._client, self._worker)
                await self._judge.close()
        except (TimeoutError, Unavailable):
            pass

    # -- what happens here

    def came(self, reader: Reader) -> None:
        user, session = reader.join.user, log.session_name(reader.session)
        self._open.setdefault(user, Counter())[session] += 1
        self._came.setdefault(user, set()).add(session)
        self._unsaid.add(user)

    def left(self, reader: Reader) -> None:
        user, session = reader.join.user, log.session_name(reader.session)
        sessions = self._open[user]
        sessions[session] -= 1
        if not sessions[session]:
            del sessions[session]
            self._unsaid.add(user)
        if not sessions:
            del self._open[user]

    def heard(self, message: str) -> bool:
        """Something said between workers; whether it was about people."""
        if (told := log.told(message)) is not None:
            self._hand_on(told)
        elif (moved := log.moved(message)) is not None:
            self._judge.moved(moved)
        else:
            return False
        return True

    def _hand_on(self, told: list[tuple[str, State, list[str]]]) -> None:
        """One event for each group of readers who know the same of these people."""
        parts: dict[Circle, int] = {}
        for number, (user, _, rooms) in enumerate(told):
            for room in rooms:
                for circle in self._hub.circles.of(room_topic(room)):
                    if circle.user != user:
                        parts[circle] = parts.get(circle, 0) | 1 << number
        groups: dict[int, list[Circle]] = {}
        for circle, part in parts.items():
            groups.setdefault(part, []).append(circle)
        now = int(time.time() * 1000)
        for part, circles in groups.items():
            people = {
                user: state for number, (user, state, _) in enumerate(told) if part >> number & 1
            }
            event = Event(0, 0, SPACE, events.presence(people, now))
            self._hub.passing.take(event, circles)

    # -- what is done about it

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self.tick)
            try:
                await self._attend()
                await self._judge.look()
            except Unavailable:
                self._known = False
            except Exception:
                self._known = False
                logger.exception("it cannot be told who is there")

    async def _attend(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._known and not self._unsaid and now - self._said < SAY_SECONDS:
            return
        everybody = not self._known
        users = set(self._open) | set(self._came) if everybody else self._unsaid
        came, self._came, self._unsaid = self._came, {}, set()
        sessions = {user: {*self._open.get(user, ()), *came.get(user, ())} for user in users}
        # Who has left already was here: it is said, and taken back the next time.
        self._unsaid.update(user for user in came if came[user] != set(self._open.get(user, ())))
        self._known = await log.attend(self._client, self._worker, sessions, everybody=everybody)
        self._said = now


class Judge:
    """Decides what is shown of people, where this worker has the office."""

    def __init__(self, hub: Hub) -> None:
        self._client = hub.client
        self._token = secrets.token_hex(8)
        self._roll: Roll | None = None
        """None while another judges."""
        self._attendances: dict[str, log.Attendance] = {}
        self._idle = log.Attendance()
        self._not_connected: dict[str, float] = {}
        """Idle sessions, and since when they are not connected, on the loop's clock."""
        self._moved: set[str] = set()
        self._seen = False
        """The roll has seen who is there."""

    def moved(self, users: list[str]) -> None:
        """The rooms of these people have changed."""
        if self._roll is not None:
            self._moved.update(users)

    async def close(self) -> None:
        if self._roll is not None:
            await log.leave_office(self._client, self._token)

    async def look(self) -> None:
        """See who is there and tell what has changed, or leave it to whoever has the office.

        Raises `LogAway`.
        """
        known = {worker: found.revision for worker, found in self._attendances.items()}
        sight = await log.look(self._client, self._token, self._idle.revision, known)
        if sight is None:
            self._roll = None
            self._attendances, self._idle = {}, log.Attendance()
            metrics.PRESENT.set(0)
            return
        if set(sight.workers) - known.keys():
            known |= dict.fromkeys(sight.workers, "")
            sight = await log.look(self._client, self._token, self._idle.revision, known) or sight
        roll = await self._take_office(sight.judged)
        if self._take(sight) or not self._seen:
            idle = (self._idle.people or {}).keys()
            there = self._connected().items()
            roll.see({user: state_of(found, idle) for user, found in there}, sight.now)
            self._seen = True
        await self._tell(roll, sight.now)
        await self._forget_idle()

    async def _take_office(self, judged: str | None) -> Roll:
        if self._roll is None or judged != self._token:
            shown = await log.everybody_shown(self._client)
            if self._roll is None or shown:
                self._roll = Roll(shown)
            # Else Redis lost what was shown, and this one knows it still.
            self._seen = False
            await log.adopt(self._client, self._token, self._roll.shown)
        return self._roll

    def _take(self, sight: log.Sight) -> bool:
        """Whether anything has changed."""
        self._attendances |= sight.attendances
        dead = self._attendances.keys() - set(sight.workers)
        for worker in dead:
            del self._attendances[worker]
        if sight.idle is not None:
            self._idle = sight.idle
        return bool(dead or sight.attendances or sight.idle is not None)

    def _connected(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for attendance in self._attendances.values():
            for user, sessions in (attendance.people or {}).items():
                found.setdefault(user, set()).update(sessions)
        return found

    async def _tell(self, roll: Roll, now: int) -> None:
        changes = roll.due(now, MOST_AT_ONCE)
        again = [
            user
            for user in self._moved
            if user not in changes and roll.shown.get(user, Shown(OFFLINE, 0)).state != OFFLINE
        ][:MOST_AT_ONCE]
        gone = roll.forget(now)
        new = {user: Shown(state, now) for user, state in changes.items()}
        if not await log.tell(self._client, self._token, new, again, gone):
            self._roll = None
            return
        roll.told(changes, now)
        self._moved -= {*changes, *again}
        self._moved = {user for user in self._moved if user in roll.shown}
        metrics.PRESENCE_CHANGES.inc(len(changes))
        metrics.PRESENT.set(sum(shown.state != OFFLINE for shown in roll.shown.values()))

    async def _forget_idle(self) -> None:
        idle = (self._idle.people or {}).keys()
        if not idle:
            self._not_connected.clear()
            return
        now = asyncio.get_running_loop().time()
        there = {name for names in self._connected().values() for name in names}
        self._not_connected = {name: self._not_connected.get(name, now) for name in idle - there}
        over = [
            name for name, since in self._not_connected.items() if now - since > IDLE_KEPT_SECONDS
        ]
        if over:
            await log.forget_idle(self._client, over)
