"""``scripts/lab churn``: members come and go all the time."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from probes.bench import invocation, show
from probes.bench.asked import demand, transports
from probes.bench.result import Result, Run
from probes.bench.show import cell
from probes.calls import GivenUp
from probes.churn.measuring import NAME, Shape, one_run
from probes.client import Transport
from probes.latency.table import columns
from probes.rig.children import CannotRun

TRANSPORTS = (Transport.SSE, Transport.WEBSOCKET)
_ABOUT = """\
Measures what it costs that members leave and come back with their cursors, at moments by chance:
the processor time of each return, how long it takes, and whether those who stay notice. Who comes
back must have got everything, once and in order. It could be wrong where what the fan-out saves
while some are away is as much as what their returns cost (take fewer --going), and where the
readers, which share one process, are the limit (then there is no verdict). Polls do not take part:
to them every poll is a return."""
_SHOWN = (
    *("offered_connects_per_s", "connects_per_s"),
    *("connect_us", "connect_us_worker", "connect_us_redis", "return_p50_ms", "return_p99_ms"),
    *("quiet_delivery_p50_ms", "quiet_delivery_p99_ms", "delivery_p50_ms", "delivery_p99_ms"),
    *("delivery_closed_p50_ms", "delivery_closed_p99_ms", "offered_per_s", "achieved_per_s"),
    *("deliveries", "server_share", "client_share", "others_share"),
    *("lost", "doubled", "disordered"),
)


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _ABOUT
    add = parser.add_argument
    everything = ",".join(TRANSPORTS)
    add("--transport", default=everything, metavar="LIST", help=f"some with commas ({everything})")
    add("--members", type=int, default=500, metavar="N", help="all together (500)")
    add("--going", type=int, default=200, metavar="N", help="those who come and go (200)")
    add("--churn", type=float, default=50.0, metavar="R", help="who leave in a second (50)")
    add("--away", type=float, default=1.0, metavar="S", help="seconds until they are back (1)")
    add("--rate", type=float, default=10.0, metavar="R", help="messages a second, to all (10)")
    add("--size", type=int, default=200, metavar="N", help="characters of each (200)")
    add("--seconds", type=float, default=10.0, metavar="S", help="without them, and with them (10)")
    add("--warm-up", type=float, default=2.0, metavar="S", help="seconds before (2)")
    add("--workers", type=int, default=1, metavar="N", help="workers of the server (1)")
    add("--people", type=int, default=20, metavar="N", help="accounts, with a token each reader")
    add("--runs", type=int, default=3, metavar="N", help="of each, in turn (3)")
    add("--seed", type=int, default=1, metavar="N", help="decides who leaves when (1)")
    add("--json", type=Path, metavar="FILE", help="write the result there")


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    return invocation.conclude(NAME, lambda found: _measure(found, given), tables, given.json)


def tables(result: Result) -> None:
    """A column for each transport."""
    columns(result, _SHOWN)


def _shapes(given: argparse.Namespace) -> list[Shape]:
    least = {"members": 2, "going": 1, "churn": 0.1, "away": 0, "rate": 0.1, "size": 1}
    demand(vars(given), {**least, "seconds": 0.5, "workers": 1, "people": 1, "runs": 1})
    if given.going >= given.members:
        raise CannotRun("--going must be less than --members: somebody has to stay")
    names = [name for name in Shape.__dataclass_fields__ if name != "transport"]
    numbers = {name: getattr(given, name) for name in names}
    return [
        Shape(Transport(transport), **numbers)
        for transport in transports(given.transport, TRANSPORTS)
    ]


def _measure(found: Result, given: argparse.Namespace) -> Iterator[Run]:
    shapes = _shapes(given)
    found.settings |= {"runs": given.runs, "seed": given.seed}
    for number in range(1, given.runs + 1):
        for shape in shapes:
            where = f"{NAME} {number}/{given.runs} {cell(shape.parameters())}"
            with show.progress(where) as tell, tempfile.TemporaryDirectory() as folder:
                try:
                    one, versions = asyncio.run(one_run(Path(folder), shape, number, tell))
                except GivenUp as wrong:
                    raise CannotRun(str(wrong)) from None
            found.versions.setdefault(one.target, versions)
            found.runs.append(one)
            yield one
