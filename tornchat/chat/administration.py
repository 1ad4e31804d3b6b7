"""What administrators do to accounts. Each verb looks first whether one may."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, cast

from tornchat.archive import overview, users
from tornchat.archive.announcer import Change
from tornchat.archive.overview import PersonRow
from tornchat.archive.rows import Role, User
from tornchat.chat import accounts, audit, standing
from tornchat.chat.bots import BOT
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by_admin, rate_limit
from tornchat.chat.people import public_user
from tornchat.domain import permissions, rules
from tornchat.domain.errors import Conflict, Forbidden, InvalidValue, NotFound
from tornchat.domain.ids import time_of
from tornchat.log import presence

LOOKS_PER_MINUTE = 240
LOOKS_AT_ONCE = 60
MOST_TEXT = 64
PASSWORD_GROUPS = 4
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for each other when they are written down."""


async def may_look(chat: Chat, who: Identity) -> None:
    """What administrators look at is counted together: it may go through whole tables. Raises
    `Forbidden`, `TooMany`."""
    permissions.may_administer(who.role)
    if chat.post_rate:
        limits = (LOOKS_PER_MINUTE, LOOKS_AT_ONCE)
        await rate_limit(chat, f"admin:{who.user}", *limits, "You look too fast.")


def check_text(text: str | None) -> str:
    """What names are searched for. Raises `InvalidValue`."""
    clean = " ".join((text or "").split())
    if not rules.is_text(clean) or len(clean) > MOST_TEXT:
        raise InvalidValue(f"Search with {MOST_TEXT} characters at most.")
    return clean


async def people(
    chat: Chat,
    who: Identity,
    *,
    text: str | None,
    role: str | None,
    state: str | None,
    after: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of everybody, by their usernames."""
    await may_look(chat, who)
    wanted = check_text(text).removeprefix("@")
    if role not in (None, "admin", "member", "bot"):
        raise InvalidValue("role is admin, member or bot.")
    if state not in (None, "active", "disabled"):
        raise InvalidValue("state is active or disabled.")
    disabled = None if state is None else state == "disabled"
    async with chat.database.read() as conn:
        found, total = await overview.people(
            conn,
            chat.now(),
            text=wanted,
            role=role,
            disabled=disabled,
            after=after,
            limit=limit + 1,
        )
    there = await presence.shown(chat.client, [row.user.id for row in found[:limit]])
    return {
        "people": [_person(row, row.user.id in there) for row in found[:limit]],
        "more": len(found) > limit,
        "total": total,
    }


async def change(
    chat: Chat, who: Identity, user_id: str, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Make somebody an administrator or a member (``role``), close or open their account
    (``disabled``); as they are then.

    Raises `Forbidden`, `NotFound`, `InvalidValue`, and `Conflict` where no administrator would be
    left.
    """
    permissions.may_administer(who.role)
    role, disabled = asked.get("role"), asked.get("disabled")
    if role is None and disabled is None:
        raise InvalidValue("Send role or disabled.")
    if role not in (None, "admin", "member"):
        raise InvalidValue("role is admin or member.")
    if not isinstance(disabled, bool | None):
        raise InvalidValue("disabled is true or false.")
    if role is not None:
        _with_password_only(who)
    async with change_by_admin(chat, who) as made:
        user = await _user(made, user_id)
        if role is not None:
            if user.role == BOT:
                raise Conflict("A bot stays a bot.")
            if await standing.set_role(made, user, cast(Role, role)):
                await audit.note(made, who, "account.role", user=user_id, role=role)
        if disabled is True and await standing.disable(made, await _user(made, user_id)):
            await audit.note(made, who, "account.disabled", user=user_id)
        if disabled is False and await standing.enable(made, user):
            await audit.note(made, who, "account.enabled", user=user_id)
        return public_user(await _user(made, user_id))


async def reset_password(chat: Chat, who: Identity, user_id: str) -> str:
    """A password made up for somebody who has lost theirs, which is kept nowhere: the
    administrator hands it on, and they change it. Their browsers are signed out."""
    permissions.may_administer(who.role)
    _with_password_only(who)
    if user_id == who.user:
        raise Conflict("Change your own password in your settings.")
    made_up = "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(PASSWORD_GROUPS)
    )
    hashed = await chat.passwords.hash(made_up)
    async with change_by_admin(chat, who) as made:
        user = await _user(made, user_id)
        if user.role == BOT:
            raise Conflict("A bot has a token and no password.")
        await standing.set_password(made, user, hashed)
        await audit.note(made, who, "account.reset", user=user_id)
    return made_up


async def sign_out(chat: Chat, who: Identity, user_id: str) -> None:
    """End all sessions and tokens of somebody and their streams, at once; but for the one by which
    this is asked."""
    async with change_by_admin(chat, who) as made:
        user = await _user(made, user_id)
        await accounts.end_sessions(made, user.id, "signed_out", except_hash=who.digest)
        await audit.note(made, who, "session.swept", user=user_id)


def _with_password_only(who: Identity) -> None:
    """Who finds a token must not become the master of the house by it."""
    if who.kind != "cookie":
        raise Forbidden("A token cannot do this. Sign in with the password.")


async def _user(made: Change, user_id: str) -> User:
    user = await users.by_id(made.conn, user_id)
    if user is None or user.deleted:
        raise NotFound("There is no such person.")
    return user


def _person(row: PersonRow, there: bool) -> dict[str, Any]:
    times = [row.began, None if row.wrote is None else time_of(row.wrote)]
    leaving = {} if row.user.leaving_at is None else {"erased_at": row.user.leaving_at}
    return {
        **public_user(row.user),
        **leaving,
        "created_at": row.user.created_at,
        "active_at": max((at for at in times if at is not None), default=None),
        "sessions": row.sessions,
        "there": there,
    }
