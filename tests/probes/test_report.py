"""The page about the proof says what the committed results say."""

from __future__ import annotations

from probes.faults import FAULTS
from probes.proof import report

from tests.running import ROOT


def test_the_page_is_what_the_command_writes() -> None:
    assert report.PAGE.read_text("utf-8") == report.page(report.runs())


def test_the_results_prove_what_the_page_claims() -> None:
    runs = report.runs()
    assert len({run["seed"] for run in runs}) >= 3
    for run in runs:
        assert run["proven"], run["first violations"]
        assert not any(run["violations"].values())
    assert sum(run["counts"]["deliveries"] for run in runs) >= 200_000


def test_every_fault_struck_three_times_and_met_every_transport() -> None:
    runs = report.runs()
    for fault in FAULTS:
        assert sum(run["strikes"].get(fault, 0) for run in runs) >= 3, fault
        for transport in runs[0]["deliveries by transport"]:
            assert sum(run["matrix"][fault][transport] for run in runs if fault in run["matrix"])


def test_the_results_are_small() -> None:
    for path in (ROOT / "docs" / "proof").glob("*.json"):
        assert path.stat().st_size < 30_000
