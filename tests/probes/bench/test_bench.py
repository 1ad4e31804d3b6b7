"""The benchmark in small, by its command, on a real server."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from probes.__main__ import main
from probes.bench.figures import FIGURES
from probes.bench.result import Verdict, read
from probes.bench.scenarios import SCENARIOS

from tests.probes.test_prove import lab
from tests.running import ROOT

SMALL = ("--subscribers", "20", "--members", "2", "--warm-up", "0.2", "--seconds", "1")


def test_a_server_under_load_loses_nothing_and_its_figures_are_all_known(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    scenarios = ("--scenario", "saturation", "--runs", "1", "--out", str(file))
    done = lab("bench", *scenarios, *SMALL, seconds=400)
    assert file.exists(), done.stderr
    (run,) = read(file).runs
    # A busy machine gets no verdict, and that is right.
    assert run.verdict is not Verdict.FAILED, run.notes
    assert done.returncode == (0 if run.verdict is Verdict.GOOD else 3)
    assert run.figures.keys() <= FIGURES.keys()
    assert run.figures["deliveries"] >= 20
    assert run.figures["lost"] == run.figures["doubled"] == run.figures["disordered"] == 0
    assert run.figures["cpu_us_per_delivery_worker"] > 0
    assert run.curves["delivery"][0][0] == 0
    assert "Redis" in read(file).versions["tornchat"]["redis"]
    assert "deliveries (1/s)" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scenario", "noise"), "'noise' is no scenario; there are: all, saturation"),
        (("--peer", "noise"), "'noise' is no peer; there are: tornchat"),
        (("--seconds", "0"), "--seconds: 0 is too little"),
        (("--subscribers", "100000000"), "a process needs 100000500 descriptors"),
        (("--url", "http://127.0.0.1:1"), "--url needs --token and --room"),
        (
            ("--url", "http://127.0.0.1:1", "--token", "t", "--room", "r", "--runs", "1"),
            "nothing answers at 127.0.0.1:1",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["bench", *words]) == 2
    finally:
        signal.signal(signal.SIGTERM, before)
    assert re.match(rf"scripts/lab bench: {re.escape(said)}.*\n\Z", capsys.readouterr().err)


def test_every_scenario_is_on_the_page() -> None:
    page = (ROOT / "docs" / "lab.md").read_text("utf-8")
    for name in SCENARIOS:
        assert f"`{name}`" in page, name
