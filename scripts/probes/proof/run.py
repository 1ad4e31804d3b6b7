"""One run: everybody comes in, writes and reads while things break, and is then compared."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from probes.calls import GivenUp
from probes.cast import Cast, Kind
from probes.checker import Verdict, check
from probes.evidence import Evidence, is_move
from probes.faults import DidNotStrike, Scene
from probes.ledger import Ledger
from probes.load import Load
from probes.proof.attendance import Attendance, Coverage
from probes.proof.plan import Plan, Strike, schedule
from probes.rig.children import CannotRun
from probes.rig.rig import Rig
from probes.violations import Violation, Wrong

CATCH_UP_SECONDS = 60.0
_LOOK_SECONDS = 0.2
_MOST_OF_A_TRACEBACK = 3_000
"""Characters that are shown of it."""
_NUMBERS = itertools.count(1)


@dataclass(slots=True)
class Struck:
    """A fault as it happened; times in seconds from the beginning."""

    fault: str
    at: float
    ended: float = 0.0
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    violations: list[Violation]
    coverage: Coverage
    struck: list[Struck]
    counts: dict[str, int]
    ends: dict[str, int]
    seconds: float

    @property
    def proven(self) -> bool:
        return not self.violations and not self.coverage.missing()


class Run:
    """On a rig that is up. ``tell`` gets a line now and then; the attributes say how far it is."""

    def __init__(self, rig: Rig, plan: Plan, tell: Callable[[str], None]) -> None:
        self.plan = plan
        self.stage = "coming in"
        self.strikes = schedule(plan.faults, plan.seconds, plan.seed)
        self.going_on: set[str] = set()
        self.struck: list[Struck] = []
        self.cast = Cast(f"run{next(_NUMBERS)}", rig.fronts, rig.direct, plan.seed)
        self.prepared: Callable[[Cast], Awaitable[None]] | None = None
        """Called when the readers are there and have not begun."""
        self._rig = rig
        self._tell = tell
        self._load = Load(self.cast.ledger, plan.rate, plan.seed)
        self._attendances: list[Attendance] = []
        self._begun = 0.0
        self._taken: set[str] = set()
        self._freed = asyncio.Condition()

    @property
    def accepted(self) -> int:
        return len(self.cast.ledger.accepted)

    @property
    def delivered(self) -> int:
        return sum(member.witness.events for member in self.cast.members)

    @property
    def elapsed(self) -> float:
        """Seconds since the first post."""
        return time.monotonic() - self._begun if self._begun else 0.0

    async def go(self) -> Outcome:
        """Raises `CannotRun`."""
        try:
            return await self._go()
        finally:
            self._load.abort()
            await asyncio.gather(*(member.end() for member in self.cast.members))
            self.cast.close()

    async def _go(self) -> Outcome:
        cast, plan = self.cast, self.plan
        try:
            await cast.come_in(plan.posters, plan.followers, plan.walkers, plan.rooms)
            await cast.open_readers(plan.transports, tuple(Kind), copies=3)
        except GivenUp as refused:
            raise CannotRun(f"the cast could not come in: {refused}") from None
        if self.prepared is not None:
            await self.prepared(cast)
        before = set(cast.inside)
        for member in cast.members:
            member.begin()
        self.stage = "breaking things"
        self._begun = time.monotonic()
        self._load.start(cast.posters())
        await self._break_things()
        self.stage = "catching up"
        for member in cast.members:
            member.settle()
        await self._load.stop()
        seconds = self.elapsed
        late = await self._catch_up()
        self.stage = "comparing"
        evidence = await self._evidence(before)
        verdict = await asyncio.to_thread(check, evidence)
        violations = verdict.violations + self._other_violations(late)
        names = [fault.name for fault in plan.faults]
        return Outcome(
            violations,
            Coverage.of(names, plan.transports, self._attendances, cast.members),
            self.struck,
            self._counts(evidence, verdict),
            self._ends(),
            seconds,
        )

    # -- faults

    async def _break_things(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for strike in self.strikes:
                    await self._until(strike.at)
                    group.create_task(self._strike_when_free(strike))
                await self._until(self.plan.seconds)
        except* CannotRun as found:
            raise found.exceptions[0] from None

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self.elapsed))

    async def _strike_when_free(self, strike: Strike) -> None:
        """On a slow machine one that began before may take longer than was planned."""
        needs = strike.fault.needs
        async with self._freed:
            await self._freed.wait_for(lambda: not needs & self._taken)
            self._taken |= needs
        try:
            await self._strike(strike)
        finally:
            async with self._freed:
                self._taken -= needs
                self._freed.notify_all()

    async def _strike(self, strike: Strike) -> None:
        name = strike.fault.name
        struck = Struck(name, round(self.elapsed, 1))
        self.struck.append(struck)
        attendance = Attendance(name)
        members = self.cast.members

        def note(line: str) -> None:
            struck.notes.append(line)
            self._tell(f"{self.elapsed:5.1f} s  {name}: {line}")

        scene = Scene(
            self._rig,
            members,
            self._load,
            self.cast.churners,
            random.Random(f"{self.plan.seed} {strike.number} {name}"),
            note,
        )
        self.going_on.add(name)
        attendance.begin(members)
        looking = asyncio.ensure_future(self._look(attendance))
        try:
            await strike.fault().strike(scene)
        except DidNotStrike as why:
            note(f"did not strike: {why}")
        else:
            self._attendances.append(attendance)
        finally:
            looking.cancel()
            self.going_on.discard(name)
            struck.ended = round(self.elapsed, 1)
        attendance.end(members)

    async def _look(self, attendance: Attendance) -> None:
        while True:
            attendance.look(self.cast.members)
            await asyncio.sleep(_LOOK_SECONDS)

    # -- the end

    async def _catch_up(self) -> list[str]:
        """Wait until everybody stands where the log ends; gives the names of those who do not."""
        end = time.monotonic() + CATCH_UP_SECONDS
        newest = max((message.id for message in self.cast.ledger.accepted), default=0)
        while True:
            late = [m.witness.name for m in self.cast.members if m.reader.cursor < newest]
            moves = len(self.cast.ledger.moves)
            if (not late and self._moves_said() >= moves) or time.monotonic() > end:
                return late
            await asyncio.sleep(0.1)

    def _moves_said(self) -> int:
        """Changes of membership that anybody was told of."""
        walkers = {move.user for move in self.cast.ledger.moves}
        said = [s.event for s in self._rig.swallower.swallowed if is_move(s.event)]
        said += [event for member in self.cast.members for event in member.witness.moves]
        return len({event.id for event in said if event.user in walkers})

    async def _evidence(self, inside: set[tuple[str, str]]) -> Evidence:
        cast = self.cast
        evidence = Evidence(
            cast.ledger,
            [member.witness for member in cast.members],
            inside,
            swallowed=list(self._rig.swallower.swallowed),
            floor=await self._rig.floor(),
        )
        try:
            for room in cast.rooms:
                evidence.histories[room] = await cast.owner.history(room, 0)
            for person in cast.people:
                evidence.snapshots.append(await person.snapshot())
        except GivenUp as refused:
            cast.ledger.refused.append(str(refused))
        return evidence

    def _other_violations(self, late: list[str]) -> list[Violation]:
        found = [
            Violation(Wrong.REFUSED, member.witness.name, detail=member.reader.failure)
            for member in self.cast.members
            if member.reader.failure
        ]
        for name in late:
            detail = f"not at the end of the log after {CATCH_UP_SECONDS:g} s"
            found.append(Violation(Wrong.LOST, name, detail=detail))
        _, traceback, text = self._rig.complaints().partition("Traceback")
        if traceback:
            detail = f"a traceback was printed: {traceback}{text[:_MOST_OF_A_TRACEBACK]}"
            found.append(Violation(Wrong.PROTOCOL, "the servers", detail=detail))
        return found

    def _counts(self, evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
        ledger: Ledger = evidence.ledger
        kinds = Counter(
            type(step).__name__ for witness in evidence.witnesses for step in witness.steps
        )
        return {
            "readers": len(evidence.witnesses),
            "rooms": len(self.cast.rooms),
            "posts accepted": len(ledger.accepted),
            "posts that needed retries": sum(m.attempts > 1 for m in ledger.accepted),
            "deliveries": kinds["Seen"],
            "visits": sum(member.reader.visits for member in self.cast.members),
            "changes of membership": len(ledger.moves),
            "resets": kinds["Reset"],
            "publishes swallowed": len(evidence.swallowed),
            "times that prev alone showed one": verdict.shown_by_prev,
        }

    def _ends(self) -> dict[str, int]:
        ends: Counter[str] = Counter()
        for member in self.cast.members:
            for why, count in member.witness.ends.items():
                ends[why.partition(":")[0]] += count
        return dict(ends.most_common(20))
