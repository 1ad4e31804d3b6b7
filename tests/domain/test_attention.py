"""What of a room concerns somebody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornchat.domain.attention import LEVELS, check_level, concerns, default_level, level_of
from tornchat.domain.errors import InvalidValue

kinds = st.sampled_from(["open", "private", "direct"])


@given(kinds, st.booleans(), st.booleans())
def test_a_higher_level_lets_through_what_a_lower_one_does(
    kind: str, mine: bool, for_me: bool
) -> None:
    none, mentions, everything = (
        concerns(level, kind, mine=mine, for_me=for_me) for level in reversed(LEVELS)
    )
    assert not none
    assert mentions == (not mine and (kind == "direct" or for_me))
    assert everything == (not mine)


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
