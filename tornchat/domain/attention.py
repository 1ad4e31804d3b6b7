"""What of a room concerns somebody: the level that they chose for it, and what it lets through.

Pure. A count of what concerns one, a notification and a push go by the same rule; the page has it
too (``web/js/attention.js``).
"""

from __future__ import annotations

from typing import Literal

from tornchat.domain.errors import InvalidValue

Level = Literal["all", "mentions", "none"]
LEVELS: tuple[Level, ...] = ("all", "mentions", "none")


def default_level(kind: str) -> Level:
    """Of a room of this kind, for whoever has not chosen. An open room is for everybody, so most of
    what is said there is to nobody in particular; the others have few people, who were asked in."""
    return "mentions" if kind == "open" else "all"


def level_of(chosen: Level | None, kind: str) -> Level:
    """The level of a room of this kind for one who chose ``chosen``, or nothing."""
    return chosen or default_level(kind)


def check_level(value: object) -> Level:
    """Raises `InvalidValue` for what is no level."""
    for level in LEVELS:
        if value == level:
            return level
    raise InvalidValue("level is all, mentions or none.")


def concerns(level: Level, kind: str, *, mine: bool, for_me: bool) -> bool:
    """Whether somebody with this level is to be told of a message in a room of ``kind``; ``mine``:
    they wrote it; ``for_me``: it is for them (`domain.mentions`).

    In a direct room everything is said to me.
    """
    if mine or level == "none":
        return False
    return level == "all" or kind == "direct" or for_me
