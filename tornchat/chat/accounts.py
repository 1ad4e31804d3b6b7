"""Accounts: sign up, sign in, sign out, passwords, tokens."""

from __future__ import annotations

import secrets
from dataclasses import replace

from tornchat.archive import rooms, sessions, users
from tornchat.archive.announcer import Change
from tornchat.archive.ids import short_id
from tornchat.archive.rows import Role, SessionKind, User
from tornchat.chat import audit, invites
from tornchat.chat import rooms as room_verbs
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.chat.people import public_person
from tornchat.domain import announcements, languages, rules
from tornchat.domain.audit import NOWHERE, Source
from tornchat.domain.errors import (
    BadCredentials,
    Forbidden,
    NotFound,
    SignupClosed,
    Unauthenticated,
    Unavailable,
)
from tornchat.domain.sessions import SessionRecord, digest_of
from tornchat.log import read

COOKIE_DAYS = 90
COOKIE_MS = COOKIE_DAYS * 24 * 3_600_000
SIGN_INS_PER_MINUTE = 30
"""Of one name, from one address."""
SIGN_INS_OF_ALL_PER_MINUTE = 120
"""From one address, whatever the name: one password can be tried on many names, too."""
SIGN_UPS_PER_MINUTE = 20
_FOR_EVERYBODY = {"en": "For everybody", "id": "Untuk semua orang"}
"""What the first room is for."""


async def authenticate(chat: Chat, token: str) -> Identity:
    """The bearer of a cookie or token. Raises `Unauthenticated`, and `LogAway` without Redis."""
    return await identify(chat, digest_of(token))


async def lets_in(chat: Chat, token: str) -> bool:
    """Whether a cookie or token still is good."""
    try:
        await authenticate(chat, token)
    except Unauthenticated:
        return False
    return True


async def identify(chat: Chat, digest: str) -> Identity:
    """The bearer of the session that is kept under ``digest``. Raises as `authenticate` does."""
    record = check_live(chat, await chat.sessions.find(digest))
    return Identity(record.user, record.role, record.kind, digest)


def known(chat: Chat, digest: str) -> Identity | None:
    """The bearer of the session that is kept under ``digest``, if the worker knows it; None where
    it must ask."""
    record = chat.sessions.known(digest)
    if record is None or not record.live(chat.now()):
        return None
    return Identity(record.user, record.role, record.kind, digest)


def check_live(chat: Chat, record: SessionRecord | None) -> SessionRecord:
    """A session that lets its bearer in. Raises `Unauthenticated` where it does not."""
    if record is None or not record.live(chat.now()):
        raise Unauthenticated()
    return record


async def any_accounts(chat: Chat) -> bool:
    """Whether somebody has signed up: the first one becomes the administrator."""
    if not chat.peopled:  # and once it is, it stays so: the place of an account is left
        async with chat.database.read() as conn:
            chat.peopled = await users.any_at_all(conn)
    return chat.peopled


async def sign_up(
    chat: Chat,
    username: object,
    password: object,
    display_name: object,
    address: str | None,
    invite: object = None,
    source: Source = NOWHERE,
    language: str = languages.FALLBACK,
) -> tuple[User, str]:
    """A new account and its first session's token. ``address`` is None where it is not limited,
    ``invite`` the secret of an invitation: that may be needed, and its room is joined,
    ``language`` the newcomer's.

    Raises `InvalidValue`, `NameTaken`, `SignupClosed`, `InviteGone`, `TooMany`, `LogAway`.
    """
    name = rules.check_username(username)
    secret = rules.check_password(password, name)
    shown = name if display_name in (None, "") else rules.check_display_name(display_name)
    digest = None if invite is None else invites.secret_digest(invite)
    if not _lets_in(await chat.signup.look(), digest) and await any_accounts(chat):
        raise SignupClosed()
    if address is not None:
        await _limited(chat, f"signup:{address}", SIGN_UPS_PER_MINUTE)
    if digest is not None:
        await invites.look(chat, invite, None)
    hashed = await chat.passwords.hash(secret)
    # Not into SQL alone: without the log the newcomer could not come in, and the name would be
    # gone.
    await read.position(chat.client, [])
    now = chat.now()
    async with chat.announcer.change(now) as change:
        first = await users.count(change.conn) == 0
        if not first and not _lets_in(await chat.signup.read(change.conn), digest):
            raise SignupClosed()
        role: Role = "admin" if first else "member"
        user = await add_user(change, name, shown, hashed, role, language)
        if digest is not None:
            # In the same transaction: of two who come by its last use one makes no account.
            await invites.come_in(change, digest, user)
        token = await begin_session(change, user, "cookie", source.device, now + COOKIE_MS)
        await audit.note_from(change, source, "account.created", actor=user.id, user=user.id)
    if change.late:
        raise Unavailable("The account is made. Sign in in a moment.")
    return user, token


def _lets_in(policy: str, digest: str | None) -> bool:
    return policy == "open" or (policy == "invite" and digest is not None)


async def add_user(
    change: Change,
    username: str,
    display_name: str,
    password_hash: str,
    role: Role,
    language: str = languages.FALLBACK,
    *,
    again: bool = False,
) -> User:
    """An account, in a change that may do more. Newcomers are put into the first open room, which
    the first of all makes, with a description in their ``language``. ``again``: even by the name
    of somebody whose account was erased."""
    user = await users.add(
        change.conn,
        user_id=short_id(),
        username=username,
        display_name=display_name,
        password_hash=password_hash,
        role=role,
        now=change.now,
        again=again,
    )
    room = await rooms.first_open(change.conn)
    if room is None:
        about = _FOR_EVERYBODY[language]
        room = await room_verbs.add_room(change, "General", about, "open", user.id)
        await room_verbs.seat(change, room, user, "owner", by=user.id)
    else:
        await room_verbs.seat(change, room, user, "member", by=user.id)
    return user


