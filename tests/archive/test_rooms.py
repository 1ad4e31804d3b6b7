"""Rooms and their members."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.archive.conftest import NOW
from tornchat.archive import blocks, members, rooms, schema, users
from tornchat.archive.engine import Database
from tornchat.archive.rows import Room, RoomKind
from tornchat.domain.errors import NameTaken

pytestmark = pytest.mark.anyio


async def add_room(
    database: Database, name: str | None, kind: RoomKind = "open", now: int = NOW + 100
) -> Room:
    async with database.write() as conn:
        return await rooms.add(
            conn,
            room_id=f"{kind}-{name}",
            name=name,
            kind=kind,
            description="",
            created_by=None,
            now=now,
        )


async def join(database: Database, room_id: str, user_id: str, joined_id: int | None) -> None:
    async with database.write() as conn:
        await members.add(conn, room_id=room_id, user_id=user_id, role="member", now=NOW)
        if joined_id is not None:
            await members.set_joined_id(conn, room_id, user_id, joined_id)


@pytest.mark.parametrize("name", ["lobby", "KITCHEN", "Lob\u200dby"])
async def test_open_and_private_rooms_share_their_names(cast: Database, name: str) -> None:
    with pytest.raises(NameTaken):
        await add_room(cast, name)


async def test_direct_rooms_have_no_name_to_conflict(cast: Database) -> None:
    await add_room(cast, None, "direct")
    async with cast.write() as conn:
        await rooms.add(
            conn,
            room_id="direct2",
            name=None,
            kind="direct",
            description="",
            created_by="ana",
            now=NOW,
        )


async def test_somebodys_rooms_come_with_their_seat_and_the_number_of_members(
    cast: Database,
) -> None:
    await join(cast, "lobby", "budi", 50)
    await join(cast, "lobby", "citra", None)
    async with cast.read() as conn:
        (seat,) = await rooms.of_user(conn, "budi")
        assert (seat.room.name, seat.members) == ("Lobby", 3)
        assert (seat.member.user_id, seat.member.joined_id, seat.member.role) == (
            "budi",
            50,
            "member",
        )
        assert {s.room.id: s.members for s in await rooms.of_user(conn, "ana")} == {
            "lobby": 3,
            "kitchen": 1,
        }


async def test_only_open_rooms_of_others_are_found(cast: Database) -> None:
    await add_room(cast, "Garden")
    async with cast.read() as conn:
        found = await rooms.open_rooms_without(conn, "budi")
        assert [(one.room.name, one.members) for one in found] == [("Lobby", 1), ("Garden", 0)]
        assert [one.room.name for one in await rooms.open_rooms_without(conn, "ana")] == ["Garden"]


async def put_away(conn: AsyncConnection, room_id: str) -> None:
    """Archives a room, as no use case does yet."""
    await conn.execute(
        update(schema.rooms).where(schema.rooms.c.id == room_id).values(archived_at=NOW)
    )


async def test_the_first_open_room_is_the_oldest_that_is_not_archived(cast: Database) -> None:
    await add_room(cast, "Garden")
    async with cast.write() as conn:
        first = await rooms.first_open(conn)
        assert first is not None
        assert first.id == "lobby"
        await put_away(conn, "lobby")
        first = await rooms.first_open(conn)
        assert first is not None
        assert first.name == "Garden"


async def test_an_archived_room_stays_its_members_and_is_nobodys_to_find(cast: Database) -> None:
    async with cast.write() as conn:
        await put_away(conn, "lobby")
        seats = await rooms.of_user(conn, "ana")
        assert {seat.room.id for seat in seats if seat.room.archived_at is None} == {"kitchen"}
        assert {seat.room.id for seat in seats} == {"kitchen", "lobby"}
        assert [one.room.id for one in await rooms.open_rooms_without(conn, "citra")] == []
        room = await rooms.by_id(conn, "lobby")
    assert room is not None
    assert room.archived_at == NOW


async def test_joining_twice_keeps_the_first_membership(cast: Database) -> None:
    async with cast.write() as conn:
        assert await members.add(conn, room_id="lobby", user_id="budi", role="member", now=NOW)
        assert not await members.add(conn, room_id="lobby", user_id="budi", role="owner", now=1)
        found = await members.get(conn, "lobby", "budi")
        assert found is not None
        assert (found.role, found.joined_at, found.joined_id) == ("member", NOW, None)
        assert await members.remove(conn, "lobby", "budi")
        assert not await members.remove(conn, "lobby", "budi")


async def test_members_are_listed_by_name_in_the_order_of_joining(cast: Database) -> None:
    async with cast.write() as conn:
        await members.add(conn, room_id="lobby", user_id="citra", role="member", now=NOW + 1)
        await members.add(conn, room_id="lobby", user_id="budi", role="member", now=NOW + 2)
        found = await members.of_room(conn, "lobby")
    assert [(one.username, one.role) for one in found] == [
        ("Ana", "owner"),
        ("Citra", "member"),
        ("Budi", "member"),
    ]


async def test_what_was_said_before_joining_is_read(cast: Database) -> None:
    await join(cast, "lobby", "budi", 40)
    async with cast.read() as conn:
        found = await members.get(conn, "lobby", "budi")
    assert found is not None
    assert (found.joined_id, found.last_read) == (40, 40)


async def test_a_late_announcement_does_not_open_what_was_said_in_between(cast: Database) -> None:
    await join(cast, "lobby", "budi", 40)
    async with cast.write() as conn:
        assert not await members.set_joined_id(conn, "lobby", "budi", 30)
        assert await members.set_joined_id(conn, "lobby", "budi", 60)
        assert not await members.set_joined_id(conn, "lobby", "citra", 60)
        found = await members.get(conn, "lobby", "budi")
    assert found is not None
    assert found.joined_id == 60


async def test_the_read_marker_only_moves_forward(cast: Database) -> None:
    await join(cast, "lobby", "budi", 40)
    async with cast.write() as conn:
        assert await members.move_read(conn, "lobby", "budi", 50) == 0
        assert await members.move_read(conn, "lobby", "budi", 50) is None
        assert await members.move_read(conn, "lobby", "budi", 45) is None
        assert await members.move_read(conn, "lobby", "citra", 50) is None
        found = await members.get(conn, "lobby", "budi")
    assert found is not None
    assert found.last_read == 50


async def test_a_mark_of_before_the_marker_was_put_back_does_not_undo_that(cast: Database) -> None:
    await join(cast, "lobby", "budi", 40)
    async with cast.write() as conn:
        assert await members.move_read(conn, "lobby", "budi", 50, 0) == 0
        assert await members.put_read_back(conn, "lobby", "budi", 45) == 1
        assert await members.move_read(conn, "lobby", "budi", 60, 0) is None
        assert await members.move_read(conn, "lobby", "budi", 47, 1) == 1
        assert await members.move_read(conn, "lobby", "budi", 60) == 1


@pytest.mark.parametrize("page", [1, 2, 1000])
async def test_memberships_are_told_for_every_account_and_what_is_archived_too(
    cast: Database, page: int
) -> None:
    await join(cast, "lobby", "ana", 10)
    await join(cast, "kitchen", "ana", 11)
    await join(cast, "lobby", "budi", 20)
    await join(cast, "lobby", "citra", None)
    async with cast.write() as conn:
        await put_away(conn, "kitchen")
        await users.disable(conn, "budi", NOW)
    async with cast.read() as conn:
        found = {user: joined async for user, joined in members.by_user(conn, page)}
    # Who is let in again is a member as before.
    assert found == {
        "ana": {"lobby": 10, "kitchen": 11},
        "budi": {"lobby": 20},
        "citra": {},
    }


async def test_a_direct_room_of_two_demands_silence_of_whom_the_other_one_has_blocked(
    cast: Database,
) -> None:
    for people in (["ana", "budi"], ["ana", "budi", "citra"], ["budi", "citra"]):
        async with cast.write() as conn:
            id = "-".join(people)
            await rooms.add_direct(conn, room_id=id, people=people, created_by="ana", now=NOW)
        for user in people:
            await join(cast, id, user, 1)
    async with cast.write() as conn:
        await blocks.add(conn, "budi", "ana", NOW)
    async with cast.read() as conn:
        demanded = [entry async for entry in rooms.every_conduct(conn, page=1)]
    assert {room: entries for room, entries in demanded if "budi" in room} == {
        "ana-budi": {"-ana": "1"},
        "ana-budi-citra": {},
        "budi-citra": {},
    }
