"""Webhooks: addresses that are told what is said in a room."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive import webhooks
from tornchat.archive.ids import short_id
from tornchat.archive.rows import Member, Room, Webhook
from tornchat.chat import audit
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by
from tornchat.chat.rooms import room_and_member
from tornchat.domain import permissions
from tornchat.domain.errors import InvalidValue, NotFound
from tornchat.domain.webhooks import check_url
from tornchat.log import read

MOST_OF_ROOM = 10


async def add(chat: Chat, who: Identity, room_id: str, url: object) -> Webhook:
    """A new webhook, which is told what is said from now on. Owners of the room and administrators
    may, who are in it: a private room is read by nobody else, and by no program of theirs."""
    checked = check_url(url)
    cursor = (await read.position(chat.client, [])).clock
    async with change_by(chat, who) as change:
        room, mine = await _may_connect(change.conn, who, room_id)
        permissions.may_read(room.kind, mine is not None)
        if len(await webhooks.of_room(change.conn, room_id)) >= MOST_OF_ROOM:
            raise InvalidValue(
                f"A room has at most {MOST_OF_ROOM} webhooks.",
                reason="webhooks_most",
                most=MOST_OF_ROOM,
            )
        made = Webhook(
            id=short_id(),
            room_id=room_id,
            url=checked,
            secret=secrets.token_urlsafe(32),
            created_by=who.user,
            created_at=change.now,
            cursor=cursor,
        )
        await webhooks.add(change.conn, made)
        # The rest of an address may be a secret.
        host = urlsplit(checked).hostname
        await audit.note(change, who, "webhook.made", room=room_id, host=host)
    return made


async def of_room(chat: Chat, who: Identity, room_id: str) -> list[Webhook]:
    """The webhooks of a room. Owners of the room and administrators may."""
    async with chat.database.read() as conn:
        await _may_connect(conn, who, room_id)
        return await webhooks.of_room(conn, room_id)


async def remove(chat: Chat, who: Identity, room_id: str, webhook_id: str) -> None:
    """It is told nothing more; what is on its way arrives."""
    async with change_by(chat, who) as change:
        await _may_connect(change.conn, who, room_id)
        if not await webhooks.remove(change.conn, room_id, webhook_id):
            raise NotFound("There is no such webhook.")
        await audit.note(change, who, "webhook.ended", room=room_id)


async def _may_connect(
    conn: AsyncConnection, who: Identity, room_id: str
) -> tuple[Room, Member | None]:
    room, mine = await room_and_member(conn, room_id, who.user)
    permissions.may_connect(room.kind, mine.role if mine else None, who.role)
    return room, mine


def as_json(webhook: Webhook) -> dict[str, Any]:
    """As the API shows it, without its secret."""
    shown: dict[str, Any] = {
        "id": webhook.id,
        "room": webhook.room_id,
        "url": webhook.url,
        "by": webhook.created_by,
        "at": webhook.created_at,
    }
    for name in ("failing_since", "ended_at", "reason"):
        if (value := getattr(webhook, name)) is not None:
            shown[name] = value
    return shown