async def sign_in(
    chat: Chat,
    username: object,
    password: object,
    address: str | None,
    source: Source = NOWHERE,
) -> tuple[User, str]:
    """The user and a new session's token. ``address`` is None where it is not limited. Who was
    about to leave stays: the user is told as they were before.

    Raises `BadCredentials`, `TooMany`.
    """
    if not rules.is_text(username) or not isinstance(password, str):
        raise BadCredentials()
    if address is not None:
        await _limited(chat, f"signin:{address}", SIGN_INS_OF_ALL_PER_MINUTE)
    key = digest_of(rules.username_key(username))[:16]
    await _limited(chat, f"signin:{key}:{address or ''}", SIGN_INS_PER_MINUTE)
    async with chat.database.read() as conn:
        user = await users.by_username(conn, username)
    known = user.password_hash if user is not None and _opens(user, chat.now()) else None
    if not await chat.passwords.verify(known, password) or user is None:
        await audit.note_failed(chat, source, user.id if user is not None else None)
        raise BadCredentials()
    # Only now is the password at hand, should its hash have been made with weaker parameters.
    weak = user.password_hash is not None and chat.passwords.outdated(user.password_hash)
    fresh = await chat.passwords.hash(password) if weak else None
    now = chat.now()
    async with chat.announcer.change(now) as change:
        user = await check_unchanged(change, user)
        if fresh is not None:
            await users.set_password(change.conn, user.id, fresh)
        token = await begin_session(change, user, "cookie", source.device, now + COOKIE_MS)
        await audit.note_from(change, source, "session.began", actor=user.id, user=user.id)
        if user.disabled and await users.enable(change.conn, user.id):
            about = public_person(replace(user, disabled_at=None))
            await change.announce(announcements.person_changed(user.id, about))
            await audit.note_from(change, source, "account.kept", actor=user.id, user=user.id)
    if change.late:
        raise Unavailable("Signing in takes too long. Try again in a moment.")
    return user, token


async def begin_session(
    change: Change, user: User, kind: SessionKind, label: str, expires_at: int | None
) -> str:
    """A new session; gives its token, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    digest = digest_of(token)
    await sessions.add(
        change.conn,
        digest=digest,
        user_id=user.id,
        kind=kind,
        label=label,
        now=change.now,
        expires_at=expires_at,
    )
    record = SessionRecord(user.id, user.role, kind, expires_at)
    await change.announce(announcements.session_began(digest, record.packed()))
    return token


async def sign_out(chat: Chat, who: Identity) -> None:
    """End this session and its streams, on all workers."""
    async with chat.announcer.change(chat.now()) as change:
        await sessions.remove(change.conn, [who.digest])
        await change.announce(announcements.sessions_ended(who.user, [who.digest], "signed_out"))
        await audit.note(change, who, "session.ended", user=who.user)


async def change_password(chat: Chat, who: Identity, old: object, new: object) -> None:
    """A new password; all other browser sessions of the user end, tokens stay."""
    if who.kind != "cookie":
        raise Forbidden("A token cannot change the password. Sign in with the password itself.")
    if not isinstance(old, str):
        raise BadCredentials()
    await _limited(chat, f"password:{who.user}", SIGN_INS_PER_MINUTE)
    async with chat.database.read() as conn:
        user = await users.by_id(conn, who.user)
    if user is None:
        raise NotFound()
    secret = rules.check_password(new, user.username)
    if not await chat.passwords.verify(user.password_hash, old):
        raise BadCredentials("The old password is wrong.", reason="password_old")
    hashed = await chat.passwords.hash(secret)
    async with chat.announcer.change(chat.now()) as change:
        await check_unchanged(change, user)
        await users.set_password(change.conn, user.id, hashed)
        await end_sessions(change, user.id, "signed_out", except_hash=who.digest, kind="cookie")
        await audit.note(change, who, "account.password", user=user.id)


async def end_sessions(
    change: Change,
    user: str,
    code: str,
    *,
    except_hash: str | None = None,
    kind: SessionKind | None = None,
) -> None:
    """End sessions of a user in a change that may do more. ``code`` goes to the streams cut."""
    ended = await sessions.remove_of_user(change.conn, user, except_hash=except_hash, kind=kind)
    if ended:
        await change.announce(announcements.sessions_ended(user, ended, code))


async def check_unchanged(change: Change, user: User) -> User:
    """While the password was verified, the account may have been closed or got another one: all of
    its sessions have ended then, and none may begin or go on by what was right before. The account
    as it is now: its owner may have closed it, and its role may be another one. Raises
    `BadCredentials`."""
    now = await users.by_id(change.conn, user.id)
    if now is None or not _opens(now, change.now) or now.password_hash != user.password_hash:
        raise BadCredentials()
    return now


def _opens(user: User, now: int) -> bool:
    """Whether the right password opens an account at ``now`` (unix ms): one that is open, or that
    its owner has closed to be erased, who keeps it by this until its time has come."""
    if not user.disabled:
        return True
    mine = user.leaving_by == user.id
    return mine and user.leaving_at is not None and now < user.leaving_at


async def _limited(chat: Chat, what: str, per_minute: int) -> None:
    await rate_limit(chat, what, per_minute, per_minute, "Too many tries.")
