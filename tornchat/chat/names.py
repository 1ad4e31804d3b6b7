"""Names of people and rooms as one worker knows them, so that a message that names somebody is not
always a question to the database.

They are looked up when they are wanted, and believed for a while. Where the database is away, what
is known has to do.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from tornchat.archive import rooms, users
from tornchat.archive.engine import Database
from tornchat.archive.rows import Room
from tornchat.domain.errors import DatabaseAway
from tornchat.domain.mentions import slug
from tornchat.domain.rules import username_key

FOUND_SECONDS = 300.0
NOBODY_SECONDS = 15.0
ROOMS_SECONDS = 10.0
MOST_KEPT = 20_000

Person = tuple[str, str]
"""Id and username."""


class KnownNames:
    """Of one worker."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._people: dict[str, tuple[Person | None, float]] = {}
        """Key of a username -> who that is, and until when that is believed."""
        self._rooms: dict[str, list[Room]] = {}
        self._rooms_until = 0.0

    def unknown(self, keys: Collection[str]) -> set[str]:
        """Those of some keys of usernames that the database must be asked for."""
        now = time.monotonic()
        return {key for key in keys if self._people.get(key, (None, 0.0))[1] < now}

    async def learn(self, keys: Collection[str]) -> None:
        """Look up who has these usernames."""
        try:
            async with self._database.read() as conn:
                found = await users.by_keys(conn, keys)
        except DatabaseAway:
            return
        if len(self._people) + len(keys) > MOST_KEPT:
            self._people.clear()
        now = time.monotonic()
        self._people |= dict.fromkeys(keys, (None, now + NOBODY_SECONDS))
        for user in found:
            person = (user.id, user.username)
            self._people[username_key(user.username)] = (person, now + FOUND_SECONDS)

    def people(self, keys: Collection[str]) -> dict[str, Person]:
        """Those of some keys of usernames that are known, and somebody's."""
        known = {key: self._people.get(key, (None, 0.0))[0] for key in keys}
        return {key: person for key, person in known.items() if person is not None}

    async def rooms(self, slugs: Collection[str]) -> dict[str, list[Room]]:
        """The rooms that are written like this, the oldest first."""
        now = time.monotonic()
        if self._rooms_until < now:
            self._rooms_until = now + ROOMS_SECONDS
            try:
                async with self._database.read() as conn:
                    found = await rooms.with_names(conn)
            except DatabaseAway:
                found = []
            else:
                self._rooms = {}
            for room in found:
                self._rooms.setdefault(slug(room.name or ""), []).append(room)
        return {slug: self._rooms[slug] for slug in slugs if slug in self._rooms}
