"""Results go into a file and come back, and what is no result is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from probes.bench.latency import Delays, decoded
from probes.bench.result import BadResult, Result, Run, Verdict, read, write


def result() -> Result:
    curves = {"delivery": [(50.0, 1.5), (100.0, 9.0)]}
    runs = [
        Run(
            target, "steady", number, {"rate": 20}, {"delivery_p50_ms": number + 0.5}, curves=curves
        )
        for number in (1, 2)
        for target in ("tornchat", "nchan")
    ]
    delays = Delays()
    delays.add(1_500_000)
    runs[0].histograms["delivery"] = delays.encoded()
    runs[0].series["streams"] = [[0.0, 3.0], [1.0, 5.0]]
    runs[1].verdict, runs[1].notes = Verdict.REFUSED, ["others took 50% of the processors"]
    return Result(
        {"machine": "two processors"},
        "scripts/lab bench",
        "2026-11-23",
        {"runs": 2},
        {"tornchat": {"redis": "Redis 7"}},
        runs,
    )


def test_a_result_comes_back_from_its_file(tmp_path: Path) -> None:
    write(result(), tmp_path / "deep" / "result.json")
    assert read(tmp_path / "deep" / "result.json") == result()


def test_a_histogram_comes_back_from_its_file(tmp_path: Path) -> None:
    write(result(), tmp_path / "result.json")
    kept = read(tmp_path / "result.json").runs[0].histograms["delivery"]
    assert decoded(kept).get_value_at_percentile(50) == pytest.approx(1500, rel=0.001)


def test_an_older_file_without_histograms_is_read(tmp_path: Path) -> None:
    write(result(), tmp_path / "result.json")
    plain = json.loads((tmp_path / "result.json").read_text("utf-8"))
    for run in plain["runs"]:
        del run["histograms"], run["series"]
    (tmp_path / "result.json").write_text(json.dumps(plain), "utf-8")
    assert not any(run.histograms or run.series for run in read(tmp_path / "result.json").runs)


def test_figures_are_found_by_target_and_scenario() -> None:
    assert result().values("nchan", "steady", "delivery_p50_ms") == [1.5, 2.5]
    assert result().values("nchan", "steady", "deliveries_per_s") == []
    assert result().pairs == [("steady", "tornchat"), ("steady", "nchan")]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda plain: plain.update(format=2), "not of format 1"),
        (lambda plain: plain.pop("runs"), "'runs' is missing"),
        (lambda plain: plain.update(colour="red"), "'colour' is unknown"),
        (lambda plain: plain.update(runs=7), "'runs' is not of the type"),
        (lambda plain: plain["runs"][0].update(verdict="splendid"), "'splendid' is no verdict"),
        (lambda plain: plain["runs"][0].update(figures={"lost": "none"}), "not numbers"),
        (lambda plain: plain["runs"][0].update(curves={"delivery": [1]}), "not pairs"),
        (lambda plain: plain["runs"][0].update(histograms={"delivery": 1}), "are not text"),
        (lambda plain: plain["runs"][0].update(series=[]), "'series' is not of the type"),
        (lambda plain: plain["runs"].append([]), "a run is not an object"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, spoil: Any, said: str) -> None:
    file = tmp_path / "result.json"
    write(result(), file)
    plain = json.loads(file.read_text("utf-8"))
    spoil(plain)
    file.write_text(json.dumps(plain), "utf-8")
    with pytest.raises(BadResult, match=said):
        read(file)


def test_a_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("{", "utf-8")
    with pytest.raises(BadResult, match=r"result\.json: "):
        read(tmp_path / "result.json")
