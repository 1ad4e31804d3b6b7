"""``scripts/lab study``: the matrix, measured, and the report in docs/study/."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from probes.bench.result import BadResult, Verdict
from probes.rig.children import CannotRun
from probes.study import measure, report, store
from probes.study.matrix import ABOUT, FORMS, Matrix

GOOD, FAILED, COULD_NOT = 0, 1, 2
_INTERRUPTED = 130
_HOW_WRONG = """\
It measures what short polls, long polls, Server-Sent Events and WebSocket give a chat room, in
delay, processor time, bytes and capacity, and writes the report. How it could be wrong: client and
server share one machine, with a processor each, so nothing is a network unless a row says so; a run
in which somebody else took processor time has no verdict, and is shown as such; few repetitions
make intervals that are too narrow rather than too wide."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen."""
    parser.description = _HOW_WRONG
    add = parser.add_argument
    form = parser.add_mutually_exclusive_group()
    text = "fewer cells and shorter runs: less than five minutes"
    form.add_argument("--quick", action="store_true", help=text)
    text = "measure nothing: write report, plots and CSV from the data that are there"
    form.add_argument("--report", action="store_true", help=text)
    text = "where data, plots and report go (docs/study)"
    add("--out", type=Path, default=store.FOLDER, metavar="FOLDER", help=text)
    text = f"parts to measure anew, with commas; the others stay: {', '.join(ABOUT)}"
    add("--only", metavar="PARTS", help=text)
    add("--resume", action="store_true", help="measure only what is not there yet")
    add(
        "--seed",
        type=int,
        default=1,
        help="decides the order of runs, and whatever is left to chance",
    )
    add("--dry-run", action="store_true", help="only list the cells, and how long they take")


def run(given: argparse.Namespace) -> int:
    """Returns the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if given.report:
            return _report(given.out)
        matrix = _matrix(given)
        if given.dry_run:
            print(listing(matrix, given.seed))
            return GOOD
        try:
            made(matrix, given)
        except CannotRun as wrong:
            print(f"scripts/lab study: {wrong}", file=sys.stderr)
            _report(given.out)  # of what there is
            return COULD_NOT
        return _report(given.out)
    except (CannotRun, BadResult, OSError) as wrong:
        print(f"scripts/lab study: {wrong}", file=sys.stderr)
        return COULD_NOT
    except KeyboardInterrupt:
        print("scripts/lab study: interrupted; --resume goes on", file=sys.stderr)
        return _INTERRUPTED


def _matrix(given: argparse.Namespace) -> Matrix:
    matrix: Matrix = FORMS["quick" if given.quick else "full"]()
    if given.only is None:
        return matrix
    parts = given.only.split(",")
    for part in parts:
        if part not in matrix.parts:
            raise CannotRun(f"{part!r} is no part; there are: {', '.join(matrix.parts)}")
    return matrix.only(parts)


def made(matrix: Matrix, given: argparse.Namespace) -> None:
    """Measure it into the folder."""
    command = " ".join(["scripts/lab", *sys.argv[1:]])
    kept = store.Store(given.out, command, {"form": matrix.name, "seed": given.seed})
    if given.resume or given.only is not None:
        kept.keep()
    if not given.resume:
        kept.forget(matrix.parts if given.only is not None else list(store.load(given.out)))
    measure.measure(matrix, kept, given.seed)
    measure.assemble(matrix, kept, given.seed)


def listing(matrix: Matrix, seed: int) -> str:
    """The cells, one a line, and how long everything takes."""
    lines = [
        f"{cell.runs} x {cell.seconds:5.1f} s  {measure.words(cell.scenario)}"
        for cell in matrix.cells
    ]
    lines += [
        f"1 x {piece.seconds:5.1f} s  {piece.part}: scripts/lab {' '.join(piece.words)}"
        for piece in matrix.pieces
    ]
    pieces = sum(piece.seconds for piece in matrix.pieces)
    minutes = (matrix.estimate(matrix.turns(seed)) + pieces) / 60
    total = (
        f"{matrix.name}: {len(matrix.cells)} cells, {matrix.runs} runs, about {minutes:.1f} minutes"
    )
    return "\n".join([*lines, total])


def _report(folder: Path) -> int:
    results = store.load(folder)
    if not any(one.runs for one in results.values()):
        raise CannotRun(f"there is nothing in {folder}; run scripts/lab study first")
    for file in report.write(folder, results):
        print(f"wrote {file}")
    runs = [run for one in results.values() for run in one.runs]
    print(measure.summary(runs))
    return FAILED if any(run.verdict is Verdict.FAILED for run in runs) else GOOD
