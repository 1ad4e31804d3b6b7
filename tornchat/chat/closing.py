"""Closing accounts, for a while or for good, and what an account that goes leaves behind.

Who deletes their account is signed out everywhere at once and seen as closed; for `GRACE_DAYS`
signing in keeps it. Then the eraser (`chat.eraser`) leaves nothing of it but its place.
"""

from __future__ import annotations

from tornchat.archive import users
from tornchat.archive.announcer import Change
from tornchat.archive.rows import User
from tornchat.chat import accounts, audit, standing
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by_admin, rate_limit
from tornchat.domain import permissions
from tornchat.domain.errors import (
    BadCredentials,
    Conflict,
    Forbidden,
    InvalidValue,
    NotFound,
)

GRACE_DAYS = 7
GRACE_MS = GRACE_DAYS * 24 * 3_600_000
TRIES_PER_MINUTE = 10


async def leave(chat: Chat, who: Identity, password: object, whole: object) -> int:
    """Close my account, to be erased; when that will be (unix ms). ``whole``: with all that I
    wrote.

    Raises `Forbidden` for a token, `BadCredentials`, `LastAdministrator`, `InvalidValue`,
    `TooMany`.
    """
    if who.kind != "cookie":
        raise Forbidden("A token cannot delete its account. Sign in with the password.")
    if not isinstance(password, str):
        raise BadCredentials("The password is wrong.", reason="password_old")
    everything = _flag(whole)
    await rate_limit(
        chat, f"password:{who.user}", TRIES_PER_MINUTE, TRIES_PER_MINUTE, "Too many tries."
    )
    async with chat.database.read() as conn:
        user = await users.by_id(conn, who.user)
    if user is None:
        raise NotFound()
    if not await chat.passwords.verify(user.password_hash, password):
        raise BadCredentials("The password is wrong.", reason="password_old")
    async with chat.announcer.change(chat.now()) as change:
        user = await accounts.check_unchanged(change, user)
        at = await begin_to_leave(change, user, user.id, whole=everything, grace_ms=GRACE_MS)
        await audit.note(change, who, "account.leaving", user=user.id, messages=everything)
    return at


async def dismiss(chat: Chat, who: Identity, user_id: str, whole: object) -> int:
    """The same of somebody else, who cannot keep it by signing in: an administrator may enable
    the account until then. Administrators may.

    Raises `Forbidden`, `NotFound`, `Conflict`, `LastAdministrator`, `InvalidValue`, `TooMany`.
    """
    permissions.may_administer(who.role)
    everything = _flag(whole)
    if user_id == who.user:
        raise Conflict("Delete your own account with your password.")
    async with change_by_admin(chat, who) as change:
        user = await users.by_id(change.conn, user_id)
        if user is None or user.deleted:
            raise NotFound("There is no such person.")
        at = await begin_to_leave(change, user, who.user, whole=everything, grace_ms=GRACE_MS)
        await audit.note(change, who, "account.leaving", user=user.id, messages=everything)
    return at


async def begin_to_leave(
    change: Change, user: User, by: str | None, *, whole: bool, grace_ms: int
) -> int:
    """Close an account that is to be erased, in a change that may do more; when that will be
    (unix ms). ``by``: who has asked for it, None for the shell."""
    at = change.now + grace_ms
    await standing.disable(change, user, "leaving" if by == user.id else "disabled")
    await users.note_leaving(change.conn, user.id, at=at, by=by, whole=whole)
    return at


def _flag(value: object) -> bool:
    if not isinstance(value, bool | None):
        raise InvalidValue("messages is true or false.")
    return bool(value)
