"""The command line of ``scripts/lab plan``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from probes.bench import invocation, show
from probes.bench.figures import FIGURES
from probes.bench.result import BadResult, Result, Run
from probes.plan import check, tables, words
from probes.plan.costs import BENCHMARKS, MEASURED, Costs, Found, costs, read_all
from probes.plan.load import GIB, TRANSPORTS, BadLoad, Load, Site
from probes.plan.model import Impossible, Plan, gives_out, plan
from probes.plan.page import EXAMPLE, SITE, page
from probes.plan.tables import Table
from probes.rig.node import ROOT

SHOWN, NOT_HELD, COULD_NOT = 0, 1, 2
PAGE = ROOT / "docs" / "plan.md"

_ABOUT = """\
Says how many workers, nodes and Redis shards a load needs and what gives out first, from costs
that were measured on a small machine. It could be wrong where things cost more than the sum of
their parts (queues, caches, a network between worker and Redis), and wherever it says by how much
it extrapolates."""
_LOAD = {
    "users": "accounts",
    "rooms": "rooms",
    "rate": "messages a second, all together",
    "members_per_room": "members of a room",
    "online": "share of the users that listens",
    "interval": "seconds between two short polls",
    "wait": "seconds that a long poll waits",
    "size": "bytes of a text",
    "batch": "messages that a worker does together (1: each alone, as on a quiet server)",
    "together": "messages that Redis gets at once (1: each alone)",
    "log_hours": "hours that Redis keeps the log for",
}
_SHOWN = ("subscribers", "in_flight", "topics", "connections", "rate", "heartbeat")
_COST_FIGURES = (
    *("publish_us", "pulse_us", "archive_us", "hear_us", "not_heard_us", "worker_bytes"),
    *("poll_us_worker", "poll_us_redis", "socket_bytes", "subscription_bytes", "log_bytes"),
    *("nonce_bytes", "idle_cpu_percent", "connect_us"),
)
_SITE = {
    "headroom": ("share of a processor that may be used", 1.0),
    "workers_per_node": ("workers of a node: one for each processor", 1),
    "node_memory": ("GiB that a node's workers may have", float(GIB)),
    "node_gbit": ("Gbit/s of a node", 1.0),
    "redis_memory": ("GiB that the data of a Redis may have", float(GIB)),
    "back_seconds": ("seconds in which all are back when every line breaks", 1.0),
}
"""Field -> what it is, and its unit in the model's own."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _ABOUT
    add = parser.add_argument
    group = parser.add_argument_group("the load")
    for name, about in _LOAD.items():
        known = getattr(EXAMPLE, name)
        option = f"--{name.replace('_', '-')}"
        group.add_argument(
            option, type=float, default=known, metavar="X", help=f"{about} ({known:g})"
        )
    group.add_argument("--transport", choices=TRANSPORTS, default="sse")
    group = parser.add_argument_group("the machines")
    for name, (about, unit) in _SITE.items():
        known = getattr(SITE, name) / unit
        option = f"--{name.replace('_', '-')}"
        kind = type(unit)
        group.add_argument(
            option, type=kind, default=kind(known), metavar="X", help=f"{about} ({known:g})"
        )
    group.add_argument("--shards", type=int, metavar="N", help="so many, and not the fewest")
    group = parser.add_argument_group("instead of a plan")
    how = group.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="hold the model to what was measured")
    how.add_argument("--measure", action="store_true", help="measure costs, in about two minutes")
    how.add_argument("--report", action="store_true", help="write docs/plan.md and its plots")
    add("--runs", type=int, default=1, help="with --measure: rounds of all of it (1)")
    add("--json", type=Path, metavar="FILE", help="write the plan, or what was measured, there")
    text = "costs that --measure has found (docs/plan/costs.json)"
    add("--costs", type=Path, default=MEASURED, metavar="FILE", help=text)
    text = "results of the benchmark (docs/performance)"
    add("--results", type=Path, default=BENCHMARKS, metavar="FOLDER", help=text)
    add("--page", type=Path, default=PAGE, metavar="FILE", help="with --report: instead of it")


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    if given.measure:
        return _measure(given)
    try:
        found = read_all(given.results, given.costs)
        known = costs(found)
        if given.check:
            return _check(known, found)
        if given.report:
            return _report(given, known, found)
        return _plan(given, known)
    except (BadResult, BadLoad, Impossible, OSError) as wrong:
        print(f"scripts/lab plan: {wrong}", file=sys.stderr)
        return COULD_NOT


def _plan(given: argparse.Namespace, known: Costs) -> int:
    load = Load(**{row.name: getattr(given, row.name) for row in fields(Load)})
    site = Site(**{name: getattr(given, name) * unit for name, (_, unit) in _SITE.items()})
    if given.shards is not None and given.shards < 1:
        raise BadLoad("at least one shard")
    made = plan(load, known, site, given.shards)
    print(words.question(load), words.answer(made, known, site), sep="\n")
    _show(tables.needs(made))
    _show(tables.answer(made, known))
    _show(tables.first(load, known, site))
    _show(tables.what_if(load, known, site))
    _show(tables.sharding(load, known, site))
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(_plain(made, known, site), indent=1) + "\n", "utf-8")
    return SHOWN


def _plain(made: Plan, known: Costs, site: Site) -> dict[str, object]:
    rows = tables.answer(made, known).rows
    return {
        "plan": asdict(made),
        "gives_out_at": dict(gives_out(made.load, known, site)),
        "measured_up_to": {what: [planned, measured] for what, planned, measured, _ in rows},
        "costs": {name: asdict(cost) for name, cost in known.of.items()},
    }


def _check(known: Costs, found: Found) -> int:
    rows = check.rows(known)
    _show(tables.checked(rows))
    _show(tables.checked(check.polls(found, known), held=False))
    worst = max(row.error for row in rows)
    held = worst <= check.FACTOR
    print(f"At most {worst:.2f} times off; it is held to {check.FACTOR:g}.")
    return SHOWN if held else NOT_HELD


def _report(given: argparse.Namespace, known: Costs, found: Found) -> int:
    from probes.plan import pictures

    plots = given.page.with_suffix("")
    plots.mkdir(exist_ok=True)
    for file in pictures.draw(known, EXAMPLE, SITE, plots):
        print(f"wrote {file}")
    given.page.write_text(page(known, found), "utf-8")
    print(f"wrote {given.page}")
    return SHOWN


def _measure(given: argparse.Namespace) -> int:
    from probes.plan.measure.all import measure

    def runs(found: Result) -> Iterator[Run]:
        with show.progress("plan --measure") as tell:
            yield from measure(found, given.runs, tell)

    return invocation.conclude("plan", runs, _measured, given.json)


def _measured(found: Result) -> None:
    """Each run for itself: medians over other numbers of subscribers would mean nothing."""
    rows = [
        (
            f"{run.scenario} {run.number}",
            ", ".join(
                f"{run.parameters[name]:g} {name}" for name in _SHOWN if name in run.parameters
            ),
            ", ".join(
                f"{FIGURES[name].title} {show.shown(run.figures[name])} {FIGURES[name].unit}"
                for name in _COST_FIGURES
                if name in run.figures
            ),
        )
        for run in found.runs
    ]
    _show(Table(("measurement", "of", "found"), rows))


def _show(table: Table) -> None:
    shown = RichTable(*table.head)
    for row in table.rows:
        shown.add_row(*(cell.replace("**", "") for cell in row))
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print(shown)
