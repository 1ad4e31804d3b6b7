"""What people write into the search, taken apart; folded text; and the judge of messages."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.domain.errors import InvalidValue
from tornchat.domain.folding import MARK, folded, grams, indexed, needle, visible_text
from tornchat.domain.messages import Message
from tornchat.domain.queries import FILTERS, Part, parse, write
from tornchat.domain.searching import Wanted, wanted

ANYTHING = st.text(alphabet=st.characters() | st.sampled_from(' "\\:-fromin'), max_size=40)
PARTS = st.builds(
    Part, ANYTHING, st.sampled_from(("", *FILTERS)), st.booleans()
).filter(lambda part: part.value or part.filter)  # fmt: skip


def words(query: str) -> Wanted:
    return wanted(query, lambda name: {"room " + name}, lambda name: {"user " + name})


def message(html: str, **more: object) -> Message:
    values = {"id": 7, "at": 86_400_000, "room": "r", "author": "a", "body": "", "html": html}
    return Message(**{**values, **more})  # type: ignore[arg-type]


def finds(query: str, text: str) -> bool:
    return words(query).matches(message(text))


@settings(max_examples=100, deadline=None)
@given(st.lists(PARTS, max_size=5))
def test_what_is_written_of_parts_is_read_as_these_parts(parts: list[Part]) -> None:
    assert parse(write(parts)) == parts


@settings(max_examples=100, deadline=None)
@given(ANYTHING)
def test_any_text_is_a_query_and_says_the_same_when_it_is_written_anew(text: str) -> None:
    parts = parse(text)
    assert parse(write(parts)) == parts
    with suppress(InvalidValue):
        words(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("two words", [Part("two"), Part("words")]),
        ('"two words" x', [Part("two words"), Part("x")]),
        ('from:Ana in:"My room"', [Part("Ana", "from"), Part("My room", "in")]),
        ("-has:link -no", [Part("link", "has", True), Part("no", "", True)]),
        ("FROM:me from: x", [Part("me", "from"), Part("", "from"), Part("x")]),
        ("http://x.y/?a:b", [Part("http://x.y/?a:b")]),
        ('foo:"a b"', [Part('foo:"a b"')]),
        ('"not closed', [Part("not closed")]),
        ('-"a b" - --x', [Part("a b", "", True), Part("-"), Part("-x", "", True)]),
        (r'"say \"hi\""', [Part('say "hi"')]),
        ('""', []),
    ],
)
def test_a_query_is_taken_apart_as_people_expect(text: str, parts: list[Part]) -> None:
    assert parse(text) == parts


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60), st.integers(0, 60), st.integers(1, 20))
def test_every_piece_of_a_text_of_three_characters_is_found_in_it(
    text: str, start: int, length: int
) -> None:
    clean = folded(text)
    assert folded(clean) == clean
    piece = clean[start : start + length].strip()
    if len(piece) >= 3:
        assert needle(piece) in indexed(text)
        assert set(grams(needle(piece))) <= set(grams(indexed(text)))


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("CAFE", "Café", True),
        ("Café", "CAFE\u0301", True),
        ("strasse", "Straße", True),
        ("\uff21\uff22\uff23", "abc", True),
        ("東京", "昨日東京で会議", True),
        ("京", "昨日東京で会議", True),
        ("東会", "昨日東京で会議", False),
        ("か", "が", False),
        ("ok", "It is OK.", True),
        ("ok", "a book", False),
        ("👍", "well done👍!", True),
        ("👍🏽", "👍🏽", True),
        ("❤", "love ❤️", True),
        (":)", "hello :)", True),
        ("c#", "C# and F#", True),
        ("x京", "東x京", True),
        ("boo", "a book", True),
        ('"a book"', "has a\nbook", True),
        ("book -red", "a blue book", True),
        ("book -red", "a red book", False),
        ("hello", "<p>&lt;hello&gt;</p>", True),
        ("bold", "<strong>bo</strong>ld", True),
        ("strong", "<strong>bo</strong>ld", False),
        ('"one two"', "<p>one</p><p>two</p>", True),
        ("onetwo", "one<br>two", False),
        ("محمد", "مُحَمَّد", True),
        ("สวัส", "สวัสดีครับ", True),
    ],
)
def test_what_is_found_in_a_text(query: str, text: str, found: bool) -> None:
    assert finds(query, text) is found


def test_a_text_cannot_bring_separators_of_its_own() -> None:
    assert MARK not in folded(f"a{MARK}ok{MARK}b")
    assert not finds("ok", f"a{MARK}ok{MARK}b")


def test_filters_are_of_rooms_people_days_and_what_a_message_has() -> None:
    asked = words("from:Ana from:budi -in:x has:link -has:reaction")
    assert asked.authors == {"user Ana", "user budi"}
    assert asked.other_rooms == {"room x"}
    linked = message('<a href="x">y</a>', author="user Ana")
    assert asked.matches(linked)
    assert not asked.matches(message("plain", author="user Ana"))
    assert not words("-has:link").matches(linked)
    assert words("has:reaction").matches(message("", reactions={"👍": ["a"]}))
    sent = message("", files=[{"type": "text/plain"}, {"type": "image/png"}])
    assert words("has:file has:image").matches(sent)
    assert not words("-has:image").matches(sent)
    assert not words("is:pinned").matches(sent)
    assert words("is:pinned").matches(message("", pinned={"by": "a", "at": 1}))
    assert not words("").matches(message("x", deleted=True))


@pytest.mark.parametrize(
    ("query", "minutes", "found"),
    [
        ("on:1970-01-02", 0, True),
        ("on:1970-01-02", -1, False),
        ("on:1970-01-01", -1, True),
        ("before:1970-01-02", 0, False),
        ("before:1970-01-03", 0, True),
        ("after:1970-01-01", 0, True),
        ("after:1970-01-02", 0, False),
    ],
)
def test_days_are_those_of_who_asks(query: str, minutes: int, found: bool) -> None:
    asked = wanted(query, lambda _: set(), lambda _: set(), minutes)
    assert asked.matches(message("x")) is found


@pytest.mark.parametrize(
    "query",
    ["on:1970-02-30", "on:٢٠٢٦-01-01", "has:cheese", "in:", "-on:2026-01-01", "x " * 21, "x" * 501],
)
def test_what_cannot_be_asked_for_is_said(query: str) -> None:
    with pytest.raises(InvalidValue):
        words(query)


def test_visible_text_is_what_people_see() -> None:
    assert visible_text('<p dir="auto">a &amp; <em>b</em>c<br>\nd</p>\n').split() == [
        "a",
        "&",
        "bc",
        "d",
    ]
