"""Emoji by their names: the same for whoever types them and for the picker of the page."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.chat.shortcodes import emoji_by_name, with_emoji
from tornchat.settings import web_root


def test_what_the_picker_calls_an_emoji_is_its_name() -> None:
    source = (Path(web_root()) / "panels" / "emoji.js").read_text()
    found = re.search(r"TABLE = `\n(.*?)\n`", source, re.S)
    assert found
    offered = {line.split()[1]: line.split()[0] for line in found[1].splitlines()}
    assert {name: emoji_by_name().get(name) for name in offered} == offered


def test_names_are_those_that_people_know() -> None:
    assert with_emoji(":+1: :Tada: :kiss: :flag_for_Indonesia:") == "👍 🎉 💋 🇮🇩"
    assert with_emoji(":tada::tada:!") == "🎉🎉!"


def test_what_only_looks_like_a_name_stays() -> None:
    for text in ("10:30:45", "std::tada::x", "a:tada:", ":tada:b", "::tada::", ":no such:", ":"):
        assert with_emoji(text) == text


@settings(max_examples=100, deadline=None)
@given(st.text(":tadx1_+- \n/", max_size=80))
def test_only_names_change(text: str) -> None:
    assert with_emoji(text).replace("🎉", ":tada:") == text or ":" in text
