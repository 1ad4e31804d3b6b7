"""Scale in small: two nodes, few members, by its command; and its generator, held to a server whose
delays are known."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from probes.__main__ import main
from probes.bench.figures import FIGURES
from probes.bench.result import Verdict, read
from probes.scale.generator import Found, Generator, Task

from tests.probes.synthetic import ROOM, TOKEN, Fault, Synthetic, Wrong, lognormal, steady
from tests.probes.test_prove import lab

RATE, SECONDS = 100.0, 1.0
SMALL = ("--nodes", "2", "--database", "sqlite", "--quota", "0", "--runs", "1", "--people", "2")
LOAD = (
    "--first",
    "6",
    "--most",
    "6",
    "--seconds",
    "0.5",
    "--warm-up",
    "0.2",
    "--streams",
    "12",
    "--drain",
    "1",
)


def test_streams_go_to_a_node_that_joins_and_back_when_it_leaves(tmp_path: Path) -> None:
    file = tmp_path / "scale.json"
    done = lab("scale", *SMALL, *LOAD, "--limit-ms", "5000", "--json", str(file), seconds=400)
    assert file.exists(), done.stderr
    found = read(file)
    *searches, moves = found.runs
    assert [run.parameters["nodes"] for run in searches] == [1, 2]
    for run in found.runs:
        assert run.figures.keys() <= FIGURES.keys()
        # A busy machine gets no verdict, and may be the limit; nothing is ever lost for that.
        assert run.verdict is not Verdict.FAILED or "no load held" in run.notes, run.notes
        assert not run.figures.get("lost", 0), run.notes
    assert moves.verdict is Verdict.GOOD, moves.notes
    steps = dict(map(split, moves.notes))
    assert steps.pop("6 streams on one node") == {"node1": 6}
    assert steps.pop("node2 joins") == {"node1": 6, "node2": 0}
    assert steps.pop("6 streams more")["node2"] >= 4
    assert steps.pop("node1 is reloaded")["node2"] >= 4
    assert steps.pop("node2 leaves") == {"node1": 12}
    assert not steps
    assert len(moves.series["phases"]) == len(moves.parameters["phases"]) == 5
    assert max(count for _, count in moves.series["streams node2"]) >= 4
    for process in ("redis", "proxy", "node1 worker 1", "node2 worker 2", "generator"):
        assert moves.series[f"rss {process}"][0][1] > 1_000_000, process
    assert "no law fitted: the law has 3 parameters" in done.stdout


def split(note: str) -> tuple[str, dict[str, int]]:
    """What happened, and the streams of each node after it."""
    what, _, nodes = note.partition(": ")
    return what, {name: int(count) for name, count in map(str.split, nodes.split(", "))}


@pytest.fixture(scope="module")
def generator() -> Iterator[Generator]:
    with Generator(os.sched_getaffinity(0)) as generator:
        yield generator


def measured(generator: Generator, server: Synthetic) -> Found:
    """What it finds of two members who hear a hundred messages."""
    credentials = (f"Bearer {TOKEN}",)
    task = Task(server.base, "sse", None, 2, RATE, 200, credentials, ROOM, 0.0, SECONDS, 1)
    generator.begin(task)
    assert generator.connected()
    generator.go()
    return generator.found()


def test_delays_are_measured_as_they_were(generator: Generator) -> None:
    with Synthetic(lognormal(0.2, 0.4)) as server:
        found = measured(generator, server)
    assert not found.broken
    assert not found.wrong
    expected = server.expected(RATE)
    for percentile in ("p50", "p99"):
        figure = found.figures[f"delivery_{percentile}_ms"]
        assert figure == pytest.approx(getattr(expected, percentile), rel=0.05)


def test_a_server_that_breaks_a_promise_is_caught(generator: Generator) -> None:
    with Synthetic(steady(0.01), fault=Fault(Wrong.DOUBLED)) as server:
        assert "1 doubled" in measured(generator, server).wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--transport", "pigeon"), "'pigeon' is no transport; there are: sse"),
        (("--nodes", "0"), "--nodes: 0 is too little"),
        (("--quota", "9000"), "--quota: 9000 is not from 0.01 to"),
        (("--transport", "short-poll", "--interval", "0"), "--interval: 0 is too little"),
        (("--rate", "0"), "--rate: 0 is too little"),
        (("--seconds", "nan"), "--seconds: nan is too little"),
        (("--nodes", "http://127.0.0.1:1", "--part", "rebalance"), "--part rebalance starts"),
        (("--nodes", "http://127.0.0.1:1"), "--nodes with addresses needs --token and --room"),
        (
            ("--nodes", "http://127.0.0.1:1", "--token", "t", "--room", "r"),
            "nothing answers at http://127.0.0.1:1",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["scale", *words]) == 2
    finally:
        signal.signal(signal.SIGTERM, before)
    assert re.match(rf"scripts/lab scale: {re.escape(said)}.*\n\Z", capsys.readouterr().err)
