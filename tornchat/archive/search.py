"""Finding messages by what they say.

An index of trigrams says which messages may have a text; whether one has it is asked of the text.
So both databases find the same, and an index may say too much, never too little.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    case,
    cast,
    column,
    delete,
    exc,
    func,
    insert,
    or_,
    select,
    table,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive import messages
from tornchat.archive.schema import marks, members, rooms
from tornchat.archive.schema import messages as rows
from tornchat.archive.schema import search as found
from tornchat.archive.sql import in_chunks
from tornchat.domain.errors import SearchTooLong
from tornchat.domain.folding import grams
from tornchat.domain.messages import Message
from tornchat.domain.permissions import OPEN
from tornchat.domain.searching import Wanted, text_of, traits_of

BATCH = 200
"""Messages of the history that are indexed in one transaction."""
SECONDS = 3.0
"""For one question. A search that would take longer has to ask for less."""

_UNINDEXED = "unindexed"
"""Mark: the history up to here is not in the index yet. It is there only while that is so."""
_MOST_GRAMS = 12
"""Of one word or phrase; more narrow nothing down any further."""
_NEWEST = 2_000
"""Messages that are looked through before the index is asked."""
_AT_A_TIME = 50
"""Texts that are folded before others have their turn in the loop."""

_sqlite_grams = table("search_grams", column("rowid"))


async def index(conn: AsyncConnection, ids: Collection[int]) -> None:
    """Make the index say of these messages what their rows say by now."""
    for chunk in in_chunks(ids):
        live = {one.id: one for one in await messages.many(conn, chunk) if not one.deleted}
        query = select(found.c.id, found.c.text, found.c.traits).where(found.c.id.in_(chunk))
        before = {id: (text, traits) for id, text, traits in await conn.execute(query)}
        texts: dict[int, str] = {}
        for number, (id, message) in enumerate(live.items(), 1):
            texts[id] = text_of(message)
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
        stays = {id for id in live if id in before and before[id][0] == texts[id]}
        if gone := [id for id in before if id not in stays]:
            await conn.execute(delete(found).where(found.c.id.in_(gone)))
        await _add(conn, [(live[id], texts[id]) for id in live if id not in stays])
        changed = [id for id in stays if before[id][1] != traits_of(live[id])]
        if changed:
            statement = update(found).where(found.c.id == bindparam("target"))
            values = [{"target": id, "now": traits_of(live[id])} for id in changed]
            await conn.execute(statement.values(traits=bindparam("now")), values)


async def _add(conn: AsyncConnection, new: list[tuple[Message, str]]) -> None:
    if new:
        on_postgres = conn.dialect.name == "postgresql"
        values = [
            {
                "id": message.id,
                "room_id": message.room,
                "author_id": message.author,
                "traits": traits_of(message),
                "text": text,
                "grams": grams(text) if on_postgres else None,
            }
            for message, text in new
        ]
        await conn.execute(insert(found), values)


async def index_history(conn: AsyncConnection) -> int:
    """Index the newest `BATCH` messages of the history that are not yet; how many are left to look
    at, about."""
    upto = await _unindexed(conn)
    if upto is None:
        return 0
    query = select(rows.c.id).where(rows.c.id <= upto).order_by(rows.c.id.desc()).limit(BATCH)
    ids = list((await conn.execute(query)).scalars())
    await index(conn, ids)
    mark = marks.c.name == _UNINDEXED
    if len(ids) < BATCH:
        await conn.execute(delete(marks).where(mark))
        return 0
    await conn.execute(update(marks).where(mark).values(value=ids[-1] - 1))
    left = select(func.count()).select_from(rows).where(rows.c.id < ids[-1])
    return int((await conn.execute(left)).scalar_one())


async def said_by(
    conn: AsyncConnection, author_id: str, *, after: int, limit: int, room_id: str | None = None
) -> list[Message]:
    """The first ``limit`` messages above ``after`` that somebody wrote and that are not deleted, of
    one room where that is given. All there are only where the index `is_complete`."""
    query = select(found.c.id).where(found.c.author_id == author_id, found.c.id > after)
    if room_id is not None:
        query = query.where(found.c.room_id == room_id)
    ids = list((await conn.execute(query.order_by(found.c.id).limit(limit))).scalars())
    return sorted(await messages.many(conn, ids), key=lambda message: message.id)


async def is_complete(conn: AsyncConnection) -> bool:
    """Whether all of the history is in the index."""
    return await _unindexed(conn) is None


async def _unindexed(conn: AsyncConnection) -> int | None:
    query = select(marks.c.value).where(marks.c.name == _UNINDEXED)
    return (await conn.execute(query)).scalar_one_or_none()


async def find(
    conn: AsyncConnection, user_id: str, wanted: Wanted, *, before: int, limit: int
) -> list[int]:
    """The ids of the newest ``limit`` messages below ``before`` that a member may read and that are
    what is wanted, newest first. Raises `SearchTooLong`."""
    query = _readable(user_id).where(found.c.id < before, *_conditions(conn, wanted))
    if wanted.since is not None or wanted.until is not None:
        query = query.join(rows, rows.c.id == found.c.id)
    on_postgres = conn.dialect.name == "postgresql"
    if on_postgres and wanted.words:
        return await _find_by_grams(conn, query, before, limit)
    if not on_postgres and (match := _sqlite_match(wanted)):
        query = query.join(_sqlite_grams, _sqlite_grams.c.rowid == found.c.id)
        query = query.where(
            text("search_grams MATCH :match").bindparams(match=match),
            _sqlite_grams.c.rowid < before,
        ).order_by(_sqlite_grams.c.rowid.desc())
    else:
        query = query.order_by(found.c.id.desc())
    async with in_time(conn):
        return list((await conn.execute(query.limit(limit))).scalars())


async def _find_by_grams(
    conn: AsyncConnection, query: Select[int], before: int, limit: int
) -> list[int]:
    """First among the newest, where what is frequent is found at once; then by the index alone.

    Left to itself, PostgreSQL takes the order of ids for the better way to what is rare, too, and
    goes through all there is.
    """
    newest = select(found.c.id).where(found.c.id < before).order_by(found.c.id.desc())
    async with in_time(conn):
        floor = (await conn.execute(newest.offset(_NEWEST).limit(1))).scalar_one_or_none()
        if floor is not None:
            near = query.where(found.c.id > floor).order_by(found.c.id.desc()).limit(limit)
            ids = list((await conn.execute(near)).scalars())
            if len(ids) == limit:
                return ids
        by_grams = query.order_by((found.c.id + 0).desc()).limit(limit)
        return list((await conn.execute(by_grams)).scalars())


def _readable(user_id: str) -> Select[int]:
    """What `permissions.reads_from` lets a member read, and perhaps more: it is asked again, by the
    memberships of the log, about what is found."""
    return (
        select(found.c.id)
        .join(members, members.c.room_id == found.c.room_id)
        .join(rooms, rooms.c.id == found.c.room_id)
        .where(
            members.c.user_id == user_id,
            # SQL learns the id of a membership a moment after it was announced.
            or_(
                found.c.id > func.coalesce(members.c.joined_id, 0),
                case(
                    (rooms.c.readable.is_not(None), found.c.id > rooms.c.readable),
                    else_=rooms.c.kind == OPEN,
                ),
            ),
        )
    )


def _conditions(conn: AsyncConnection, wanted: Wanted) -> list[ColumnElement[bool]]:
    on_postgres = conn.dialect.name == "postgresql"
    place = func.strpos if on_postgres else func.instr
    has: list[ColumnElement[bool]] = [place(found.c.text, word) > 0 for word in wanted.words]
    has += [place(found.c.text, word) == 0 for word in wanted.without]
    if on_postgres and wanted.words:
        narrowed = sorted({gram for word in wanted.words for gram in _telling(word)})
        has.append(found.c.grams.op("@>")(cast(narrowed, found.c.grams.type)))
    if wanted.rooms is not None:
        has.append(found.c.room_id.in_(wanted.rooms))
    if wanted.other_rooms:
        has.append(found.c.room_id.not_in(wanted.other_rooms))
    if wanted.authors is not None:
        has.append(found.c.author_id.in_(wanted.authors))
    if wanted.other_authors:
        has.append(found.c.author_id.not_in(wanted.other_authors))
    if wanted.traits:
        has.append(found.c.traits.bitwise_and(wanted.traits) == wanted.traits)
    if wanted.no_traits:
        has.append(found.c.traits.bitwise_and(wanted.no_traits) == 0)
    if wanted.since is not None:
        has.append(rows.c.at >= wanted.since)
    if wanted.until is not None:
        has.append(rows.c.at < wanted.until)
    return has


def _sqlite_match(wanted: Wanted) -> str:
    """The trigrams as FTS5 asks for them, none where there are no words."""
    narrowed = sorted({gram for word in wanted.words for gram in _telling(word)})
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in narrowed)


def _telling(word: str) -> list[str]:
    """Enough trigrams of a word or phrase, from all over it."""
    every = grams(word)
    return every[:: -(-len(every) // _MOST_GRAMS)]


async def around(
    conn: AsyncConnection, ids: Collection[int]
) -> dict[int, tuple[int | None, int | None]]:
    """The messages before and after each of these in its room, deleted ones passed over."""
    other = rows.alias()
    beside = select(other.c.id).where(
        other.c.room_id == rows.c.room_id, other.c.deleted.is_(False)
    ).limit(1)  # fmt: skip
    query = select(
        rows.c.id,
        beside.where(other.c.id < rows.c.id).order_by(other.c.id.desc()).scalar_subquery(),
        beside.where(other.c.id > rows.c.id).order_by(other.c.id).scalar_subquery(),
    ).where(rows.c.id.in_(ids))
    return {id: (before, after) for id, before, after in await conn.execute(query)}


@contextmanager
def _said_as_too_long() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", "")
        if code in ("57014", "SQLITE_INTERRUPT"):
            raise SearchTooLong() from error
        raise


@asynccontextmanager
async def in_time(conn: AsyncConnection) -> AsyncIterator[None]:
    """Ends a statement that takes longer than `SECONDS`, wherever it runs."""
    if conn.dialect.name == "postgresql":
        await conn.exec_driver_sql(f"SET statement_timeout TO {SECONDS * 1000:.0f}")
        try:
            with _said_as_too_long():
                yield
        finally:
            await conn.exec_driver_sql("RESET statement_timeout")
        return
    raw = await conn.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    timer = asyncio.get_running_loop().call_later(SECONDS, driver.interrupt_now)
    try:
        with _said_as_too_long():
            yield
    finally:
        timer.cancel()
