"""Where the log stands for many joins at once, in one round trip."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tornchat.domain.announcements import SESSIONS, memberships
from tornchat.domain.sessions import SessionRecord
from tornchat.log.client import Client
from tornchat.log.gaps import Gap, gaps_of
from tornchat.log.read import floor_of, topics_of


@dataclass(frozen=True, slots=True)
class Standing:
    """The log in one instant.

    ``floor``: the id that a cursor must reach. ``topics``: those of each user, topic -> the id
    above which it is theirs. ``sessions`` and ``gaps`` are of each session.
    """

    clock: int
    floor: int
    heads: Mapping[str, int]
    topics: Mapping[str, Mapping[str, int]]
    sessions: Mapping[str, SessionRecord | None]
    gaps: Mapping[str, list[Gap]]


async def standing(
    client: Client, topics: Collection[str], users: Collection[str], sessions: Collection[str]
) -> Standing:
    """Ask for all of this in one instant. Raises `LogAway`."""
    keys = client.keys
    clock, floor, heads, members, records, passed_over = await client.script(
        "standing",
        [
            *(keys.run, keys.clock, keys.heads, keys.floor, keys.mirror(SESSIONS)),
            *(keys.mirror(memberships(user)) for user in users),
            *map(keys.gaps, sessions),
        ],
        [len(topics), len(users), *topics, *sessions],
    )
    return Standing(
        int(clock),
        floor_of(floor),
        {topic: int(head or 0) for topic, head in zip(topics, heads, strict=True)},
        {user: topics_of(user, _rooms(pairs)) for user, pairs in zip(users, members, strict=True)},
        {
            session: None if record is None else SessionRecord.of(record)
            for session, record in zip(sessions, records, strict=True)
        },
        {session: gaps_of(pairs) for session, pairs in zip(sessions, passed_over, strict=True)},
    )


def _rooms(pairs: list[bytes]) -> dict[str, int]:
    return {
        room.decode(): int(joined) for room, joined in zip(pairs[::2], pairs[1::2], strict=True)
    }
