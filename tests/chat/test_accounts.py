"""Accounts where two things happen at once, or after a long time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from tests.handlers.place import Place, Served
from tests.handlers.visitor import PASSWORD, Visitor
from tornchat.archive import schema, users
from tornchat.chat import accounts, shell
from tornchat.chat.context import Chat
from tornchat.chat.passwords import Passwords
from tornchat.domain.errors import BadCredentials, NameTaken, Unauthenticated
from tornchat.log import mirror

NEW = "another correct horse"


class PausedPasswords(Passwords):
    """Verifies, and then waits: the moment in which something else happens."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    async def verify(self, stored: str | None, password: str) -> bool:
        right = await super().verify(stored, password)
        await self._meanwhile()
        return right


async def signing_in(chat: Chat, name: str, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Sign in with the right password while something happens between its check and the session."""
    usual, chat.passwords = chat.passwords, PausedPasswords(meanwhile)
    try:
        await accounts.sign_in(chat, name, PASSWORD, None)
    finally:
        chat.passwords.close()
        chat.passwords = usual


async def live_sessions(chat: Chat, user: str) -> int:
    return len(await digests_of(chat, user))


async def digests_of(chat: Chat, user: str) -> list[str]:
    query = select(schema.sessions.c.hash).where(schema.sessions.c.user_id == user)
    async with chat.database.read() as conn:
        return list((await conn.execute(query)).scalars())


@pytest.mark.gen_test(timeout=120)
async def test_a_person_disabled_while_signing_in_does_not_get_in(
    place: Place, served: Served
) -> None:
    chat = served.worker.chat
    await served.visitor().sign_up("an_administrator")
    lia = await served.visitor().sign_up("lia")
    with pytest.raises(BadCredentials):
        await signing_in(chat, "lia", lambda: shell.user_disable(place.settings, "lia"))
    assert await live_sessions(chat, lia.id) == 0


@pytest.mark.gen_test(timeout=120)
async def test_a_password_changed_while_signing_in_with_the_old_one_does_not_let_in(
    place: Place, served: Served
) -> None:
    chat = served.worker.chat
    maya = await served.visitor().sign_up("maya")
    with pytest.raises(BadCredentials):
        await signing_in(chat, "maya", lambda: shell.user_password(place.settings, "maya", NEW))
    assert await live_sessions(chat, maya.id) == 0
    await served.visitor().sign_in("maya", NEW)


@pytest.mark.gen_test(timeout=120)
async def test_two_people_who_want_one_name_at_once_get_one_account(served: Served) -> None:
    chat = served.worker.chat
    outcomes = await asyncio.gather(
        *(accounts.sign_up(chat, name, PASSWORD, None, None) for name in ("Nina", "nina", "NINA")),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 2
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1


@pytest.mark.gen_test(timeout=120)
async def test_of_many_first_accounts_at_once_one_is_the_administrator(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = Place(tmp_path_factory.mktemp("first") / "var")
    try:
        async with place.serving() as served:
            chat = served.worker.chat
            names = [f"person{number}" for number in range(4)]
            made = await asyncio.gather(
                *(accounts.sign_up(chat, name, PASSWORD, None, None) for name in names)
            )
            assert sorted(user.role for user, _ in made) == ["admin", *["member"] * 3]
            async with chat.database.read() as conn:
                assert await users.count(conn) == 4
    finally:
        place.redis.stop()
        place.lock.release()


@pytest.mark.gen_test(timeout=120)
async def test_a_session_ends_with_its_time(ana: Visitor, served: Served) -> None:
    chat = served.worker.chat
    async with chat.database.read() as conn:
        user = await users.by_id(conn, ana.id)
    assert user is not None
    async with chat.announcer.change(chat.now()) as change:
        token = await accounts.begin_session(change, user, "cookie", "", chat.now() + 3_000)
    assert (await accounts.authenticate(chat, token)).user == ana.id
    await asyncio.sleep(3.1)
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(chat, token)


@pytest.mark.gen_test(timeout=120)
async def test_what_the_mirror_knows_of_sessions_is_what_sql_knows(served: Served) -> None:
    chat = served.worker.chat
    oki = await served.visitor().sign_up("oki")
    for _ in range(2):
        await oki.again()
    digests = await digests_of(chat, oki.id)
    assert len(digests) == 3
    records = await mirror.sessions(chat.client, digests)
    assert all(record is not None and record.user == oki.id for record in records.values())
    assert (await oki.delete("/api/session")).status == 204
    records = await mirror.sessions(chat.client, digests)
    assert sum(record is None for record in records.values()) == 1
