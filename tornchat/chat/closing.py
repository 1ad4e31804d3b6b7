"""Closing accounts, for a while or for good, and what an account that goes leaves behind.

Who deletes their account is signed out everywhere at once and seen as closed; for `GRACE_DAYS`
signing in keeps it. Then the eraser (`chat.eraser`) leaves nothing of it but its place.
"""

from __future__ import annotations

from tornchat.archive import rooms, users
from tornchat.archive.announcer import Change
from tornchat.archive.rows import User
from tornchat.chat import accounts
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by, rate_limit
from tornchat.chat.people import public_person
from tornchat.chat.rooms import keep_owned
from tornchat.domain import announcements, permissions
from tornchat.domain.errors import (
    BadCredentials,
    Conflict,
    Forbidden,
    InvalidValue,
    LastAdministrator,
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
        raise BadCredentials("The password is wrong.")
    everything = _flag(whole)
    await rate_limit(
        chat, f"password:{who.user}", TRIES_PER_MINUTE, TRIES_PER_MINUTE, "Too many tries."
    )
    async with chat.database.read() as conn:
        user = await users.by_id(conn, who.user)
    if user is None:
        raise NotFound()
    if not await chat.passwords.verify(user.password_hash, password):
        raise BadCredentials("The password is wrong.")
    async with chat.announcer.change(chat.now()) as change:
        await accounts.check_unchanged(change, user)
        return await begin_to_leave(change, user, user.id, whole=everything, grace_ms=GRACE_MS)


async def dismiss(chat: Chat, who: Identity, user_id: str, whole: object) -> int:
    """The same of somebody else, who cannot keep it by signing in: an administrator may enable
    the account until then. Administrators may.

    Raises `Forbidden`, `NotFound`, `Conflict`, `LastAdministrator`, `InvalidValue`, `TooMany`.
    """
    permissions.may_administer(who.role)
    everything = _flag(whole)
    if user_id == who.user:
        raise Conflict("Delete your own account with your password.")
    async with change_by(chat, who) as change:
        user = await users.by_id(change.conn, user_id)
        if user is None or user.deleted:
            raise NotFound("There is no such person.")
        return await begin_to_leave(change, user, who.user, whole=everything, grace_ms=GRACE_MS)


async def begin_to_leave(
    change: Change, user: User, by: str | None, *, whole: bool, grace_ms: int
) -> int:
    """Close an account that is to be erased, in a change that may do more; when that will be
    (unix ms). ``by``: who has asked for it, None for the shell."""
    at = change.now + grace_ms
    await close(change, user, "leaving" if by == user.id else "disabled")
    await users.note_leaving(change.conn, user.id, at=at, by=by, whole=whole)
    return at


async def close(change: Change, user: User, code: str) -> None:
    """Let somebody in no more: their sessions and streams end at once with ``code``, their rooms
    have an owner who can look after them, and everybody hears of it. Raises `LastAdministrator`.
    """
    if user.role == permissions.ADMIN and await users.administrators(change.conn) == {user.id}:
        raise LastAdministrator()
    await accounts.end_sessions(change, user.id, code)
    if not await users.disable(change.conn, user.id, change.now):
        return
    for seat in await rooms.of_user(change.conn, user.id):
        if seat.member.role == permissions.OWNER:
            await keep_owned(change, seat.room, user.id)
    await _tell(change, user.id)


async def reopen(change: Change, user: User) -> bool:
    """Let somebody in again, with the password they had, and keep what was to be erased; their
    sessions and tokens stay ended. False where the account is open, or erased."""
    if not await users.enable(change.conn, user.id):
        return False
    await _tell(change, user.id)
    return True


async def _tell(change: Change, user_id: str) -> None:
    user = await users.by_id(change.conn, user_id)
    if user is not None:
        await change.announce(announcements.person_changed(user.id, public_person(user)))


def _flag(value: object) -> bool:
    if not isinstance(value, bool | None):
        raise InvalidValue("messages is true or false.")
    return bool(value)
