"""Mentions: what in a text may call somebody, or name a room, and whom a message concerns.

``@name`` calls a person, ``@here`` everybody in the room, ``#name`` leads to a room, whose spaces
and signs are written as dashes. Which names there are is not known here: see `Names`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tornchat.domain.events import Event
from tornchat.domain.rules import fit_for_a_username, room_key, username_key

PERSON = "@"
ROOM = "#"
HERE = "here"
EVERYBODY = "*"
"""Stands for all members of the room where ids of people stand."""
MOST = 50
"""Different people, and different rooms, that one text can name."""
_SAYING = ("message", "message.edited")
_MOST_LENGTH = 64
_TAIL = "._-"
_MOST_TAIL = 3


@dataclass(frozen=True, slots=True)
class Names:
    """Those that a text may name. ``people``: key of a username -> id and username; ``rooms``: slug
    -> id and name."""

    people: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rooms: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Said:
    """Whom a rendered text calls: ids of ``users``, in the order of their names, and ``here``."""

    users: list[str] = field(default_factory=list)
    here: bool = False

    def fields(self) -> dict[str, Any]:
        """As events and messages have it."""
        named: dict[str, Any] = {"mentions": self.users} if self.users else {}
        return {**named, "here": True} if self.here else named


def slug(name: str) -> str:
    """How a room is written behind the ``#``: letters and digits, with a dash for all between."""
    kept = "".join(char if fit_for_a_username(char) else " " for char in room_key(name))
    return "-".join(kept.replace("-", " ").split()).strip(_TAIL)


def spellings(text: str, start: int) -> list[str]:
    """What the sign at ``start`` may stand before, the longest first; none where it is part of
    something else (an address, a path). A dot at the end may be the sentence's."""
    if start > 0 and not _may_stand_before(text[start - 1]):
        return []
    end = start + 1
    while end < len(text) and end - start <= _MOST_LENGTH and fit_for_a_username(text[end]):
        end += 1
    name = text[start + 1 : end]
    if not name or not name[0].isalnum():
        return []
    found = [name]
    while name[-1] in _TAIL and len(found) <= _MOST_TAIL:
        name = name[:-1]
        found.append(name)
    return found


def wanted(text: str) -> tuple[set[str], set[str]]:
    """Keys of usernames, and slugs of rooms, that have to be looked up for a text."""
    return (
        {username_key(name) for name in _first(text, PERSON)} - {HERE},
        {slug(name) for name in _first(text, ROOM)} - {""},
    )


def concerned(fields: Mapping[str, Any]) -> set[str]:
    """Ids of those whom a message, or an edit of it, is for: who is called by name, and whose
    message it answers; `EVERYBODY` where it says so. Nobody calls themselves."""
    users = {*fields.get("mentions", ()), fields.get("reply_author")}
    if fields.get("here"):
        users.add(EVERYBODY)
    return {user for user in users if user not in (None, fields["author"])}


def is_for(fields: Mapping[str, Any], me: str) -> bool:
    """Whether a message of somebody else, or an edit of it, is for me."""
    return fields["author"] != me and not {me, EVERYBODY}.isdisjoint(concerned(fields))


def still_for(
    me: str, before: Collection[int], events: Iterable[Event], blocked: Collection[str] = ()
) -> set[int]:
    """Ids of the messages of a room that are for me after some events, of which some may be in
    ``before`` already. What those say whom I have ``blocked`` is not."""
    found = set(before)
    for event in events:
        message = event.fields.get("message", event.id)
        if event.kind in _SAYING and event.fields["author"] in blocked:
            continue
        if event.kind in _SAYING and is_for(event.fields, me):
            found.add(message)
        elif event.kind in _SAYING or event.kind == "message.deleted":
            found.discard(message)
    return found


def _first(text: str, sign: str) -> Iterator[str]:
    seen: set[str] = set()
    at = text.find(sign)
    while at >= 0 and len(seen) < MOST:
        names = spellings(text, at)
        if names and names[0] not in seen:
            seen.add(names[0])
            yield from names
        at = text.find(sign, at + 1)


def _may_stand_before(char: str) -> bool:
    """Words of Chinese or Japanese stand side by side; those of others are an address together."""
    if char.isalnum():
        return unicodedata.east_asian_width(char) in "WF"
    return char not in "/\\@#.:=&?%+-"
