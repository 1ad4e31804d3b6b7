"""The command line of ``scripts/lab browser``."""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from probes.bench import invocation, show
from probes.bench.result import Result, Run
from probes.browser.measuring import PAGES, Cell, Stage, go, stage
from probes.browser.table import tables
from probes.network import conditions
from probes.rig import facts
from probes.rig.children import CannotRun

_ABOUT = """\
Measures how long a message takes from the moment at which it was due to be posted until a real
Chromium has painted it: in the messenger's own page, and in a bare page that listens by each
transport of the browser's own (EventSource, WebSocket, fetch). It could be wrong by the offset of
the two clocks (shown), where browser and poster want more than their one processor (then there is
no verdict), and it is software rendering at up to 60 frames a second, without a screen."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _ABOUT
    add = parser.add_argument
    add("--pages", default="all", metavar="LIST", help=f"all, or some of: {', '.join(PAGES)}")
    add("--rate", type=float, default=5.0, metavar="X", help="messages a second (5)")
    add("--interval", type=float, default=1.0, metavar="X", help="s between short polls (1)")
    add("--size", type=int, default=200, metavar="N", help="bytes of a text (200)")
    add("--seconds", type=float, default=20.0, metavar="X", help="that are measured (20)")
    add("--warm-up", type=float, default=2.0, metavar="X", help="seconds before that (2)")
    add("--runs", type=int, default=3, metavar="N", help="of each page, in turn (3)")
    add("--seed", type=int, default=1, metavar="N", help="decides the order of the pages (1)")
    add("--headed", action="store_true", help="with a window, which needs a display")
    add("--json", type=Path, metavar="FILE", help="write the result there")
    conditions.options(parser)


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    return invocation.conclude("browser", lambda found: _measure(found, given), tables, given.json)


def cells(given: argparse.Namespace) -> list[Cell]:
    """What is asked for. Raises `CannotRun`."""
    names = PAGES if given.pages == "all" else tuple(given.pages.split(","))
    if odd := sorted(set(names) - set(PAGES)):
        raise CannotRun(f"no page {odd[0]!r}; there are {', '.join(PAGES)}")
    if min(given.rate, given.seconds, given.interval, given.warm_up) <= 0 or given.runs < 1:
        raise CannotRun("rate, seconds, interval, warm-up and runs are above 0")
    return [
        Cell(
            name,
            given.rate,
            given.seconds,
            given.warm_up,
            given.size,
            given.interval if name == "short-poll" else None,
            str(conditions.given(given)),
        )
        for name in names
    ]


def _measure(found: Result, given: argparse.Namespace) -> Iterator[Run]:
    wanted = cells(given)
    found.settings |= {
        "runs": given.runs,
        "seed": given.seed,
        "pinning": "server on the first processor, browser and poster on the last",
        "order": "by chance, all once, then once more",
    }
    with asyncio.Runner() as runner:
        on = stage(given.seed, conditions.given(given), headed=given.headed)
        with show.progress("browser") as tell:
            tell("starting server and browser")
            here = runner.run(on.__aenter__())
            try:
                _versions(found, here)
                for number, cell in _turns(wanted, given.runs, given.seed):
                    tell(f"{number}/{given.runs} {cell.page}")
                    one = runner.run(go(here, cell, number))
                    one.parameters["seed"] = given.seed
                    found.runs.append(one)
                    yield one
            finally:
                runner.run(on.__aexit__(None, None, None))


def _versions(found: Result, on: Stage) -> None:
    known = facts.machine()
    del known["machine"]
    found.versions["tornchat"] = {
        **known,
        "redis": on.node.redis,
        "browser": f"Chromium {on.browser.version}",
    }


def _turns(wanted: Sequence[Cell], runs: int, seed: int) -> Iterator[tuple[int, Cell]]:
    chance = random.Random(seed)
    for number in range(1, runs + 1):
        for cell in chance.sample(wanted, len(wanted)):
            yield number, cell
