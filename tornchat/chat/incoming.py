"""What comes in piece by piece: taken as it comes, never as a whole, and looked at at its end."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from tornchat import metrics
from tornchat.chat.context import Chat
from tornchat.domain import files
from tornchat.domain.errors import Busy, TooMany, TornchatError, Unavailable
from tornchat.media.folder import new_id

logger = logging.getLogger(__name__)

MOST_OF_ONE, MOST_OF_ALL = 4, 50
"""Under way at a time in one worker."""

Kept = TypeVar("Kept")


def check_room_for(chat: Chat, user: str) -> None:
    """Whether one more may come from somebody. Raises `TooMany`, `Busy`."""
    if chat.uploading[user] >= MOST_OF_ONE:
        raise TooMany("You are sending as many files at once as you may.", retry_after=1)
    if chat.uploading.total() >= MOST_OF_ALL:
        raise Busy("Too many files are on their way at the moment.")


class Incoming(ABC, Generic[Kept]):
    """One file on its way. Whoever began it ends it, by `finish` or `abandon`."""

    def __init__(self, chat: Chat, owner: str) -> None:
        self._chat = chat
        self._owner = owner
        self._id = new_id()
        self._size = 0
        self._head = b""
        self._fault: TornchatError | None = None
        self._ended = False
        self._file = chat.folder.open_incoming(self._id)
        chat.uploading[owner] += 1

    @abstractmethod
    async def _keep(self) -> Kept:
        """Look at the whole file, which lies in ``incoming``, and keep of it what is to be kept."""

    async def write(self, chunk: bytes) -> None:
        """Take the next piece. What goes wrong is said at the end, when somebody listens."""
        self._size += len(chunk)
        self._head += chunk[: files.HEAD_BYTES - len(self._head)]
        if self._fault is None:
            self._fault = await self._on_disk(lambda: self._write(chunk))

    async def finish(self) -> Kept:
        """Raises what `_keep` raises, `Unavailable`."""
        try:
            if self._fault is not None:
                raise self._fault
            kept = await self._keep()
        except TornchatError as error:
            metrics.FILES.labels("refused" if error.status < 500 else "failed").inc()
            raise
        finally:
            self._end()
        metrics.FILES.labels("kept").inc()
        return kept

    def abandon(self) -> None:
        """The client has gone: nothing is left of it. Harmless after the end."""
        if not self._ended:
            metrics.FILES.labels("cut").inc()
            self._end()

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
        if self._ended:
            return
        self._ended = True
        self._chat.uploading[self._owner] -= 1
        with suppress(OSError):
            self._file.close()
            self._chat.folder.incoming(self._id).unlink(missing_ok=True)
