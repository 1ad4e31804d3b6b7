"""The audit log: noting what was done, and reading it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive import audit, rooms, users
from tornchat.archive.announcer import Change
from tornchat.archive.audit import Entry, Filter
from tornchat.chat.context import Chat, Identity
from tornchat.chat.people import public_person
from tornchat.domain import permissions, rules
from tornchat.domain.audit import FAILED, KINDS, SHELL, Source
from tornchat.domain.errors import DatabaseAway, InvalidValue, LogAway, NotFound
from tornchat.log import append

PAGE = 50
MOST_PAGE = 200
EXPORT_PAGE = 1_000
FAILED_PER_MINUTE = 60
FAILED_AT_ONCE = 120
"""Failed sign-ins that are noted, of everybody together. What was not is noted once a minute, as
one."""


async def note(
    change: Change,
    who: Identity,
    kind: str,
    *,
    user: str | None = None,
    room: str | None = None,
    **detail: Any,
) -> None:
    """Note what ``who`` does, in the transaction that does it. ``detail`` holds no secrets, and
    nothing that people say."""
    assert kind in KINDS
    await audit.add(
        change.conn,
        kind,
        change.now,
        who.source,
        actor=who.user,
        user=user,
        room=room,
        detail=detail,
    )


async def note_from(
    change: Change,
    source: Source,
    kind: str,
    *,
    actor: str | None = None,
    user: str | None = None,
    room: str | None = None,
    **detail: Any,
) -> None:
    """The same where nobody is signed in yet: who comes in, or a command of the shell."""
    assert kind in KINDS
    await audit.add(
        change.conn, kind, change.now, source, actor=actor, user=user, room=room, detail=detail
    )


async def note_shell(
    change: Change, kind: str, *, user: str | None = None, room: str | None = None, **detail: Any
) -> None:
    """The same of a command of the shell, which nobody is signed in for."""
    await note_from(change, SHELL, kind, user=user, room=room, **detail)


async def note_failed(chat: Chat, source: Source, user: str | None) -> None:
    """Somebody could not sign in; ``user`` is whose name it was, None where it is nobody's. The
    name itself is not kept: people write their password there by mistake.

    Never a reason for another answer: what cannot be noted is not.
    """
    detail: dict[str, Any] = {}
    limits = (FAILED_PER_MINUTE, FAILED_AT_ONCE)
    try:
        if await append.wait_of_limit(chat.client, "audit:failed", *limits) > 0:
            if await append.wait_of_limit(chat.client, "audit:flood", 1, 1) > 0:
                return
            source, user, detail = Source(), None, {"flood": True}
        async with chat.database.write() as conn:
            await audit.add(conn, FAILED, chat.now(), source, actor=None, user=user, detail=detail)
    except (DatabaseAway, LogAway):
        return


async def page(
    chat: Chat, who: Identity, asked: Mapping[str, str | None], before: int | None, limit: int
) -> dict[str, Any]:
    """What was done, the newest first, with the names in it. Administrators may; ``asked`` as
    `filter_of`."""
    permissions.may_administer(who.role)
    async with chat.database.read() as conn:
        wanted = await filter_of(conn, asked)
        found = await audit.page(conn, wanted, before, limit + 1)
        people, names = await _names(conn, found[:limit])
    return {
        "entries": [public(entry) for entry in found[:limit]],
        "more": len(found) > limit,
        "people": list(people.values()),
        "rooms": names,
    }


async def export(
    chat: Chat, who: Identity, asked: Mapping[str, str | None]
) -> AsyncIterator[list[dict[str, Any]]]:
    """All of it in pages, the newest first, each entry with its names. Administrators may."""
    permissions.may_administer(who.role)
    async with chat.database.read() as conn:
        wanted = await filter_of(conn, asked)
    before: int | None = None
    while True:
        async with chat.database.read() as conn:
            found = await listed(conn, wanted, EXPORT_PAGE, before)
        yield found
        if len(found) < EXPORT_PAGE:
            return
        before = found[-1]["id"]


async def listed(
    conn: AsyncConnection, wanted: Filter, limit: int, before: int | None = None
) -> list[dict[str, Any]]:
    """The newest first, below the id ``before``, each with its names."""
    found = await audit.page(conn, wanted, before, limit)
    people, names = await _names(conn, found)
    return [_with_names(entry, people, names) for entry in found]


async def filter_of(conn: AsyncConnection, asked: Mapping[str, str | None]) -> Filter:
    """What is asked for by ``person`` (a username), ``kind`` (or what it begins with, such as
    ``session``), ``since`` and ``until`` (unix ms). Raises `InvalidValue`, `NotFound`."""
    name, kind = asked["person"], asked["kind"]
    person = None
    if name:
        named = None
        if rules.is_text(name):
            named = await users.by_username(conn, name.removeprefix("@"))
        if named is None:
            raise NotFound("There is nobody with this name.")
        person = named.id
    kinds = kinds_of(kind) if kind else ()
    return Filter(person, kinds, _time(asked["since"], "since"), _time(asked["until"], "until"))


def kinds_of(text: str) -> list[str]:
    """The kinds that ``text`` names: itself, or all that begin with it and a dot."""
    kinds = [kind for kind in KINDS if kind == text or kind.startswith(f"{text}.")]
    if not kinds:
        raise InvalidValue("kind is a kind of the audit log, or its first word.")
    return kinds


def public(entry: Entry) -> dict[str, Any]:
    """As the API shows it."""
    shown: dict[str, Any] = {"id": entry.id, "at": entry.at, "kind": entry.kind}
    for name in ("actor", "user", "room", "address", "device", "detail"):
        if value := getattr(entry, name):
            shown[name] = value
    return shown


def _with_names(
    entry: Entry, people: dict[str, dict[str, Any]], names: dict[str, str | None]
) -> dict[str, Any]:
    shown = public(entry)
    for role in ("actor", "user"):
        if (person := people.get(shown.get(role, ""))) is not None:
            shown[f"{role}_name"] = person["username"]
    if (name := names.get(entry.room or "")) is not None:
        shown["room_name"] = name
    return shown


async def _names(
    conn: AsyncConnection, entries: list[Entry]
) -> tuple[dict[str, dict[str, Any]], dict[str, str | None]]:
    ids = {id for entry in entries for id in (entry.actor, entry.user) if id is not None}
    found = await users.many(conn, ids)
    theirs = await rooms.many(conn, {entry.room for entry in entries if entry.room is not None})
    people = {id: public_person(user) for id, user in found.items()}
    return people, {room.id: room.name for room in theirs}


def _time(text: str | None, name: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise InvalidValue(f"{name} is a time in unix milliseconds.")
    return int(text)
