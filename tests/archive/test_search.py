"""The index of both databases: they find the same, and what the judge says."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, func, select, text

from tests.archive.conftest import NOW
from tornchat.archive import members, messages, search
from tornchat.archive.engine import Database
from tornchat.archive.schema import marks
from tornchat.archive.schema import search as found
from tornchat.domain.errors import SearchTooLong
from tornchat.domain.messages import Message
from tornchat.domain.searching import Wanted, wanted

pytestmark = pytest.mark.anyio

SAID = [
    "Café au lait", "It is OK.", "a book", "昨日東京で会議", "well done👍!", "c# or :)", "a café?",
    "100% sure_thing", 'say "hi" AND \'bye\'', "back\\slash {brace} NOT", "ok", "東", "x" * 300,
]  # fmt: skip
ASKED = [
    "cafe", "ok", "boo", "東京", "京", "👍", "c#", ":)", "100%", "sure_thing", '"a book"', "-cafe",
    '"say \\"hi\\""', "'bye'", "not", "back\\slash", "cafe lait", "cafe -lait", "xxxx", "zzz", "%",
    "from:ana", "from:budi ok", "in:kitchen", "-in:lobby -ok", "on:2023-11-14 ok", "has:link",
]  # fmt: skip


def said(number: int, html: str, **more: object) -> Message:
    values = {"id": number, "at": NOW + number, "room": "lobby", "author": "ana", "body": html}
    return Message(**{**values, "html": html, "version": number, **more})  # type: ignore[arg-type]


def asked(query: str) -> Wanted:
    return wanted(query, lambda name: {name}, lambda name: {name})


async def archive(database: Database, *batch: Message) -> None:
    async with database.write() as conn:
        await messages.insert_many(conn, batch)
        await search.index(conn, [message.id for message in batch])


async def find(database: Database, query: str, who: str = "ana", before: int = 2**53) -> list[int]:
    async with database.read() as conn:
        return await search.find(conn, who, asked(query), before=before, limit=50)


async def seat(database: Database, room: str, user: str, joined: int) -> None:
    async with database.write() as conn:
        await members.add(conn, room_id=room, user_id=user, role="member", now=NOW)
        await members.set_joined_id(conn, room, user, joined)


@pytest.fixture
async def talk(cast: Database) -> list[Message]:
    """What Ana and Budi have said in the Lobby and the Kitchen, where Ana is from the start."""
    for room in ("lobby", "kitchen"):
        await seat(cast, room, "ana", 1)
    every = [
        said(
            10 + number,
            words,
            author="budi" if number % 3 else "ana",
            room="kitchen" if number % 4 == 0 else "lobby",
        )
        for number, words in enumerate(SAID * 2)
    ]
    every.append(said(99, '<a href="https://x.y">see</a>', reactions={"👍": ["ana"]}))
    await archive(cast, *every)
    return every


async def test_the_index_finds_what_the_judge_of_messages_finds(
    cast: Database, talk: list[Message]
) -> None:
    for query in ASKED:
        expected = [one.id for one in reversed(talk) if asked(query).matches(one)]
        assert await find(cast, query) == expected, query
    assert await find(cast, "cafe", before=20) == [16, 10]
    assert len(await find(cast, "ok")) == 4


async def test_of_a_private_room_one_finds_what_was_said_since_one_joined(
    cast: Database, talk: list[Message]
) -> None:
    assert await find(cast, "ok", "citra") == []
    await seat(cast, "lobby", "citra", 90)
    await seat(cast, "kitchen", "citra", 20)
    visible = [one.id for one in talk if one.room == "lobby" or one.id > 20]
    assert await find(cast, "-nothing", "citra") == visible[::-1]


async def test_an_edited_message_is_found_by_its_new_text_and_a_deleted_one_never(
    cast: Database, talk: list[Message]
) -> None:
    async with cast.write() as conn:
        await conn.execute(text("UPDATE messages SET html = 'green tea' WHERE id IN (10, 23)"))
        await conn.execute(text("UPDATE messages SET html = '', deleted = true WHERE id = 16"))
        await conn.execute(text("UPDATE messages SET reactions = NULL WHERE id = 99"))
        await search.index(conn, [10, 16, 23, 99])
    assert await find(cast, "cafe") == [29]
    assert await find(cast, "green") == [23, 10]
    assert await find(cast, "has:reaction") == []
    async with cast.read() as conn:
        query = select(func.count()).where(found.c.text.like("%lait%") | (found.c.id == 16))
        assert (await conn.execute(query)).scalar_one() == 0


async def test_what_is_indexed_twice_is_there_once(cast: Database, talk: list[Message]) -> None:
    await archive(cast, *talk)
    assert await find(cast, "book") == [25, 12]


async def test_a_history_from_before_the_index_is_taken_into_it_newest_first(
    cast: Database, talk: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BATCH", 10)
    async with cast.write() as conn:
        await conn.execute(delete(found))
        await conn.execute(marks.insert().values(name="unindexed", value=99))
    await archive(cast, said(100, "café tonight"))
    rest: list[int] = []
    while not rest or rest[-1]:
        async with cast.write() as conn:
            rest.append(await search.index_history(conn))
    assert rest == [17, 7, 0]
    async with cast.read() as conn:
        assert await search.is_complete(conn)
    assert await find(cast, "cafe") == [100, 29, 23, 16, 10]


async def test_messages_beside_one_that_was_found_are_the_next_that_still_are(
    cast: Database, talk: list[Message]
) -> None:
    await archive(cast, said(200, "gone", deleted=True), said(201, "after"))
    async with cast.read() as conn:
        assert await search.around(conn, [99, 201, 10]) == {
            99: (35, 201),
            201: (99, None),
            10: (None, 14),
        }


async def test_a_search_that_takes_too_long_is_ended_and_its_connection_goes_on(
    cast: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SECONDS", 0.1)
    endless = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT count(*) FROM n",
        "postgresql": "SELECT pg_sleep(60)",
    }
    async with asyncio.timeout(40):
        async with cast.read() as conn:
            with pytest.raises(SearchTooLong):
                async with search.in_time(conn):
                    await conn.execute(text(endless[conn.dialect.name]))
        assert await find(cast, "cafe") == []
