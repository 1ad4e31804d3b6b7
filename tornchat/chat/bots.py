"""Bots: accounts of programs, which have tokens and no password."""

from __future__ import annotations

from typing import Any

from tornchat.archive import users
from tornchat.archive.announcer import Change
from tornchat.archive.ids import short_id
from tornchat.archive.rows import Role, User
from tornchat.chat import accounts, audit, standing
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by_admin
from tornchat.chat.people import public_user
from tornchat.domain import permissions, rules
from tornchat.domain.errors import NotFound

BOT: Role = "bot"


async def add(
    chat: Chat, who: Identity, username: object, display_name: object
) -> tuple[dict[str, Any], str]:
    """A new bot and its token, which is kept nowhere. Administrators may; it is in no room yet."""
    permissions.may_administer(who.role)
    name = rules.check_username(username)
    shown = name if display_name in (None, "") else rules.check_display_name(display_name)
    async with change_by_admin(chat, who) as change:
        bot = await make(change, name, shown)
        token = await accounts.begin_session(change, bot, "token", "", None)
        await audit.note(change, who, "bot.made", user=bot.id)
    return public_user(bot), token


async def all_of_them(chat: Chat, who: Identity) -> list[dict[str, Any]]:
    """Every bot, in the order of coming. Administrators may."""
    permissions.may_administer(who.role)
    async with chat.database.read() as conn:
        return [public_user(user) for user in await users.all(conn) if user.role == BOT]


async def disable(chat: Chat, who: Identity, user_id: str) -> None:
    """End a bot: its tokens and streams at once. Administrators may."""
    async with change_by_admin(chat, who) as change:
        bot = await users.by_id(change.conn, user_id)
        if bot is None or bot.role != BOT:
            raise NotFound("There is no such bot.")
        if bot.disabled_at is None:
            await end(change, bot)
            await audit.note(change, who, "bot.ended", user=bot.id)


async def make(change: Change, username: str, display_name: str) -> User:
    """An account that nobody can sign in to, in a change that may do more."""
    return await users.add(
        change.conn,
        user_id=short_id(),
        username=username,
        display_name=display_name,
        password_hash=None,
        role=BOT,
        now=change.now,
    )


async def end(change: Change, bot: User) -> None:
    """Close a bot's account, in a change that may do more."""
    await standing.disable(change, bot)
