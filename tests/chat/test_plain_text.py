"""What is not shown to parser and sanitiser looks as they would have left it, letter by letter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.chat import plain_text
from tornchat.chat.rendering import Renderer
from tornchat.domain import rules

in_full = Renderer().render_in_full

TALK = st.text("abyz AZ019 ,;?!\"'()%$^{}=+-.:/\n é字😀\u2018\u2019…—", max_size=60)
ADDRESSES = ["www.", "http:", "https:", "mailto:", "localhost", "com", "//", "a.b", "x@y.zz"]
MARKS = ["...", "1.", "2)", "---", "===", "- ", "+ ", "\n", "\n\n", "\n1. ", "  "]
PIECES = st.sampled_from([*ADDRESSES, *MARKS])
MARKDOWN = st.text("ab *_`~[]()<>&#|\\!\n\t\u00a0\u202e\u2028", max_size=30)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(TALK, PIECES, MARKDOWN, st.text(max_size=20)), max_size=5).map("".join))
def test_it_is_what_parser_and_sanitiser_make_of_it(written: str) -> None:
    body = rules.check_body("x" + written)
    html = plain_text.as_html(body)
    assert html is None or html == in_full(body)


@settings(max_examples=60, deadline=None)
@given(st.integers(0x80, 0x10FFFF - 300))
def test_whatever_the_alphabet(first: int) -> None:
    letters = [chr(code) for code in range(first, first + 300) if not 0xD800 <= code < 0xE000]
    plain = [letter for letter in letters if plain_text.as_html(letter)]
    for body in ("a".join(plain), "\n".join(plain), " ".join(plain)):
        if body:
            assert plain_text.as_html(body) == in_full(body)


@pytest.mark.parametrize(
    "body",
    [
        "Hello there, how are you?",
        "It's 5 o'clock (or so): \"late\", 100% sure...",
        "one\ntwo\n\nthree - and/or four",
        "Apa kabar? Sampai jumpa besok 😀",
        "你好。今天天气怎么样",
        "مرحبا، كيف حالك؟",
    ],
)
def test_talk_needs_no_parser(body: str) -> None:
    assert plain_text.as_html(body) == in_full(body)


@pytest.mark.parametrize(
    "body",
    [
        *("<b>", "a & b", "a\u00a0b", "a\u202eb", "example.com", "a@b.cc", "//x", "*a*"),
        *("1. one", "- one", "# one", "    code", "a  \nb", "a\n---", "a\n===", "a" * 2001),
    ],
)
def test_what_might_mean_something_is_left_to_the_parser(body: str) -> None:
    assert plain_text.as_html(body) is None
