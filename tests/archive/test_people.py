"""Users and sessions."""

from __future__ import annotations

import pytest

from tests.archive.conftest import NOW
from tornchat.archive import sessions, users
from tornchat.archive.engine import Database
from tornchat.domain.errors import NameTaken

pytestmark = pytest.mark.anyio


async def add_user(database: Database, user_id: str, username: str) -> None:
    async with database.write() as conn:
        await users.add(
            conn,
            user_id=user_id,
            username=username,
            display_name=username,
            password_hash="hash",
            role="member",
            now=NOW,
        )


async def add_session(
    database: Database, digest: str, user_id: str, *, expires_at: int | None = None
) -> None:
    async with database.write() as conn:
        await sessions.add(
            conn,
            digest=digest,
            user_id=user_id,
            kind="token" if digest.startswith("token") else "cookie",
            label="",
            now=NOW,
            expires_at=expires_at,
        )


async def live(database: Database, now: int, page: int = 1000) -> list[str]:
    async with database.read() as conn:
        return [one.hash async for part in sessions.every_live(conn, now, page) for one in part]


@pytest.mark.parametrize("name", ["Ana", "ana", "ANA", "\uff21na"])
async def test_a_name_is_taken_in_whatever_case_it_is_written(cast: Database, name: str) -> None:
    with pytest.raises(NameTaken):
        await add_user(cast, "other", name)
    async with cast.read() as conn:
        found = await users.by_username(conn, name)
        assert found is not None
        assert found.id == "ana"
        assert await users.count(conn) == 3


async def test_a_taken_name_leaves_the_rest_of_the_transaction_alone(cast: Database) -> None:
    async with cast.write() as conn:
        await users.set_password(conn, "budi", "new")
        with pytest.raises(NameTaken):
            await users.add(
                conn,
                user_id="other",
                username="ana",
                display_name="Ana",
                password_hash=None,
                role="member",
                now=NOW,
            )
    async with cast.read() as conn:
        budi = await users.by_id(conn, "budi")
    assert budi is not None
    assert budi.password_hash == "new"


async def test_the_password_hash_does_not_show_in_logs(cast: Database) -> None:
    await add_user(cast, "dewi", "Dewi")
    async with cast.read() as conn:
        dewi = await users.by_id(conn, "dewi")
    assert dewi is not None
    assert dewi.password_hash == "hash"
    assert "hash" not in repr(dewi)


async def test_many_users_are_found_by_their_ids_and_strangers_are_left_out(
    cast: Database,
) -> None:
    async with cast.read() as conn:
        found = await users.many(conn, ["ana", "citra", *(f"u{n}" for n in range(2500))])
        everybody = await users.all(conn)
    assert sorted(found) == ["ana", "citra"]
    assert [user.id for user in everybody] == ["ana", "budi", "citra"]


async def test_a_user_is_disabled_once(cast: Database) -> None:
    async with cast.write() as conn:
        assert await users.disable(conn, "budi", NOW + 5)
        assert not await users.disable(conn, "budi", NOW + 9)
        assert not await users.disable(conn, "nobody", NOW)
        budi = await users.by_id(conn, "budi")
    assert budi is not None
    assert budi.disabled_at == NOW + 5


async def test_live_sessions_are_listed_in_pages_without_the_expired_and_the_disabled(
    cast: Database,
) -> None:
    for number in range(5):
        await add_session(cast, f"cookie{number}", "ana")
    await add_session(cast, "expired", "ana", expires_at=NOW + 10)
    await add_session(cast, "later", "ana", expires_at=NOW + 11)
    await add_session(cast, "budis", "budi")
    async with cast.write() as conn:
        await users.disable(conn, "budi", NOW)
    for page in (1, 2, 3, 1000):
        assert await live(cast, NOW + 10, page) == [*(f"cookie{n}" for n in range(5)), "later"]


async def test_all_sessions_of_a_user_end_but_the_one_that_asked(cast: Database) -> None:
    for digest in ("cookie1", "cookie2", "token1"):
        await add_session(cast, digest, "ana")
    await add_session(cast, "budis", "budi")
    async with cast.write() as conn:
        gone = await sessions.remove_of_user(conn, "ana", except_hash="cookie1", kind="cookie")
        assert gone == ["cookie2"]
        assert await sessions.remove_of_user(conn, "ana", except_hash="cookie1") == ["token1"]
        assert await sessions.remove_of_user(conn, "ana") == ["cookie1"]
    assert await live(cast, NOW) == ["budis"]


async def test_expired_sessions_are_removed_and_named(cast: Database) -> None:
    await add_session(cast, "old", "ana", expires_at=NOW)
    await add_session(cast, "new", "ana", expires_at=NOW + 1)
    await add_session(cast, "token", "ana")
    async with cast.write() as conn:
        assert await sessions.remove_expired(conn, NOW) == ["old"]
        assert await sessions.remove(conn, ["old", "new"]) == 1
    assert await live(cast, 0) == ["token"]


async def test_an_account_that_is_to_be_erased_is_found_when_its_time_has_come(
    cast: Database,
) -> None:
    async with cast.write() as conn:
        await users.disable(conn, "budi", NOW)
        await users.note_leaving(conn, "budi", at=NOW + 10, by="budi", whole=True)
    async with cast.write() as conn:
        assert await users.to_be_erased(conn, NOW + 9) is None
        found = await users.to_be_erased(conn, NOW + 10)
        assert found is not None
        assert (found[0].id, found[1]) == ("budi", True)
        # Whoever is disabled besides does not come back by their own wish.
        await users.disable(conn, "budi", NOW)
        again = await users.by_id(conn, "budi")
        assert again is not None
        assert (again.leaving_at, again.leaving_by) == (NOW + 10, None)


async def test_of_an_erased_account_the_name_is_taken_for_good(cast: Database) -> None:
    async with cast.write() as conn:
        budi = await users.by_username(conn, "Budi")
        assert budi is not None
        erased = await users.erase(conn, budi, NOW)
        assert (erased.username, erased.deleted, erased.disabled) == ("deleted:budi", True, True)
        assert not await users.enable(conn, "budi")
    new = {"user_id": "x", "username": "BUDI", "display_name": "B", "password_hash": None}
    with pytest.raises(NameTaken):
        async with cast.write() as conn:
            await users.add(conn, **new, role="member", now=NOW)  # type: ignore[arg-type]
    async with cast.write() as conn:
        await users.add(conn, **new, role="member", now=NOW, again=True)  # type: ignore[arg-type]
