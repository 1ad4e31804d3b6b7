"""Invitations by link: the link has a secret, which the server keeps only as a hash.

It stands behind the ``#`` of the address, which no browser sends to a server, and comes in the
body of a request when it is used.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive import invites, members, rooms, users
from tornchat.archive.announcer import Change
from tornchat.archive.ids import short_id
from tornchat.archive.rows import Invite, Room, User
from tornchat.chat import audit
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by, rate_limit
from tornchat.chat.rooms import room_and_member, seat
from tornchat.domain import permissions, rules
from tornchat.domain.errors import Conflict, Forbidden, InvalidValue, InviteGone, NotFound
from tornchat.domain.sessions import digest_of

USUAL_SECONDS = 7 * 24 * 3600
MOST_SECONDS = 90 * 24 * 3600
MOST_USES = 1_000
MOST_OPEN = 100
"""Good ones of one person at a time."""
LOOKS_PER_MINUTE = 60
"""From one address."""


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation is for. ``room`` is None where it is for the server alone."""

    invite: Invite
    room: Room | None
    members: int
    by: User


async def create(
    chat: Chat, who: Identity, room_id: object, expires_in: object, uses: object
) -> tuple[Invite, str]:
    """A new invitation, and its secret. ``expires_in`` is in seconds.

    To a room: by whoever may add people there. To the server alone: by an administrator. Raises
    `NotFound`, `Forbidden`, `InvalidValue`, `Conflict`.
    """
    seconds = _whole(expires_in, USUAL_SECONDS, 60, MOST_SECONDS, "expires_in (in seconds)")
    most = _whole(uses, 1, 1, MOST_USES, "uses")
    if room_id is not None and not rules.is_text(room_id):
        raise InvalidValue("room is the id of a room.")
    secret = secrets.token_urlsafe(24)
    async with change_by(chat, who) as change:
        if room_id is None:
            if who.role != permissions.ADMIN:
                raise Forbidden("Only an administrator invites to the server as a whole.")
        else:
            room, member = await room_and_member(change.conn, room_id, who.user)
            permissions.may_add(room.kind, member.role if member else None, room.adding)
        if len(await invites.good(change.conn, change.now, created_by=who.user)) >= MOST_OPEN:
            raise Conflict(
                f"You have {MOST_OPEN} open invitations. Revoke some first.",
                reason="invites_most",
                most=MOST_OPEN,
            )
        invite = Invite(
            short_id(), room_id, who.user, change.now, change.now + seconds * 1000, most, 0, None
        )
        await invites.add(change.conn, invite, digest_of(secret))
        await audit.note(change, who, "invite.made", room=invite.room_id, id=invite.id, uses=most)
    return invite, secret


async def listed(chat: Chat, who: Identity, room_id: str | None) -> list[Invite]:
    """Those that are still good: all of a room for who keeps order there, all there are for an
    administrator, else one's own."""
    now = chat.now()
    async with chat.database.read() as conn:
        if room_id is None:
            mine = None if who.role == permissions.ADMIN else who.user
            return await invites.good(conn, now, created_by=mine)
        room, member = await room_and_member(conn, room_id, who.user)
        permissions.may_read(room.kind, member is not None or who.role == permissions.ADMIN)
        all_of_it = who.role == permissions.ADMIN or (member and member.role != "member")
        mine = None if all_of_it else who.user
        return await invites.good(conn, now, room_id=room_id, created_by=mine)


async def revoke(chat: Chat, who: Identity, id: str) -> None:
    """Nobody comes in by it any more. Harmless for one that is revoked already."""
    async with change_by(chat, who) as change:
        invite = await invites.by_id(change.conn, id)
        if invite is None or not await _may_revoke(change, who, invite):
            raise NotFound("There is no such invitation, or it is not yours.")
        if await invites.revoke(change.conn, id, change.now):
            await audit.note(
                change, who, "invite.revoked", user=invite.created_by, room=invite.room_id, id=id
            )


