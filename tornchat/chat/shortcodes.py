"""``:tada:`` becomes 🎉: the names of emoji that people know from elsewhere."""

from __future__ import annotations

import re
from functools import cache

import emoji

LONGEST = 60
"""Characters of a name."""

# A run of names, and not a piece of `std::clock::now` or of an address with ports.
_RUN = re.compile(rf"(?<![\w:/])(?::[\w+-]{{1,{LONGEST}}}:)+(?![\w:/])")
_NAME = re.compile(r":([\w+-]+):")


def with_emoji(text: str) -> str:
    """The text with the emoji that it names. What is no name stays as it was written."""
    return _RUN.sub(_replaced, text) if ":" in text else text


def _replaced(run: re.Match[str]) -> str:
    return _NAME.sub(lambda name: emoji_by_name().get(name[1].lower(), name[0]), run[0])


@cache
def emoji_by_name() -> dict[str, str]:
    """Every name without its colons, in small letters.

    The short names of GitHub and Slack are more than Unicode's: ``:kiss:`` is 💋.
    """
    names: dict[str, str] = {}
    shorter: dict[str, str] = {}
    for char, known in emoji.EMOJI_DATA.items():
        if known["status"] <= emoji.STATUS["fully_qualified"]:
            names[_bare(known["en"])] = char
            shorter.update((_bare(alias), char) for alias in known.get("alias", []))
    return names | shorter


def _bare(name: str) -> str:
    return name.strip(":").lower()
