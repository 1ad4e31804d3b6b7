"""The command line of ``scripts/lab bench``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from probes.bench import show
from probes.bench.asked import demand
from probes.bench.invocation import conclude, one_run, server, server_options
from probes.bench.own import SCANS
from probes.bench.result import Result, Run
from probes.bench.scenarios import SCENARIOS, Scenario
from probes.bench.target import NotServed, TargetFactory
from probes.bench.targets import OURS, TARGETS, factory
from probes.network import conditions
from probes.rig.children import CannotRun

_PARAMETERS = {
    "subscribers": (int, "streams"),
    "rate": (float, "messages a second, all together, at even distances"),
    "in_flight": (int, "without a rate: so many messages that have not yet come to everybody"),
    "rooms": (int, "rooms, with everybody in all of them"),
    "members": (int, "accounts, which subscribe and post in turn"),
    "size": (int, "bytes of a message's text"),
    "workers": (int, "workers of the server"),
    "heartbeat": (float, "seconds between two beats"),
    "seconds": (float, "seconds that are measured"),
    "warm_up": (float, "seconds before that"),
    "interval": (float, "seconds from one short poll to the next"),
    "seed": (int, "decides what is left to chance, such as what the network loses"),
}
"""Parameter of a scenario -> its type and meaning."""
_LEAST = {"subscribers": 0, "rate": 0, "in_flight": 0, "warm_up": 0, "interval": 0.01}
"""Where that is not 1."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    width = max(map(len, SCENARIOS))
    lines = [f"  {name:{width}}  {one.about}" for name, one in SCENARIOS.items()]
    parser.epilog = "\n".join(["scenarios:", *lines])
    add = parser.add_argument
    add("--scenario", default="saturation", metavar="NAMES", help="some with commas, or all")
    peers = ", ".join(name for name in TARGETS if name != OURS)
    add("--peer", default="", metavar="NAMES", help=f"to be measured in turn with ours: {peers}")
    add("--runs", type=int, default=3, help="of each (3)")
    add("--out", type=Path, metavar="FILE", help="write the result there, as JSON")
    server_options(parser)
    conditions.options(parser)
    group = parser.add_argument_group("parameters, instead of the scenario's own")
    group.add_argument("--transport", choices=SCANS, help="how subscribers ask")
    for name, (kind, about) in _PARAMETERS.items():
        metavar = "N" if kind is int else "X"
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=about)


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    return conclude("bench", lambda found: _runs(found, given), show.tables, given.out)


def _runs(found: Result, given: argparse.Namespace) -> Iterator[Run]:
    """Everything that was asked for, targets in turn; into the result as it comes."""
    scenarios = _scenarios(given)
    factories = _factories(given)
    found.settings = {"runs": given.runs, "targets": list(factories)}
    for scenario in scenarios:
        for number in range(1, given.runs + 1):
            for name, made in factories.items():
                where = f"{scenario.name} {number}/{given.runs} {name}"
                try:
                    yield one_run(found, name, made, scenario, number, where)
                except NotServed as wrong:
                    print(f"{where}: left out, {wrong}", file=sys.stderr)


def _scenarios(given: argparse.Namespace) -> list[Scenario]:
    names = list(SCENARIOS) if given.scenario == "all" else given.scenario.split(",")
    for name in names:
        if name not in SCENARIOS:
            raise CannotRun(f"{name!r} is no scenario; there are: all, {', '.join(SCENARIOS)}")
    changes = {name: getattr(given, name) for name in ("transport", *_PARAMETERS)}
    changes["network"] = str(conditions.given(given))
    demand(changes, {name: _LEAST.get(name, 1) for name in changes})
    return [SCENARIOS[name].with_options(changes) for name in names]


def _factories(given: argparse.Namespace) -> Mapping[str, TargetFactory]:
    """Target -> what makes one; ours first."""
    if given.url and given.peer:
        raise CannotRun("--url goes without --peer")
    name, made = server(given)
    if given.url:
        return {name: made}
    names = [OURS, *(name for name in given.peer.split(",") if name)]
    for name in names:
        if name not in TARGETS:
            raise CannotRun(f"{name!r} is no peer; there are: {', '.join(TARGETS)}")
    return {name: factory(name) for name in names}
