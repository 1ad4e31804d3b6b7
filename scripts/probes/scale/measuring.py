"""All that one invocation measures, in its order."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from probes.bench import pinning, show
from probes.bench.asked import demand, transports
from probes.bench.result import Result, Run
from probes.calls import GivenUp
from probes.loads.generator import NotInTime
from probes.loads.machine import need_descriptors
from probes.rig.children import CannotRun
from probes.scale import quota, rebalance
from probes.scale.capacity import Prober, Search, Servers, run_of
from probes.scale.cluster import Cluster, Layout
from probes.scale.generator import Generator
from probes.scale.given import Given
from probes.scale.known import Known
from probes.scale.stops import Limits

SMALL_QUOTA = 0.1
"""Of a processor: a node's, where there are not enough of them to give each node one."""
_SPARE_DESCRIPTORS = 500
_SHORT_POLL = "short-poll"
_LEAST = {
    "rate": 0.1,
    "interval": 0.01,
    "seconds": 0.1,
    "warm_up": 0.0,
    "limit_ms": 1.0,
    "precision": 0.001,
    "first": 0,
    "drain": 0.0,
}
"""Of what may be asked for."""


def measure(found: Result, given: argparse.Namespace, folder: Path) -> Iterator[Run]:
    """Every run, into the result as it comes. Raises `CannotRun`."""
    # As Ctrl-C, which asyncio makes an end in order.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    demand(vars(given), _LEAST)
    need_descriptors(2 * given.most + _SPARE_DESCRIPTORS)
    asked = transports(given.transport)
    places = pinning.places_of_all()
    share = _quota(given, places)
    with asyncio.Runner() as runner, _servers(runner, given, folder, places, share) as servers:
        nodes = _count(given)
        found.settings = _settings(given, places, nodes)
        found.versions = {"tornchat": servers.versions()}
        parameters = _parameters(given, share)
        if given.part != "rebalance":
            for run in _capacity(runner, servers, given, parameters, places, asked, nodes):
                found.runs.append(run)
                yield run
        if given.part != "capacity" and isinstance(servers, Cluster) and nodes > 1:
            with show.progress("scale rebalance") as tell, pinning.pinned(places.client):
                plan = rebalance.Plan(given.streams, given.drain, given.seed)
                try:
                    run = runner.run(rebalance.probe(servers, nodes, plan, parameters, tell))
                except (NotInTime, GivenUp) as wrong:
                    run = rebalance.failed(parameters, str(wrong))
            found.runs.append(run)
            yield run


def _capacity(
    runner: asyncio.Runner,
    servers: Servers,
    given: argparse.Namespace,
    parameters: dict[str, Any],
    places: pinning.Places,
    transports: Sequence[str],
    nodes: int,
) -> Iterator[Run]:
    """Search for each number of nodes, which join one after another, and so again."""
    known = Known()
    search = _search(given, parameters["quota"], places)
    with Generator(places.client) as generator:
        for number in range(1, given.runs + 1):
            for count in range(1, nodes + 1):
                runner.run(servers.only(count))
                for transport in transports:
                    where = f"scale {number}/{given.runs}, {count} of {nodes} nodes, {transport}"
                    cell = parameters | {"transport": transport, "nodes": count}
                    first = given.first or known.first(transport, count)
                    this = replace(search, transport=transport, first=first)
                    if transport == _SHORT_POLL:
                        this = this.polling(given.interval)
                        cell["interval"] = given.interval
                    with show.progress(where) as tell, pinning.pinned(places.client):
                        prober = Prober(servers, generator, tell)
                        outcome = runner.run(prober.search(this, known.reference(transport)))
                    run = run_of(outcome, number, cell)
                    known.note(run, given.ramp)
                    yield run


@contextmanager
def _servers(
    runner: asyncio.Runner,
    given: argparse.Namespace,
    folder: Path,
    places: pinning.Places,
    share: float,
) -> Iterator[Servers]:
    """What is to be loaded, which runs meanwhile."""
    servers: Given | Cluster
    if _addresses(given):
        if given.part == "rebalance":
            raise CannotRun("--part rebalance starts and stops nodes: it takes a number of --nodes")
        if not (given.token and given.room):
            raise CannotRun("--nodes with addresses needs --token and --room")
        user = (given.token, given.room)
        servers = Given(folder, given.nodes.split(","), user, places.server, given.most)
    else:
        layout = Layout(
            _count(given),
            given.workers,
            share,
            given.database == "postgresql",
            given.people,
            given.drain,
            given.most,
            frozenset(places.server),
        )
        servers = Cluster(folder, layout)
    runner.run(servers.__aenter__())
    try:
        yield servers
    finally:
        runner.run(servers.__aexit__(None, None, None))


def _search(given: argparse.Namespace, share: float, places: pinning.Places) -> Search:
    return Search(
        transport="",
        interval=None,
        axis=given.ramp,
        members=given.members,
        rate=given.rate,
        size=given.size,
        warm_up=given.warm_up,
        seconds=given.seconds,
        precision=given.precision,
        first=given.first,
        most=given.most,
        limits=Limits(given.limit_ms, quota=share, processors=len(places.server)),
        cpus=frozenset(places.server),
        seed=given.seed,
    )


def _parameters(given: argparse.Namespace, share: float) -> dict[str, Any]:
    """What identifies a run, but for transport and number of nodes."""
    fixed = {"rate": given.rate} if given.ramp == "members" else {"members": given.members}
    return {
        "part": "capacity",
        "workers": given.workers,
        "ramp": given.ramp,
        **fixed,
        "size": given.size,
        "limit_ms": given.limit_ms,
        "quota": share,
        "seed": given.seed,
        "network": "loopback",
    }


def _settings(given: argparse.Namespace, places: pinning.Places, nodes: int) -> dict[str, Any]:
    """How it was done, for people."""
    return {
        "runs": given.runs,
        "nodes": nodes,
        "seconds": given.seconds,
        "warm_up": given.warm_up,
        "precision": given.precision,
        "pinning": f"servers on {sorted(places.server)}, generator on {sorted(places.client)}",
    }


def _addresses(given: argparse.Namespace) -> bool:
    return not given.nodes.isdigit()


def _count(given: argparse.Namespace) -> int:
    if _addresses(given):
        return len(given.nodes.split(","))
    if not int(given.nodes):
        raise CannotRun("--nodes: 0 is too little")
    return int(given.nodes)


def _quota(given: argparse.Namespace, places: pinning.Places) -> float:
    """What was asked for; else a small one, where nodes would have to share processors and it can
    be had."""
    if _addresses(given):
        return 0.0
    if given.quota is None:
        few = len(places.server) < _count(given) + 1
        return SMALL_QUOTA if few and quota.possible() else 0.0
    if given.quota and not quota.LEAST <= given.quota <= len(places.server):
        most = len(places.server)
        raise CannotRun(f"--quota: {given.quota:g} is not from {quota.LEAST} to {most}")
    return float(given.quota)
