"""What the administration reads and notes, on both databases."""

from __future__ import annotations

import pytest

from tests.archive.conftest import NOW
from tests.archive.test_people import add_session
from tornchat.archive import audit, choices, files, members, overview, storage, users
from tornchat.archive.audit import Filter
from tornchat.archive.engine import Database
from tornchat.archive.rows import File, User
from tornchat.domain.audit import FAILED, Source

pytestmark = pytest.mark.anyio


async def people(database: Database, **asked: object) -> tuple[list[str], int]:
    wanted = {"text": "", "role": None, "disabled": None, "after": None, "limit": 10, **asked}
    async with database.read() as conn:
        found, total = await overview.people(conn, NOW, **wanted)  # type: ignore[arg-type]
    return [row.user.id for row in found], total


async def rooms(database: Database, **asked: object) -> list[tuple[str, bool, int]]:
    wanted = {"text": "", "state": None, "after": None, "limit": 10, **asked}
    async with database.read() as conn:
        found, total = await overview.named_rooms(conn, **wanted)  # type: ignore[arg-type]
    assert total >= len(found)
    return [(row.room.id, row.owned, row.members) for row in found]


async def test_people_are_found_by_name_role_and_state(cast: Database) -> None:
    await add_session(cast, "s", "budi")
    async with cast.write() as conn:
        assert await users.disable(conn, "citra", NOW)
    assert await people(cast) == (["ana", "budi", "citra"], 3)
    assert await people(cast, text="BUD") == (["budi"], 1)
    assert await people(cast, role="admin") == (["ana"], 1)
    assert await people(cast, disabled=True) == (["citra"], 1)
    assert await people(cast, disabled=False, after="ana", limit=1) == (["budi"], 2)
    assert await people(cast, text="100%") == ([], 0)
    async with cast.read() as conn:
        found, _ = await overview.people(
            conn, NOW, text="", role=None, disabled=None, after="ana", limit=1
        )
    assert (found[0].sessions, found[0].began, found[0].wrote) == (1, NOW, None)


async def test_rooms_are_found_by_name_and_by_whether_somebody_owns_them(cast: Database) -> None:
    assert await rooms(cast) == [("kitchen", True, 1), ("lobby", True, 1)]
    assert await rooms(cast, after="kitchen") == [("lobby", True, 1)]
    assert await rooms(cast, text="kitch", state="private") == [("kitchen", True, 1)]
    assert await rooms(cast, state="archived") == []
    async with cast.write() as conn:
        await members.add(conn, room_id="lobby", user_id="budi", role="owner", now=NOW)
        await users.disable(conn, "ana", NOW)
    assert await rooms(cast, state="ownerless") == [("kitchen", False, 1)]
    async with cast.read() as conn:
        assert await overview.all_invites(conn, "nothing", 3) == []


async def test_what_is_stored_is_added_up(cast: Database) -> None:
    async with cast.write() as conn:
        for number, room in enumerate(("kitchen", "kitchen", None)):
            at = number + 1 if room else None
            kept = File(
                *(f"f{number}", "ana", "notes.txt", "text/plain", 3_000_000_000, None, None, False),
                *(NOW, at, room),
            )
            await files.add(conn, kept)
    async with cast.read() as conn:
        total = await storage.stored(conn)
        assert (total.kept.files, total.kept.bytes, total.unsent.files) == (3, 9_000_000_000, 1)
        assert await storage.by_owner(conn, 5) == [("ana", total.kept)]
        [(id, name, kind, heap)], direct = await storage.by_room(conn, 5)
        assert (id, name, kind, heap.bytes) == ("kitchen", "Kitchen", "private", 6_000_000_000)
        assert direct.files == 0
        assert await storage.database_bytes(conn) > 0
        assert (await storage.engine(conn)).split()[0] in ("SQLite", "PostgreSQL")
    assert [room for room, _, _ in await rooms(cast)] == ["kitchen", "lobby"]


async def test_the_audit_log_is_chosen_from_and_swept(cast: Database) -> None:
    where = Source("203.0.113.7", "Firefox, Linux")
    async with cast.write() as conn:
        for number in range(4):
            detail = {"role": "admin"}
            await audit.add(
                conn, "account.role", NOW + number, where, actor="ana", user="budi", detail=detail
            )
            await audit.add(conn, FAILED, NOW + number, where, actor=None)
    async with cast.read() as conn:
        first = await audit.page(conn, Filter(person="budi"), None, 3)
        rest = await audit.page(conn, Filter(person="budi"), first[-1].id, 3)
        assert [entry.at - NOW for entry in first + rest] == [3, 2, 1, 0]
        assert (first[0].detail, first[0].address) == ({"role": "admin"}, "203.0.113.7")
        chosen = Filter(kinds=[FAILED], since=NOW + 1, until=NOW + 3)
        assert len(await audit.page(conn, chosen, None, 9)) == 2
    async with cast.write() as conn:
        assert await audit.forget_failed(conn, 1) == 3
        assert await audit.forget_before(conn, NOW + 2) == 2
        assert len(await audit.page(conn, Filter(), None, 9)) == 3


async def test_a_choice_is_kept_and_changed(cast: Database) -> None:
    for value in ("closed", "invite"):
        async with cast.write() as conn:
            await choices.write(conn, "signup", value)
        async with cast.read() as conn:
            assert await choices.read(conn, "signup") == value


async def test_who_leaves_by_their_own_wish_can_be_kept_out(cast: Database) -> None:
    async with cast.write() as conn:
        assert await users.disable(conn, "budi", NOW)
        await users.note_leaving(conn, "budi", at=NOW + 1, by="budi", whole=True)
        assert await users.disable(conn, "budi", NOW)
        assert not await users.disable(conn, "budi", NOW)
        budi = await users.by_id(conn, "budi")
    assert isinstance(budi, User)
    assert (budi.leaving_at, budi.leaving_by) == (NOW + 1, None)
