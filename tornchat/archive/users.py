"""Accounts."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.rows import Role, User
from tornchat.archive.schema import retired_names, users
from tornchat.archive.sql import in_chunks, insert_unless_there, rows_changed
from tornchat.domain.errors import NameTaken
from tornchat.domain.rules import username_key
from tornchat.domain.sessions import digest_of

_USER = select(
    users.c.id,
    users.c.username,
    users.c.display_name,
    users.c.role,
    users.c.created_at,
    users.c.disabled_at,
    users.c.password_hash,
    users.c.status,
    users.c.avatar,
    users.c.leaving_at,
    users.c.leaving_by,
    users.c.deleted_at,
)


async def add(
    conn: AsyncConnection,
    *,
    user_id: str,
    username: str,
    display_name: str,
    password_hash: str | None,
    role: Role,
    now: int,
    again: bool = False,
) -> User:
    """Raises `NameTaken` where somebody has this name, in whatever case, or had it before their
    account was erased, unless ``again``: somebody vouches for it."""
    taken = NameTaken(f"The name {username} is taken. {NameTaken.hint}")
    if not again and await _is_retired(conn, username_key(username)):
        raise taken
    statement = insert_unless_there(conn, users, on=["username_key"]).values(
        id=user_id,
        username=username,
        username_key=username_key(username),
        display_name=display_name,
        password_hash=password_hash,
        role=role,
        created_at=now,
    )
    if not await rows_changed(conn, statement):
        raise taken
    return User(user_id, username, display_name, role, now, None, password_hash)


async def by_id(conn: AsyncConnection, user_id: str) -> User | None:
    row = (await conn.execute(_USER.where(users.c.id == user_id))).one_or_none()
    return User(*row) if row else None


async def by_username(conn: AsyncConnection, username: str) -> User | None:
    """Whatever the case in which the name is written."""
    key = username_key(username)
    row = (await conn.execute(_USER.where(users.c.username_key == key))).one_or_none()
    return User(*row) if row else None


async def by_keys(conn: AsyncConnection, keys: Collection[str]) -> list[User]:
    """Those whose usernames have these keys, and whose accounts are not disabled."""
    query = _USER.where(users.c.disabled_at.is_(None))
    return [
        User(*row)
        for chunk in in_chunks(keys)
        for row in await conn.execute(query.where(users.c.username_key.in_(chunk)))
    ]


async def many(conn: AsyncConnection, ids: Collection[str]) -> dict[str, User]:
    """Those of ``ids`` that there are."""
    found = {}
    for chunk in in_chunks(ids):
        for row in await conn.execute(_USER.where(users.c.id.in_(chunk))):
            found[row.id] = User(*row)
    return found


async def all(conn: AsyncConnection) -> list[User]:  # noqa: A001 - it is read as users.all
    """Everybody, the disabled included, in the order of joining."""
    order = _USER.order_by(users.c.created_at, users.c.id)
    return [User(*row) for row in await conn.execute(order)]


async def beginning_with(conn: AsyncConnection, text: str, limit: int) -> list[User]:
    """Those not disabled whose username, or a word of whose display name, begins with ``text``."""
    key = username_key(text)
    name = users.c.display_name
    fits = [users.c.username_key.startswith(key, autoescape=True)]
    # SQLite knows the two cases of ASCII letters only.
    for spelling in {text, text.lower(), text.title()}:
        fits.append(name.istartswith(spelling, autoescape=True))
        fits.append(name.icontains(f" {spelling}", autoescape=True))
    query = _USER.where(users.c.disabled_at.is_(None), or_(*fits))
    rows = await conn.execute(query.order_by(users.c.username_key).limit(limit))
    return [User(*row) for row in rows]


async def count(conn: AsyncConnection) -> int:
    """How many accounts there are, the disabled included."""
    return (await conn.execute(select(func.count()).select_from(users))).scalar_one()


async def any_at_all(conn: AsyncConnection) -> bool:
    """Whether there is an account, disabled or not."""
    return (await conn.execute(select(users.c.id).limit(1))).first() is not None


async def set_password(conn: AsyncConnection, user_id: str, password_hash: str) -> bool:
    """False where there is no such user."""
    change = update(users).where(users.c.id == user_id).values(password_hash=password_hash)
    return await rows_changed(conn, change) > 0


async def change(conn: AsyncConnection, user_id: str, values: Mapping[str, Any]) -> User | None:
    """Change ``display_name``, ``avatar`` (an id) or ``status`` (an object), None for none of these
    two; the user as they are now, None where there is none, or one who is disabled."""
    columns = dict(values)
    if columns.get("status") is not None:
        columns["status"] = json.dumps(columns["status"], ensure_ascii=False)
    if columns:
        await conn.execute(update(users).where(users.c.id == user_id).values(**columns))
    user = await by_id(conn, user_id)
    return user if user is not None and user.disabled_at is None else None


async def settings_of(conn: AsyncConnection, user_id: str) -> dict[str, Any]:
    """What somebody has chosen (`domain.preferences`)."""
    text = await conn.scalar(select(users.c.settings).where(users.c.id == user_id))
    return json.loads(text) if text else {}


async def set_settings(conn: AsyncConnection, user_id: str, settings: Mapping[str, Any]) -> None:
    """Keep what somebody has chosen: all of it."""
    text = json.dumps(settings) if settings else None
    await conn.execute(update(users).where(users.c.id == user_id).values(settings=text))


async def has_avatar(conn: AsyncConnection, avatar: str) -> bool:
    """Whether this is the id of somebody's picture."""
    query = select(users.c.id).where(users.c.avatar == avatar)
    return (await conn.execute(query)).first() is not None


