"""The command line of ``scripts/lab wire``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from probes.bench import invocation
from probes.bench.asked import demand, seconds, transports
from probes.bench.own import SCANS
from probes.bench.result import Result, Run
from probes.bench.scenarios import USUAL_INTERVAL
from probes.bench.servers import Servers
from probes.bench.targets import OURS
from probes.wire.cells import NAME, cells
from probes.wire.measuring import measure
from probes.wire.table import tables

_ABOUT = """\
Counts requests, polls in vain and bytes for each delivered message, by each transport, in rooms
where a message comes often and where it comes seldom. Time goes faster where that is needed. It
could be wrong where that is too fast for the server (then there is no verdict), and it is more in
a browser, which sends longer heads of requests."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _ABOUT
    add = parser.add_argument
    everything = ",".join(SCANS)
    add("--transport", default=everything, metavar="LIST", help=f"some with commas ({everything})")
    add("--every", default="50,10,1", metavar="LIST", help="seconds between messages (50,10,1)")
    add(
        "--interval",
        default=f"{USUAL_INTERVAL:g}",
        metavar="LIST",
        help="seconds from one short poll of a member to the next, some with commas (1)",
    )
    add("--members", type=int, default=10, metavar="N", help="who read (10)")
    add("--size", type=int, default=200, metavar="N", help="bytes of a message's text (200)")
    add("--seconds", type=float, default=8.0, metavar="S", help="that each run takes (8)")
    add("--runs", type=int, default=1, metavar="N", help="of each (1)")
    add("--seed", type=int, default=1, metavar="N", help="of the order and the polls' phases (1)")
    add("--json", type=Path, metavar="FILE", help="write the result there")


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    return invocation.conclude(NAME, lambda found: _runs(found, given), tables, given.json)


def _runs(found: Result, given: argparse.Namespace) -> Iterator[Run]:
    demand(vars(given), dict.fromkeys(("members", "size", "seconds", "runs"), 1))
    asked = cells(
        transports(given.transport),
        seconds("every", given.every),
        seconds("interval", given.interval),
        given.members,
        given.size,
    )
    with Servers() as servers:
        yield from measure(
            *(found, (OURS, servers), asked),
            seconds=given.seconds,
            runs=given.runs,
            seed=given.seed,
        )
