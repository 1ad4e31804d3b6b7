"""The proof has teeth: it names what a proxy did to one reader, it lets a server pass that repairs
what pub/sub lost, and finds the same server guilty without its repair."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from probes.cast import Cast
from probes.client import Transport
from probes.exchange import Base
from probes.faults import named
from probes.proof.plan import Plan
from probes.proof.run import Outcome, Run
from probes.rig.line import HOST, Line
from probes.rig.rig import Layout, Rig
from probes.violations import Wrong

from tests.probes.tampering import Tamperer, double, drop, swap

BROKEN = Path(__file__).with_name("broken_repair.py")
ONE_WORKER = Layout(workers=1, nodes=1, postgres=False)


def plan_of(seconds: float, transports: tuple[Transport, ...], faults: str) -> Plan:
    """With few people, since signing up takes its time."""
    people = {"rooms": 4, "posters": 2, "followers": 1, "walkers": 1}
    return Plan(seconds, 1, transports, named(faults), 60.0, **people)


def prove(
    folder: Path,
    plan: Plan,
    layout: Layout,
    prepared: Callable[[Rig, Cast], Awaitable[None]] | None = None,
) -> Outcome:
    async def run() -> Outcome:
        async with Rig(folder, layout, plan.seed) as rig:
            proof = Run(rig, plan, print)
            if prepared is not None:
                proof.prepared = lambda cast: prepared(rig, cast)
            return await proof.go()

    return asyncio.run(run())


def test_what_a_proxy_did_to_one_event_of_one_reader_is_named(tmp_path: Path) -> None:
    tamperers = {
        "steady-sse-1": (Tamperer(drop), Wrong.LOST),
        "steady-sse-2": (Tamperer(double), Wrong.DOUBLED),
        "steady-sse-3": (Tamperer(swap), Wrong.REORDERED),
    }

    async def stand_between(rig: Rig, cast: Cast) -> None:
        for member in cast.members:
            if member.witness.name in tamperers:
                tamperer, _ = tamperers[member.witness.name]
                line = Line(rig.nodes[0].port, tamperer.filter)
                await rig.hold(line)
                member.reader.servers = [Base(HOST, line.port)]

    plan = plan_of(4, (Transport.SSE,), "none")
    outcome = prove(tmp_path, plan, ONE_WORKER, stand_between)
    assert not outcome.proven
    for name, (tamperer, wrong) in tamperers.items():
        assert len(tamperer.ids) == 2
        found = [v for v in outcome.violations if v.who == name and v.what is wrong]
        assert any(v.room == tamperer.room and tamperer.ids[0] in v.ids for v in found), name
    assert {violation.who for violation in outcome.violations} == tamperers.keys()


def lossy(launcher: Path | None = None) -> tuple[Plan, Layout]:
    """A run in which a part of what Redis publishes does not reach the server."""
    plan = plan_of(11, (Transport.SSE, Transport.WEBSOCKET), "drop-publish")
    return plan, replace(ONE_WORKER, launcher=launcher) if launcher else ONE_WORKER


def test_a_server_that_repairs_what_pubsub_lost_passes(tmp_path: Path) -> None:
    outcome = prove(tmp_path, *lossy())
    assert outcome.violations == []
    assert outcome.proven
    assert outcome.counts["publishes swallowed"] > 0
    assert outcome.counts["times that prev alone showed one"] == 0


def test_the_same_server_without_its_repair_fails(tmp_path: Path) -> None:
    outcome = prove(tmp_path, *lossy(BROKEN))
    assert outcome.counts["publishes swallowed"] > 0
    assert {Wrong.LOST} <= {violation.what for violation in outcome.violations}
