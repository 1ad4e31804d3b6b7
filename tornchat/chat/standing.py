"""What administrators and the shell do to accounts, in a change that may do more: open and close
them, their role, another password."""

from __future__ import annotations

from tornchat.archive import rooms, sessions, users
from tornchat.archive.announcer import Change
from tornchat.archive.rows import Role, User
from tornchat.chat import accounts
from tornchat.chat.people import public_person
from tornchat.chat.rooms import keep_owned
from tornchat.domain import announcements
from tornchat.domain.errors import LastAdministrator
from tornchat.domain.permissions import ADMIN, OWNER
from tornchat.domain.sessions import SessionRecord


async def disable(change: Change, user: User, code: str = "disabled") -> bool:
    """Close an account and end its sessions at once, everywhere, with ``code`` for the streams;
    False where it was closed before. Its rooms have an owner who can look after them, and everybody
    hears of it.

    Not the only administrator's: `LastAdministrator`.
    """
    await _check_another_stays(change, user)
    if not await users.disable(change.conn, user.id, change.now):
        return False
    await accounts.end_sessions(change, user.id, code)
    for seat in await rooms.of_user(change.conn, user.id):
        if seat.member.role == OWNER:
            await keep_owned(change, seat.room, user.id)
    await _tell(change, user.id)
    return True


async def enable(change: Change, user: User) -> bool:
    """Let them sign in again, with the password they had, and keep an account that was to be
    erased; False where they could, or it is erased. Tokens stay ended."""
    if not await users.enable(change.conn, user.id):
        return False
    await _tell(change, user.id)
    return True


async def set_password(change: Change, user: User, password_hash: str) -> None:
    """Another password; all browser sessions end, tokens stay."""
    await users.set_password(change.conn, user.id, password_hash)
    await accounts.end_sessions(change, user.id, "signed_out", kind="cookie")


async def set_role(change: Change, user: User, role: Role) -> bool:
    """Make somebody an administrator or a member; False where they are.

    Their sessions go on, with the new rights from this moment. The only administrator stays one:
    `LastAdministrator`.
    """
    if user.role == role:
        return False
    if role != ADMIN:
        await _check_another_stays(change, user)
    await users.set_role(change.conn, user.id, role)
    records = {
        session.hash: SessionRecord(user.id, role, session.kind, session.expires_at).packed()
        for session in await sessions.of_user(change.conn, user.id, change.now)
    }
    about = public_person(user)
    await change.announce(announcements.role_in_space_changed(user.id, role, records, about))
    return True


async def _tell(change: Change, user_id: str) -> None:
    user = await users.by_id(change.conn, user_id)
    if user is not None:
        await change.announce(announcements.person_changed(user.id, public_person(user)))


async def _check_another_stays(change: Change, user: User) -> None:
    if user.role != ADMIN or user.disabled_at is not None:
        return
    if not await users.another_admin(change.conn, user.id):
        raise LastAdministrator(
            f"{user.username} is the only administrator. Make another one first."
        )
