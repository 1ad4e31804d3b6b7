"""Account and room commands of the shell. They work on SQL alone, with the server running or not.

What they change is announced by the server: at once where one runs, else when it is started.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

from tornchat.archive import outbox, users
from tornchat.archive.announcer import Change
from tornchat.archive.engine import Database
from tornchat.archive.rows import Role, RoomKind, User
from tornchat.chat import accounts, bots, closing, rooms
from tornchat.chat.passwords import Passwords
from tornchat.data_folder import in_use
from tornchat.domain import rules
from tornchat.domain.errors import Conflict, LastAdministrator, NotFound
from tornchat.settings import Settings

T = TypeVar("T")

ANNOUNCE_SECONDS = 3.0
LOOK_SECONDS = 0.05


async def user_add(
    settings: Settings, name: str, password: str, display_name: str | None, admin: bool
) -> User:
    """Add an account; the first one is an administrator."""
    username = rules.check_username(name)
    secret = rules.check_password(password, username)
    shown = rules.check_display_name(display_name) if display_name else username
    hashed = await _hashed(secret)
    async with _change(settings) as change:
        first = await users.count(change.conn) == 0
        role: Role = "admin" if admin or first else "member"
        # Whoever has the shell may give the name of somebody whose account was erased.
        return await accounts.add_user(change, username, shown, hashed, role, again=True)


async def user_list(settings: Settings) -> list[tuple[str, str, str, str, str]]:
    """Id, username, display name, role and state of everybody."""
    database = Database(settings.database_url())
    try:
        async with database.read() as conn:
            return [
                (
                    user.id,
                    user.username,
                    user.display_name,
                    user.role,
                    _state(user),
                )
                for user in await users.all(conn)
            ]
    finally:
        await database.close()


def _state(user: User) -> str:
    if user.deleted:
        return "deleted"
    if user.leaving_at is not None:
        return "leaving"
    return "disabled" if user.disabled else "active"


async def user_disable(settings: Settings, name: str) -> None:
    """Sign a person out everywhere. Not the only administrator: `Conflict`."""
    async with _change(settings) as change:
        user = await _named(change, name)
        await _not_the_last(closing.close(change, user, "disabled"), name)


async def user_enable(settings: Settings, name: str) -> None:
    """Let a disabled person sign in again, with the password they had, and keep an account that is
    to be erased. Their tokens stay ended."""
    async with _change(settings) as change:
        user = await _named(change, name)
        if not await closing.reopen(change, user):
            raise Conflict(f"{name} is not disabled.")


async def user_delete(settings: Settings, name: str, *, whole: bool, at_once: bool) -> int:
    """Close an account, to be erased by the server; when that will be (unix ms). ``whole``: with
    what they wrote. Not the only administrator: `Conflict`."""
    async with _change(settings) as change:
        user = await _named(change, name)
        grace = 0 if at_once else closing.GRACE_MS
        leaving = closing.begin_to_leave(change, user, None, whole=whole, grace_ms=grace)
        return await _not_the_last(leaving, name)


async def user_password(settings: Settings, name: str, password: str) -> None:
    """Set a new password and end the person's browser sessions."""
    async with _change(settings) as change:
        user = await _named(change, name)
    if user.role == bots.BOT:
        raise Conflict(f"{name} is a bot, which has tokens and no password: token add NAME.")
    hashed = await _hashed(rules.check_password(password, user.username))
    async with _change(settings) as change:
        await users.set_password(change.conn, user.id, hashed)
        await accounts.end_sessions(change, user.id, "signed_out", kind="cookie")


async def token_add(settings: Settings, name: str, label: str, count: int = 1) -> list[str]:
    """New bearer tokens of a person: all of them, or none."""
    async with _change(settings) as change:
        user = await _named(change, name)
        if user.disabled_at is not None:
            raise NotFound(f"{name} is disabled.")
        return [
            await accounts.begin_session(change, user, "token", label, None) for _ in range(count)
        ]


async def bot_add(settings: Settings, name: str, display_name: str | None) -> str:
    """A new bot; gives its token."""
    username = rules.check_username(name)
    shown = rules.check_display_name(display_name) if display_name else username
    async with _change(settings) as change:
        if await users.count(change.conn) == 0:
            # The first account is the administrator's, and nobody can sign in to this one.
            raise Conflict("Make an account for a person before the first bot: user add NAME.")
        bot = await bots.make(change, username, shown)
        return await accounts.begin_session(change, bot, "token", "", None)


async def room_add(settings: Settings, name: str, private: bool) -> str:
    """A new room without members; gives its id."""
    clean = rules.check_room_name(name)
    async with _change(settings) as change:
        kind: RoomKind = "private" if private else "open"
        return (await rooms.add_room(change, clean, "", kind, None)).id


async def _not_the_last(closing: Awaitable[T], name: str) -> T:
    try:
        return await closing
    except LastAdministrator:
        raise LastAdministrator(
            f"{name} is the only administrator. Make another one first: user add NAME --admin."
        ) from None


async def _named(change: Change, name: str) -> User:
    user = await users.by_username(change.conn, name)
    if user is None:
        raise NotFound(f"There is no user {name}. `user list` shows all.")
    return user


async def _hashed(password: str) -> str:
    passwords = Passwords()
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


@asynccontextmanager
async def _change(settings: Settings) -> AsyncIterator[Change]:
    """One transaction; then, where a server runs, wait until it has announced it."""
    database = Database(settings.database_url())
    try:
        async with database.write() as conn:
            change = Change(conn, int(time.time() * 1000))
            yield change
        if change.keys and (settings.redis is not None or in_use(settings.data / "lock")):
            await _announced(database)
    finally:
        await database.close()


async def _announced(database: Database) -> None:
    until = time.monotonic() + ANNOUNCE_SECONDS
    while time.monotonic() < until:
        async with database.read() as conn:
            if not await outbox.waiting(conn, 1):
                return
        await asyncio.sleep(LOOK_SECONDS)
