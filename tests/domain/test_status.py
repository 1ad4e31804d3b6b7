"""What people may say of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tornchat.domain.errors import InvalidValue
from tornchat.domain.status import LONGEST_MS, check_status

NOW = 1_000_000


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        (None, None),
        ({}, None),
        ({"mode": "auto", "text": "", "emoji": ""}, None),
        ({"mode": "auto", "until": NOW + 5}, None),
        ({"mode": "dnd"}, {"mode": "dnd"}),
        ({"text": "  out  for lunch "}, {"mode": "auto", "text": "out for lunch"}),
        (
            {"mode": "away", "emoji": "🌴", "text": "On the beach", "until": NOW + 5, "more": 1},
            {"mode": "away", "emoji": "🌴", "text": "On the beach", "until": NOW + 5},
        ),
    ],
)
def test_a_status_is_cleaned(value: Any, clean: Any) -> None:
    assert check_status(value, NOW) == clean


@pytest.mark.parametrize(
    "value",
    [
        "away",
        {"mode": "invisible"},
        {"mode": ["away"]},
        {"emoji": "lunch"},
        {"emoji": 7},
        {"text": "x" * 81},
        {"text": "a\u202eb"},
        {"text": 7},
        {"mode": "away", "until": NOW},
        {"mode": "away", "until": NOW + LONGEST_MS + 1},
        {"mode": "away", "until": "tomorrow"},
        {"mode": "away", "until": True},
    ],
)
def test_a_status_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValue):
        check_status(value, NOW)
