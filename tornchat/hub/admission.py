"""Who may have one more stream: limits for a user, for an address, and for what a worker can hold.

Users and addresses are counted over all workers, in Redis. Each worker says its own counts, as a
whole and again and again, so that an answer which was lost leaves nothing to be put right.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import NoReturn

from tornchat import metrics
from tornchat.domain.errors import Busy, TooManyStreams, Unavailable
from tornchat.hub.together import Together
from tornchat.log import seats
from tornchat.log.client import Client

logger = logging.getLogger(__name__)

SAY_SECONDS = 2.0
SECOND_LOOK_SECONDS = 0.25
"""A browser that loads the page again may be here before the end of its old stream is."""
RETRY_SECONDS = 10.0
_BATCH = 500
_USER = seats.USER
_ADDRESS = "address:"


@dataclass(frozen=True, slots=True)
class Limits:
    """Most streams of a user and of an address on all workers, and of this one; 0: no limit."""

    of_user: int = 0
    of_address: int = 0
    here: int = 0
    counted: bool = False
    """Users are counted even where they have no limit: others ask who has a stream open."""


class Seat:
    """The place of one stream, which it keeps until it ends or is told to move."""

    __slots__ = ("_admission", "_whose", "limited", "taken")

    def __init__(self, admission: Admission, whose: tuple[str, ...], *, limited: bool) -> None:
        self.taken = True
        self.limited = limited
        """It counts for a user or an address."""
        self._admission = admission
        self._whose = whose

    def leave(self) -> None:
        """Let another have it. May be called more than once."""
        if self.taken:
            self.taken = False
            self._admission.left(self._whose)


class _Question:
    """Whose a stream is that waits to be let in."""

    __slots__ = ("judged", "whose")

    def __init__(self, whose: tuple[str, ...]) -> None:
        self.judged = False
        self.whose = whose


class Admission:
    """The seats of one worker."""

    def __init__(self, client: Client, limits: Limits) -> None:
        self.limits = limits
        self.streams = 0
        self._client = client
        # Not the process id: another process may have it after a crash.
        self._worker = secrets.token_hex(8)
        self._counts: Counter[str] = Counter()
        self._unsaid: set[str] = set()
        self._something = asyncio.Event()
        self._known = False
        self._asking: Counter[str] = Counter()
        """Of the counts, those that Redis has not judged yet."""
        self._verdicts: Together[_Question, str | None] = Together(self._judge)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self.limits.of_user or self.limits.of_address or self.limits.counted:
            self._task = asyncio.ensure_future(self._keep_saying())

    async def close(self) -> None:
        """Say no more; what this worker has left is forgotten `seats.SILENT_MS` later."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def admit_at_once(self, user: str, address: str | None) -> Seat | None:
        """A seat where nobody has to be asked for it; None where `admit` has to."""
        limits = self.limits
        if limits.of_user or (limits.of_address and address is not None):
            return None
        if limits.here and self.streams >= limits.here:
            return None
        return self._take((), self._noted(user))

    async def admit(self, user: str, address: str | None) -> Seat:
        """A seat for one more stream. ``address`` None is not limited.

        Raises `Busy`, `TooManyStreams`, and `LogAway` where Redis cannot be asked.
        """
        if self.limits.here and self.streams >= self.limits.here:
            metrics.REFUSED.labels("worker").inc()
            raise Busy()
        whose: tuple[str, ...] = ()
        if self.limits.of_user:
            whose = (_USER + user,)
        if self.limits.of_address and address is not None:
            whose = (*whose, _ADDRESS + address)
        for pause in (SECOND_LOOK_SECONDS, None):
            seat = self._take(whose, self._noted(user))
            try:
                full = await self._ask(whose) if whose else None
            except BaseException:
                seat.leave()
                raise
            if full is None:
                break
            seat.leave()
            if pause is None:
                _refuse(full, self._most(full))
            await asyncio.sleep(pause)
        return seat

    def unlimited(self) -> Seat:
        """A seat for a stream that only this worker's room limits."""
        return self._take(())

    def left(self, whose: tuple[str, ...]) -> None:
        """A seat was left."""
        self.streams -= 1
        self._counts.subtract(whose)
        self._unsaid.update(whose)
        if whose:
            self._something.set()

    def _noted(self, user: str) -> tuple[str, ...]:
        """Whose a seat is beside those who have a limit: nobody is asked, it is only said."""
        return (_USER + user,) if self.limits.counted and not self.limits.of_user else ()

    def _take(self, whose: tuple[str, ...], noted: tuple[str, ...] = ()) -> Seat:
        self.streams += 1
        self._counts.update(whose + noted)
        if noted:
            self._unsaid.update(noted)
            self._something.set()
        return Seat(self, whose + noted, limited=bool(whose))

    async def _ask(self, whose: tuple[str, ...]) -> str | None:
        """What has no room for a stream that is counted here already."""
        self._asking.update(whose)
        question = _Question(whose)
        try:
            return await self._verdicts.ask(question)
        finally:
            self._judged(question)

    async def _judge(self, questions: list[_Question]) -> list[str | None]:
        """The answers for some who ask, as if they came one after the other."""
        if not self._known:
            await self._say()
        wanted = [question.whose for question in questions]
        limits = {
            name: (self._counts[name] - self._asking[name], self._most(name))
            for name in {name for whose in wanted for name in whose}
        }
        verdicts = await seats.admit(self._client, self._worker, limits, wanted)
        # Before the next are judged, which is sooner than these hear of it.
        for question in questions:
            self._judged(question)
        return verdicts

    def _judged(self, question: _Question) -> None:
        if question.judged:
            return
        question.judged = True
        for name in question.whose:
            self._asking[name] -= 1
            if not self._asking[name]:
                del self._asking[name]

    def _most(self, name: str) -> int:
        return self.limits.of_user if name.startswith(_USER) else self.limits.of_address

    async def _keep_saying(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SAY_SECONDS):
                    await self._something.wait()
            except TimeoutError:
                pass
            self._something.clear()
            try:
                await self._say()
            except Unavailable:
                self._known = False
                await asyncio.sleep(SAY_SECONDS)
            except Exception:
                logger.exception("the streams of users cannot be counted")
                await asyncio.sleep(SAY_SECONDS)

    async def _say(self) -> None:
        """Say what has changed, or everything where others may have forgotten it."""
        while True:
            part = [self._unsaid.pop() for _ in range(min(_BATCH, len(self._unsaid)))]
            counts = {whose: self._counts[whose] for whose in part}
            try:
                heard = await seats.say(self._client, self._worker, counts)
            except BaseException:
                self._unsaid.update(part)
                raise
            for whose in part:
                if not self._counts[whose]:
                    del self._counts[whose]
            if not heard or not self._known:
                self._unsaid.update(self._counts)
            self._known = True
            if not self._unsaid:
                return


def _refuse(whose: str, most: int) -> NoReturn:
    kind = whose.partition(":")[0]
    metrics.REFUSED.labels(kind).inc()
    who = "You have" if kind == "user" else "Your address has"
    detail = f"{who} {most} streams open, and no more are allowed. Close one, or try again later."
    raise TooManyStreams(detail, retry_after=RETRY_SECONDS)
