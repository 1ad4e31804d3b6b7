"""The search for the largest load that some nodes hold, and what it cost."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from probes.bench.result import Run, Verdict
from probes.bench.run import Tell
from probes.exchange import Base
from probes.scale.generator import Generator, Task
from probes.scale.ramp import Ramp
from probes.scale.steps import Outcome, Step
from probes.scale.stops import Judged, Limits, judge, of_nodes
from probes.scale.watch import Watch

COLUMNS = (
    "seconds",
    "members",
    "rate",
    "p99 ms",
    "achieved",
    "held",
    "server busy",
    "generator busy",
)
"""Of ``series["steps"]``; ``achieved`` is a share of what was offered, ``held`` is 1 or 0."""
_TRY_MEMBERS, _TRY_RATE = 50, 20.0
_CAUTION = 0.5
_REFERENCE = 0.6
_WATCH_SECONDS = 2.0
_EMPTY_SECONDS = 20.0
_LOOK_SECONDS = 0.05
_FEW = 5


class Servers(Protocol):
    """What is loaded: our own `cluster.Cluster`, or nodes that run already."""

    room: str

    @property
    def base(self) -> Base: ...

    @property
    def credentials(self) -> Sequence[str]: ...

    async def only(self, count: int) -> None: ...

    def versions(self) -> dict[str, str]: ...

    def processes(self) -> dict[str, int]: ...

    def streams(self) -> dict[str, int]: ...

    def throttle(self, on: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Search:
    """``axis``: what grows, ``members`` or ``rate``; the other stays. ``first``: 0 to find out by a
    small load where to begin. ``precision``: how near to each other the largest load that holds
    and the smallest that does not may be, as a share."""

    transport: str
    interval: float | None
    axis: str
    members: int
    rate: float
    size: int
    warm_up: float
    seconds: float
    precision: float
    first: int
    most: int
    limits: Limits
    cpus: frozenset[int]
    seed: int

    def polling(self, interval: float) -> Search:
        """The same by short polls, whose wait for their turn is their own choice: the limit is for
        what comes on top of it. Whole intervals are measured, two at least, after one."""
        limits = replace(self.limits, milliseconds=self.limits.milliseconds + 1000 * interval)
        seconds = interval * max(2, math.ceil(self.seconds / interval))
        warm_up = max(self.warm_up, interval)
        return replace(self, interval=interval, limits=limits, seconds=seconds, warm_up=warm_up)


class Prober:
    """Searches on servers, by a generator; ``tell`` says what is being tried."""

    def __init__(self, servers: Servers, generator: Generator, tell: Tell) -> None:
        self._servers = servers
        self._generator = generator
        self._tell = tell

    async def search(self, search: Search, reference: int) -> Outcome:
        """The largest load that holds. ``reference``: the load at which the cost is measured as
        well; 0 for a share of what is found."""
        outcome = Outcome()
        pid = self._generator.pid
        everything = lambda: {**self._servers.processes(), "generator": pid}  # noqa: E731
        async with Watch(everything, self._servers.streams, _WATCH_SECONDS) as watch:
            ramp = Ramp(
                search.first or await self._guess(search), search.precision, most=search.most
            )
            while (load := ramp.next()) is not None:
                step = await self._step(search, load, outcome, watch)
                if step.judged.reasons and step.judged.refused:  # by others: once more
                    step = await self._step(search, load, outcome, watch)
                if step.judged.failed or step.judged.generator:
                    break
                ramp.note(load, step.judged.held)
                if load == ramp.held:
                    outcome.best = step
                elif load == ramp.broke:
                    outcome.worst = step
            outcome.ended = step
            if outcome.best is not None and not step.judged.failed:
                best = getattr(outcome.best, search.axis)
                load = reference or max(1, int(best * _REFERENCE))
                outcome.reference = await self._step(search, load, outcome, watch)
        outcome.series = {**watch.series, "steps": outcome.steps}
        return outcome

    async def _guess(self, search: Search) -> int:
        """Where to begin, by what a small load costs."""
        if search.axis == "members":
            small = replace(search, members=_TRY_MEMBERS)
        else:
            small = replace(search, rate=_TRY_RATE)
        step = await self._load(small)
        share = max(of_nodes(step.found.shares).values(), default=0.0)
        if not share or not step.judged.held:
            return int(getattr(small, search.axis))
        room = (search.limits.quota or search.limits.processors) / share
        return max(1, int(getattr(small, search.axis) * room * _CAUTION))

    async def _step(self, search: Search, load: int, outcome: Outcome, watch: Watch) -> Step:
        at = {"members": load} if search.axis == "members" else {"rate": float(load)}
        step = await self._load(replace(search, **at))
        found, judged = step.found, step.judged
        if judged.failed:
            outcome.failed.append(f"{judged.failed} at {step.load}")
        outcome.steps.append(
            [
                round(watch.seconds, 2),
                step.members,
                step.rate,
                found.figures.get("delivery_p99_ms", 0.0),
                round(step.achieved / step.rate, 4),
                float(not judged.reasons),
                round(found.busy, 4),
                round(found.client_share, 4),
            ]
        )
        return step

    async def _load(self, search: Search) -> Step:
        servers, generator = self._servers, self._generator
        await self._emptied()
        self._tell(f"{search.members:,} members at {search.rate:g} messages/s")
        task = Task(
            servers.base,
            search.transport,
            search.interval,
            search.members,
            search.rate,
            search.size,
            tuple(servers.credentials),
            servers.room,
            search.warm_up,
            search.seconds,
            search.seed,
            servers.processes(),
            search.cpus,
        )
        generator.begin(task)
        streams: dict[str, int] = {}
        if await asyncio.to_thread(generator.connected):
            streams = servers.streams()
            servers.throttle(True)
            generator.go()
        found = await asyncio.to_thread(generator.found)
        servers.throttle(False)
        step = Step(search.members, search.rate, found, Judged(), streams)
        step.judged = judge(found, search.rate, step.achieved, search.limits)
        return step

    async def _emptied(self) -> None:
        """Wait until the proxy has seen the members of the load before go, else it would send more
        of the next to where fewer of those were."""
        end = time.monotonic() + _EMPTY_SECONDS
        while sum(self._servers.streams().values()) > _FEW:
            if time.monotonic() > end:
                return
            await asyncio.sleep(_LOOK_SECONDS)


def run_of(outcome: Outcome, number: int, parameters: dict[str, Any]) -> Run:
    """The run of a search, without what only others can tell (`speed_up`)."""
    run = Run("tornchat", "scale", number, parameters, {}, series=outcome.series)
    figures = run.figures
    figures["nodes"] = parameters["nodes"]
    best, worst, reference = outcome.best, outcome.worst, outcome.reference
    if best is not None:
        run.histograms = best.found.histograms
        figures |= best.found.figures
        figures |= {
            "capacity_members": best.members,
            "capacity_per_s": best.found.figures["deliveries_per_s"],
            "client_share": best.found.client_share,
            "server_share": best.found.busy,
        }
    if reference is not None:
        figures |= reference.costs()
        figures["reference_members"] = reference.members
        figures["reference_rate"] = reference.rate
        if reference.cost:
            figures["cpu_us_per_delivery_nodes"] = reference.cost
    if best is not None:
        run.notes.append(f"held: {best.load}{best.spread}; {best.judged.who}")
    if worst is not None:
        run.notes.append(
            f"stopped at {worst.load}{worst.spread}: {'; '.join(worst.judged.reasons)}"
        )
        run.notes.append(f"there {worst.judged.who}")
    elif best is not None:
        run.notes.append("no load was found that does not hold: the capacity is this or more")
    run.notes += [*outcome.refused, *outcome.failed]
    if best is None and not outcome.failed:
        run.notes.append("no load held")
    if outcome.failed or (best is None and not outcome.refused):
        run.verdict = Verdict.FAILED
    elif outcome.refused or worst is None:
        run.verdict = Verdict.REFUSED
    return run
