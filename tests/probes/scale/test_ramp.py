"""The search for the largest load that holds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from probes.scale.ramp import Ramp


@given(
    limit=st.integers(0, 20_000),
    first=st.integers(1, 20_000),
    precision=st.floats(0.02, 0.5),
    most=st.integers(1, 20_000),
)
@settings(max_examples=200, deadline=None)
def test_the_limit_is_found_as_precisely_as_was_asked(
    limit: int, first: int, precision: float, most: int
) -> None:
    ramp = Ramp(first, precision, most=most)
    tried = []
    while (load := ramp.next()) is not None:
        assert 1 <= load <= most
        ramp.note(load, load <= limit)
        tried.append(load)
        assert len(tried) < 60
    assert len(set(tried)) == len(tried)
    if not limit:
        assert ramp.held is None
    elif limit >= most:
        assert ramp.held == most
        assert ramp.broke is None
    else:
        assert ramp.held is not None
        assert ramp.broke is not None
        assert ramp.held <= limit < ramp.broke
        assert ramp.broke <= max(ramp.held * (1 + precision), ramp.held + 1)


def test_a_load_that_holds_above_one_that_does_not_is_no_answer() -> None:
    ramp = Ramp(100)
    ramp.note(100, True)
    ramp.note(160, False)
    ramp.note(200, True)
    assert (ramp.held, ramp.broke) == (100, 160)
