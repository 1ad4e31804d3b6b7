"""All that the server has of somebody, as one ZIP that is made while it is sent.

Rows are read in pages and files in pieces, so it takes no more memory for a hundred thousand
messages than for ten. Of secrets there are none in it: what opens a session is kept as a hash, and
that stays here.
"""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from tornchat.archive import audit as audit_log
from tornchat.archive import (
    blocks,
    files,
    hooks,
    invites,
    messages,
    push,
    rooms,
    search,
    sessions,
    users,
    webhooks,
)
from tornchat.archive.engine import Database
from tornchat.archive.rows import User
from tornchat.chat import audit
from tornchat.chat import hooks as chat_hooks
from tornchat.chat import invites as chat_invites
from tornchat.chat import webhooks as chat_webhooks
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.chat.people import public_user
from tornchat.domain.errors import Busy, NotFound, Unavailable
from tornchat.domain.files import check_file_name
from tornchat.domain.permissions import OPEN
from tornchat.media.folder import Folder

PER_MINUTE, AT_ONCE = 1 / 15, 3
MOST_AT_ONCE = 2
"""In one worker."""
PAGE = 200
PIECE = 256 * 1024
"""Bytes of a file at a time."""
OF_OTHERS = ("reactions", "pinned")
"""What others do to a message."""

OF_WHERE = ("address", "device")
"""Where somebody did what was noted."""


async def begin(chat: Chat, who: Identity) -> AsyncGenerator[bytes, None]:
    """What there is of me, piece by piece.

    Raises, before the first piece, `TooMany`, `Busy`, `Unavailable`, `LogAway`, `DatabaseAway`.
    """
    if len(chat.exporting) >= MOST_AT_ONCE or who.user in chat.exporting:
        raise Busy("Something of this kind is being sent already.", retry_after=30)
    chat.exporting.add(who.user)
    try:
        await rate_limit(
            chat, f"takeout:{who.user}", PER_MINUTE, AT_ONCE, "You have asked for this just now."
        )
        user = await _ready(chat.database, who.user)
        async with chat.announcer.change(chat.now()) as change:
            await audit.note(change, who, "account.exported", user=who.user)
    except BaseException:
        chat.exporting.discard(who.user)
        raise
    return _counted(chat, user)


async def _counted(chat: Chat, user: User) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(pieces(chat.database, chat.folder, user)) as made:
            async for piece in made:
                yield piece
    finally:
        chat.exporting.discard(user.id)


async def of_user(database: Database, folder: Folder, user_id: str) -> AsyncGenerator[bytes, None]:
    """The same for the shell. Raises `NotFound`, `Unavailable`."""
    user = await _ready(database, user_id)
    async with aclosing(pieces(database, folder, user)) as made:
        async for piece in made:
            yield piece


async def _ready(database: Database, user_id: str) -> User:
    async with database.read() as conn:
        user = await users.by_id(conn, user_id)
        if user is None or user.deleted:
            raise NotFound("There is no such person.")
        if not await search.is_complete(conn):
            raise Unavailable("The history is still being prepared. Try later.", retry_after=60)
    return user


