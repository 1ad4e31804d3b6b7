"""``scripts/lab compare`` tells what got better, what got worse, and what is noise."""

from __future__ import annotations

from pathlib import Path

import pytest
from probes.__main__ import main
from probes.bench.compare import CannotCompare, differences, rows
from probes.bench.ratios import Ratio, ratio
from probes.bench.result import Run, Verdict, write

from tests.probes.bench.results import result, runs


def rate(target: str, *values: float, verdict: Verdict = Verdict.GOOD) -> list[Run]:
    return runs(target, {"deliveries_per_s": values}, verdict=verdict)


def verdicts(first: list[Run], second: list[Run]) -> dict[str, str]:
    return {row.figure: row.verdict for row in rows(result(first), result(second))}


def test_a_ratio_is_that_of_the_medians_with_the_pairs_around_it() -> None:
    found = ratio([(10, 20), (20, 30), (30, 30)])
    assert found == Ratio(1.5, 1.0, 2.0, 3)


def test_there_is_no_ratio_to_nothing() -> None:
    assert ratio([]) is None
    assert ratio([(0, 5), (1, 5)]) is None


def test_more_is_better_of_deliveries_and_worse_of_what_one_costs() -> None:
    faster = {"deliveries_per_s": (20.0, 22.0), "cpu_us_per_delivery": (3.0, 3.1)}
    slower = {"deliveries_per_s": (10.0, 11.0), "cpu_us_per_delivery": (6.0, 6.1)}
    assert set(verdicts(runs("tornchat", slower), runs("tornchat", faster)).values()) == {"better"}
    assert set(verdicts(runs("tornchat", faster), runs("tornchat", slower)).values()) == {"worse"}


def test_pairs_on_both_sides_of_one_are_noise() -> None:
    found = verdicts(rate("tornchat", 10, 20, 30), rate("tornchat", 11, 19, 33))
    assert found == {"deliveries_per_s": "within noise"}


def test_one_pair_is_no_verdict() -> None:
    found = verdicts(rate("tornchat", 10), rate("tornchat", 20))
    assert found == {"deliveries_per_s": "one pair only"}


def test_runs_without_a_verdict_count_where_there_are_no_others() -> None:
    refused = rate("tornchat", 40, 44, verdict=Verdict.REFUSED)
    assert verdicts(rate("tornchat", 10, 11), refused) == {"deliveries_per_s": "(better)"}
    [row] = rows(result(rate("tornchat", 10, 11)), result(rate("tornchat", 12, 13), refused))
    assert row.other == 12.5
    assert row.verdict == "better"


def test_two_targets_compare_where_each_file_has_one_alone() -> None:
    [row] = rows(result(rate("nchan", 10, 11)), result(rate("tornchat", 40, 44)))
    assert row.target == "nchan -> tornchat"
    both = rate("tornchat", 1, 2) + rate("naive", 1, 2)
    with pytest.raises(CannotCompare, match="no target is in both"):
        rows(result(rate("nchan", 10, 11)), result(both))


def test_how_long_was_measured_makes_no_difference_and_how_much_does() -> None:
    short = runs("tornchat", {"deliveries_per_s": (10,)}, seconds=1)
    few = runs("tornchat", {"deliveries_per_s": (10,)}, subscribers=10)
    assert rows(result(rate("tornchat", 10)), result(short))
    with pytest.raises(CannotCompare, match="subscribers 1000 in A and 10 in B"):
        rows(result(rate("tornchat", 10)), result(few))


def test_files_of_different_scenarios_do_not_fit() -> None:
    other = runs("tornchat", {"post_p50_ms": (10,)}, "post")
    with pytest.raises(CannotCompare, match="A is of saturation and B of post"):
        rows(result(rate("tornchat", 10)), result(other))
    with pytest.raises(CannotCompare, match="B has no runs"):
        rows(result(rate("tornchat", 10)), result())


def test_what_else_differs_is_said() -> None:
    one, two = result(rate("tornchat", 1)), result(rate("tornchat", 1))
    two.machine["machine"] = "another"
    two.versions["tornchat"]["redis"] = "Redis 7"
    assert differences(one, two) == [
        "machine: made up -> another",
        "redis of tornchat: none -> Redis 7",
    ]


def test_the_command_shows_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "a.json", tmp_path / "b.json"
    write(result(rate("tornchat", 10, 11)), one)
    write(result(rate("tornchat", 20, 21)), two)
    assert main(["compare", str(one), str(two)]) == 0
    said = capsys.readouterr().out
    assert "better" in said
    assert "1.91 to 2.00" in said


def test_what_is_no_result_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "a.json", tmp_path / "b.json"
    write(result(rate("tornchat", 10)), one)
    two.write_text('{"format": 1}')
    for file in (two, tmp_path / "none.json"):
        assert main(["compare", str(one), str(file)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
