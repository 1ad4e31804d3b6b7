"""One run: some members leave and come back all the time, and the others go on listening."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from probes.bench import judging, pinning
from probes.bench.latency import Delays
from probes.bench.pinning import Places
from probes.bench.result import Run, Verdict
from probes.bench.run import Tell
from probes.bench.targets import OURS
from probes.bench.usage import Usage
from probes.client import Transport
from probes.loads import command
from probes.loads.crowd import Crowd
from probes.loads.generator import Found, NotInTime, Stirred
from probes.loads.machine import cpu_seconds, is_redis
from probes.loads.notes import due_of
from probes.loads.stage import Layout, Stage
from probes.network.conditions import LOOPBACK
from probes.violations import Wrong

NAME = "churn"
_SECONDS = 300.0
_COUNTED = {Wrong.LOST: "lost", Wrong.DOUBLED: "doubled", Wrong.REORDERED: "disordered"}


@dataclass(frozen=True, slots=True)
class Shape:
    """Of ``members`` so many are ``going``: all together ``churn`` times a second one of them
    leaves, and comes back ``away`` seconds later. ``rate``: messages a second to all, of ``size``
    characters at least; ``seconds``: without that, and with it."""

    transport: Transport
    members: int
    going: int
    churn: float
    away: float
    rate: float
    size: int
    workers: int
    people: int
    seconds: float
    warm_up: float
    seed: int

    def parameters(self) -> dict[str, Any]:
        """For the result."""
        known = asdict(self) | {"transport": str(self.transport), "network": LOOPBACK}
        return known | {"subscribers": self.members}


@dataclass(slots=True)
class _Span:
    """What was used in a part of the run. ``client``: of the readers' processes and this one."""

    begun: float
    seconds: float
    used: Usage
    client: float

    def others(self, cpus: set[int], ours: float) -> float:
        """The share of these processors that somebody else took."""
        return max(0.0, self.used.on(cpus) - ours) / self.seconds / len(cpus)


class _Meter:
    """Measures one span after the other."""

    def __init__(self, stage: Stage, crowd: Crowd) -> None:
        redis = [pid for pid in stage.node.children() if is_redis(pid)]
        workers = [pid for pid in stage.node.children() if pid not in redis]
        self._roles = {"worker": workers, "redis": redis, "supervisor": [stage.node.pid]}
        self._readers = crowd.pids
        self._begin()

    def span(self) -> _Span:
        """From the end of the one before to now."""
        now, client = Usage.now(self._roles), self._client()
        span = _Span(
            self._begun, time.monotonic() - self._begun, now.since(self._used), client - self._busy
        )
        self._begin()
        return span

    def _begin(self) -> None:
        self._begun, self._used, self._busy = (
            time.monotonic(),
            Usage.now(self._roles),
            self._client(),
        )

    def _client(self) -> float:
        return time.process_time() + cpu_seconds(self._readers)


async def one_run(
    folder: Path, shape: Shape, number: int, tell: Tell
) -> tuple[Run, dict[str, str]]:
    """A server of its own, and its members; also gives what it is made of. Raises `CannotRun`."""
    run = Run(OURS, NAME, number, shape.parameters(), {})
    places = pinning.places(shape.workers)
    layout = Layout(shape.members, shape.workers, 1, shape.people, seed=shape.seed)
    async with AsyncExitStack() as stack:
        tell("starting")
        stage = Stage(folder, layout)
        with pinning.pinned(places.server):
            await stack.enter_async_context(stage)
        stack.enter_context(pinning.pinned(places.client))
        try:
            await _measure(run, stage, shape, places, tell)
        except NotInTime as wrong:
            run.verdict = Verdict.FAILED
            run.notes.append(str(wrong))
        facts = stage.facts()
    del facts["machine"]
    return run, facts


