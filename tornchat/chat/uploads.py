"""Files on their way in: taken piece by piece, looked at once they are whole, and kept."""

from __future__ import annotations

from pathlib import Path

from tornchat.archive import files as archive
from tornchat.archive.rows import File
from tornchat.chat.context import Chat, Identity
from tornchat.chat.incoming import Incoming, check_room_for
from tornchat.chat.limits import rate_limit
from tornchat.domain import files
from tornchat.domain.errors import Forbidden, InvalidValue, QuotaReached, TooLarge
from tornchat.media import photos
from tornchat.media.folder import Folder
from tornchat.media.pictures import Picture, shrink

PER_MINUTE, AT_ONCE = 60, 30
"""Uploads of one user."""
THUMB_EDGE = 800
"""Pixels: what a row shows, on a screen with two of them to each of CSS."""


async def begin(chat: Chat, who: Identity, name: object, length: int) -> Upload:
    """A file of ``length`` bytes is about to come.

    Raises `Forbidden` where nobody may send files, `InvalidValue`, `TooLarge`, `QuotaReached`,
    `TooMany`, `Busy`, `LogAway`, `DatabaseAway`.
    """
    clean = files.check_file_name(name)
    if not chat.max_file:
        raise Forbidden("Nobody sends files on this server.", reason="files_off")
    if length <= 0:
        raise InvalidValue("The file is empty.", reason="file_empty")
    if length > chat.max_file:
        raise TooLarge(
            f"A file may have {chat.max_file / 1e6:g} MB at most.",
            reason="file_size",
        )
    await rate_limit(chat, f"upload:{who.user}", PER_MINUTE, AT_ONCE, "You send files too fast.")
    if chat.file_quota:
        async with chat.database.read() as conn:
            if await archive.bytes_of(conn, who.user) + length > chat.file_quota:
                raise QuotaReached()
    check_room_for(chat, who.user)
    return Upload(chat, who.user, clean)


class Upload(Incoming[File]):
    """A file for a message. `finish` raises `QuotaReached`, `TooMany`, `Unavailable`,
    `DatabaseAway`."""

    def __init__(self, chat: Chat, owner: str, name: str) -> None:
        super().__init__(chat, owner)
        self._name = name

    async def _keep(self) -> File:
        chat, folder, id = self._chat, self._chat.folder, self._id
        with folder.aside() as thumb:
            kind, seen = files.kind_of(self._head), None
            if files.looks_like_a_picture(self._head):
                seen = await chat.drawing.run(
                    lambda: shrink(folder.incoming(id), thumb, THUMB_EDGE)
                )
                kind = seen.type if seen else files.UNKNOWN
            if seen and kind == "image/jpeg" and self._size <= photos.MOST_BYTES:
                self._size = await chat.disk.run(lambda: _forget_notes(folder.incoming(id), seen))
            file = File(
                id=id,
                owner_id=self._owner,
                name=self._name,
                type=kind,
                size=self._size,
                width=seen.width if seen else None,
                height=seen.height if seen else None,
                has_thumb=seen is not None,
                created_at=chat.now(),
            )
            # The row first: a file without one would never be found again.
            async with chat.database.write() as conn:
                if chat.file_quota:
                    there = await archive.bytes_of(conn, self._owner)
                    if there + self._size > chat.file_quota:
                        raise QuotaReached()
                await archive.add(conn, file)
            fault = await self._on_disk(lambda: _into_place(folder, file, thumb))
            if fault is not None:
                raise fault
        return file


def _forget_notes(path: Path, seen: Picture) -> int:
    """Take what a camera noted out of a photo; its size in bytes then."""
    clean = photos.without_notes(path.read_bytes(), seen.orientation)
    if clean is None:
        return path.stat().st_size
    path.write_bytes(clean)
    return len(clean)


def _into_place(folder: Folder, file: File, thumb: Path) -> None:
    if file.has_thumb:
        folder.keep(thumb, file.id, thumb=True)
    folder.keep(folder.incoming(file.id), file.id)
