"""The command line of ``scripts/lab latency``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from probes.bench import invocation
from probes.bench.result import Result, Run
from probes.bench.servers import Servers
from probes.bench.targets import OURS
from probes.latency import cells
from probes.latency.measuring import measure
from probes.latency.table import tables
from probes.network import conditions

_ABOUT = """\
Measures how long a message takes from the moment at which it was due to be sent until each member
has it, under a load that does not wait for answers. It could be wrong where the client, or
somebody else on the machine, is the limit (then there is no verdict), and it is not the time of a
browser or of a network: both ends are on this machine, unless --delay or --url say otherwise."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _ABOUT
    cells.options(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there")
    invocation.server_options(parser)
    conditions.options(parser)


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    return invocation.conclude(cells.NAME, lambda found: _runs(found, given), tables, given.json)


def _runs(found: Result, given: argparse.Namespace) -> Iterator[Run]:
    scenarios = cells.scenarios(given)
    if given.url:
        yield from measure(found, invocation.server(given), scenarios, given.runs, given.seed)
        return
    with Servers() as servers:
        yield from measure(
            *(found, (OURS, servers), scenarios, given.runs, given.seed), afresh=servers.end
        )
