"""Files on their way in: taken piece by piece, looked at once they are whole, and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tornchat import metrics
from tornchat.archive import files as archive
from tornchat.archive.rows import File
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.domain import files
from tornchat.domain.errors import (
    Busy,
    Forbidden,
    InvalidValue,
    QuotaReached,
    TooLarge,
    TooMany,
    TornchatError,
    Unavailable,
)
from tornchat.media import photos
from tornchat.media.folder import Folder, new_id
from tornchat.media.pictures import Picture, shrink

logger = logging.getLogger(__name__)

PER_MINUTE, AT_ONCE = 60, 30
"""Uploads of one user."""
MOST_OF_ONE, MOST_OF_ALL = 4, 50
"""Under way at a time in one worker."""
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
    if chat.uploading[who.user] >= MOST_OF_ONE:
        raise TooMany("You are sending as many files at once as you may.", retry_after=1)
    if chat.uploading.total() >= MOST_OF_ALL:
        raise Busy("Too many files are on their way at the moment.")
    return Upload(chat, who.user, clean)


class Upload:
    """One file on its way. Whoever began it ends it, by `finish` or `abandon`."""

    def __init__(self, chat: Chat, owner: str, name: str) -> None:
        self._chat = chat
        self._owner = owner
        self._name = name
        self._id = new_id()
        self._size = 0
        self._head = b""
        self._fault: TornchatError | None = None
        self._ended = False
        self._file = chat.folder.open_incoming(self._id)
        chat.uploading[owner] += 1

    async def write(self, chunk: bytes) -> None:
        """Take the next piece. What goes wrong is said at the end, when somebody listens."""
        self._size += len(chunk)
        self._head += chunk[: files.HEAD_BYTES - len(self._head)]
        if self._fault is None:
            self._fault = await self._on_disk(lambda: self._write(chunk))

    async def finish(self) -> File:
        """Look at the whole file and keep it. Raises `QuotaReached`, `TooMany`, `Unavailable`,
        `DatabaseAway`."""
        try:
            if self._fault is None:
                return await self._keep()
            raise self._fault
        except TornchatError as error:
            metrics.FILES.labels("refused" if error.status < 500 else "failed").inc()
            raise
        finally:
            self._end()

    def abandon(self) -> None:
        """The client has gone: nothing is left of it. Harmless after the end."""
        if not self._ended:
            metrics.FILES.labels("cut").inc()
            self._end()

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
        metrics.FILES.labels("kept").inc()
        return file

    async def _on_disk(self, work: Callable[[], None]) -> TornchatError | None:
        try:
            await self._chat.disk.run(work)
        except TornchatError as error:
            return error
        except OSError:
            logger.exception("a file could not be kept")
            return Unavailable("The server cannot keep the file at the moment.", retry_after=30)
        return None

    def _write(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest and not self._ended:
            rest = rest[self._file.write(rest) or 0 :]

    def _end(self) -> None:
        self._ended = True
        self._chat.uploading[self._owner] -= 1
        with suppress(OSError):
            self._file.close()
            self._chat.folder.incoming(self._id).unlink(missing_ok=True)


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
