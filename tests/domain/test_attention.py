"""What of a room concerns somebody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.domain.attention import LEVELS, check_level, concerns, default_level, level_of
from tornchat.domain.errors import InvalidValue

people = st.sampled_from(["ana", "budi", "citra"])
kinds = st.sampled_from(["open", "private", "direct"])


@settings(max_examples=200, deadline=None)
@given(people, st.sampled_from(LEVELS), kinds, people, st.lists(people), st.booleans())
def test_a_higher_level_lets_through_what_a_lower_one_does(
    user: str, level: str, kind: str, author: str, mentions: list[str], here: bool
) -> None:
    told = [concerns(user, lower, kind, author, mentions, here) for lower in reversed(LEVELS)]
    assert told == sorted(told)
    assert not told[0]
    assert not any(told) or author != user
    assert told[-1] == (author != user)
    assert told[1] == (author != user and (kind == "direct" or here or user in mentions))


def test_who_has_not_chosen_hears_their_name_in_open_rooms_and_everything_in_others() -> None:
    assert [default_level(kind) for kind in ("open", "private", "direct")] == [
        "mentions",
        "all",
        "all",
    ]
    assert level_of(None, "open") == "mentions"
    assert level_of("none", "direct") == "none"


@pytest.mark.parametrize("value", [None, "", "ALL", 1, ["all"], {"all": 1}])
def test_other_levels_there_are_not(value: object) -> None:
    with pytest.raises(InvalidValue):
        check_level(value)
