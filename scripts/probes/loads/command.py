"""What the load probes share on the command line."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from probes.calls import GivenUp
from probes.loads import outcome, report
from probes.loads.generator import Found, NotInTime
from probes.loads.machine import cores
from probes.loads.outcome import Claim, Figure, Outcome
from probes.loads.stage import Layout, Stage
from probes.rig.children import CannotRun

MET, MISSED, COULD_NOT = 0, 1, 2
_INTERRUPTED = 130
_OTHERS = 0.1
"""More of the machine than this, taken by others, and a miss says nothing of the server."""

_NOT_SETTINGS = ("command", "json", "keep", "report")

Probe = Callable[[Stage], Awaitable[Outcome]]


def options(
    parser: argparse.ArgumentParser, about: str, *, streams: int, workers: int, generators: int = 1
) -> None:
    """Add what all of them have; the numbers are the usual ones. ``about``: what the probe
    measures, and how it could be wrong."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = about
    add = parser.add_argument
    add("--streams", type=_whole, default=streams, help=f"streams that are open ({streams})")
    add("--workers", type=_whole, default=workers, help=f"workers of the server ({workers})")
    text = f"processes that read ({generators})"
    add("--generators", type=_whole, default=generators, help=text)
    add("--people", type=_whole, default=20, help="accounts; each stream has its own token (20)")
    add("--seed", type=int, default=1, help="decides who pauses for how long (1)")
    add("--json", type=Path, metavar="FILE", help="write figures and verdict there")
    add("--keep", type=Path, metavar="FOLDER", help="keep data and output of the server there")
    add(
        "--report",
        nargs="?",
        type=Path,
        const=report.PAGE,
        metavar="FILE",
        help="run nothing: write docs/delivery-figures.md (or FILE) from docs/proof/loads/*.json",
    )


def run(given: argparse.Namespace, probe: Probe, drain: float = 20.0) -> int:
    """Run a probe on a stage of its own; returns the exit status."""
    name = given.command
    if given.report:
        given.report.write_text(report.page(report.runs()), "utf-8")
        print(f"wrote {given.report}")
        return MET
    layout = Layout(given.streams, given.workers, given.generators, given.people, drain, given.seed)
    try:
        with ExitStack() as stack:
            kept = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            kept.mkdir(parents=True, exist_ok=True)
            found, facts = asyncio.run(_on_stage(kept.absolute(), layout, probe))
    except (CannotRun, GivenUp) as wrong:
        print(f"scripts/lab {name}: {wrong}", file=sys.stderr)
        return COULD_NOT
    except NotInTime as wrong:
        print(f"scripts/lab {name}: {wrong}\nMISSED")
        return MISSED
    except (KeyboardInterrupt, asyncio.CancelledError):
        print(f"scripts/lab {name}: interrupted", file=sys.stderr)
        return _INTERRUPTED
    outcome.show(found)
    if given.json:
        settings = {what: value for what, value in vars(given).items() if what not in _NOT_SETTINGS}
        outcome.write(outcome.as_json(found, name, settings, facts), given.json)
    return {"met": MET, "missed": MISSED}.get(found.verdict, COULD_NOT)


def tell(line: str) -> None:
    """Progress."""
    print(line, file=sys.stderr, flush=True)


def kept_promises(found: Found, stage: Stage) -> list[Claim]:
    """Nothing lost, doubled or out of order, and nothing else wrong either."""
    wrong = len(found.violations) + len(stage.ledger.refused)
    if "Traceback" in stage.node.complaints():
        wrong += 1
    return [Claim("events lost, doubled, out of order, or otherwise wrong", wrong, 0)]


def counts(found: Found, stage: Stage) -> dict[str, Figure]:
    """How much the promises were tried."""
    return {
        "messages accepted": len(stage.ledger.accepted),
        "deliveries": found.deliveries,
        "streams opened": found.visits,
    }


def disturbed(cpu: Mapping[str, float], seconds: float) -> str:
    """That others used the machine as well, where they did; ``cpu`` is what `Meter.read` gave."""
    share = cpu["everything else on the machine"] / (seconds * cores())
    return f"others took {share:.0%} of it meanwhile" if share > _OTHERS else ""


def details(found: Found, stage: Stage) -> list[str]:
    """The first things that were wrong."""
    said = [line for line in stage.node.complaints().splitlines() if "Error" in line]
    return [*map(str, found.violations[:10]), *stage.ledger.refused[:5], *said[:5]]


async def _on_stage(folder: Path, layout: Layout, probe: Probe) -> tuple[Outcome, dict[str, Any]]:
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    stage = Stage(folder, layout)
    tell(f"starting a server with {layout.workers} workers, {layout.streams} tokens")
    async with stage:
        return await probe(stage), stage.facts()


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
