"""What a search asks for, and whether a message is that: the one judge for the log and for SQL."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tornchat.domain.errors import InvalidValue
from tornchat.domain.folding import indexed, needle, visible_text
from tornchat.domain.messages import Message
from tornchat.domain.queries import Part, parse

MOST_QUERY = 500
"""Characters."""
MOST_PARTS = 20
MOST_MINUTES = 14 * 60
"""Of the difference to universal time."""
DAY_MS = 86_400_000

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH = datetime.date(1970, 1, 1)

LINK = 1
REACTION = 2
FILE = 4
IMAGE = 8
PINNED = 16

_TRAITS: dict[str, int] = {
    "has:link": LINK,
    "has:file": FILE,
    "has:image": IMAGE,
    "has:reaction": REACTION,
    "is:pinned": PINNED,
}


@dataclass(slots=True)
class Wanted:
    """What is asked for. ``words`` and ``without`` are needles of `folding`; ``since`` and
    ``until`` unix milliseconds, the first included; None of ``rooms`` or ``authors`` stands for
    all. ``shown`` are the words as they were written."""

    words: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    rooms: set[str] | None = None
    other_rooms: set[str] = field(default_factory=set)
    authors: set[str] | None = None
    other_authors: set[str] = field(default_factory=set)
    since: int | None = None
    until: int | None = None
    traits: int = 0
    no_traits: int = 0

    def matches(self, message: Message) -> bool:
        """Whether a message is what is asked for. A deleted one never is."""
        if message.deleted or message.room in self.other_rooms:
            return False
        if message.author in self.other_authors:
            return False
        if self.rooms is not None and message.room not in self.rooms:
            return False
        if self.authors is not None and message.author not in self.authors:
            return False
        if self.since is not None and message.at < self.since:
            return False
        if self.until is not None and message.at >= self.until:
            return False
        traits = traits_of(message)
        if traits & self.traits != self.traits or traits & self.no_traits:
            return False
        if not self.words and not self.without:
            return True
        text = text_of(message)
        return all(word in text for word in self.words) and not any(
            word in text for word in self.without
        )


def text_of(message: Message) -> str:
    """What the index has of a message."""
    return indexed(visible_text(message.html))


def traits_of(message: Message) -> int:
    """What ``has:`` and ``is:`` ask about, as bits."""
    traits = LINK if "<a " in message.html else 0
    traits |= REACTION if message.reactions else 0
    traits |= PINNED if message.pinned else 0
    for file in message.files or ():
        traits |= FILE | (IMAGE if file["type"].startswith("image/") else 0)
    return traits


def wanted(
    query: str,
    room_named: Callable[[str], set[str]],
    people_named: Callable[[str], set[str]],
    minutes: int = 0,
) -> Wanted:
    """What a query asks for. ``minutes``: by how much the asker's clock is ahead of universal time.

    ``room_named`` and ``people_named`` give the ids that a name stands for. Raises `InvalidValue`
    with what is to be written instead.
    """
    parts = parts_of(query)
    asked = Wanted()
    for part in parts:
        match part.filter:
            case "":
                _add_word(asked, part)
            case "from":
                ids = people_named(part.value)
                asked.authors = _narrow(asked.authors, asked.other_authors, ids, part)
            case "in":
                ids = room_named(part.value)
                asked.rooms = _narrow(asked.rooms, asked.other_rooms, ids, part)
            case "has" | "is":
                _add_trait(asked, part)
            case _:
                _add_date(asked, part, minutes)
    return asked


def parts_of(query: str) -> list[Part]:
    """The parts of a query that is neither too long nor half written. Raises `InvalidValue`."""
    if len(query) > MOST_QUERY:
        raise InvalidValue(
            f"Shorten the search to {MOST_QUERY} characters.",
            reason="search_length",
            most=MOST_QUERY,
        )
    parts = parse(query)
    if len(parts) > MOST_PARTS:
        raise InvalidValue(
            f"Search for at most {MOST_PARTS} things at a time.",
            reason="search_parts",
            most=MOST_PARTS,
        )
    for part in parts:
        if part.filter and not part.value.strip():
            raise InvalidValue(
                f"Write something after {part.filter}: or take it away.",
                reason="search_filter_empty",
                filter=part.filter,
            )
    return parts


def _add_word(asked: Wanted, part: Part) -> None:
    found = needle(part.value)
    if not found:
        return
    if part.negated:
        asked.without.append(found)
    else:
        asked.words.append(found)
        asked.shown.append(part.value)


def _narrow(now: set[str] | None, others: set[str], ids: set[str], part: Part) -> set[str] | None:
    """Several rooms or people are those of any; what is negated is of none of them."""
    if part.negated:
        others |= ids
        return now
    return ids | (now or set())


def _add_trait(asked: Wanted, part: Part) -> None:
    bit = _TRAITS.get(f"{part.filter}:{part.value.lower()}")
    if bit is None:
        known = [name for name in _TRAITS if name.startswith(part.filter + ":")]
        raise InvalidValue(
            f"There is no {part.filter}:{part.value[:40]}. {', '.join(known) or 'Nothing'} can be"
            " asked for.",
            reason="search_trait",
            filter=part.filter,
            value=part.value[:40],
        )
    if part.negated:
        asked.no_traits |= bit
    else:
        asked.traits |= bit


def _add_date(asked: Wanted, part: Part, minutes: int) -> None:
    if part.negated:
        raise InvalidValue(
            f"-{part.filter}: is not understood. Use before:, after: or on:.",
            reason="search_negated",
            filter=part.filter,
        )
    begin = _day(part) * DAY_MS - minutes * 60_000
    if part.filter == "before":
        asked.until = begin if asked.until is None else min(asked.until, begin)
        return
    since = begin + DAY_MS if part.filter == "after" else begin
    asked.since = since if asked.since is None else max(asked.since, since)
    if part.filter == "on":
        end = begin + DAY_MS
        asked.until = end if asked.until is None else min(asked.until, end)


def _day(part: Part) -> int:
    """Days since the beginning of 1970."""
    try:
        if not (part.value.isascii() and _DATE.fullmatch(part.value)):
            raise ValueError
        return (datetime.date.fromisoformat(part.value) - _EPOCH).days
    except ValueError:
        raise InvalidValue(
            f"Write the day after {part.filter}: as in 2026-01-31; {part.value[:40]!r} is none.",
            reason="search_day",
            filter=part.filter,
            value=part.value[:40],
        ) from None
