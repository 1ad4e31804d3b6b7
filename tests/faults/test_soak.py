"""The soak, for as long as a test may take. ``python -m tests.faults.soak`` runs it for longer."""

from __future__ import annotations

from pathlib import Path

from tests.faults.soak import Plan, Soak


def test_fifteen_seconds_of_everything_that_can_break_lose_nothing(tmp_path: Path) -> None:
    soak = Soak(tmp_path, Plan(seconds=15, seed=2, workers=2), print)
    try:
        assert soak.run() == []
        assert sum(soak.faults.values()) > 5
    finally:
        soak.close()
