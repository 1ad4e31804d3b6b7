"""The command line of ``scripts/lab scale``."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from probes.bench import invocation
from probes.bench.own import SCANS
from probes.bench.result import Result, Run
from probes.scale.known import conclude
from probes.scale.measuring import SMALL_QUOTA, measure
from probes.scale.table import tables

_QUICK = {"runs": 1, "seconds": 1.5, "warm_up": 0.5, "precision": 0.35, "streams": 90, "drain": 2.0}
_ABOUT = """\
Measures the most members (or messages a second) for which nodes behind HAProxy deliver within a
limit at the 99th percentile, for 1, 2, ... nodes that join while it runs; fits the Universal
Scalability Law; shows what every process takes, and where streams go when a node joins, is
reloaded and leaves. It could be wrong where what stopped it is not the nodes: everything is on
one machine, and its report says whose processor time was used up. With a quota each node is as
small as a part of a processor; then capacity says how nodes add up, not how much a real one does.
Where the generator is the limit, or others take a tenth of the processors, there is no verdict."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _ABOUT
    add = parser.add_argument
    add("--nodes", default="3", metavar="N|URLS", help="so many, or addresses with commas (3)")
    add("--token", help="with addresses: bearer token of a user, who subscribes and posts")
    add("--room", help="with addresses: id of a room of theirs")
    add("--workers", type=_whole, default=1, help="of each node (1)")
    add("--transport", default="sse", metavar="NAMES", help="with commas: " + ", ".join(SCANS))
    add("--interval", type=float, default=1.0, help="seconds between short polls (1)")
    add("--part", default="all", choices=("all", "capacity", "rebalance"), help="what to do (all)")
    add("--ramp", default="members", choices=("members", "rate"), help="what grows (members)")
    add("--members", type=_whole, default=500, help="of the one room, where the rate grows (500)")
    add("--rate", type=float, default=10.0, help="messages a second, where members grow (10)")
    add("--people", type=_whole, default=20, help="accounts of the members (20)")
    add("--size", type=_whole, default=200, help="bytes of a message's text (200)")
    add("--first", type=int, default=0, help="load to begin with (by what a small load costs)")
    add("--most", type=_whole, default=8000, help="no load above this is tried (8000)")
    add("--limit-ms", type=float, default=250.0, help="delivery, 99th percentile (250)")
    add("--seconds", type=float, default=4.0, help="that are measured of each load (4)")
    add("--warm-up", type=float, default=1.0, help="seconds before that (1)")
    add("--precision", type=float, default=0.1, help="of the capacity, as a share (0.1)")
    add("--runs", type=_whole, default=3, help="searches for each number of nodes (3)")
    text = f"of one processor for each node, 0: all ({SMALL_QUOTA:g} where processors are few)"
    add("--quota", type=float, metavar="SHARE", help=text)
    kinds = ("postgresql", "sqlite")
    add("--database", default="postgresql", choices=kinds, help="of all nodes (postgresql)")
    add("--streams", type=_whole, default=300, help="of the rebalancing (300)")
    add("--drain", type=float, default=5.0, help="seconds in which a node moves its streams (5)")
    add("--seed", type=int, default=1, help="of phases, pauses and the bootstrap (1)")
    add("--quick", action="store_true", help="coarse, once, in about a minute")
    add("--json", type=Path, metavar="FILE", help="write the result there")
    add("--keep", type=Path, metavar="FOLDER", help="keep data and output of the servers there")


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    if given.quick:
        vars(given).update(_QUICK)
    with ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)

        def runs(found: Result) -> Iterator[Run]:
            try:
                yield from measure(found, given, folder.absolute())
            finally:
                conclude(found, given.seed)

        return invocation.conclude("scale", runs, tables, given.json)


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too little")
    return number
