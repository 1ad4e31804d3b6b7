"""The snapshot: everything that a client needs before its stream, read so that nothing falls
between.

The cursor is read first. What happens while the rest is read comes again on the stream that starts
there, and clients apply events by their ids, so twice is harmless and never is not.
"""

from __future__ import annotations

from typing import Any

from tornchat import __version__
from tornchat.archive import blocks, members, mentions, messages, rooms, users
from tornchat.archive.rows import Listed, Seat
from tornchat.chat import people
from tornchat.chat.context import Chat, Identity
from tornchat.chat.people import public_user as public_user
from tornchat.chat.room_settings import manners
from tornchat.domain.attention import level_of
from tornchat.domain.changes import DELETED
from tornchat.domain.errors import Forbidden, NotFound, Unauthenticated
from tornchat.domain.events import Event
from tornchat.domain.ids import time_of
from tornchat.domain.mentions import still_for
from tornchat.domain.permissions import ADMIN
from tornchat.domain.rules import EDIT_SECONDS, MOST_BODY
from tornchat.domain.topics import room_topic
from tornchat.log import read

MOST_UNREAD_TAIL = 1000
MOST_ARCHIVED = 500
MOST_MENTIONED = 100
"""In one room. Older ones are not counted."""


async def server(chat: Chat) -> dict[str, Any]:
    """What a client should know of the server."""
    return {
        "name": "Tornchat",
        "version": __version__,
        "signup": await chat.signup.look(),
        "heartbeat": chat.heartbeat,
        "max_body": MOST_BODY,
        "max_file": chat.max_file,
        "edit_seconds": EDIT_SECONDS,
        "lab": chat.lab,
        "push": chat.push is not None,
    }


async def snapshot(chat: Chat, user_id: str) -> dict[str, Any]:
    """``{user, settings, cursor, rooms, people, blocked, server}``.

    Raises `LogAway`, `DatabaseAway`.
    """
    where = await read.position(chat.client, [])
    async with chat.database.read() as conn:
        user = await users.by_id(conn, user_id)
        blocked = await blocks.of_user(conn, user_id)
        settings = await users.settings_of(conn, user_id)
    if user is None or user.disabled_at is not None:
        raise Unauthenticated()
    rooms_of_mine = await my_rooms(chat, user_id)
    named = {person for shown in rooms_of_mine for person in shown.get("with", ())}
    return {
        "user": public_user(user),
        "settings": settings,
        "cursor": where.clock,
        "rooms": rooms_of_mine,
        "people": await people.profiles(chat, named),
        "blocked": blocked,
        "server": await server(chat),
    }


async def my_rooms(chat: Chat, user_id: str) -> list[dict[str, Any]]:
    """The rooms that somebody is in, as the snapshot shows them."""
    async with chat.database.read() as conn:
        seats = await rooms.of_user(conn, user_id)
        with_whom = await members.with_whom(conn, user_id)
        counts, archived = await messages.unread_counts(conn, user_id)
        # Afterwards: what the archive takes meanwhile is in both, which makes no difference.
        called = await mentions.unread_of(conn, user_id)
        blocked = await blocks.of_user(conn, user_id)
    topics = [room_topic(seat.room.id) for seat in seats]
    where = await read.position(chat.client, topics, user_id)
    shown = []
    for seat in seats:
        chat.remember(seat.room)
        head = where.heads[room_topic(seat.room.id)]
        # From the mirror: SQL learns the id of a membership a moment after it was announced.
        joined = where.memberships.get(seat.room.id, 0)
        last_read = max(joined, seat.member.last_read or 0)
        unread = counts.get(seat.room.id, 0)
        mentioned = set(called.get(seat.room.id, ()))
        if seat.room.archived_at is not None:
            unread, mentioned = 0, set()
        elif head > archived:
            tail = await _tail(chat, seat, max(archived, last_read), head)
            unread = max(0, unread + _unread_in(tail, user_id, last_read))
            mentioned = still_for(user_id, mentioned, tail, blocked)
        newest = sorted(id for id in mentioned if id > last_read)[-MOST_MENTIONED:]
        others = with_whom.get(seat.room.id)
        mine = _room(seat, head, last_read, unread, newest, others, chat.now())
        if others and set(others) <= set(blocked):
            mine["mentions"] = 0
        shown.append(mine)
    return shown


async def room(chat: Chat, who: Identity, room_id: str) -> dict[str, Any]:
    """One room: as a member has it, or as somebody outside may see it."""
    for found in await my_rooms(chat, who.user):
        if found["id"] == room_id:
            return found
    for listed in await discoverable(chat, who.user):
        if listed["id"] == room_id:
            return listed
    raise NotFound("There is no such room, or you are not in it.")


async def discoverable(chat: Chat, user_id: str) -> list[dict[str, Any]]:
    """Open rooms that somebody could join."""
    async with chat.database.read() as conn:
        return [_listed(listed) for listed in await rooms.open_rooms_without(conn, user_id)]


async def archived(chat: Chat, who: Identity) -> list[dict[str, Any]]:
    """All rooms that were archived, the last one first. Raises `Forbidden` but for administrators,
    who may bring them back; members have theirs among their rooms."""
    if who.role != ADMIN:
        raise Forbidden()
    async with chat.database.read() as conn:
        return [_listed(listed) for listed in await rooms.archived(conn, MOST_ARCHIVED)]


async def _tail(chat: Chat, seat: Seat, after: int, head: int) -> list[Event]:
    """What the archive has not taken yet, or so much of it as is counted."""
    topic = {room_topic(seat.room.id): after}
    return (await read.page(chat.client, topic, head, MOST_UNREAD_TAIL))[0]


def _unread_in(tail: list[Event], me: str, last_read: int) -> int:
    """Unread messages there, less those of which the archive does not know yet that they were
    deleted."""
    others = [event for event in tail if event.fields.get("author", me) != me]
    said = sum(event.kind == "message" for event in others)
    deleted: set[int] = {event.fields["message"] for event in others if event.kind == DELETED}
    return said - sum(id > last_read for id in deleted)


def _room(
    seat: Seat,
    head: int,
    last_read: int,
    unread: int,
    mentioned: list[int],
    with_whom: list[str] | None,
    now: int,
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": seat.room.id,
        "name": seat.room.name,
        "kind": seat.room.kind,
        "description": seat.room.description,
        "members": seat.members,
        "head": head,
        "last_read": last_read,
        "unread": unread,
        "mentions": len(mentioned) if with_whom is None else unread,
        "mentioned": mentioned,
        "level": level_of(seat.member.level, seat.room.kind),
        "read_turn": seat.member.read_turn,
        "role": seat.member.role,
        **manners(seat.room),
    }
    if with_whom is not None:
        shown["with"] = with_whom
    if seat.room.archived_at is not None:
        shown["archived"] = True
    if seat.muted is not None and seat.muted > now:
        shown["muted"] = seat.muted
    return shown


def _listed(listed: Listed) -> dict[str, Any]:
    shown = {
        "id": listed.room.id,
        "name": listed.room.name,
        "kind": listed.room.kind,
        "description": listed.room.description,
        "members": listed.members,
    }
    if listed.last is not None:
        shown["active"] = time_of(listed.last)
    if listed.room.archived_at is not None:
        shown["archived"] = True
    return shown
