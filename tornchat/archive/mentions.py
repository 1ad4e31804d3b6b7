"""Whom messages concern, so that what is unread of that can be counted."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.schema import blocks, members, mentions
from tornchat.archive.sql import in_chunks, insert_unless_there
from tornchat.domain.mentions import EVERYBODY, concerned
from tornchat.domain.messages import Message

MOST_UNREAD = 1_000
"""In all rooms together."""


async def note(conn: AsyncConnection, messages: Iterable[Message]) -> None:
    """Notes whom messages of the archive concern; what is noted already stays."""
    rows = [
        {
            "user_id": user,
            "message_id": message.id,
            "room_id": message.room,
            "author_id": message.author,
        }
        for message in messages
        if not message.deleted
        for user in concerned(message.public())
    ]
    if rows:
        await conn.execute(insert_unless_there(conn, mentions), rows)


async def note_again(conn: AsyncConnection, messages: list[Message]) -> None:
    """Notes it anew for messages that have changed."""
    for chunk in in_chunks([message.id for message in messages]):
        await conn.execute(delete(mentions).where(mentions.c.message_id.in_(chunk)))
    await note(conn, messages)


async def forget_of(conn: AsyncConnection, user_id: str) -> None:
    """Nothing is for somebody any more: their account is erased."""
    await conn.execute(delete(mentions).where(mentions.c.user_id == user_id))


async def unread_of(conn: AsyncConnection, user_id: str) -> dict[str, list[int]]:
    """Room -> ids of messages that concern ``user_id`` and come after what they have
    read; what those say whom they have blocked does not."""
    query = (
        select(mentions.c.room_id, mentions.c.message_id)
        .distinct()
        .join(members, members.c.room_id == mentions.c.room_id)
        .where(
            mentions.c.user_id.in_((user_id, EVERYBODY)),
            mentions.c.author_id != user_id,
            mentions.c.author_id.not_in(
                select(blocks.c.blocked_id).where(blocks.c.user_id == user_id)
            ),
            members.c.user_id == user_id,
            mentions.c.message_id > members.c.joined_id,
            mentions.c.message_id > members.c.last_read,
        )
        .order_by(mentions.c.message_id.desc())
        .limit(MOST_UNREAD)
    )
    found: dict[str, list[int]] = {}
    for room_id, message_id in await conn.execute(query):
        found.setdefault(room_id, []).append(message_id)
    return found
