"""Announcements that wait, and the marks."""

from __future__ import annotations

import asyncio

import pytest

from tests.archive.conftest import NOW
from tornchat.archive import marks, outbox
from tornchat.archive.engine import Database
from tornchat.archive.ids import short_id
from tornchat.archive.rows import OutboxRow

pytestmark = pytest.mark.anyio


async def add(database: Database, what: str) -> OutboxRow:
    async with database.write() as conn:
        return await outbox.add(conn, {"what": what, "who": "Ánä 漢"}, NOW)


async def waiting(database: Database, limit: int = 100) -> list[OutboxRow]:
    async with database.read() as conn:
        return await outbox.waiting(conn, limit)


async def test_announcements_wait_in_order_until_they_are_made(database: Database) -> None:
    rows = [await add(database, str(number)) for number in range(4)]
    assert await waiting(database) == rows
    assert await waiting(database, 2) == rows[:2]
    async with database.write() as conn:
        assert await outbox.done(conn, rows[0].id, 77, NOW + 5)
        assert not await outbox.done(conn, rows[0].id, 99, NOW + 6)
        assert await outbox.done(conn, rows[1].id, None, NOW + 5)
    assert await waiting(database) == rows[2:]
    async with database.read() as conn:
        made = await outbox.made_above(conn, 76)
        assert [(row.id, row.announced_id) for row in made] == [(rows[0].id, 77)]
        assert await outbox.made_above(conn, 77) == []


async def test_an_announcement_of_a_change_that_failed_is_never_made(database: Database) -> None:
    async def change_my_mind() -> None:
        async with database.write() as conn:
            await outbox.add(conn, {"what": "lost"}, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_my_mind()
    assert await waiting(database) == []


async def test_what_a_fence_lost_waits_again_in_its_old_place_under_its_key(
    database: Database,
) -> None:
    rows = [await add(database, str(number)) for number in range(3)]
    async with database.write() as conn:
        await outbox.done(conn, rows[0].id, 1, NOW)
        await outbox.done(conn, rows[1].id, 2, NOW)
        await outbox.reopen(conn, [rows[1].id])
        await outbox.reopen(conn, [])
    again = await waiting(database)
    assert [row.id for row in again] == [rows[1].id, rows[2].id]
    assert again[0].key == rows[1].key
    assert again[0].payload == rows[1].payload
    assert again[0].announced_id is None


async def test_old_announcements_are_forgotten_but_never_one_that_waits(
    database: Database,
) -> None:
    rows = [await add(database, str(number)) for number in range(3)]
    async with database.write() as conn:
        await outbox.done(conn, rows[0].id, 1, NOW + 1)
        await outbox.done(conn, rows[1].id, 2, NOW + 2)
        assert await outbox.forget_before(conn, NOW + 2) == 1
        assert [row.id for row in await outbox.made_above(conn, 0)] == [rows[1].id]
    assert [row.id for row in await waiting(database)] == [rows[2].id]


async def test_the_number_of_a_forgotten_announcement_is_not_given_again(
    database: Database,
) -> None:
    row = await add(database, "old")
    async with database.write() as conn:
        await outbox.done(conn, row.id, 1, NOW)
        await outbox.forget_before(conn, NOW + 1)
    assert (await add(database, "new")).id > row.id


async def test_marks_only_grow(database: Database) -> None:
    async with database.write() as conn:
        assert await marks.raise_to(conn, "archived", 10) == 10
        assert await marks.raise_to(conn, "archived", 7) == 10
        assert await marks.read(conn, "archived") == 10
        assert await marks.read(conn, "fence") == 0


async def test_marks_raised_by_many_at_once_end_at_the_highest(database: Database) -> None:
    async def raise_to(value: int) -> None:
        async with database.write() as conn:
            await marks.raise_to(conn, "fence", value)

    await asyncio.gather(*(raise_to(value) for value in (3, 9, 1, 30, 12, 2**53 - 1, 4)))
    async with database.read() as conn:
        assert await marks.read(conn, "fence") == 2**53 - 1


async def test_short_ids_are_ten_characters_that_nobody_misreads() -> None:
    ids = {short_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {10}
    assert not set("".join(ids)) & set("ilou")
