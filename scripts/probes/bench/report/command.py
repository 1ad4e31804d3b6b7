"""``scripts/lab performance``: ``docs/performance.md`` and its plots, from committed results."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from probes.bench.report.drawing import draw
from probes.bench.report.evidence import FOLDER, Evidence
from probes.bench.report.page import page
from probes.bench.result import BadResult
from probes.rig.node import ROOT

WRITTEN, COULD_NOT = 0, 2
PAGE = ROOT / "docs" / "performance.md"


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    add = parser.add_argument
    add("--page", type=Path, default=PAGE, metavar="FILE", help="instead of docs/performance.md")
    text = "where results and remarks are, and plots go (docs/performance)"
    add("--results", type=Path, default=FOLDER, metavar="FOLDER", help=text)


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    try:
        evidence = Evidence.committed(given.results)
    except (BadResult, OSError) as wrong:
        print(f"scripts/lab performance: {wrong}", file=sys.stderr)
        return COULD_NOT
    for file in draw(evidence, given.results):
        print(f"wrote {file}")
    given.page.write_text(page(evidence), "utf-8")
    print(f"wrote {given.page}")
    return WRITTEN
