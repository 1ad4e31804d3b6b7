"""Account and room commands of the shell. They work on SQL alone, with the server running or not.

What they change is announced by the server: at once where one runs, else when it is started.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from tornchat.archive import outbox, users
from tornchat.archive.announcer import Change
from tornchat.archive.engine import Database
from tornchat.archive.rows import Role, RoomKind, User
from tornchat.chat import accounts, audit, bots, closing, rooms, standing, takeout
from tornchat.chat.passwords import Passwords
from tornchat.data_folder import in_use
from tornchat.domain import rules
from tornchat.domain.errors import Conflict, NotFound
from tornchat.media.folder import Folder
from tornchat.settings import Settings

ANNOUNCE_SECONDS = 3.0
LOOK_SECONDS = 0.05
DAY_MS = 24 * 3_600_000


async def user_add(
    settings: Settings, name: str, password: str, display_name: str | None, admin: bool
) -> User:
    """Add an account; the first one is an administrator."""
    username = rules.check_username(name)
    secret = rules.check_password(password, username)
    shown = rules.check_display_name(display_name) if display_name else username
    hashed = await _hashed(settings, secret)
    async with _change(settings) as change:
        first = await users.count(change.conn) == 0
        role: Role = "admin" if admin or first else "member"
        # Whoever has the shell may give the name of somebody whose account was erased.
        user = await accounts.add_user(change, username, shown, hashed, role, again=True)
        await audit.note_shell(change, "account.created", user=user.id, role=role)
        return user


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


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that was not there, for its owner alone; gone again where it is not finished."""
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as wrong:
        raise Conflict(f"cannot write {path}: {wrong.strerror}") from None
    try:
        with file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


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
        if await standing.disable(change, user):
            await audit.note_shell(change, "account.disabled", user=user.id)


async def user_enable(settings: Settings, name: str) -> None:
    """Let a disabled person sign in again, with the password they had, and keep an account that is
    to be erased. Their tokens stay ended."""
    async with _change(settings) as change:
        user = await _named(change, name)
        if not await standing.enable(change, user):
            raise Conflict(f"{name} is not disabled.")
        await audit.note_shell(change, "account.enabled", user=user.id)


async def user_export(settings: Settings, name: str, to: Path) -> None:
    """Write all that there is of somebody into a new file, which its owner alone may read."""
    async with _change(settings) as change:
        user = await _named(change, name)
        await audit.note_shell(change, "account.exported", user=user.id)
    database = Database(settings.database_url())
    try:
        with _new_file(to) as file:
            pieces = takeout.of_user(database, Folder(settings.files_folder()), user.id)
            async with aclosing(pieces):
                async for piece in pieces:
                    file.write(piece)
    finally:
        await database.close()


async def user_delete(settings: Settings, name: str, *, whole: bool, at_once: bool) -> int:
    """Close an account, to be erased by the server; when that will be (unix ms). ``whole``: with
    what they wrote. Not the only administrator: `Conflict`."""
    async with _change(settings) as change:
        user = await _named(change, name)
        grace = 0 if at_once else closing.GRACE_MS
        at = await closing.begin_to_leave(change, user, None, whole=whole, grace_ms=grace)
        await audit.note_shell(change, "account.leaving", user=user.id, messages=whole)
        return at


async def user_password(settings: Settings, name: str, password: str) -> None:
    """Set a new password and end the person's browser sessions."""
    async with _change(settings) as change:
        user = await _named(change, name)
    if user.role == bots.BOT:
        raise Conflict(f"{name} is a bot, which has tokens and no password: token add NAME.")
    hashed = await _hashed(settings, rules.check_password(password, user.username))
    async with _change(settings) as change:
        await standing.set_password(change, user, hashed)
        await audit.note_shell(change, "account.reset", user=user.id)


async def user_role(settings: Settings, name: str, role: Role) -> None:
    """Make a person an administrator or a member, with effect at once."""
    async with _change(settings) as change:
        user = await _named(change, name)
        if user.role == bots.BOT:
            raise Conflict(f"{name} is a bot.")
        if not await standing.set_role(change, user, role):
            kind = "an administrator" if role == "admin" else "no administrator"
            raise Conflict(f"{name} is {kind}.")
        await audit.note_shell(change, "account.role", user=user.id, role=role)


async def token_add(settings: Settings, name: str, label: str, count: int = 1) -> list[str]:
    """New bearer tokens of a person: all of them, or none."""
    async with _change(settings) as change:
        user = await _named(change, name)
        if user.disabled_at is not None:
            raise NotFound(f"{name} is disabled.")
        await audit.note_shell(change, "token.made", user=user.id, label=label, count=count)
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
        await audit.note_shell(change, "bot.made", user=bot.id)
        return await accounts.begin_session(change, bot, "token", "", None)


async def room_add(settings: Settings, name: str, private: bool) -> str:
    """A new room without members; gives its id."""
    clean = rules.check_room_name(name)
    async with _change(settings) as change:
        kind: RoomKind = "private" if private else "open"
        room = await rooms.add_room(change, clean, "", kind, None)
        await audit.note_shell(change, "room.created", room=room.id, access=kind)
        return room.id


async def audit_log(
    settings: Settings, asked: dict[str, str | None], days: int | None, most: int
) -> list[dict[str, Any]]:
    """The last entries of the audit log, the oldest of them first. ``asked``: person and kind, as
    `audit.filter_of` has them; ``days``: of the last so many."""
    since = None if days is None else str(int(time.time() * 1000) - days * DAY_MS)
    database = Database(settings.database_url())
    try:
        async with database.read() as conn:
            wanted = await audit.filter_of(conn, {**asked, "since": since, "until": None})
            return list(reversed(await audit.listed(conn, wanted, most)))
    finally:
        await database.close()


def line_of(entry: dict[str, Any]) -> str:
    """An entry of `audit_log` in words that can be cut and searched."""
    at = datetime.fromtimestamp(entry["at"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    parts = [at, entry["kind"].ljust(17)]
    for role, name in (("by", "actor"), ("to", "user"), ("in", "room")):
        if name in entry:
            parts.append(f"{role} {entry.get(f'{name}_name', entry[name])}")
    parts += [f"from {entry['address']}"] if "address" in entry else []
    parts += [f"({entry['device']})"] if "device" in entry else []
    parts += [json.dumps(entry["detail"], ensure_ascii=False)] if "detail" in entry else []
    return "  ".join(parts)


async def _named(change: Change, name: str) -> User:
    user = await users.by_username(change.conn, name)
    if user is None or user.deleted:
        raise NotFound(f"There is no user {name}. `user list` shows all.")
    return user


async def _hashed(settings: Settings, password: str) -> str:
    passwords = Passwords(settings.password_memory)
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
