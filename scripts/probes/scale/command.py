"""The command line of ``scripts/lab scale``."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probes.bench import pinning, result, show
from probes.bench.own import SCANS
from probes.bench.result import Result, Run, Verdict
from probes.loads.machine import need_descriptors, need_linux
from probes.rig import facts
from probes.rig.children import CannotRun
from probes.scale import quota, rebalance, table
from probes.scale.capacity import Prober, Search, Servers, run_of
from probes.scale.cluster import Cluster, Layout
from probes.scale.generator import Generator
from probes.scale.given import Given
from probes.scale.known import Known, put_laws
from probes.scale.stops import Limits

GOOD, FAILED, COULD_NOT, REFUSED = 0, 1, 2, 3
_INTERRUPTED = 130
_SPARE_DESCRIPTORS = 500
_SMALL_QUOTA = 0.1
_ACCOUNTS = 20
_QUICK = {"nodes": 3, "runs": 1, "seconds": 2.0, "warm_up": 0.5, "precision": 0.3, "streams": 90}

_ABOUT = """\
What it measures: the most members (or messages) for which nodes behind a proxy still deliver within a limit at
the 99th percentile, for 1, 2, ... nodes that join while it runs; the Universal Scalability Law through these
points; what each process takes; and where streams go when a node joins, is reloaded and leaves.

How it could be wrong: everything is on one machine, so what nodes cannot share in the end (a processor, the one
Redis, the proxy) stops them here and not elsewhere. With a quota each node is as small as a part of a processor,
and far from the machine's limit; then capacity says how nodes add up, and not how much one of them does. The
generator has a processor of its own, and a load that saturates it has no verdict.
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _ABOUT
    add = parser.add_argument
    add("--nodes", default="3", metavar="N or URLS", help="so many, or addresses with commas (3)")
    add("--token", help="with addresses: bearer token of a user, who subscribes and posts")
    add("--room", help="with addresses: id of a room of theirs")
    add("--workers", type=_whole, default=1, help="of each node (1)")
    add("--transport", default="sse", metavar="NAMES", help="some of: " + ", ".join(SCANS))
    add("--part", default="all", choices=("all", "capacity", "rebalance"), help="what to do (all)")
    add("--ramp", default="members", choices=("members", "rate"), help="what grows (members)")
    add("--members", type=_whole, default=500, help="of the one room, where the rate grows (500)")
    add("--rate", type=float, default=20.0, help="messages a second, where members grow (20)")
    add("--size", type=_whole, default=200, help="bytes of a message's text (200)")
    add("--first", type=int, default=0, help="load to begin with (by what a small load costs)")
    add("--most", type=_whole, default=8000, help="no load above this is tried (8000)")
    add("--limit-ms", type=float, default=250.0, help="delivery, 99th percentile (250)")
    add("--seconds", type=float, default=4.0, help="that are measured of each load (4)")
    add("--warm-up", type=float, default=1.0, help="seconds before that (1)")
    add("--precision", type=float, default=0.1, help="of the capacity, as a share (0.1)")
    add("--runs", type=_whole, default=3, help="searches for each number of nodes (3)")
    text = "share of one processor for each node; 0: no limit (%g where processors are few)"
    add("--quota", type=float, metavar="SHARE", help=text % _SMALL_QUOTA)
    add("--front", default="haproxy", choices=("haproxy", "none"), help="before nodes (haproxy)")
    kinds = ("postgresql", "sqlite")
    add("--database", default="postgresql", choices=kinds, help="of all nodes (postgresql)")
    add("--streams", type=_whole, default=300, help="of the rebalancing (300)")
    add("--drain", type=float, default=5.0, help="seconds in which a node moves its streams (5)")
    add("--seed", type=int, default=1, help="of the bootstrap, and of who pauses how long (1)")
    add("--quick", action="store_true", help="coarse, once, less than a minute")
    add("--json", type=Path, metavar="FILE", help="write the result there")
    add("--keep", type=Path, metavar="FOLDER", help="keep data and output of the servers there")


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    # As Ctrl-C, which asyncio turns into an end in order.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    if given.quick:
        for name, value in _QUICK.items():
            setattr(given, name, str(value) if name == "nodes" else value)
    found = Result({}, " ".join(["scripts/lab", *sys.argv[1:]]), "")
    try:
        with ExitStack() as stack:
            kept = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            kept.mkdir(parents=True, exist_ok=True)
            asyncio.run(_all(given, kept.absolute(), found))
    except CannotRun as wrong:
        print(f"scripts/lab scale: {wrong}", file=sys.stderr)
        return COULD_NOT
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("scripts/lab scale: interrupted", file=sys.stderr)
        return _INTERRUPTED
    finally:
        if found.runs:
            put_laws(found, given.seed)
            table.show(found)
            if given.json:
                result.write(found, given.json)
    verdicts = {one.verdict for one in found.runs}
    if Verdict.FAILED in verdicts:
        return FAILED
    return REFUSED if Verdict.REFUSED in verdicts else GOOD


