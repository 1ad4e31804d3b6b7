"""``scripts/lab idle``: members of a room in which nothing is said, by each transport."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from probes.bench import invocation
from probes.bench.asked import demand, transports
from probes.bench.own import SCANS
from probes.bench.result import Result, Run
from probes.bench.scenarios import USUAL_INTERVAL, Scenario
from probes.bench.show import cell
from probes.bench.targets import OURS, factory
from probes.latency.table import columns

NAME = "idle"
_MOST_ACCOUNTS = 5
"""Each member has a token of its own all the same."""
_ABOUT = """\
Measures what a member costs who only listens while nothing is said: memory of the server's
processes and of the kernel for its sockets, processor time (beats, or polls that bring nothing),
requests and bytes, and the processor time of coming in. It could be wrong where memory that the
server has freed is not given back to the system (each run has a server of its own), where there is
less time than a few beats or long polls take (25 s), and in kernel memory, which is rounded up to
pages."""
_SHOWN = (
    *("bytes_per_stream", "bytes_per_stream_worker", "bytes_per_stream_redis"),
    *("private_bytes_per_stream", "socket_bytes_per_stream"),
    *("idle_cpu_us_per_member", "idle_cpu_percent"),
    *("requests_per_member_s", "wire_bytes_per_member_s", "missed_polls"),
    *("connect_us", "connect_us_worker", "connect_us_redis"),
    *("server_share", "client_share", "others_share", "lost", "doubled", "disordered"),
)


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _ABOUT
    add = parser.add_argument
    everything = ",".join(SCANS)
    add("--transport", default=everything, metavar="LIST", help=f"some with commas ({everything})")
    add("--interval", type=float, default=USUAL_INTERVAL, metavar="S", help="of short polls (1)")
    add("--members", type=int, default=2000, metavar="N", help="who listen (2000)")
    add("--heartbeat", type=float, default=25.0, metavar="S", help="seconds between beats (25)")
    add("--seconds", type=float, default=50.0, metavar="S", help="that are looked at (50)")
    add("--warm-up", type=float, default=2.0, metavar="S", help="seconds before (2)")
    add("--workers", type=int, default=1, metavar="N", help="workers of the server (1)")
    add("--runs", type=int, default=3, metavar="N", help="of each, in turn (3)")
    add("--seed", type=int, default=1, metavar="N", help="of the order and the polls' phases (1)")
    add("--json", type=Path, metavar="FILE", help="write the result there")


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    return invocation.conclude(NAME, lambda found: _measure(found, given), tables, given.json)


def scenarios(given: argparse.Namespace) -> list[Scenario]:
    """One for each transport. Raises `CannotRun`."""
    least = {"members": 2, "interval": 0.01, "heartbeat": 0.1, "seconds": 0.1, "workers": 1}
    demand(vars(given), {**least, "warm_up": 0, "runs": 1})
    return [
        Scenario(
            NAME,
            "",
            subscribers=given.members,
            members=min(_MOST_ACCOUNTS, 1 + given.members // 100),
            own_sessions=True,
            transport=transport,
            workers=given.workers,
            heartbeat=given.heartbeat,
            seconds=given.seconds,
            warm_up=given.warm_up,
            interval=given.interval if transport == "short-poll" else None,
            seed=given.seed,
        )
        for transport in transports(given.transport)
    ]


def tables(result: Result) -> None:
    """A column for each transport."""
    columns(result, _SHOWN)


def _measure(found: Result, given: argparse.Namespace) -> Iterator[Run]:
    todo = scenarios(given)
    made = factory(OURS)
    found.settings |= {"runs": given.runs, "seed": given.seed}
    for number, scenario in invocation.turns(todo, given.runs, given.seed):
        where = f"{NAME} {number}/{given.runs} {cell(scenario.parameters())}"
        one = invocation.one_run(found, OURS, made, scenario, number, where)
        one.parameters |= {"members": scenario.subscribers, "accounts": scenario.members}
        yield one
