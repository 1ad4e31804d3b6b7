"""What every probe that writes a result does around its runs: server, file, exit status."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from probes.bench import result, running, show
from probes.bench.result import Result, Run, Verdict
from probes.bench.run import go
from probes.bench.scenarios import Scenario
from probes.bench.target import TargetFactory
from probes.bench.targets import OURS, factory
from probes.loads.machine import need_descriptors, need_linux
from probes.rig import facts
from probes.rig.children import CannotRun

GOOD, FAILED, COULD_NOT, REFUSED = 0, 1, 2, 3
"""Exit status: by the worst verdict of the runs; 2 where there is none."""
_INTERRUPTED = 130
_SPARE_DESCRIPTORS = 500

Measure = Callable[[Result], Iterable[Run]]
"""Does the runs, and puts each into the result as it comes."""


def server_options(parser: argparse.ArgumentParser) -> None:
    """Let a server be loaded that runs already."""
    add = parser.add_argument
    add("--url", help="load a Tornchat that runs there, and start none")
    add("--token", help="with --url: bearer token of a user, who subscribes and posts")
    add("--room", help="with --url: id of a room of theirs")


def server(given: argparse.Namespace) -> tuple[str, TargetFactory]:
    """Name and maker of the target that `server_options` ask for. Raises `CannotRun`."""
    if not given.url:
        return OURS, factory(OURS)
    if not (given.token and given.room):
        raise CannotRun("--url needs --token and --room")
    return running.Running.name, running.at(given.url, given.token, given.room)


def conclude(
    probe: str, measure: Measure, tables: Callable[[Result], None], file: Path | None
) -> int:
    """Measure, show each run as it comes and the tables in the end, and write the result, also of
    what was interrupted. Gives the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    found = Result({}, " ".join(["scripts/lab", *sys.argv[1:]]), date)
    try:
        need_linux()
        _writable(file)
        found.machine = {"machine": facts.machine()["machine"]}
        for one in measure(found):
            show.line(one)
    except CannotRun as wrong:
        print(f"scripts/lab {probe}: {wrong}", file=sys.stderr)
        return COULD_NOT
    except KeyboardInterrupt:
        print(f"scripts/lab {probe}: interrupted", file=sys.stderr)
        return _INTERRUPTED
    finally:
        if found.runs:
            if file:
                result.write(found, file)
            tables(found)
    verdicts = {one.verdict for one in found.runs}
    if Verdict.FAILED in verdicts:
        return FAILED
    return REFUSED if Verdict.REFUSED in verdicts else GOOD


def _writable(file: Path | None) -> None:
    """Raises `CannotRun` where a result could not be written, before minutes are spent on it."""
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise CannotRun(f"{file} cannot be written: {wrong}") from None
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise CannotRun(f"{file} cannot be written")


def turns(scenarios: Sequence[Scenario], runs: int, seed: int) -> Iterator[tuple[int, Scenario]]:
    """Number of the run and scenario: each once in an order by chance, then each once more. So what
    happens on the machine meanwhile happens to all of them."""
    chance = random.Random(seed)
    for number in range(1, runs + 1):
        for scenario in chance.sample(scenarios, len(scenarios)):
            yield number, scenario


def one_run(
    found: Result, name: str, made: TargetFactory, scenario: Scenario, number: int, where: str
) -> Run:
    """One run, with its progress; into the result."""
    need_descriptors(scenario.subscribers + _SPARE_DESCRIPTORS)
    with show.progress(where) as tell:
        run, versions = go(made, scenario, number, tell)
    found.versions.setdefault(name, versions)
    found.runs.append(run)
    return run
