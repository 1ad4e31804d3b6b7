"""Pictures of people: drawn anew from what they send, small and square, and seen by everybody here.

What was sent is never kept: a decoder in a process of its own (`media.pictures`) makes a picture of
it or says that it is none. A picture has an id of its own, so it may be cached for ever.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tornchat.archive import files, users
from tornchat.archive.announcer import Change
from tornchat.archive.rows import File, User
from tornchat.chat import audit
from tornchat.chat.context import Chat, Identity
from tornchat.chat.incoming import Incoming, check_room_for
from tornchat.chat.limits import change_by, change_by_admin, rate_limit
from tornchat.chat.people import public_person
from tornchat.domain import announcements
from tornchat.domain.errors import (
    Forbidden,
    InvalidValue,
    NotAPicture,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from tornchat.domain.files import looks_like_a_picture
from tornchat.media.pictures import DRAWN, shrink

EDGE = 256
"""Pixels: what is shown of a person at most, on a screen with two or three of them to each of
CSS."""
MOST_BYTES = 12_000_000
"""Of what is sent: a photo as a phone makes it."""
PER_MINUTE, AT_ONCE = 6, 6


async def begin(chat: Chat, who: Identity, length: int) -> AvatarUpload:
    """My picture of ``length`` bytes is about to come.

    Raises `Forbidden` where nobody may send files, `InvalidValue`, `TooLarge`, `TooMany`, `Busy`,
    `LogAway`.
    """
    if not chat.max_file:
        raise Forbidden("Nobody sends files on this server.")
    if length <= 0:
        raise InvalidValue("The picture is empty.")
    most = min(MOST_BYTES, chat.max_file)
    if length > most:
        raise TooLarge(f"A picture may have {most / 1e6:g} MB at most.")
    await rate_limit(
        chat, f"avatar:{who.user}", PER_MINUTE, AT_ONCE, "You change your picture too often."
    )
    check_room_for(chat, who.user)
    return AvatarUpload(chat, who.user)


class AvatarUpload(Incoming[User]):
    """A picture of oneself. `finish` raises `NotAPicture`, `TooMany`, `Unavailable`,
    `DatabaseAway`."""

    async def _keep(self) -> User:
        chat, folder, id = self._chat, self._chat.folder, self._id
        with folder.aside() as drawn:
            seen = None
            if looks_like_a_picture(self._head):
                seen = await chat.drawing.run(
                    lambda: shrink(folder.incoming(id), drawn, EDGE, square=True)
                )
            if seen is None:
                raise NotAPicture()
            await self._note(drawn)
            fault = await self._on_disk(lambda: folder.keep(drawn, id))
            if fault is not None:
                raise fault
        return await self._put_on()

    async def _note(self, drawn: Path) -> None:
        """A file that nobody has taken for a day leaves the disk: so does this one, where we come
        no further."""
        size = await self._chat.disk.run(lambda: drawn.stat().st_size)
        file = File(
            id=self._id,
            owner_id=self._owner,
            name="avatar.webp",
            type=DRAWN,
            size=size,
            width=EDGE,
            height=EDGE,
            has_thumb=False,
            created_at=self._chat.now(),
        )
        async with self._chat.database.write() as conn:
            await files.add(conn, file)

    async def _put_on(self) -> User:
        async with self._chat.announcer.change(self._chat.now()) as change:
            if not await files.take_over(change.conn, self._id):
                raise Unavailable("The picture took too long. Send it again.")
            user = await users.by_id(change.conn, self._owner)
            if user is None or user.disabled:
                raise Unauthenticated()
            return await put(change, user, self._id)


async def remove(chat: Chat, who: Identity, user_id: str) -> None:
    """Take somebody's picture away: one's own, or anybody's as an administrator. Harmless where
    there is none. Raises `Forbidden`, `NotFound`, `TooMany`."""
    changing = change_by if user_id == who.user else change_by_admin
    async with changing(chat, who) as change:
        user = await users.by_id(change.conn, user_id)
        if user is None:
            raise NotFound("There is no such person.")
        if user.avatar is not None:
            await put(change, user, None)
            if user_id != who.user:
                await audit.note(change, who, "account.picture", user=user_id)


async def put(change: Change, user: User, avatar: str | None) -> User:
    """Give somebody another picture, or none, in a change that may do more; the old one leaves the
    disk. The user as they are then."""
    if user.avatar is not None:
        await files.drop_drawn(change.conn, user.avatar, user.id, change.now)
    await users.change(change.conn, user.id, {"avatar": avatar})
    after = replace(user, avatar=avatar)
    await change.announce(announcements.person_changed(user.id, public_person(after)))
    return after


async def readable(chat: Chat, id: str) -> None:
    """Whether this is the picture of somebody: all who are signed in may see it. Raises
    `NotFound`, `DatabaseAway`."""
    async with chat.database.read() as conn:
        if not await users.has_avatar(conn, id):
            raise NotFound("There is no such picture.")
