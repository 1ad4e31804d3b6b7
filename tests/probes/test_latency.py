"""The probe of delays, by its command."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from probes.__main__ import main
from probes.bench.figures import FIGURES, SPLIT
from probes.bench.latency import decoded
from probes.bench.result import Verdict, read

from tests.conftest import StartServer
from tests.people import Person


@pytest.fixture
def undisturbed() -> Iterator[None]:
    """A probe takes SIGTERM for itself."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def bearer(person: Person) -> str:
    """The same session, as a token."""
    return next(iter(person.http.cookies.jar)).value or ""


@pytest.mark.usefixtures("undisturbed")
def test_a_server_that_runs_is_measured(
    start_server: StartServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ana = Person(start_server("--post-rate", "0", "--max-streams", "0"), "ana").sign_up()
    file = tmp_path / "latency.json"
    load = ["--members", "3", "--rate", "20", "--interval", "0.2", "--seconds", "0.5"]
    short = [
        "--transport",
        "websocket,short-poll",
        "--warm-up",
        "0.1",
        "--trips",
        "3",
        "--runs",
        "1",
        "--json",
        str(file),
    ]
    where = ["--url", str(ana.http.base_url), "--token", bearer(ana), "--room", ana.room]
    assert main(["latency", *where, *load, *short]) in (0, 3), capsys.readouterr().err
    runs = read(file).runs
    assert {run.parameters["transport"] for run in runs} == {"websocket", "short-poll"}
    for run in runs:
        assert run.verdict is not Verdict.FAILED, run.notes
        assert run.scenario == "latency"
        assert run.parameters["members"] == 3
        assert run.figures.keys() <= FIGURES.keys()
        assert decoded(run.histograms["delivery"]).total_count == 3 * run.figures["messages"]
        assert run.histograms.keys() == {"delivery", "delivery_closed", "post"}
        assert {f"split_{part}_ms" for part in SPLIT} <= run.figures.keys()
        assert run.figures["offered_per_s"] == pytest.approx(20, rel=0.2)
    shown = capsys.readouterr().out
    for words in ("intended", "closed loop", "p99.9", "POST to handler", "short-poll each 0.2 s"):
        assert words in shown


@pytest.mark.usefixtures("undisturbed")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("latency", "--transport", "pigeon"), "'pigeon' is no transport; there are: sse"),
        (("latency", "--interval", "soon"), "--interval: 'soon' is no list of seconds"),
        (("latency", "--members", "0"), "--members: 0 is too little"),
        (("latency", "--url", "http://127.0.0.1:1"), "--url needs --token and --room"),
        (("wire", "--every", "0"), "--every: 0 is too little"),
        (("wire", "--json", "/proc/none/wire.json"), "/proc/none/wire.json cannot be written"),
        (("latency", "--json", "/"), "/ cannot be written"),
        (("wire", "--every", "9000", "--runs", "1"), "with a message each 9000 s"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    pattern = rf"scripts/lab {words[0]}: {re.escape(said)}.*\n\Z"
    assert re.match(pattern, capsys.readouterr().err)
