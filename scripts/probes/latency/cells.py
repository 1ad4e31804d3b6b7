"""What is measured: transports under one load."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from probes.bench.asked import demand, seconds, transports
from probes.bench.own import SCANS
from probes.bench.scenarios import USUAL_INTERVAL, Scenario
from probes.network import conditions

NAME = "latency"
_MOST_ACCOUNTS = 200
"""More members share accounts: making one costs the hash of a password."""
_MOST_CONNECTIONS = 256
_WARM_SECONDS = 2.0


def options(parser: argparse.ArgumentParser) -> None:
    """The load, and the transports."""
    add = parser.add_argument
    everything = ",".join(SCANS)
    add("--transport", default=everything, metavar="LIST", help=f"some with commas ({everything})")
    add(
        "--interval",
        default=f"{USUAL_INTERVAL:g}",
        metavar="LIST",
        help="seconds from one short poll of a member to the next, some with commas (1)",
    )
    add("--members", type=int, default=50, metavar="N", help="who read, and write in turn (50)")
    add(
        "--rate", type=float, default=50.0, metavar="R", help="messages a second, all together (50)"
    )
    add("--size", type=int, default=200, metavar="N", help="bytes of a message's text (200)")
    add("--seconds", type=float, default=10.0, metavar="S", help="that are measured (10)")
    add("--warm-up", type=float, metavar="S", help="seconds before (2, or an interval if longer)")
    add("--workers", type=int, default=1, metavar="N", help="workers of the server (1)")
    add("--connections", type=int, metavar="N", help="over which members post (one for each)")
    add("--trips", type=int, default=20, metavar="N", help="single trips, for their parts (20)")
    add("--runs", type=int, default=3, metavar="N", help="of each, in turn (3)")
    add("--seed", type=int, default=1, metavar="N", help="of the order and the polls' phases (1)")


def scenarios(given: argparse.Namespace) -> list[Scenario]:
    """Everything that was asked for. Raises `CannotRun`."""
    least = {
        "trips": 0,
        "members": 1,
        "rate": 0.01,
        "seconds": 0.5,
        "workers": 1,
        "runs": 1,
        "size": 1,
    }
    demand(vars(given), least)
    return list(_each(given, transports(given.transport), seconds("interval", given.interval)))


def accounts(members: int) -> int:
    """So many members have an account of their own; beyond that they share them."""
    return min(members, _MOST_ACCOUNTS)


def _each(
    given: argparse.Namespace, transports: Sequence[str], intervals: Sequence[float]
) -> Iterator[Scenario]:
    for transport in transports:
        for interval in intervals if transport == "short-poll" else (None,):
            warm_up = given.warm_up
            yield Scenario(
                NAME,
                "",
                subscribers=given.members,
                rate=given.rate,
                members=accounts(given.members),
                transport=transport,
                workers=given.workers,
                size=given.size,
                seconds=given.seconds,
                warm_up=max(_WARM_SECONDS, interval or 0.0) if warm_up is None else warm_up,
                interval=interval,
                connections=given.connections or min(given.members, _MOST_CONNECTIONS),
                seed=given.seed,
                trips=given.trips,
                network=str(conditions.given(given)),
            )
