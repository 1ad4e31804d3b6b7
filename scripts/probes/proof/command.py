"""The command line of ``scripts/lab prove``."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from probes.client import Transport
from probes.faults import Unavailable, UnknownFault, named
from probes.proof import report, summary
from probes.proof.plan import Plan, TooShort, schedule
from probes.proof.progress import watch
from probes.proof.run import Outcome, Run
from probes.rig.children import CannotRun
from probes.rig.rig import Layout, Rig

PROVEN, VIOLATED, COULD_NOT = 0, 1, 2
_INTERRUPTED = 130


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    add = parser.add_argument
    add("--seconds", type=float, default=60, help="how long things break (60)")
    add("--seed", type=int, default=1, help="decides who does what when, and what breaks (1)")
    add("--workers", type=int, default=3, help="workers of each node (3)")
    add("--nodes", type=int, default=2, help="servers on one Redis and one database (2)")
    databases = ("postgresql", "sqlite")
    add("--database", choices=databases, default="postgresql", help="of all nodes (postgresql)")
    add("--transport", default="all", help="all, or some of: " + ", ".join(Transport))
    add("--faults", default="all", help="all, none, or some with commas; a wrong name lists them")
    add("--rate", type=float, default=80, help="posts a second, all together (80)")
    add("--json", type=Path, metavar="FILE", help="write figures and verdict there")
    add("--keep", type=Path, metavar="FOLDER", help="keep data and output of the servers there")
    add(
        "--report",
        nargs="?",
        type=Path,
        const=report.PAGE,
        metavar="FILE",
        help="run nothing: write docs/proof.md (or FILE) from docs/proof/*.json",
    )


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    if given.report:
        given.report.write_text(report.page(report.runs()), "utf-8")
        print(f"wrote {given.report}")
        return PROVEN
    try:
        plan = _plan(given)
        with ExitStack() as stack:
            kept = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            kept.mkdir(parents=True, exist_ok=True)
            layout = Layout(given.workers, given.nodes, given.database == "postgresql")
            result = asyncio.run(_prove(kept.absolute(), layout, plan))
    except (CannotRun, Unavailable, UnknownFault, TooShort, UnknownTransport) as wrong:
        print(f"scripts/lab prove: {wrong}", file=sys.stderr)
        return COULD_NOT
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("scripts/lab prove: interrupted", file=sys.stderr)
        return _INTERRUPTED
    outcome, facts = result
    figures = summary.figures(plan, layout, outcome, facts, sys.argv[1:])
    summary.show(figures, outcome.violations)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return PROVEN if outcome.proven else VIOLATED


class UnknownTransport(ValueError):
    """Not one of ours; the text lists those that are."""


def _plan(given: argparse.Namespace) -> Plan:
    faults = named(given.faults)
    schedule(faults, given.seconds, given.seed)
    return Plan(given.seconds, given.seed, _transports(given.transport), faults, given.rate)


def _transports(text: str) -> tuple[Transport, ...]:
    if text == "all":
        return tuple(Transport)
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in tuple(Transport):
            known = ", ".join(Transport)
            raise UnknownTransport(f"{name!r} is not a transport; there are: all, {known}")
    return tuple(Transport(name) for name in dict.fromkeys(names))


async def _prove(folder: Path, layout: Layout, plan: Plan) -> tuple[Outcome, dict[str, str]]:
    _end_in_order()
    async with Rig(folder, layout, plan.seed) as rig:
        for fault in plan.faults:
            fault.check(rig)
        async with watch(plan.seconds) as screen:
            proof = Run(rig, plan, screen.tell)
            screen.follow(proof)
            outcome = await proof.go()
        return outcome, rig.facts()


def _end_in_order() -> None:
    """SIGTERM ends a run as Ctrl-C does: with everything that was started."""
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
