"""The page about speed says what the committed results say, and so do its plots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from probes.__main__ import main
from probes.bench.report import command
from probes.bench.report.asked import CLAIMS
from probes.bench.report.evidence import FOLDER, Evidence
from probes.bench.report.page import page
from probes.bench.report.pictures import PICTURES
from probes.bench.result import Run, Verdict, write

from tests.probes.bench.results import result, runs

FOUR_TIMES = {
    "tornchat": (400_000, 410_000),
    "nchan": (50_000, 51_000),
    "nchan-bare": (80_000, 81_000),
}


def crowd(
    verdict: Verdict = Verdict.GOOD, changed: Mapping[str, tuple[int, int]] | None = None
) -> list[Run]:
    """Saturation of all three; values by target."""
    return [
        run
        for target, values in {**FOUR_TIMES, **(changed or {})}.items()
        for run in runs(
            target,
            {
                "deliveries_per_s": values,
                "cpu_us_per_delivery": [1e6 / value for value in values],
                "deliveries": values,
                "client_share": [0.95 if target == "tornchat" else 0.5] * len(values),
            },
            verdict=verdict if target == "tornchat" else Verdict.GOOD,
        )
    ]


def verdict(evidence: Evidence, key: str) -> str:
    [claim] = [claim for claim in CLAIMS if claim.key == key]
    return claim.verdict(evidence)


def test_the_page_is_what_the_command_writes() -> None:
    assert command.PAGE.read_text("utf-8") == page(Evidence.committed())


def test_the_plots_show_what_the_results_say() -> None:
    evidence = Evidence.committed()
    for name, picture in PICTURES.items():
        file = FOLDER / f"{name}.svg"
        assert file.exists() == bool(picture.data(evidence).of), name
        if file.exists():
            assert picture.digest(evidence) in file.read_text("utf-8"), name


def test_every_remark_is_about_a_claim() -> None:
    assert Evidence.committed().remarks.keys() <= {claim.key for claim in CLAIMS}


def test_results_and_plots_are_small() -> None:
    for path in FOLDER.glob("*"):  # none before the first run
        assert path.stat().st_size < 160_000, path


def test_the_harder_of_the_two_readings_of_a_peer_judges() -> None:
    assert verdict(Evidence([result(crowd())]), "saturation-1000") == "met"
    slower = crowd(changed={"nchan-bare": (110_000, 111_000)})
    assert verdict(Evidence([result(slower)]), "saturation-1000") == "missed"


def test_only_runs_of_one_invocation_are_a_pair() -> None:
    ours = [run for run in crowd() if run.target == "tornchat"]
    theirs = [run for run in crowd() if run.target != "tornchat"]
    assert verdict(Evidence([result(ours), result(theirs)]), "saturation-1000") == "not measured"


def test_a_client_that_was_the_limit_shows_the_least_that_the_server_can_do() -> None:
    slow = Evidence([result(crowd(Verdict.REFUSED))])
    assert verdict(slow, "saturation-1000") == "met (the client was the limit)"
    assert verdict(slow, "saturation-1000-aim") == "no verdict"


def test_processor_time_is_judged_whoever_was_the_limit() -> None:
    assert verdict(Evidence([result(crowd(Verdict.REFUSED))]), "cost-1000") == "met"
    assert verdict(Evidence([result(crowd(Verdict.FAILED))]), "cost-1000") == "no verdict"


def test_what_was_lost_in_any_run_is_told() -> None:
    lost = runs("tornchat", {"lost": (0, 3), "deliveries": (10, 7)}, verdict=Verdict.FAILED)
    assert verdict(Evidence([result(crowd(), lost)]), "complete") == "missed"


def test_rooms_are_held_to_one_room() -> None:
    rooms = runs("tornchat", {"deliveries_per_s": (200_000, 210_000)}, "rooms")
    evidence = Evidence([result(crowd(), rooms)])
    assert verdict(evidence, "rooms") == "missed"
    [claim] = [claim for claim in CLAIMS if claim.key == "rooms"]
    found = claim.found(evidence)
    assert found is not None
    assert found.shown == "51% (50% to 51%)"


def test_a_remark_stands_beside_its_claim() -> None:
    written = page(Evidence([result(crowd())], {"saturation-1000": "As it should be."}))
    [row] = [line for line in written.splitlines() if "As it should be." in line]
    assert "at least 4 x nchan's" in row
    assert "5.03 x (5.00 to 5.06) nchan-bare's" in row


def test_page_and_plots_are_written_from_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steady = [run for name in FOUR_TIMES for run in runs(name, {"delivery_p50_ms": (1,)}, "steady")]
    idle = runs("tornchat", {"bytes_per_stream": (700, 710)}, "idle")
    write(result(crowd(), steady, idle), tmp_path / "all.json")
    file = tmp_path / "page.md"
    assert main(["performance", "--results", str(tmp_path), "--page", str(file)]) == 0
    evidence = Evidence.committed(tmp_path)
    for name, picture in PICTURES.items():
        drawn = (tmp_path / f"{name}.svg").read_text("utf-8")
        assert picture.digest(evidence) in drawn
        assert f"](performance/{name}.svg)" in file.read_text("utf-8")
        assert len(drawn) < 40_000
    capsys.readouterr()
    (tmp_path / "broken.json").write_text("{}")
    assert main(["performance", "--results", str(tmp_path), "--page", str(file)]) == 2
    assert "broken.json" in capsys.readouterr().err
