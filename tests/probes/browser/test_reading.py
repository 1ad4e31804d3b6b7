"""What a page noted is held to what was posted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.browser.clock import Offset
from probes.browser.poster import Posts
from probes.browser.reading import Notes, delays, wrong

MS = 1_000_000
AHEAD = Offset(5000.0, 0.1)
"""The page's clock."""


def posted(count: int, stall: range = range(0)) -> Posts:
    """One each 10 ms; those of a stall are sent only at its end."""
    posts = Posts()
    for seq in range(count):
        posts.due[seq] = seq * 10 * MS
        posts.sent[seq] = max(seq, stall.stop) * 10 * MS if seq in stall else seq * 10 * MS
        posts.answered[seq] = posts.sent[seq] + 2 * MS
        posts.ids[seq] = 1000 + seq
    return posts


def noted(posts: Posts, *lags: float) -> Notes:
    """Received, in the document and painted so many ms after it was sent."""
    steps = [
        [(seq, sent / MS + AHEAD.milliseconds + lag) for seq, sent in posts.sent.items()]
        for lag in lags
    ]
    return Notes(steps[0], steps[1], steps[2], [])


@settings(max_examples=10, deadline=None)
@given(st.floats(1, 500), st.floats(0, 50), st.floats(0, 50))
def test_known_delays_are_found(receive: float, row: float, paint: float) -> None:
    posts = posted(20)
    found = delays(noted(posts, receive, receive + row, receive + row + paint), posts, AHEAD, 0)
    for name, lag in (
        ("delivery", receive),
        ("row", receive + row),
        ("paint", receive + row + paint),
    ):
        figures = found[name].figures(name)
        for percentile in ("p50", "p99"):
            assert figures[f"{name}_{percentile}_ms"] == pytest.approx(lag, rel=0.05)


def test_a_stall_shows_from_the_intended_moment_and_hides_from_the_actual_one() -> None:
    posts = posted(200, stall=range(50, 100))
    found = delays(noted(posts, 3, 4, 5), posts, AHEAD, 0)
    intended, closed = (found[name].figures(name) for name in ("paint", "paint_closed"))
    assert intended["paint_p99_ms"] == pytest.approx(495, rel=0.05)  # 500 ms for the first of them
    assert closed["paint_closed_p99_ms"] == pytest.approx(5, rel=0.05)


def test_the_warm_up_does_not_count() -> None:
    posts = posted(10)
    found = delays(noted(posts, 1, 2, 3), posts, AHEAD, 6)
    assert sum(found["paint"].figures("paint").values()) > 0
    assert not delays(noted(posts, 1, 2, 3), posts, AHEAD, 10)["post"].figures("post")


def test_what_is_lost_doubled_or_out_of_order_on_any_step_is_found() -> None:
    posts = posted(5)
    good = noted(posts, 1, 2, 3)
    assert wrong(good, posts) == {"lost": 0, "doubled": 0, "disordered": 0}
    lost = Notes(good.received, good.rows, good.painted[:-1], [])
    assert wrong(lost, posts)["lost"] == 1
    doubled = Notes([*good.received, good.received[-1]], good.rows, good.painted, [3])
    assert wrong(doubled, posts)["doubled"] == 2
    swapped = Notes([good.received[1], good.received[0], *good.received[2:]], good.rows, [], [])
    assert wrong(swapped, posts)["disordered"] == 1
    assert wrong(Notes([], [], [], []), posts)["lost"] == 5
