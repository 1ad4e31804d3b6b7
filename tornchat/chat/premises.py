"""What administrators see of rooms, invitations, storage and settings, and the little that they do
there beyond what owners of rooms may."""

from __future__ import annotations

import shutil
from typing import Any, cast

from tornchat.archive import choices, members, overview, rooms, storage, users
from tornchat.archive.overview import RoomRow, RoomState
from tornchat.archive.rows import Invite
from tornchat.archive.storage import Heap
from tornchat.chat import audit, invites, policy
from tornchat.chat.administration import check_text, may_look
from tornchat.chat.bots import BOT
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by_admin
from tornchat.chat.people import public_person
from tornchat.chat.rooms import room_and_member, seat
from tornchat.domain import announcements, permissions, rules
from tornchat.domain.errors import Conflict, InvalidValue, NotFound, Unavailable

STATES = ("open", "private", "archived", "ownerless")
MOST_HEAPS = 10


async def all_rooms(
    chat: Chat,
    who: Identity,
    *,
    text: str | None,
    state: str | None,
    after: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of the rooms that have a name, the newest first; of private ones no more than that
    and their size."""
    await may_look(chat, who)
    if state is not None and state not in STATES:
        raise InvalidValue(f"state is one of {', '.join(STATES)}.")
    async with chat.database.read() as conn:
        found, total = await overview.named_rooms(
            conn,
            text=check_text(text),
            state=cast("RoomState | None", state),
            after=after,
            limit=limit + 1,
        )
    return {
        "rooms": [_room(row) for row in found[:limit]],
        "more": len(found) > limit,
        "total": total,
    }


async def give_owner(chat: Chat, who: Identity, room_id: str, user_id: object) -> None:
    """Make somebody the owner of a room that nobody owns who can look after it; they come into it
    where they are not there.

    Raises `NotFound`, `Forbidden`, `InvalidValue`, and `Conflict` for a room that has an owner.
    """
    permissions.may_administer(who.role)
    if not rules.is_text(user_id):
        raise InvalidValue("user is the id of a person.")
    async with change_by_admin(chat, who) as change:
        room, _ = await room_and_member(change.conn, room_id, who.user)
        if room.kind == permissions.DIRECT:
            raise NotFound("There is no such room.")
        if await members.owners(change.conn, room_id):
            raise Conflict("This room has an owner.")
        user = await users.by_id(change.conn, user_id)
        if user is None or user.disabled_at is not None or user.role == BOT:
            raise NotFound("There is no such person.")
        if await members.get(change.conn, room_id, user_id) is None:
            await seat(change, room, user, "owner", by=who.user)
        else:
            await members.set_role(change.conn, room_id, user_id, "owner")
            await change.announce(announcements.role_changed(room_id, user_id, "owner", who.user))
        await audit.note(change, who, "member.role", user=user_id, room=room_id, role="owner")


async def all_invites(chat: Chat, who: Identity, before: str | None, limit: int) -> dict[str, Any]:
    """A page of all invitations that were made, the newest first, with the names in them."""
    await may_look(chat, who)
    async with chat.database.read() as conn:
        found = await overview.all_invites(conn, before, limit + 1)
        shown = found[:limit]
        people = await users.many(conn, {invite.created_by for invite in shown})
        theirs = await rooms.many(conn, {invite.room_id for invite in shown if invite.room_id})
    return {
        "invites": [
            {**invites.public(invite), "state": _state(invite, chat.now())} for invite in shown
        ],
        "more": len(found) > limit,
        "people": [public_person(user) for user in people.values()],
        "rooms": {room.id: room.name for room in theirs},
    }


async def settings(chat: Chat, who: Identity) -> dict[str, Any]:
    """Those that can be changed while the server runs. ``fixed``: the operator has chosen, and
    that wins."""
    await may_look(chat, who)
    return {"signup": await chat.signup.look(), "fixed": chat.signup.fixed is not None}


async def change_settings(chat: Chat, who: Identity, signup: object) -> dict[str, Any]:
    """Another sign-up policy, on all workers at once. Raises `InvalidValue`, and `Conflict` where
    the settings of the server say which."""
    permissions.may_administer(who.role)
    if signup not in policy.POLICIES:
        raise InvalidValue(f"signup is one of {', '.join(policy.POLICIES)}.")
    if chat.signup.fixed is not None:
        raise Conflict("--signup decides that. Start the server without it to choose here.")
    async with change_by_admin(chat, who) as change:
        if await chat.signup.read(change.conn) != signup:
            await choices.write(change.conn, "signup", str(signup))
            await audit.note(change, who, "settings.changed", signup=signup)
    chat.signup.forget()
    await policy.say_changed(chat.client)
    return {"signup": signup, "fixed": False}


async def stored(chat: Chat, who: Identity) -> dict[str, Any]:
    """What takes up room, and how much there is left."""
    await may_look(chat, who)
    async with chat.database.read() as conn:
        total = await storage.stored(conn)
        owners = await storage.by_owner(conn, MOST_HEAPS)
        in_rooms, direct = await storage.by_room(conn, MOST_HEAPS)
        database = await storage.database_bytes(conn)
        people = await users.many(conn, [id for id, _ in owners])
    try:
        disk = await chat.disk.run(lambda: shutil.disk_usage(chat.folder.root))
    except OSError:
        raise Unavailable("The folder of files cannot be reached.") from None
    return {
        "files": _heap(total.kept),
        "unsent": _heap(total.unsent),
        "dropped": _heap(total.dropped),
        "people": [
            {"user": public_person(people[id]), **_heap(heap)}
            for id, heap in owners
            if id in people
        ],
        "rooms": [
            {"id": id, "name": name, "kind": kind, **_heap(heap)}
            for id, name, kind, heap in in_rooms
        ],
        "direct": _heap(direct),
        "database": database,
        "disk": {"free": disk.free, "total": disk.total},
        "limits": {"file": chat.max_file, "person": chat.file_quota},
    }


def _heap(heap: Heap) -> dict[str, int]:
    return {"count": heap.files, "bytes": heap.bytes}


def _room(row: RoomRow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row.room.id,
        "name": row.room.name,
        "kind": row.room.kind,
        "created_at": row.room.created_at,
        "members": row.members,
        "messages": row.messages,
        "bytes": row.bytes,
    }
    if row.room.kind == permissions.OPEN:
        shown["description"] = row.room.description
    if row.room.archived_at is not None:
        shown["archived"] = True
    elif not row.owned:
        shown["ownerless"] = True
    return shown


def _state(invite: Invite, now: int) -> str:
    if invite.revoked_at is not None:
        return "revoked"
    if invite.used >= invite.uses:
        return "used"
    return "good" if invite.expires_at > now else "expired"
