"""The mirror: sessions and memberships as Redis knows them, so that no POST asks SQL.

Only announcements change it (`append.announce`), and a fence, which writes it anew from SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tornchat.domain.announcements import SESSIONS, memberships
from tornchat.domain.conduct import READABLE, conduct
from tornchat.domain.sessions import SessionRecord
from tornchat.log.client import Client
from tornchat.log.connection import Argument

STAGED_SECONDS = 600
LOOK = 1000
"""Entries looked up at a time: Lua's stack bounds it, and so does fairness to other callers."""


async def session(client: Client, digest: str) -> SessionRecord | None:
    """The session with this digest, expired or not; None where there is none."""
    return (await sessions(client, [digest]))[digest]


async def sessions(client: Client, digests: Iterable[str]) -> dict[str, SessionRecord | None]:
    """Many sessions in one round trip."""
    wanted = list(digests)
    if not wanted:
        return {}
    found: dict[str, SessionRecord | None] = {}
    for start in range(0, len(wanted), LOOK):
        part = wanted[start : start + LOOK]
        values = await _look(client, SESSIONS, part)
        for digest, value in zip(part, values, strict=True):
            found[digest] = SessionRecord.of(value) if value is not None else None
    return found


async def ended(client: Client, digests: Iterable[str], now: int) -> set[str]:
    """Those of many sessions that let nobody in any more at ``now`` (unix ms): as `session` would
    say of each, which costs ten times as much where nearly all are good."""
    wanted = list(digests)
    found: set[str] = set()
    for start in range(0, len(wanted), LOOK):
        part = wanted[start : start + LOOK]
        keys = [client.keys.run, client.keys.mirror(SESSIONS)]
        numbers = await client.script("ended", keys, [now, *part])
        found.update(part[number - 1] for number in numbers)
    return found


async def joined_id(client: Client, user: str, room: str) -> int | None:
    """Since when ``user`` is a member of ``room``; None where not, or not announced yet."""
    (value,) = await _look(client, memberships(user), [room])
    return int(value) if value is not None else None


async def readable(client: Client, user: str, room: str) -> tuple[int | None, int | None]:
    """Since when ``user`` is a member of ``room`` (None where not, or not announced yet), and
    above which id all its members may read (None where that follows from its kind)."""
    keys = client.keys
    values = await client.script(
        "readable",
        [keys.run, keys.mirror(memberships(user)), keys.mirror(conduct(room))],
        [room, READABLE],
    )
    joined, above = values
    return (None if joined is None else int(joined), None if above is None else int(above))


async def readables(client: Client, rooms: Iterable[str]) -> dict[str, int | None]:
    """Room -> the id above which all its members may read, None where that follows from its
    kind."""
    wanted = list(rooms)
    found: dict[str, int | None] = {}
    for start in range(0, len(wanted), LOOK):
        part = wanted[start : start + LOOK]
        keys = [client.keys.mirror(conduct(room)) for room in part]
        values = await client.script("readables", [client.keys.run, *keys], [READABLE])
        for room, value in zip(part, values, strict=True):
            found[room] = None if value is None else int(value)
    return found


async def memberships_of(client: Client, user: str, rooms: list[str]) -> set[str]:
    """Those of some rooms that ``user`` is a member of."""
    values = await _look(client, memberships(user), rooms) if rooms else []
    return {room for room, value in zip(rooms, values, strict=True) if value is not None}


async def members_among(client: Client, room: str, users: list[str]) -> set[str]:
    """Those of some people who are members of a room. Good enough to tell them something, and for
    nothing that must be refused: it does not look whether the log is fenced."""
    values = await client.calls(
        [("HEXISTS", client.keys.mirror(memberships(user)), room) for user in users]
    )
    return {user for user, there in zip(users, values, strict=True) if there}


async def stage_sessions(client: Client, token: str, part: Mapping[str, str]) -> str:
    """Put a part of all sessions aside for a fence; gives the key to hand to it."""
    key = client.keys.mirror(f"{SESSIONS}:staged:{token}")
    if part and await _restore(client, key, part, empty=False):
        await client.call("EXPIRE", key, STAGED_SECONDS)
    return key


async def restore_memberships(client: Client, user: str, rooms: Mapping[str, int]) -> bool:
    """Write all memberships of a user anew; False where the log is fenced by now."""
    part = {room: str(joined) for room, joined in rooms.items()}
    return await _restore(client, client.keys.mirror(memberships(user)), part, empty=True)


async def restore_conduct(client: Client, room: str, entries: Mapping[str, str]) -> bool:
    """Write what a room demands anew; False where the log is fenced by now."""
    return await _restore(client, client.keys.mirror(conduct(room)), entries, empty=True)


async def _look(client: Client, name: str, fields: list[str]) -> list[bytes | None]:
    values: list[bytes | None] = await client.script(
        "look", [client.keys.run, client.keys.mirror(name)], [*fields]
    )
    return values


async def _restore(client: Client, key: str, part: Mapping[str, str], empty: bool) -> bool:
    args: list[Argument] = ["1" if empty else "0"]
    for field, value in part.items():
        args += [field, value]
    return bool(await client.script("restore", [client.keys.run, key], args))
