"""What in a text calls somebody, and whom a message is for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.domain.events import Event
from tornchat.domain.mentions import MOST, is_for, slug, spellings, still_for, wanted


@pytest.mark.parametrize(
    ("text", "people", "rooms"),
    [
        ("hi @ana", {"ana"}, set()),
        ("@Ana: you and (@BUDI)", {"ana", "budi"}, set()),
        ("ask @ana.", {"ana.", "ana"}, set()),
        ("*@ana_* and **@b-c**", {"ana_", "ana", "b-c"}, set()),
        ("你好@ana", {"ana"}, set()),
        ("see #team-plans, #Café", set(), {"team-plans", "café"}),
        ("@here and #1", set(), {"1"}),
        ("ana@example.com https://x.com/@ana ?u=@ana ##x @@y a#b", set(), set()),
        ("@ # @. #- @_", set(), set()),
    ],
)
def test_names_are_found_where_they_stand_alone(
    text: str, people: set[str], rooms: set[str]
) -> None:
    assert wanted(text) == (people, rooms)


def test_no_more_names_are_looked_up_than_a_message_may_have() -> None:
    people, _ = wanted(" ".join(f"@user{number}" for number in range(200)))
    assert len(people) == MOST


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Team Plans", "team-plans"),
        ("C++ & Rust", "c-rust"),
        ("  Straße  ", "strasse"),
        ("東京", "東京"),
        ("v1.2", "v1.2"),
        ("🎉", ""),
    ],
)
def test_a_room_is_written_without_spaces_and_signs(name: str, written: str) -> None:
    assert slug(name) == written
    assert slug(slug(name)) == slug(name)


@settings(max_examples=200, deadline=None)
@given(st.text("@#ab._- é漢\u0301/", max_size=30), st.integers(0, 29))
def test_every_spelling_is_what_stands_there(text: str, start: int) -> None:
    if start < len(text) and text[start] in "@#":
        found = spellings(text, start)
        assert found == sorted(found, key=len, reverse=True)
        assert all(text.startswith(name, start + 1) and name for name in found)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["message.edited", "message.deleted", "reaction.added"]),
        st.sampled_from([1, 2, 3]),
        st.sampled_from([{}, {"mentions": ["me"]}, {"here": True}, {"mentions": ["you"]}]),
    ),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(EVENTS, st.integers(0, 11))
def test_an_archive_anywhere_behind_counts_the_same(
    steps: list[tuple[str, int, dict[str, object]]], archived: int
) -> None:
    said: list[tuple[str, int, dict[str, object]]] = [
        ("message", 0, {"mentions": ["me"]}),
        ("message", 0, {}),
        ("message", 0, {"here": 1}),
    ]
    events: list[Event] = []
    true: set[int] = set()
    gone: set[int] = set()
    for id, (kind, about, more) in enumerate([*said, *steps], 1):
        message = about or id
        if message in gone:
            continue  # of a deleted message nothing is said any more
        named: dict[str, object] = {"message": about} if about else {}
        events.append(Event(id, 0, "room:r", {"kind": kind, "author": "ana", **named, **more}))
        if kind == "message.deleted":
            gone.add(message)
        is_now = kind == "reaction.added" and message in true
        is_now |= kind in ("message", "message.edited") and is_for(events[-1].fields, "me")
        (true.add if is_now else true.discard)(message)
    known = still_for("me", set(), events[:archived])
    for start in range(archived + 1):
        assert still_for("me", known, events[start:]) == true


def test_nobody_calls_themselves() -> None:
    for fields in ({"mentions": ["ana"]}, {"here": True}, {"reply_author": "ana"}):
        assert not is_for({"author": "ana", **fields}, "ana")
    assert is_for({"author": "ana", "reply_author": "budi"}, "budi")
    assert not is_for({"author": "ana", "reply_author": "budi"}, "citra")
