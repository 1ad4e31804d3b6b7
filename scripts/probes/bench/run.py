"""One run: one target in one scenario, once, from its start to its end."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from probes.bench import idle, judging, pinning
from probes.bench.client import Client, Pace, Plan, Still
from probes.bench.latency import Delays
from probes.bench.paces import Beside, OpenLoop, Saturation
from probes.bench.result import Run, Verdict
from probes.bench.running import Running
from probes.bench.scans import BadStream
from probes.bench.scenarios import Scenario
from probes.bench.subscribers import Broken
from probes.bench.target import Target, TargetFactory
from probes.bench.window import Window
from probes.network.conditions import Conditions
from probes.network.through import Through, through

_TRIPS_SECONDS = 15.0
"""Probes that have not come by then are waited for no more."""

Tell = Callable[[str], None]


def go(
    factory: TargetFactory,
    scenario: Scenario,
    number: int,
    tell: Tell,
) -> tuple[Run, dict[str, str]]:
    """Do it, and end what was started; also gives what the target is made of. What goes wrong with
    the server is in the verdict; what is missing here raises `probes.rig.children.CannotRun`."""
    places = pinning.places(scenario.workers)
    target = factory(scenario.shape())
    run = Run(target.name, scenario.name, number, scenario.parameters(), {})
    versions: dict[str, str] = {}
    try:
        tell("starting")
        target.start(places.server)
        with _seen(target, scenario, places) as seen:
            versions.update(seen.versions())
            with pinning.pinned(places.client), _without_collector():
                client = Client(seen, _plan(scenario), seen.base, seen.way.near)
                try:
                    _measure(run, client, seen, scenario, places, tell)
                finally:
                    client.close()
            judging.network(run, seen.way)
        if isinstance(target, Running) and target.clock:
            target.clock.correct(run.figures)
    except (Broken, BadStream, OSError) as wrong:
        run.verdict = Verdict.FAILED
        run.notes.append(str(wrong))
    finally:
        target.stop()
    return run, versions


def _seen(
    target: Target, scenario: Scenario, places: pinning.Places
) -> AbstractContextManager[Through]:
    """The target, through the scenario's network."""
    conditions = Conditions.of(scenario.network)
    return through(
        target, conditions, transport=scenario.transport, seed=scenario.seed or 0, places=places
    )


def _measure(
    run: Run,
    client: Client,
    target: Target,
    scenario: Scenario,
    places: pinning.Places,
    tell: Tell,
) -> None:
    tell(f"connecting {scenario.subscribers}")
    if scenario.rate or scenario.in_flight:
        client.connect(scenario.subscribers)
        if scenario.subscribers:
            traffic = client.subscribers.traffic
            run.figures["opening_bytes"] = (traffic.up + traffic.down) / scenario.subscribers
        client.call()
        tell("warming up")
        window = _loaded(run, client, target, scenario, tell)
        run.curves, run.histograms = window.curves(), window.histograms()
    else:
        window = idle.measure(run.figures, client, target, scenario, tell)
    run.figures.update(window.figures(places.server))
    judging.judge(run, client, window, places, scenario)


def _loaded(run: Run, client: Client, target: Target, scenario: Scenario, tell: Tell) -> Window:
    """Warm up, measure, and wait for what is on its way."""
    pace = _pace(scenario)
    client.run(pace, scenario.warm_up)
    tell("measuring")
    window = Window(client, target, open_loop=bool(scenario.rate))
    client.subscribers.noting = True
    client.lag = Delays()
    client.posters.delays = window.answers
    window.begin()
    client.run(pace, scenario.seconds)
    window.end()
    client.posters.delays = None
    if scenario.trips:
        tell("following single trips")
        run.figures |= _trips(client, pace, scenario.trips)
    tell("waiting for the rest")
    client.settle()
    client.subscribers.noting = False
    return window


def _trips(client: Client, pace: Pace, number: int) -> dict[str, float]:
    """Where the time of so many probes goes, while the load goes on as before."""
    trips = client.trips(number)
    if trips is None:
        return {}
    try:
        client.run_until(lambda: trips.over, Beside(pace, trips), _TRIPS_SECONDS)
        return trips.figures()
    finally:
        trips.close()


def _pace(scenario: Scenario) -> Pace:
    if scenario.rate:
        return OpenLoop(scenario.rate, time.monotonic_ns())
    return Saturation(scenario.in_flight) if scenario.in_flight else Still()


def _plan(scenario: Scenario) -> Plan:
    """In an open loop a few connections do, and more are made where answers take long."""
    plan = Plan(
        scenario.rooms,
        scenario.members,
        scenario.size,
        scenario.in_flight or 4,
        interval=scenario.interval,
        seed=scenario.seed or 0,
    )
    if scenario.connections is None:
        return plan
    return replace(plan, connections=scenario.connections, most_connections=scenario.connections)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Hundreds of thousands of notes are kept to the end, and looking through them takes long."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
