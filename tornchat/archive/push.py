"""Web Push: the server's own key, who takes pushes where, and what is to be sent.

A row of ``push_deliveries`` is everything that waits of one room for one browser: it is written in
the transaction that notes how far messages were looked through (`marks`, ``pushed``), and taken
away when it was sent. Who sends it *claims* it first, by moving its time, so that no two do; where
that process dies the time comes, and another one sends it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.schema import (
    blocks,
    installation,
    members,
    messages,
    push_deliveries,
    push_subscriptions,
    rooms,
    sessions,
    users,
)
from tornchat.archive.sql import insert_unless_there, rows_changed
from tornchat.domain.attention import Level
from tornchat.domain.pushing import Target

_KEY = "push key"
MOST_OF_USER = 20
"""Browsers of one person; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody in a room who takes pushes; ``after``: only newer messages are for them."""

    subscription: str
    user: str
    room: str
    kind: str
    level: Level | None
    after: int


@dataclass(frozen=True, slots=True)
class Taker:
    """A browser that takes pushes. ``endpoint`` is a secret: whoever knows it may write to it."""

    created_at: int
    endpoint: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A push that is due, with all that it says. ``read``: the person has read the room so far;
    ``body`` is None where the message is gone; ``hushed``: they want to hear nothing of the room
    any more, or of its author."""

    target: Target
    user: str
    text: bool
    quiet_until: int | None
    room: str
    room_name: str | None
    kind: str
    message: int
    count: int
    attempts: int
    due_at: int
    read: int
    at: int | None
    body: str | None
    author: str | None
    hushed: bool


async def key(conn: AsyncConnection) -> str | None:
    """The private key (base64url), None before there is one."""
    query = select(installation.c.value).where(installation.c.name == _KEY)
    return (await conn.execute(query)).scalar_one_or_none()


async def keep_key(conn: AsyncConnection, value: str) -> None:
    """Keeps a key, unless another node was first."""
    statement = insert_unless_there(conn, installation, on=["name"])
    await conn.execute(statement.values(name=_KEY, value=value))


async def subscribe(
    conn: AsyncConnection,
    target: Target,
    *,
    session: str,
    user_id: str,
    text: bool,
    quiet_until: int | None,
    since: int,
    now: int,
) -> None:
    """From ``since`` on pushes go there. Whoever has an endpoint takes it with them."""
    values = {
        "session_hash": session,
        "user_id": user_id,
        "p256dh": target.p256dh,
        "auth": target.auth,
        "text": text,
        "quiet_until": quiet_until,
    }
    mine = push_subscriptions.c.id == target.id
    same = mine & (push_subscriptions.c.user_id == user_id)
    if await rows_changed(conn, update(push_subscriptions).where(same).values(**values)):
        return
    await conn.execute(delete(push_subscriptions).where(mine))
    await conn.execute(
        insert(push_subscriptions).values(
            id=target.id, endpoint=target.endpoint, since=since, created_at=now, **values
        )
    )
    newest = (
        select(push_subscriptions.c.id)
        .where(push_subscriptions.c.user_id == user_id)
        .order_by(push_subscriptions.c.created_at.desc(), push_subscriptions.c.id)
        .limit(MOST_OF_USER)
    )
    await conn.execute(
        delete(push_subscriptions).where(
            push_subscriptions.c.user_id == user_id, push_subscriptions.c.id.not_in(newest)
        )
    )


async def unsubscribe(conn: AsyncConnection, id: str, user_id: str | None = None) -> bool:
    """No pushes go there any more; False where none did. Of ``user_id``, where one is given."""
    which = [push_subscriptions.c.id == id]
    if user_id is not None:
        which.append(push_subscriptions.c.user_id == user_id)
    return await rows_changed(conn, delete(push_subscriptions).where(*which)) > 0


async def of_user(conn: AsyncConnection, user_id: str) -> list[Taker]:
    """Where somebody takes pushes, the oldest first."""
    query = (
        select(push_subscriptions.c.created_at, push_subscriptions.c.endpoint)
        .where(push_subscriptions.c.user_id == user_id)
        .order_by(push_subscriptions.c.created_at, push_subscriptions.c.id)
    )
    return [Taker(*row) for row in await conn.execute(query)]


async def first_since(conn: AsyncConnection) -> int | None:
    """Up to here no message is to be pushed to anybody; None where nobody takes any."""
    first: int | None = await conn.scalar(select(func.min(push_subscriptions.c.since)))
    return first


async def candidates(conn: AsyncConnection, room_ids: Collection[str], now: int) -> list[Candidate]:
    """All who take pushes at ``now`` and are in one of these rooms."""
    query = (
        select(
            push_subscriptions.c.id,
            push_subscriptions.c.user_id,
            members.c.room_id,
            rooms.c.kind,
            members.c.level,
            members.c.joined_id,
            members.c.last_read,
            push_subscriptions.c.since,
        )
        .join(members, members.c.user_id == push_subscriptions.c.user_id)
        .join(rooms, rooms.c.id == members.c.room_id)
        .join(users, users.c.id == push_subscriptions.c.user_id)
        .join(sessions, sessions.c.hash == push_subscriptions.c.session_hash)
        .where(
            members.c.room_id.in_(room_ids),
            members.c.joined_id.is_not(None),
            rooms.c.archived_at.is_(None),
            users.c.disabled_at.is_(None),
            or_(sessions.c.expires_at.is_(None), sessions.c.expires_at > now),
            or_(
                push_subscriptions.c.quiet_until.is_(None),
                push_subscriptions.c.quiet_until <= now,
            ),
        )
    )
    return [
        Candidate(id, user, room, kind, level, max(joined, read or 0, since))
        for id, user, room, kind, level, joined, read, since in await conn.execute(query)
    ]


