"""The page about plans says what the committed costs say; so does the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from probes.__main__ import main
from probes.plan import command
from probes.plan.costs import MEASURED, costs, read_all
from probes.plan.page import EXAMPLE, SITE, page
from probes.plan.pictures import digest
from probes.plots import digest_in


def test_the_page_is_what_the_command_writes() -> None:
    found = read_all()
    assert command.PAGE.read_text("utf-8") == page(costs(found), found)


def test_the_plots_show_what_the_costs_say() -> None:
    mark = digest(costs(read_all()), EXAMPLE, SITE)
    for name in ("fan-out", "shards"):
        file = command.PAGE.with_suffix("") / f"{name}.svg"
        assert digest_in(file) == mark
        assert f"](plan/{name}.svg)" in command.PAGE.read_text("utf-8")
        assert file.stat().st_size < 60_000


def test_the_page_and_its_plots_are_written(tmp_path: Path) -> None:
    assert main(["plan", "--report", "--page", str(tmp_path / "plan.md")]) == 0
    assert (tmp_path / "plan.md").read_text("utf-8") == command.PAGE.read_text("utf-8")
    assert digest_in(tmp_path / "plan" / "shards.svg")


def test_a_plan_is_told_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.json"
    asked = ["plan", "--users", "1e5", "--rooms", "1e3", "--rate", "100", "--json", str(file)]
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert "100,000 users in 1,000 rooms" in told
    assert "gives out first" in told
    written = json.loads(file.read_text("utf-8"))
    assert written["plan"]["load"]["users"] == 1e5
    assert written["costs"]["write"]["source"]


def test_a_load_that_can_not_be_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--online", "3"]) == 2
    assert main(["plan", "--shards", "0"]) == 2
    assert main(["plan", "--costs", str(tmp_path / MEASURED.name)]) == 2
    assert capsys.readouterr().err.count("scripts/lab plan: ") == 3


def test_the_model_is_held_to_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--check"]) == 0
    assert "times off" in capsys.readouterr().out