async def _all(given: argparse.Namespace, folder: Path, found: Result) -> None:
    """Everything that was asked for; into the result as it comes. Raises `CannotRun`."""
    need_linux()
    need_descriptors(2 * given.most + _SPARE_DESCRIPTORS)
    transports = _transports(given)
    places = pinning.places_of_all()
    given.quota = _quota(given, places)
    async with _servers(given, folder, places) as (servers, nodes):
        found.machine = {"machine": facts.machine()["machine"]}
        found.date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
        found.settings = _settings(given, places, nodes)
        found.versions = {"tornchat": servers.versions()}
        if given.part != "rebalance":
            await _capacity(given, transports, nodes, servers, places, found)
        if given.part != "capacity" and isinstance(servers, Cluster):
            with show.progress("scale rebalance") as tell:
                add(found, await rebalance.probe(servers, _parameters(given), given, tell))


async def _capacity(
    given: argparse.Namespace,
    transports: Sequence[str],
    nodes: int,
    servers: Servers,
    places: pinning.Places,
    found: Result,
) -> None:
    """Search for each number of nodes, which join one after another, and so again."""
    known = Known()
    with Generator(places.client) as generator:
        for number in range(1, given.runs + 1):
            for count in range(1, nodes + 1):
                await servers.only(count)
                for transport in transports:
                    where = f"scale {number}/{given.runs} {transport} {count} of {nodes} nodes"
                    parameters = _parameters(given) | {"transport": transport, "nodes": count}
                    search = _search(given, parameters, places)
                    search = replace(search, first=given.first or known.first(transport, count))
                    with show.progress(where) as tell:
                        prober = Prober(servers, generator, tell)
                        outcome = await prober.search(search, known.reference(transport))
                    run = run_of(outcome, number, parameters)
                    known.note(run, given.ramp)
                    add(found, run)


def add(found: Result, run: Run) -> None:
    """Keep a run, and say what it found."""
    found.runs.append(run)
    table.line(run)


@asynccontextmanager
async def _servers(
    given: argparse.Namespace, folder: Path, places: pinning.Places
) -> AsyncIterator[tuple[Servers, int]]:
    """What is to be loaded, and how many nodes there are at most."""
    if not given.nodes.isdigit():
        if not (given.token and given.room):
            raise CannotRun("--nodes with addresses needs --token and --room")
        urls = given.nodes.split(",")
        yield Given(urls, given.token, given.room), len(urls)
        return
    nodes = int(given.nodes)
    if nodes < 1:
        raise CannotRun("--nodes: 0 is too little")
    layout = Layout(
        nodes,
        given.workers,
        given.quota,
        given.front == "haproxy",
        given.database == "postgresql",
        _ACCOUNTS,
        given.drain,
        given.most,
        frozenset(places.server),
    )
    async with Cluster(folder, layout) as cluster:
        yield cluster, nodes


def _search(
    given: argparse.Namespace, parameters: dict[str, Any], places: pinning.Places
) -> Search:
    quota, processors = given.quota, len(places.server)
    return Search(
        parameters["transport"],
        parameters["nodes"],
        given.ramp,
        given.members,
        given.rate,
        given.size,
        given.warm_up,
        given.seconds,
        given.precision,
        given.first,
        given.most,
        Limits(given.limit_ms, quota=quota, processors=processors),
        frozenset(places.server),
    )


def _parameters(given: argparse.Namespace) -> dict[str, Any]:
    """What identifies a run, but for transport and number of nodes."""
    fixed = {"rate": given.rate} if given.ramp == "members" else {"members": given.members}
    return {
        "part": "capacity",
        "workers": given.workers,
        "ramp": given.ramp,
        **fixed,
        "size": given.size,
        "limit_ms": given.limit_ms,
        "quota": given.quota,
        "front": given.front,
        "database": given.database,
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
        "pinning": f"servers on processors {sorted(places.server)}, "
        f"generator on {sorted(places.client)}",
    }


def _transports(given: argparse.Namespace) -> list[str]:
    names = given.transport.split(",")
    for name in names:
        if name not in SCANS:
            raise CannotRun(f"{name!r} is no transport; there are: {', '.join(SCANS)}")
    return list(names)


def _quota(given: argparse.Namespace, places: pinning.Places) -> float:
    """What was asked for; else a small one, where nodes would have to share processors and it can
    be had."""
    if not given.nodes.isdigit():
        return 0.0
    if given.quota is not None:
        if given.quota and not 0.01 <= given.quota <= len(places.server):
            raise CannotRun(f"--quota: {given.quota:g} is not between 0.01 and the processors")
        return float(given.quota)
    few = len(places.server) < int(given.nodes) + 1
    return _SMALL_QUOTA if few and quota.possible() else 0.0


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too little")
    return number
