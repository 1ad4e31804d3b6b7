"""The history: what the keeper has taken from the log."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, case, false, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive import mentions
from tornchat.archive.schema import marks, members, messages
from tornchat.archive.sql import in_chunks, insert_unless_there
from tornchat.domain.changes import fold
from tornchat.domain.events import Event
from tornchat.domain.files import ids_of
from tornchat.domain.mentions import concerned
from tornchat.domain.messages import Message

MOST_UNREAD = 1_000
"""Nobody reads a number above it, and counting further costs more than the rest of a page."""

_CHANGING = (
    "body", "html", "edited", "deleted", "deleted_by", "version", "reactions", "pinned_by",
    "pinned_at", "mentions", "here", "files", "previews",
)  # fmt: skip
"""Columns that later events may change."""

_MESSAGE = select(
    messages.c.id,
    messages.c.at,
    messages.c.room_id,
    messages.c.author_id,
    messages.c.body,
    messages.c.html,
    messages.c.nonce,
    messages.c.reply_to,
    messages.c.reply_author,
    messages.c.edited,
    messages.c.deleted,
    messages.c.version,
    messages.c.deleted_by,
    messages.c.reactions,
    messages.c.pinned_by,
    messages.c.pinned_at,
    messages.c.mentions,
    messages.c.here,
    messages.c.files,
    messages.c.previews,
)


async def insert_many(conn: AsyncConnection, batch: Sequence[Message]) -> None:
    """Adds those that are not there yet, by id and by (author, room, nonce): the log may repeat."""
    if batch:
        rows = [_row(message) for message in batch]
        await conn.execute(insert_unless_there(conn, messages), rows)
        calling = {message.id for message in batch if concerned(message.public())}
        if calling:
            # As they are there: what is repeated may have become something else since, or nothing.
            await mentions.note(conn, await many(conn, calling))


async def change_many(conn: AsyncConnection, events: Sequence[Event]) -> set[str]:
    """Folds events about messages into their rows, in the order of ids; those that are in them
    already, and those about messages that are not there, do nothing. Gives the ids of files that
    their messages do not have any more."""
    if not events:
        return set()
    rows = await many(conn, {event.fields["message"] for event in events})
    before = {row.id: row for row in rows}
    after = fold(rows, events)
    changed = [row for row in after if row != before[row.id]]
    if changed:
        statement = (
            update(messages)
            .where(messages.c.id == bindparam("target"))
            .values({name: bindparam(f"new_{name}") for name in _CHANGING})
        )
        values = [
            {"target": message.id, **{f"new_{name}": row[name] for name in _CHANGING}}
            for message in changed
            for row in [_row(message)]
        ]
        await conn.execute(statement, values)
        await mentions.note_again(
            conn, [row for row in changed if _calls(row) != _calls(before[row.id])]
        )
    # What came and went within these events was in no row.
    there = {id for event in events for id in ids_of((), event.fields.get("previews"))}
    return there.union(*map(_files_of, rows)).difference(*map(_files_of, after))


def _files_of(message: Message) -> set[str]:
    return ids_of(message.files, message.previews)


async def by_id(conn: AsyncConnection, id: int) -> Message | None:
    row = (await conn.execute(_MESSAGE.where(messages.c.id == id))).one_or_none()
    return _message(row) if row else None


async def by_ids(conn: AsyncConnection, room_id: str, ids: Iterable[int]) -> list[Message]:
    """Those of ``ids`` that are messages of a room."""
    return [
        _message(row)
        for chunk in in_chunks(set(ids))
        for row in await conn.execute(
            _MESSAGE.where(messages.c.room_id == room_id, messages.c.id.in_(chunk))
        )
    ]


async def pinned_in(conn: AsyncConnection, room_id: str) -> list[Message]:
    """The pinned messages of a room."""
    query = _MESSAGE.where(messages.c.room_id == room_id, messages.c.pinned_at.is_not(None))
    return [_message(row) for row in await conn.execute(query)]


async def many(conn: AsyncConnection, ids: Collection[int]) -> list[Message]:
    """Those of ``ids`` that there are, deleted ones too, in no order."""
    return [
        _message(row)
        for chunk in in_chunks(ids)
        for row in await conn.execute(_MESSAGE.where(messages.c.id.in_(chunk)))
    ]


async def forget_nonces(conn: AsyncConnection, before: int) -> None:
    """Forgets the nonces of messages of before a time (unix ms).

    The log remembers a nonce for a day; used again after that it stands for another message, which
    `insert_many` must not take for the first.
    """
    old = messages.c.nonce.is_not(None) & (messages.c.at < before)
    await conn.execute(update(messages).where(old).values(nonce=None))


async def page(
    conn: AsyncConnection,
    room_id: str,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int,
    above: int | None = None,
) -> list[Message]:
    """At most ``limit`` messages in ascending id: the first ones after ``after``, else the last.

    ``before`` and ``above`` bound them too; none of the three is included.
    """
    query = _MESSAGE.where(messages.c.room_id == room_id).limit(limit)
    floor = max((bound for bound in (after, above) if bound is not None), default=None)
    if floor is not None:
        query = query.where(messages.c.id > floor)
    if before is not None:
        query = query.where(messages.c.id < before)
    if after is not None:
        query = query.order_by(messages.c.id)
        return [_message(row) for row in await conn.execute(query)]
    rows = (await conn.execute(query.order_by(messages.c.id.desc()))).all()
    return [_message(row) for row in reversed(rows)]


async def said_after(conn: AsyncConnection, after: int, limit: int) -> list[Message]:
    """The first ``limit`` messages above ``after``, of all rooms."""
    query = _MESSAGE.where(messages.c.id > after).order_by(messages.c.id).limit(limit)
    return [_message(row) for row in await conn.execute(query)]


async def answered_by(
    conn: AsyncConnection, user_id: str, *, after: int, limit: int
) -> tuple[list[Message], int | None]:
    """Of the ``limit`` messages above ``after`` those to which somebody has given a reaction, and
    the id of the last one that was looked at, None where there are no more."""
    query = select(messages.c.id, messages.c.reactions).where(messages.c.id > after)
    rows = (await conn.execute(query.order_by(messages.c.id).limit(limit))).all()
    mine = [row.id for row in rows if row.reactions and f'"{user_id}"' in row.reactions]
    found = sorted(await many(conn, mine), key=lambda message: message.id)
    return found, rows[-1].id if rows else None


async def with_nonce(conn: AsyncConnection, *, after: int, limit: int) -> list[Message]:
    """The first ``limit`` messages above ``after``, of all rooms, that have a nonce."""
    query = _MESSAGE.where(messages.c.id > after, messages.c.nonce.is_not(None))
    rows = await conn.execute(query.order_by(messages.c.id).limit(limit))
    return [_message(row) for row in rows]


def _message(row: Iterable[Any]) -> Message:
    *values, reactions, pinned_by, pinned_at, called, here, files, previews = row
    message = replace(Message(*values), here=here)
    if called:
        message = replace(message, mentions=json.loads(called))
    if reactions:
        message = replace(message, reactions=json.loads(reactions))
    if files:
        message = replace(message, files=json.loads(files))
    if previews:
        message = replace(message, previews=json.loads(previews))
    if pinned_at is not None:
        message = replace(message, pinned={"by": pinned_by, "at": pinned_at})
    return message


def _calls(message: Message) -> object:
    return message.mentions, message.here, message.deleted


def _row(message: Message) -> dict[str, Any]:
    """What stands in the columns."""
    pinned = message.pinned or {}
    return {
        "id": message.id,
        "at": message.at,
        "room_id": message.room,
        "author_id": message.author,
        "body": message.body,
        "html": message.html,
        "nonce": message.nonce,
        "reply_to": message.reply_to,
        "reply_author": message.reply_author,
        "edited": message.edited,
        "deleted": message.deleted,
        "deleted_by": message.deleted_by,
        "version": message.version,
        "reactions": _json(message.reactions or None),
        "pinned_by": pinned.get("by"),
        "pinned_at": pinned.get("at"),
        "mentions": _json(message.mentions),
        "here": message.here,
        "files": _json(message.files),
        "previews": _json(message.previews),
    }


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


async def unread_counts(conn: AsyncConnection, user_id: str) -> tuple[dict[str, int], int]:
    """Room -> messages of others that ``user_id`` has not read, up to `MOST_UNREAD` each.

    With them, out of one statement and so at one moment, the watermark: what came after it is in
    the log and not in these counts. Rooms whose membership the log has not announced yet are left
    out.
    """
    # One bound and not two: with two, SQLite may walk the index from the lower one.
    seen = case(
        (members.c.last_read > members.c.joined_id, members.c.last_read),
        else_=members.c.joined_id,
    )
    unread = (
        select(messages.c.id)
        .where(
            messages.c.room_id == members.c.room_id,
            messages.c.id > seen,
            messages.c.deleted == false(),
            messages.c.author_id != user_id,
        )
        .limit(MOST_UNREAD)
        .correlate(members)
        .subquery()
    )
    query = select(
        members.c.room_id,
        select(func.count()).select_from(unread).scalar_subquery(),
        select(marks.c.value).where(marks.c.name == "archived").scalar_subquery(),
    ).where(members.c.user_id == user_id, members.c.joined_id.is_not(None))
    rows = (await conn.execute(query)).all()
    return {room_id: count for room_id, count, _ in rows}, rows[0][2] if rows else 0