async def look(chat: Chat, secret: object, address: str | None) -> Invited:
    """What an invitation is for. ``address`` is None where it is not limited. Raises `InviteGone`,
    `TooMany`."""
    if address is not None:
        await rate_limit(
            chat, f"invite:{address}", LOOKS_PER_MINUTE, LOOKS_PER_MINUTE, "Too many tries."
        )
    digest = secret_digest(secret)
    async with chat.database.read() as conn:
        invite = await invites.by_digest(conn, digest)
        if invite is None or not invite.good(chat.now()):
            raise InviteGone()
        by = await users.by_id(conn, invite.created_by)
        room = None if invite.room_id is None else await rooms.by_id(conn, invite.room_id)
        await _check_still_may(conn, invite, room, by)
        assert by is not None
        return Invited(invite, room, await members.count(conn, room.id) if room else 0, by)


async def accept(chat: Chat, who: Identity, secret: object) -> str | None:
    """Come into the room of an invitation; its id, None where it is for the server alone. Who is
    there already uses nothing up."""
    digest = secret_digest(secret)
    async with change_by(chat, who) as change:
        invite = await invites.by_digest(change.conn, digest)
        if invite is None:
            raise InviteGone()
        if invite.room_id is None or await members.get(change.conn, invite.room_id, who.user):
            return invite.room_id
        user = await users.by_id(change.conn, who.user)
        if user is None:
            raise NotFound("There is no such person.")
        await come_in(change, digest, user)
    return invite.room_id


async def come_in(change: Change, digest: str, user: User) -> Invite:
    """Use an invitation in a change that may do more: ``user`` is in its room then.

    Raises `InviteGone`, and the change does not happen.
    """
    if not await invites.use(change.conn, digest, change.now):
        raise InviteGone()
    invite = await invites.by_digest(change.conn, digest)
    assert invite is not None
    by = await users.by_id(change.conn, invite.created_by)
    room = None if invite.room_id is None else await rooms.by_id(change.conn, invite.room_id)
    await _check_still_may(change.conn, invite, room, by)
    if room is not None:
        await seat(change, room, user, "member", by=invite.created_by)
    return invite


def secret_digest(secret: object) -> str:
    """What is kept of a secret."""
    if not isinstance(secret, str) or not 0 < len(secret) <= 200:
        raise InvalidValue("invite is the secret of an invitation.")
    return digest_of(secret)


def public(invite: Invite) -> dict[str, Any]:
    """As the API shows it to those who may revoke it."""
    return {
        "id": invite.id,
        "room": invite.room_id,
        "by": invite.created_by,
        "created_at": invite.created_at,
        "expires_at": invite.expires_at,
        "uses": invite.uses,
        "used": invite.used,
    }


async def _check_still_may(
    conn: AsyncConnection, invite: Invite, room: Room | None, by: User | None
) -> None:
    """Whoever made it could make it now: a link opens nothing that its maker cannot. Raises
    `InviteGone`."""
    if by is None or by.disabled_at is not None:
        raise InviteGone()
    if invite.room_id is None:
        if by.role != permissions.ADMIN:
            raise InviteGone()
        return
    if room is None or room.archived_at is not None:
        raise InviteGone()
    member = await members.get(conn, room.id, by.id)
    try:
        permissions.may_add(room.kind, member.role if member else None, room.adding)
    except (Forbidden, NotFound) as problem:
        raise InviteGone() from problem


async def _may_revoke(change: Change, who: Identity, invite: Invite) -> bool:
    if who.role == permissions.ADMIN or invite.created_by == who.user:
        return True
    if invite.room_id is None:
        return False
    member = await members.get(change.conn, invite.room_id, who.user)
    return member is not None and member.role != "member"


def _whole(value: object, usual: int, least: int, most: int, name: str) -> int:
    if value is None:
        return usual
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidValue(f"{name} is a whole number from {least} to {most}.")
    return value