async def pieces(database: Database, folder: Folder, user: User) -> AsyncGenerator[bytes, None]:
    """The ZIP: ``about.json``, ``messages.jsonl``, ``reactions.jsonl``, ``files.jsonl``,
    ``audit.jsonl`` and the files themselves.

    Each entry is closed with what makes it: a ZIP cannot be closed before its entries are, and
    whoever takes the pieces may go in the middle of one.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        about = json.dumps(await _about(database, user), ensure_ascii=False, indent=2)
        archive.writestr(_entry("about.json"), about)
        if user.avatar is not None:
            async with aclosing(
                _file(archive, sink, folder, user.avatar, "avatar.webp")
            ) as picture:
                async for piece in picture:
                    yield piece
        for name, lines in (
            ("messages.jsonl", _messages(database, user.id)),
            ("reactions.jsonl", _reactions(database, user.id)),
            ("files.jsonl", _files(database, user.id)),
            ("audit.jsonl", _noted(database, user.id)),
        ):
            with archive.open(_entry(name), "w", force_zip64=True) as entry:
                async for page in lines:
                    for line in page:
                        entry.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                    yield sink.take()
        async for page in _files(database, user.id):
            for file in page:
                name = f"files/{file['id']}/{check_file_name(file['name'])}"
                async with aclosing(_file(archive, sink, folder, file["id"], name)) as content:
                    async for piece in content:
                        yield piece
    yield sink.take()


async def _about(database: Database, user: User) -> dict[str, Any]:
    now = int(time.time() * 1000)
    async with database.read() as conn:
        seats = await rooms.of_user(conn, user.id)
        kept = await sessions.of_user(conn, user.id, now)
        settings = await users.settings_of(conn, user.id)
        blocked = await blocks.of_user(conn, user.id)
        invited = await invites.made_by(conn, user.id)
        incoming = await hooks.made_by(conn, user.id)
        outgoing = await webhooks.made_by(conn, user.id)
        pushed = await push.of_user(conn, user.id)
    return {
        "made_at": now,
        "person": {**public_user(user), "created_at": user.created_at},
        "settings": settings,
        "blocked": blocked,
        "sessions": [
            {
                "kind": session.kind,
                "label": session.label,
                "created_at": session.created_at,
                "expires_at": session.expires_at,
            }
            for session in kept
        ],
        "rooms": [
            {
                "id": seat.room.id,
                "name": seat.room.name,
                "kind": seat.room.kind,
                "role": seat.member.role,
                "joined_at": seat.member.joined_at,
                "last_read": seat.member.last_read,
                "level": seat.member.level,
            }
            for seat in seats
        ],
        "invitations": [chat_invites.public(invite) for invite in invited],
        "hooks": [chat_hooks.as_json(hook) for hook in incoming],
        "webhooks": [chat_webhooks.as_json(webhook) for webhook in outgoing],
        "pushes": [
            {"created_at": taker.created_at, "service": urlsplit(taker.endpoint).hostname}
            for taker in pushed
        ],
    }


async def _messages(database: Database, user_id: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Of a room that they cannot look into any more only what they said there themselves: neither
    its name, which is another by now perhaps, nor what others did."""
    after = 0
    while True:
        async with database.read() as conn:
            page = await search.said_by(conn, user_id, after=after, limit=PAGE)
            there = await rooms.many(conn, {message.room for message in page})
            mine = {seat.room.id for seat in await rooms.of_user(conn, user_id)}
        if not page:
            return
        seen = {room.id: room.name for room in there if room.kind == OPEN or room.id in mine}
        lines = [{**message.public(), "room_name": seen.get(message.room)} for message in page]
        for line in lines:
            if line["room"] not in seen:
                for name in OF_OTHERS:
                    line.pop(name, None)
        yield lines
        after = page[-1].id


async def _reactions(database: Database, user_id: str) -> AsyncIterator[list[dict[str, Any]]]:
    """What was answered is somebody else's: only where it is, and with what."""
    after: int | None = 0
    while after is not None:
        async with database.read() as conn:
            page, after = await messages.answered_by(conn, user_id, after=after, limit=PAGE * 10)
        yield [
            {"message": message.id, "room": message.room, "emoji": emoji}
            for message in page
            for emoji, people in (message.reactions or {}).items()
            if user_id in people
        ]


async def _files(database: Database, user_id: str) -> AsyncIterator[list[dict[str, Any]]]:
    after = ""
    while True:
        async with database.read() as conn:
            page = await files.of_owner(conn, user_id, after=after, limit=PAGE)
        if not page:
            return
        yield [
            {
                "id": file.id,
                "name": file.name,
                "type": file.type,
                "size": file.size,
                "created_at": file.created_at,
                "message": file.message_id,
                "room": file.room_id,
            }
            for file in page
        ]
        after = page[-1].id


async def _noted(database: Database, user_id: str) -> AsyncIterator[list[dict[str, Any]]]:
    """What the audit log says of them, the newest first. Where somebody was when they did something
    to them is that somebody's."""
    wanted, before = audit_log.Filter(person=user_id), None
    while True:
        async with database.read() as conn:
            page = await audit_log.page(conn, wanted, before, PAGE)
        if not page:
            return
        lines = [audit.public(entry) for entry in page]
        for line in lines:
            if line.get("actor", user_id) != user_id:
                for name in OF_WHERE:
                    line.pop(name, None)
        yield lines
        before = page[-1].id


async def _file(
    archive: zipfile.ZipFile, sink: _Sink, folder: Folder, id: str, name: str
) -> AsyncGenerator[bytes, None]:
    """A file of the folder, as it is; nothing where it has left the disk."""
    source = await asyncio.to_thread(_opened, folder, id)
    if source is None:
        return
    with source, archive.open(_entry(name, zipfile.ZIP_STORED), "w", force_zip64=True) as entry:
        while piece := await asyncio.to_thread(source.read, PIECE):
            entry.write(piece)
            yield sink.take()


def _opened(folder: Folder, id: str) -> BinaryIO | None:
    try:
        return folder.path(id).open("rb")
    except FileNotFoundError:
        return None


def _entry(name: str, how: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, time.localtime()[:6])
    entry.compress_type = how
    entry.external_attr = 0o600 << 16
    return entry


class _Sink(io.RawIOBase):
    """Takes what is written until somebody takes it away. It cannot go back, so the archive does
    not try to."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._bytes += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken
