"""The runs of the probe, for whatever target."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from probes.bench import show
from probes.bench.invocation import one_run, turns
from probes.bench.result import Result, Run, Verdict
from probes.bench.scenarios import Scenario
from probes.bench.target import TargetFactory


def measure(
    found: Result,
    server: tuple[str, TargetFactory],
    scenarios: Sequence[Scenario],
    runs: int,
    seed: int,
    afresh: Callable[[], None] = lambda: None,
) -> Iterator[Run]:
    """Every scenario ``runs`` times; each into the result as it comes, with what the lab's files
    call its load: ``members`` read, and write by so many ``accounts``. ``afresh``: what ends a
    server that stays from run to run; each turn of all scenarios, and what follows on a run that
    failed, begins with another."""
    name, made = server
    found.settings |= {"runs": runs, "seed": seed, "order": "by chance, all once, then once more"}
    before = 0
    for number, scenario in turns(scenarios, runs, seed):
        if number != before:
            afresh()
            before = number
        where = f"{scenario.name} {number}/{runs} {show.cell(scenario.parameters())}"
        run = one_run(found, name, made, scenario, number, where)
        run.parameters |= {"members": scenario.subscribers, "accounts": scenario.members}
        if run.verdict is Verdict.FAILED:
            afresh()
        yield run
