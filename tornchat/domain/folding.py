"""Text as search compares it, and the pieces by which an index finds it.

A term is found where its folded form stands in the folded text: without case, accents,
compatibility forms (full width) and invisible characters, each run of white space as one space. Of
a term under three characters that would say little ("ok" is in "book"), so such a one is a whole
word, except of emoji and in writing that puts no spaces between words, where it may stand anywhere.

`indexed` puts both into one string: the folded text, then each of its short pieces between
separators. So "is it in there" is one question of substrings, which an index of trigrams narrows.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape

MARK = "\ue000"
"""Stands around short pieces. It is of the private use area, and taken out of all text before."""
GRAM = 3

# Accents of Latin, Greek and Cyrillic, points of Hebrew, short vowels of Arabic: left out in
# writing as often as not. Those of other scripts (a voiced kana, an Indic vowel) make a letter.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufe00-\ufe0f\ufeff\ue000-\uf8ff\U000e0000-\U000e01ef]"
)
# Scripts without spaces between words (Thai to Khmer, kana, Han, Hangul), and symbols to emoji.
_DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2190-\u2bff\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U0001f000-\U0001faff\U00020000-\U0003134f"
)
_DENSE_ONE = re.compile(f"[{_DENSE}]")
_DENSE_PAIR = re.compile(rf"(?=([{_DENSE}]\S|\S[{_DENSE}]))")
_WORD = re.compile(r"(?<!\w)\w{1,2}(?!\w)")
_CHUNK = re.compile(r"(?<!\S)\S{1,2}(?!\S)")
_TAG = re.compile(r"<[^>]*>")
_SPAN = re.compile(r"</?span\b[^>]*>")
_SPOILER = '<span class="spoiler">'
_HIDDEN = "▒▒▒"
_BLOCK = re.compile(r"</?(?:p|br|hr|li|ul|ol|h[1-6]|pre|blockquote|table|tr|td|th|div|details)\b")


def folded(text: str) -> str:
    """What spellings that search does not tell apart have in common."""
    if text.isascii():  # most of it, and ten times as fast
        return " ".join(_UNSEEN.sub("", text).lower().split())
    for _ in range(2):  # the first may make characters that the second still changes
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", _UNSEEN.sub("", text)).casefold())
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


def indexed(text: str) -> str:
    """A text as it stands in the index: `needle` of a term is in it where the term is found."""
    clean = folded(text)
    pieces = {*_WORD.findall(clean), *_CHUNK.findall(clean)}
    pieces.update(_DENSE_ONE.findall(clean))
    pieces.update(_DENSE_PAIR.findall(clean))
    return f"{clean}{MARK}{MARK.join(sorted(pieces))}{MARK}" if pieces else clean


def needle(term: str) -> str:
    """What to look for in what `indexed` gives; empty where the term has nothing to look for."""
    clean = folded(term)
    return clean if len(clean) >= GRAM or not clean else f"{MARK}{clean}{MARK}"


def grams(text: str) -> list[str]:
    """The different trigrams of a string, in order."""
    return sorted({text[at : at + GRAM] for at in range(len(text) - GRAM + 1)})


def visible_text(html: str) -> str:
    """What is seen of a message, from the HTML that was made of it and sanitised."""
    return unescape(_TAG.sub(_without_tag, html))


def open_text(html: str) -> str:
    """The same as it stands in an excerpt: what its author hid is hidden still."""
    shown: list[str] = []
    end = depth = 0
    for tag in _SPAN.finditer(html):
        if depth:
            depth += -1 if tag[0] == "</span>" else 1
            end = tag.end()
        elif tag[0] == _SPOILER:
            shown += [html[end : tag.start()], _HIDDEN]
            depth, end = 1, tag.end()
    return visible_text("".join([*shown, html[end:]]))


def _without_tag(tag: re.Match[str]) -> str:
    """Only what stands on lines of its own keeps words apart: **bo**ld is one word."""
    return "\n" if _BLOCK.match(tag[0]) else ""