async def set_role(conn: AsyncConnection, user_id: str, role: Role) -> None:
    await conn.execute(update(users).where(users.c.id == user_id).values(role=role))


async def another_admin(conn: AsyncConnection, user_id: str) -> bool:
    """Whether there is an administrator besides this one whose account is not closed."""
    query = select(users.c.id).where(
        users.c.role == "admin", users.c.disabled_at.is_(None), users.c.id != user_id
    )
    return (await conn.execute(query.limit(1))).first() is not None


async def enable(conn: AsyncConnection, user_id: str) -> bool:
    """False where there is no such user, or one who is not disabled, or erased. Who was to be
    erased is so no more."""
    closed = (users.c.disabled_at.is_not(None), users.c.deleted_at.is_(None))
    change = (
        update(users)
        .where(users.c.id == user_id, *closed)
        .values(disabled_at=None, leaving_at=None, leaving_by=None, leaving_whole=False)
    )
    return await rows_changed(conn, change) > 0


async def disable(conn: AsyncConnection, user_id: str, now: int) -> bool:
    """False where there is no such user, or one disabled before (whose time then stays). Who is
    about to leave by their own wish cannot come back by it then, and that is a change, too."""
    one = update(users).where(users.c.id == user_id)
    kept_out = one.where(users.c.leaving_by == user_id).values(leaving_by=None)
    closed = one.where(users.c.disabled_at.is_(None)).values(disabled_at=now)
    changed = [await rows_changed(conn, change) for change in (kept_out, closed)]
    return any(changed)


async def note_leaving(
    conn: AsyncConnection, user_id: str, *, at: int, by: str | None, whole: bool
) -> None:
    """From ``at`` on (unix ms) an account is to be erased; ``whole``: with what they wrote. Who has
    wished for that before has it, whoever closes the account again."""
    values: dict[str, Any] = {"leaving_at": at, "leaving_by": by}
    if whole:
        values["leaving_whole"] = True
    await conn.execute(update(users).where(users.c.id == user_id).values(**values))


async def to_be_erased(conn: AsyncConnection, now: int) -> tuple[User, bool] | None:
    """The first account whose time has come by ``now``, and whether what they wrote goes, too."""
    query = (
        _USER.add_columns(users.c.leaving_whole)
        .where(users.c.leaving_at <= now)
        .order_by(users.c.leaving_at, users.c.id)
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return (User(*row[:-1]), row[-1]) if row else None


async def is_to_be_erased(conn: AsyncConnection, user_id: str, now: int) -> bool:
    """Whether the time of this account has come by ``now``, and nobody has kept it."""
    query = select(users.c.id).where(users.c.id == user_id, users.c.leaving_at <= now)
    return (await conn.execute(query)).first() is not None


async def erase(conn: AsyncConnection, user: User, now: int) -> User:
    """Leave nothing of an account but its place; as it is then. Nobody signs up by its name any
    more, of which only a digest is left."""
    retired = insert_unless_there(conn, retired_names, on=["digest"])
    key = username_key(user.username)
    await conn.execute(retired.values(digest=digest_of(key), retired_at=now))
    # No username has a colon, so nobody has this one.
    name = f"deleted:{user.id}"
    await conn.execute(
        update(users)
        .where(users.c.id == user.id)
        .values(
            username=name,
            username_key=name,
            display_name="Deleted person",
            password_hash=None,
            role="member",
            status=None,
            avatar=None,
            settings=None,
            leaving_at=None,
            leaving_by=None,
            leaving_whole=False,
            disabled_at=func.coalesce(users.c.disabled_at, now),
            deleted_at=now,
        )
    )
    erased = await by_id(conn, user.id)
    assert erased is not None
    return erased


async def _is_retired(conn: AsyncConnection, key: str) -> bool:
    query = select(retired_names.c.digest).where(retired_names.c.digest == digest_of(key))
    return (await conn.execute(query)).first() is not None
