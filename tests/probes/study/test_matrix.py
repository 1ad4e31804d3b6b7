"""The cells of the study, and the order of its runs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from probes.__main__ import main
from probes.study.matrix import ABOUT, FORMS, full, quick


@pytest.mark.parametrize("form", FORMS)
def test_every_cell_is_run_as_often_as_it_is_to_be(form: str) -> None:
    matrix = FORMS[form]()
    turns = list(matrix.turns(seed=3))
    for cell in matrix.cells:
        assert sorted(n for n, one in turns if one is cell) == list(range(1, cell.runs + 1))
    assert len(turns) == matrix.runs
    assert [number for number, _ in turns] == sorted(number for number, _ in turns)


def test_transports_of_one_cell_follow_each_other() -> None:
    turns = [cell.block for number, cell in full().turns(seed=1) if number == 1]
    changes = sum(before != after for before, after in pairwise(turns))
    assert changes == len(set(turns)) - 1


def test_the_order_is_that_of_the_seed() -> None:
    assert list(quick().turns(1)) == list(quick().turns(1))
    assert list(quick().turns(1)) != list(quick().turns(2))


def test_whoever_polls_is_watched_for_two_intervals() -> None:
    for cell in (*full().cells, *quick().cells):
        assert cell.scenario.seconds >= 2 * (cell.scenario.interval or 0)


def test_a_dry_run_lists_all_parts_and_how_long_they_take(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["study", "--dry-run", "--quick"]) == 0
    listed = capsys.readouterr().out
    assert all(part in listed for part in quick().parts)
    assert float(listed.rsplit(maxsplit=2)[1]) < 5
    assert set(quick().parts) <= set(full().parts) == set(ABOUT)


def test_a_part_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "--dry-run", "--only", "base,noise"]) == 2
    assert "'noise' is no part; there are: base," in capsys.readouterr().err