async def _measure(run: Run, stage: Stage, shape: Shape, places: Places, tell: Tell) -> None:
    crowd = Crowd(stage.base, 1, shape.seed, transport=shape.transport)
    async with crowd:
        tell(f"connecting {shape.members}")
        await crowd.open(stage.tickets, _SECONDS)
        talk = stage.talk(shape.rate, shape.size, in_hall=True)
        talk.start()
        await asyncio.sleep(shape.warm_up)
        meter = _Meter(stage, crowd)
        tell("measuring while all stay")
        await asyncio.sleep(shape.seconds)
        quiet = meter.span()
        tell("measuring while some come and go")
        stirred = await crowd.stir(shape.going, shape.churn, shape.away, shape.seconds)
        stirring = meter.span()
        await crowd.live(_SECONDS)
        await talk.stop()
        await crowd.reach(talk.newest, _SECONDS)
        tell("comparing")
        found = await crowd.report(stage.ledger, stage.members)
    _delays(run, stage, found, quiet, stirring)
    _costs(run, stirred, quiet, stirring, shape, places)
    _judge(run, stage, found, stirring, places)


def _delays(run: Run, stage: Stage, found: Found, quiet: _Span, stirring: _Span) -> None:
    """Those of the members that stayed: from the intended moment, and from the actual one."""
    sent = {due_of(message.nonce): message.sent for message in stage.ledger.accepted}
    spans = {"quiet_delivery": quiet, "delivery": stirring}
    for name, span in spans.items():
        intended, closed = Delays(), Delays()
        for due, seconds in zip(found.delays.due, found.delays.seconds, strict=True):
            if span.begun <= due < span.begun + span.seconds:
                intended.add(int(seconds * 1e9))
                closed.add(int((seconds - (sent.get(due, due) - due)) * 1e9))
        run.figures |= intended.figures(name)
        run.histograms[name] = intended.encoded()
        run.curves[name] = intended.curve()
        if span is stirring:
            run.figures |= closed.figures("delivery_closed")
            run.histograms["delivery_closed"] = closed.encoded()
    run.figures["deliveries"] = found.deliveries
    run.figures["messages"] = len(stage.ledger.accepted)
    within = [
        message
        for message in stage.ledger.accepted
        if 0 <= message.answered - stirring.begun < stirring.seconds
    ]
    run.figures["offered_per_s"] = float(run.parameters["rate"])
    run.figures["achieved_per_s"] = len(within) / stirring.seconds


def _costs(
    run: Run, stirred: Stirred, quiet: _Span, stirring: _Span, shape: Shape, places: Places
) -> None:
    back, returns = len(stirred.seconds), Delays()
    for seconds in stirred.seconds:
        returns.add(int(seconds * 1e9))
    run.figures |= returns.figures("return")
    run.figures["offered_connects_per_s"] = stirred.offered / shape.seconds
    run.figures["connects_per_s"] = back / shape.seconds
    for role in ("", *stirring.used.roles):
        used, before = (
            span.used.roles[role] if role else span.used.server for span in (stirring, quiet)
        )
        more = used - before / quiet.seconds * stirring.seconds
        if back:
            run.figures["connect_us" + (f"_{role}" if role else "")] = max(0.0, more) / back * 1e6
    run.figures["seconds"] = stirring.seconds
    run.figures["server_share"] = stirring.used.server / stirring.seconds / len(places.server)
    run.figures["client_share"] = stirring.client / stirring.seconds / len(places.client)


def _judge(run: Run, stage: Stage, found: Found, stirring: _Span, places: Places) -> None:
    kinds = Counter(violation.what for violation in found.violations)
    run.figures |= {name: kinds[what] for what, name in _COUNTED.items()}
    if found.violations or not all(claim.met for claim in command.kept_promises(found, stage)):
        run.verdict = Verdict.FAILED
        run.notes += command.details(found, stage) or ["something was wrong with the server"]
    ours = stirring.client if places.shared else 0.0
    of_server = stirring.others(places.server, stirring.used.server + ours)
    of_client = 0.0 if places.shared else stirring.others(places.client, stirring.client)
    run.figures["others_share"] = of_server
    judging.refuse(run, run.figures["client_share"], run.figures["server_share"])
    judging.disturbed(run, max(of_server, of_client))