async def want(
    conn: AsyncConnection, subscription: str, room: str, message: int, count: int, now: int
) -> None:
    """``message``, the last of ``count``, is to be pushed, together with what waits of its room."""
    one = _one(subscription, room)
    more = {"message_id": message, "count": push_deliveries.c.count + count}
    if not await rows_changed(conn, update(push_deliveries).where(*one).values(**more)):
        await conn.execute(
            insert(push_deliveries).values(
                subscription_id=subscription,
                room_id=room,
                message_id=message,
                count=count,
                attempts=0,
                due_at=now,
            )
        )


async def due(conn: AsyncConnection, now: int, limit: int) -> list[Delivery]:
    """What is to be sent by ``now``: what was said to one person before what a room was told, and
    the longest due first."""
    author = users.alias()
    blocked = exists().where(
        blocks.c.user_id == push_subscriptions.c.user_id,
        blocks.c.blocked_id == messages.c.author_id,
    )
    query = (
        select(
            push_subscriptions.c.endpoint,
            push_subscriptions.c.p256dh,
            push_subscriptions.c.auth,
            push_subscriptions.c.user_id,
            push_subscriptions.c.text,
            push_subscriptions.c.quiet_until,
            push_deliveries.c.room_id,
            rooms.c.name,
            rooms.c.kind,
            push_deliveries.c.message_id,
            push_deliveries.c.count,
            push_deliveries.c.attempts,
            push_deliveries.c.due_at,
            members.c.last_read,
            messages.c.at,
            messages.c.body,
            messages.c.deleted,
            author.c.display_name,
            or_(and_(members.c.level.is_not(None), members.c.level == "none"), blocked),
        )
        .select_from(push_deliveries)
        .join(push_subscriptions, push_subscriptions.c.id == push_deliveries.c.subscription_id)
        .outerjoin(rooms, rooms.c.id == push_deliveries.c.room_id)
        .outerjoin(
            members,
            (members.c.room_id == push_deliveries.c.room_id)
            & (members.c.user_id == push_subscriptions.c.user_id),
        )
        .outerjoin(messages, messages.c.id == push_deliveries.c.message_id)
        .outerjoin(author, author.c.id == messages.c.author_id)
        .where(push_deliveries.c.due_at <= now)
        .order_by(case((rooms.c.kind == "direct", 0), else_=1), push_deliveries.c.due_at)
        .limit(limit)
    )
    return [_delivery(row) for row in await conn.execute(query)]


async def claim(conn: AsyncConnection, wanted: Sequence[Delivery], until: int) -> list[Delivery]:
    """Those of ``wanted`` that nobody else sends; nobody will before ``until``."""
    mine = []
    for delivery in wanted:
        which = (*_of(delivery), push_deliveries.c.due_at == delivery.due_at)
        if await rows_changed(conn, update(push_deliveries).where(*which).values(due_at=until)):
            mine.append(delivery)
    return mine


async def done(conn: AsyncConnection, delivery: Delivery, now: int) -> None:
    """It was sent, or is not to be. What came of its room meanwhile is due now."""
    same = (*_of(delivery), push_deliveries.c.message_id == delivery.message)
    await conn.execute(delete(push_deliveries).where(*same))
    await conn.execute(
        update(push_deliveries)
        .where(*_of(delivery))
        .values(count=push_deliveries.c.count - delivery.count, attempts=0, due_at=now)
    )


async def put_off(conn: AsyncConnection, delivery: Delivery, until: int, attempts: int) -> None:
    """It is to be tried again then."""
    await conn.execute(
        update(push_deliveries).where(*_of(delivery)).values(due_at=until, attempts=attempts)
    )


async def waiting(conn: AsyncConnection) -> int:
    """How many deliveries there are."""
    return int((await conn.execute(select(func.count()).select_from(push_deliveries))).scalar_one())


def _of(delivery: Delivery) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _one(delivery.target.id, delivery.room)


def _one(subscription: str, room: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        push_deliveries.c.subscription_id == subscription,
        push_deliveries.c.room_id == room,
    )


def _delivery(row: Row[*tuple[Any, ...]]) -> Delivery:
    endpoint, p256dh, auth, user, text, quiet, room, name, kind, message, *rest = row
    count, attempts, due_at, read, at, body, deleted, author, hushed = rest
    return Delivery(
        target=Target(endpoint, p256dh, auth),
        user=user,
        text=text,
        quiet_until=quiet,
        room=room,
        room_name=name,
        kind=kind or "",
        message=message,
        count=count,
        attempts=attempts,
        due_at=due_at,
        # A member no longer: nothing of the room is for them.
        read=message if kind is None or read is None else read,
        at=at,
        body=None if deleted else body,
        author=author,
        hushed=hushed,
    )
