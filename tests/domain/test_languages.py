"""The language of a visitor, from what their browser says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.domain.languages import LANGUAGES, preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("id", "id"),
        ("in-ID", "id"),
        ("de-DE, id;q=0.8, en;q=0.7", "id"),
        ("en;q=0.5, id-ID;q=0.9", "id"),
        ("en-GB,en;q=0.9,id;q=0.8", "en"),
        ("id;q=0, en", "en"),
        ("id;q=much", "en"),
        ("*", "en"),
    ],
)
def test_it_is_the_best_that_there_are_words_in(header: str, language: str) -> None:
    assert preferred(header) == language


@settings(max_examples=50)
@given(st.text())
def test_whatever_is_sent_there_is_one(header: str) -> None:
    assert preferred(header) in LANGUAGES
