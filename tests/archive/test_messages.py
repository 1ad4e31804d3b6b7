"""The history: batches, pages and unread counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.archive.conftest import NOW
from tornchat.archive import marks, members, mentions, messages
from tornchat.archive.engine import Database
from tornchat.domain.changes import message_deleted, message_edited, message_previewed
from tornchat.domain.events import Event
from tornchat.domain.mentions import Said
from tornchat.domain.messages import Message

pytestmark = pytest.mark.anyio


def message(number: int, *, room: str = "lobby", author: str = "ana") -> Message:
    return Message(
        id=number,
        at=NOW + number,
        room=room,
        author=author,
        body=f"**{number}** ☃ 漢字",
        html=f"<p><strong>{number}</strong></p>",
        version=number,
    )


async def archive(database: Database, *batch: Message) -> None:
    async with database.write() as conn:
        await messages.insert_many(conn, batch)


async def unread(database: Database, user_id: str) -> dict[str, int]:
    async with database.read() as conn:
        counts, _ = await messages.unread_counts(conn, user_id)
    return counts


async def ids(
    database: Database,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
    above: int | None = None,
) -> list[int]:
    async with database.read() as conn:
        found = await messages.page(
            conn, "lobby", before=before, after=after, limit=limit, above=above
        )
    return [one.id for one in found]


async def test_a_message_comes_back_as_it_went_in(database: Database) -> None:
    full = replace(
        message(2**53 - 1), nonce="n1", reply_to=7, reply_author="budi", edited=NOW, deleted=True
    )
    await archive(database, full, message(3))
    async with database.read() as conn:
        assert await messages.page(conn, "lobby", limit=10) == [message(3), full]


async def test_a_batch_that_is_taken_twice_is_there_once(database: Database) -> None:
    await archive(database, message(1), message(2))
    await archive(database, replace(message(2), body="changed"), message(3))
    assert await ids(database) == [1, 2, 3]
    async with database.read() as conn:
        assert message(2) in await messages.page(conn, "lobby", limit=10)


async def test_one_nonce_of_one_author_in_one_room_is_one_message(database: Database) -> None:
    first = replace(message(1), nonce="n")
    await archive(database, first, replace(message(2), nonce="n"), message(3), message(4))
    await archive(database, replace(message(5, author="budi"), nonce="n"))
    await archive(database, replace(message(6, room="kitchen"), nonce="n"))
    assert await ids(database) == [1, 3, 4, 5]


async def test_a_nonce_that_is_used_again_after_a_day_is_another_message(
    database: Database,
) -> None:
    day = 24 * 3_600_000
    await archive(database, replace(message(1), nonce="n"))
    later = replace(message(2), at=message(1).at + day, nonce="n")
    async with database.write() as conn:
        await messages.forget_nonces(conn, before=message(1).at + 1)
    await archive(database, later, replace(message(3), at=later.at, nonce="n"))
    assert await ids(database) == [1, 2]


async def test_a_message_of_a_room_that_sql_never_heard_of_does_not_stop_the_archive(
    database: Database,
) -> None:
    await archive(database, message(1, room="lost", author="gone"), message(2))
    assert await ids(database) == [2]


async def test_pages_are_ascending_and_leave_their_bounds_out(database: Database) -> None:
    await archive(database, *(message(n) for n in range(1, 11)), message(5_000, room="kitchen"))
    assert await ids(database, limit=3) == [8, 9, 10]
    assert await ids(database, before=8, limit=3) == [5, 6, 7]
    assert await ids(database, after=2, limit=3) == [3, 4, 5]
    assert await ids(database, after=2, before=5) == [3, 4]
    assert await ids(database, before=1) == []
    assert await ids(database, after=10) == []
    assert await ids(database, after=0, limit=2) == [1, 2]


async def test_a_page_never_reaches_below_the_joining_of_a_private_room(
    database: Database,
) -> None:
    await archive(database, *(message(n) for n in range(1, 11)))
    assert await ids(database, above=6) == [7, 8, 9, 10]
    assert await ids(database, above=6, before=9) == [7, 8]
    assert await ids(database, above=6, after=2, limit=2) == [7, 8]


async def test_unread_is_what_others_said_since_i_read_and_since_i_joined(cast: Database) -> None:
    async with cast.write() as conn:
        await members.set_joined_id(conn, "lobby", "ana", 2)
        await members.add(conn, room_id="lobby", user_id="budi", role="member", now=NOW)
    await archive(
        cast,
        *(message(n, author="budi") for n in range(1, 6)),
        message(6, author="ana"),
        replace(message(7, author="budi"), deleted=True),
        message(8, room="kitchen", author="budi"),
    )
    assert await unread(cast, "ana") == {"lobby": 3}
    assert await unread(cast, "budi") == {}
    for last_read, count in ((4, 1), (5, 0)):
        async with cast.write() as conn:
            await members.move_read(conn, "lobby", "ana", last_read)
        assert await unread(cast, "ana") == {"lobby": count}
    async with cast.write() as conn:
        await members.set_joined_id(conn, "kitchen", "ana", 1)
    assert await unread(cast, "ana") == {"lobby": 0, "kitchen": 1}


async def test_unread_counts_tell_up_to_where_the_archive_counted(cast: Database) -> None:
    async with cast.write() as conn:
        await members.set_joined_id(conn, "lobby", "ana", 1)
        await messages.insert_many(conn, [message(5, author="budi")])
        await marks.raise_to(conn, "archived", 9)
        assert await messages.unread_counts(conn, "ana") == ({"lobby": 1}, 9)


async def test_unread_stops_counting_at_a_thousand(cast: Database) -> None:
    async with cast.write() as conn:
        await members.set_joined_id(conn, "lobby", "ana", 1)
    await archive(cast, *(message(n, author="budi") for n in range(2, 1500)))
    assert await unread(cast, "ana") == {"lobby": messages.MOST_UNREAD}


async def test_pages_and_unread_counts_walk_an_index(cast: Database, path: Path) -> None:
    plans = []
    async with cast.read() as conn:
        for query in (
            "SELECT * FROM messages WHERE room_id = 'r' AND id < 9 ORDER BY id DESC LIMIT 5",
            "SELECT id FROM messages WHERE room_id = 'r' AND id > 9 AND author_id != 'u'",
        ):
            for row in await conn.execute(text("EXPLAIN QUERY PLAN " + query)):
                plans.append(row[3])
    assert all("ix_messages_room_id_id" in plan for plan in plans)
    assert not any("B-TREE" in plan for plan in plans)


async def test_changes_are_folded_into_their_rows_once_and_in_order(database: Database) -> None:
    await archive(database, message(1), message(2))
    new = message_edited(message(1), "new", "<p>new</p>", Said())
    edit = Event(11, 0, "room:lobby", {**new, "at": 5})
    gone = Event(12, 0, "room:lobby", {**message_deleted("lobby", 2, "ana", "ana"), "at": 6})
    too_late = message_edited(message(2), "late", "late", Said())
    late = Event(13, 0, "room:lobby", {**too_late, "at": 7})
    nowhere = Event(14, 0, "room:lobby", {**message_deleted("lobby", 9, "ana", "ana"), "at": 8})
    for _ in range(2):
        async with database.write() as conn:
            await messages.change_many(conn, [edit, gone, late, nowhere])
        async with database.read() as conn:
            first, second = await messages.by_id(conn, 1), await messages.by_id(conn, 2)
        assert first == replace(message(1), body="new", html="<p>new</p>", edited=5, version=11)
        assert second == replace(message(2), body="", html="", deleted=True, version=12)


def picture_of_preview(id: str) -> list[dict[str, object]]:
    url = "https://example.org/"
    return [{"url": url, "title": "x", "site": "x", "image": {"id": id, "width": 1, "height": 1}}]


async def test_files_that_came_and_went_between_two_batches_are_told(database: Database) -> None:
    linked = '<p><a href="https://example.org/">x</a></p>'
    sent = replace(message(1), html=linked, files=[{"id": "sent"}])
    await archive(database, sent)
    events = [
        Event(2, 1, "room:lobby", message_previewed("lobby", 1, "ana", picture_of_preview("a"))),
        Event(3, 2, "room:lobby", message_previewed("lobby", 1, "ana", picture_of_preview("b"))),
    ]
    edit = message_edited(sent, "no link", "<p>no link</p>", Said())
    async with database.write() as conn:
        assert await messages.change_many(conn, events) == {"a"}
        assert await messages.change_many(conn, events) == {"a"}  # told again, dropped again
        again = [*events, Event(4, 3, "room:lobby", {**edit, "at": NOW})]
        assert await messages.change_many(conn, again) == {"a", "b"}
        gone = Event(5, 4, "room:lobby", message_deleted("lobby", 1, "ana", "ana"))
        assert await messages.change_many(conn, [gone]) == {"sent"}


async def test_a_batch_that_is_taken_again_does_not_bring_back_whom_it_called(
    cast: Database,
) -> None:
    """A keeper that dies between its commit and the cut of the queue takes the same once more."""
    async with cast.write() as conn:
        await members.add(conn, room_id="lobby", user_id="citra", role="member", now=NOW)
        await members.set_joined_id(conn, "lobby", "citra", 1)
    said = replace(message(5), mentions=["citra"], nonce="once")
    edited = replace(message(6), mentions=["citra"])
    twice = replace(said, id=9)
    for _ in range(2):
        await archive(cast, said, edited, twice)
        events = [
            Event(7, 0, "room:lobby", message_deleted("lobby", 5, "ana", "ana") | {"at": NOW}),
            Event(8, 0, "room:lobby", message_edited(edited, "x", "x", Said()) | {"at": NOW}),
        ]
        async with cast.write() as conn:
            await messages.change_many(conn, events)
    async with cast.read() as conn:
        assert await mentions.unread_of(conn, "citra") == {}
