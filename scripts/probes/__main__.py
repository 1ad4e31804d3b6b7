"""``scripts/lab COMMAND``: the probes, one command each."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

COMMANDS = {
    "prove": ("probes.proof.command", "nothing is lost, doubled, reordered or leaked by faults"),
    "drain": (
        "probes.loads.drain",
        "the streams of a worker that leaves come back over time",
    ),
    "storm": ("probes.loads.storm", "thousands of streams that break at once are soon back"),
    "slow": ("probes.loads.slow", "readers that stop reading cost little, and the others nothing"),
    "bench": ("probes.bench.command", "what a delivery costs and how long it takes, also of peers"),
    "latency": ("probes.latency.command", "how long a message takes, by each transport"),
    "scale": ("probes.scale.command", "how far it goes, and what another node adds"),
    "wire": ("probes.wire.command", "requests and bytes for each message, by each transport"),
    "idle": ("probes.idle", "what members cost who only listen, by each transport"),
    "churn": ("probes.churn.command", "what it costs that members come and go all the time"),
    "compare": ("probes.bench.compare", "what got better or worse between two results"),
    "plan": (
        "probes.plan.command",
        "workers, nodes and shards that a load needs, and what is first",
    ),
    "study": ("probes.study.command", "measure the whole matrix, and write docs/study/"),
    "browser": ("probes.browser.command", "how long from a POST to the paint in a real browser"),
    "performance": ("probes.bench.report.command", "write docs/performance.md from results"),
}
"""Name -> module with ``options(parser)`` and ``run(given) -> exit status``, and what it shows."""

_ABOUT = "Probes of a Tornchat server, from outside; docs/lab.md tells what they do."


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, like the probes themselves."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one probe; returns its exit status: 0 shown, 1 not so, 2 it could not run."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = _Parser(prog="scripts/lab", description=_ABOUT)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, about) in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about)
        if words[:1] == [name]:  # the others need not be imported
            importlib.import_module(module).options(command)
    given = parser.parse_args(words)
    module, _ = COMMANDS[given.command]
    status: int = importlib.import_module(module).run(given)
    return status


if __name__ == "__main__":
    sys.exit(main())
