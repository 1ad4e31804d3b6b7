"""docs/extending.md points at what is there."""

from __future__ import annotations

import re

import pytest

from tests.running import ROOT

GUIDE = (ROOT / "docs" / "extending.md").read_text("utf-8")
ROWS = re.findall(r"^\| \w+ \| `([^`]+)` \| .* \| `([^`]+)` \|$", GUIDE, re.M)


def test_the_table_is_read() -> None:
    assert len(ROWS) == GUIDE.count("\n| ") - 1


@pytest.mark.parametrize(("file", "sought"), ROWS)
def test_each_step_of_the_example_is_where_the_guide_says(file: str, sought: str) -> None:
    assert sought in (ROOT / file).read_text("utf-8")
