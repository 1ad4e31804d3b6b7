"""The report says what the data say, and so do its plots."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from probes.__main__ import main
from probes.bench.result import Verdict, write
from probes.plots import digest_in
from probes.study import store
from probes.study.answers import earlier
from probes.study.model import CPU, Model
from probes.study.pictures import PICTURES, drawn
from probes.study.reading import Study
from probes.study.report import PAGE, page

from tests.probes.study.made_up import PRICES, scaling, study


def test_the_committed_report_is_what_the_data_give() -> None:
    results = store.load(store.FOLDER)
    assert (store.FOLDER / PAGE).read_text("utf-8") == page(Study(results))


def test_the_committed_plots_show_what_the_data_give() -> None:
    known = Study(store.load(store.FOLDER))
    shown = {name: picture.digest(data) for name, picture, data in drawn(known)}
    for name in PICTURES:
        for kind in ("svg", "png"):
            file = store.FOLDER / f"{name}.{kind}"
            assert file.exists() == (name in shown), file
            if file.exists():
                assert digest_in(file) == shown[name], file


def test_the_committed_files_are_small() -> None:
    for path in store.FOLDER.rglob("*.*"):
        assert path.stat().st_size < 220_000, path


def test_the_break_even_is_found_in_what_was_measured() -> None:
    found = Model(Study(study()), CPU)
    assert found.prices.messages_per_poll == pytest.approx(PRICES.messages_per_poll, rel=0.1)
    each = found.estimate(lambda prices: prices.messages_per_poll)
    assert each.low <= each.middle <= each.high
    assert all(one.error < 0.05 for one in found.checked)


def test_what_a_run_took_belongs_to_what_it_did() -> None:
    results = deepcopy(study())
    for run in (run for one in results.values() for run in one.runs if run.number % 2):
        run.figures["deliveries_per_s"] /= 2  # in the same processor time
        run.figures[CPU] *= 2
    for one in Model(Study(results), CPU).checked:
        each = [run.figures[CPU] * run.figures["deliveries_per_s"] for run in one.group.runs]
        assert one.measured == pytest.approx(each[0], rel=0.05)


def test_one_pair_of_runs_says_nothing_of_noise() -> None:
    results = deepcopy(study())
    results["base"].runs = [run for run in results["base"].runs if run.number == 1]
    said = earlier(Study(results))
    assert "No verdict: WebSocket, long poll and short poll, 1 s." in said


def test_sentences_follow_the_data() -> None:
    said = page(Study(study()))
    assert "short poll, 1 s 167 times (16" in said
    assert "Not beyond noise: WebSocket" in said
    assert "polling is cheaper than SSE once a poll brings more than 1" in said
    assert "| Polling wins again once seconds of delay are tolerated (2020) | By processor" in said
    assert "the machine was not quiet" not in said
    noisy = page(Study(study(verdict=Verdict.REFUSED)))
    assert ", without a verdict" in noisy
    assert "the machine was not quiet" in noisy
    assert "No verdict: WebSocket" in noisy


def test_report_plots_and_table_of_runs_are_written_without_measuring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = study() | {"scale": scaling()}
    for part, one in results.items():
        write(one, tmp_path / "data" / f"{part}.json")
    assert main(["study", "--report", "--out", str(tmp_path)]) == 0
    known = Study(store.load(tmp_path))
    shown = {name: picture.digest(data) for name, picture, data in drawn(known)}
    assert shown.keys() == PICTURES.keys()
    text = (tmp_path / PAGE).read_text("utf-8")
    for name, digest in shown.items():
        assert f"]({name}.png)" in text
        for kind in ("svg", "png"):
            assert digest_in(tmp_path / f"{name}.{kind}") == digest
    lines = (tmp_path / store.CSV).read_text("utf-8").splitlines()
    assert len(lines) == 1 + len(known.runs)
    assert "contention 0.01 (0 to 0.02)" in text
    assert "| SSE | 3 | 1,202" in text
    capsys.readouterr()


def test_what_was_not_measured_is_said_and_has_no_plot() -> None:
    only_base = {"base": study()["base"]}
    said = page(Study(only_base))
    assert "Not measured in this form of the study." in said
    assert "](network.png)" not in said
    assert "](delay.png)" in said


def test_without_data_there_is_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["study", "--report", "--out", str(tmp_path)]) == 2
    assert "there is nothing in" in capsys.readouterr().err
