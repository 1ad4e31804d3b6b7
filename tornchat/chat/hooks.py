"""Hooks: an address by which whoever knows it may write in one room.

Each has a bot of its own, whose name stands over what it says and who is a member like others: who
removes the bot from the room silences the hook, and streams and limits need no exception for it.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from tornchat.archive import hooks, users
from tornchat.archive.announcer import Change
from tornchat.archive.ids import short_id
from tornchat.archive.rows import Hook, Room
from tornchat.chat import audit, bots, messages
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by, rate_limit
from tornchat.chat.rooms import room_and_member, seat, unseat
from tornchat.domain import permissions, rules
from tornchat.domain.errors import InvalidValue, NotAMember, NotFound
from tornchat.domain.messages import Message
from tornchat.domain.sessions import digest_of
from tornchat.log import read

MOST_OF_ROOM = 20
PER_MINUTE = 600
"""From one address: each asks SQL, be the address of the hook right or wrong."""
AT_ONCE = 100

_GONE = "There is no such hook."
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


async def add(chat: Chat, who: Identity, room_id: str, name: object) -> tuple[Hook, str]:
    """A new hook and its secret, which is kept nowhere. Owners of the room and administrators who
    are in it may."""
    shown = rules.check_display_name(name)
    secret = secrets.token_urlsafe(32)
    async with change_by(chat, who) as change:
        room, mine = await room_and_member(change.conn, room_id, who.user)
        permissions.may_connect(room.kind, mine.role if mine else None, who.role)
        permissions.may_read(room.kind, mine is not None)
        if len(await hooks.of_room(change.conn, room_id)) >= MOST_OF_ROOM:
            raise InvalidValue(
                f"A room has at most {MOST_OF_ROOM} hooks.", reason="hooks_most", most=MOST_OF_ROOM
            )
        bot = await bots.make(change, _username(shown), shown)
        await seat(change, room, bot, "member", by=who.user)
        hook = Hook(short_id(), room_id, bot.id, shown, who.user, change.now)
        await hooks.add(change.conn, hook, digest_of(secret))
        await audit.note(change, who, "hook.made", user=bot.id, room=room_id, name=shown)
    return hook, secret


async def of_room(chat: Chat, who: Identity, room_id: str) -> list[Hook]:
    """The hooks of a room, without their secrets. Owners of the room and administrators may."""
    async with chat.database.read() as conn:
        room, mine = await room_and_member(conn, room_id, who.user)
        permissions.may_connect(room.kind, mine.role if mine else None, who.role)
        return await hooks.of_room(conn, room_id)


async def remove(chat: Chat, who: Identity, room_id: str, hook_id: str) -> None:
    """From now on nobody writes by it; its bot leaves and is closed."""
    async with change_by(chat, who) as change:
        room, mine = await room_and_member(change.conn, room_id, who.user)
        permissions.may_connect(room.kind, mine.role if mine else None, who.role)
        hook = await hooks.by_id(change.conn, hook_id)
        if hook is None or hook.room_id != room_id:
            raise NotFound(_GONE)
        await end(change, room, hook, by=who.user)
        await audit.note(
            change, who, "hook.revoked", user=hook.bot_id, room=room_id, name=hook.name
        )


async def end(change: Change, room: Room, hook: Hook, *, by: str) -> None:
    """Nobody writes by it any more, in a change that may do more."""
    await hooks.remove(change.conn, hook.id)
    await unseat(change, room, hook.bot_id, by=by)
    bot = await users.by_id(change.conn, hook.bot_id)
    if bot is not None:
        await bots.end(change, bot)


async def post(
    chat: Chat, secret: str, text: object, nonce: object, address: str | None
) -> tuple[Message, bool]:
    """Say something by a hook; as `messages.post`. ``address`` is None where it is not limited.

    Raises `NotFound` for a secret of no hook, and where its bot is not in the room any more;
    `Archived`, `Muted` and `Forbidden` as for anybody who writes there.
    """
    if address is not None:
        await rate_limit(chat, f"hook:{address}", PER_MINUTE, AT_ONCE, "Too many calls of hooks.")
    # Without the log there is nothing to write to, whatever SQL says of the secret.
    await read.position(chat.client, [])
    async with chat.database.read() as conn:
        hook = await hooks.by_digest(conn, digest_of(secret))
    if hook is None:
        raise NotFound(_GONE)
    bot = Identity(hook.bot_id, bots.BOT, "token", "")
    try:
        return await messages.post(chat, bot, hook.room_id, text, nonce, None)
    except NotAMember:
        raise NotFound(_GONE) from None


def as_json(hook: Hook) -> dict[str, Any]:
    """As the API shows it."""
    return {
        "id": hook.id,
        "room": hook.room_id,
        "bot": hook.bot_id,
        "name": hook.name,
        "by": hook.created_by,
        "at": hook.created_at,
    }


def _username(shown: str) -> str:
    """A free name that is like the one to be shown."""
    like = _NOT_IN_NAMES.sub("-", shown.lower()).strip("-")[:20]
    return f"{like or 'hook'}-{secrets.token_hex(3)}"
