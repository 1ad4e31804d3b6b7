"""``/api/files``: send a file, read one."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar, cast
from urllib.parse import quote

from tornado import httputil, web
from tornado.http1connection import HTTP1Connection

from tornchat.archive.rows import File as Row
from tornchat.chat import files, uploads
from tornchat.chat.context import Chat
from tornchat.chat.incoming import Incoming
from tornchat.domain.errors import BadRequest, NotFound
from tornchat.domain.files import PLAYED, SHOWN, served_as
from tornchat.handlers.base import Handler, Site
from tornchat.hub.hub import Hub
from tornchat.media.pictures import DRAWN

Taken = TypeVar("Taken", bound=Incoming[Any])

POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
_READ_TO_ITS_END = 4
"""Times the limit: what is too large by less is read and let go, so that its sender hears why."""


class TakesAFile(Handler, Generic[Taken]):
    """A file is the body of a request, taken as it comes and never as a whole."""

    takes: ClassVar[str] = "application/octet-stream"
    brings: ClassVar[str]
    """The method whose body is a file."""
    incoming: Taken | None = None

    async def begin(self, length: int) -> Taken:
        """A file of ``length`` bytes is about to come."""
        raise NotImplementedError

    async def prepare(self) -> None:
        await super().prepare()
        if self.request.method != self.brings:
            return
        length = _length_of(self.request.headers)
        if length is None:
            raise BadRequest("Send the file as the body, with its Content-Length.")
        if length <= self.chat.max_file * _READ_TO_ITS_END:
            cast(HTTP1Connection, self.request.connection).set_max_body_size(length)
        else:
            self.set_header("Connection", "close")
        self.incoming = await self.begin(length)
        if self.gone:
            self.incoming.abandon()

    async def data_received(self, chunk: bytes) -> None:
        if self.incoming is not None:
            await self.incoming.write(chunk)

    def on_connection_close(self) -> None:
        super().on_connection_close()
        if self.incoming is not None:
            self.incoming.abandon()


@web.stream_request_body
class Files(TakesAFile[uploads.Upload]):
    """``POST /api/files?name=``."""

    brings = "POST"

    async def begin(self, length: int) -> uploads.Upload:
        return await uploads.begin(self.chat, self.who, self.query("name"), length)

    async def post(self) -> None:
        assert self.incoming is not None
        self.answer(files.public_file(await self.incoming.finish()), 201)


class FromFolder(Handler, web.StaticFileHandler):
    """What the folder has, as a thing by itself that can do nothing: no script, no frame, no
    guessing at its type."""

    policy = POLICY

    def initialize(self, chat: Chat, hub: Hub, site: Site) -> None:  # type: ignore[override]
        Handler.initialize(self, chat, hub, site)
        web.StaticFileHandler.initialize(self, str(chat.folder.root))

    async def send(self, id: str, include_body: bool, *, thumb: bool = False) -> None:
        """Answer with a file that may be seen. Raises `NotFound` where it is not there."""
        try:
            place = self.chat.folder.path(id, thumb=thumb).relative_to(self.chat.folder.root)
            await web.StaticFileHandler.get(self, str(place), include_body)
        except (ValueError, web.HTTPError) as refusal:
            if isinstance(refusal, web.HTTPError) and refusal.status_code not in (403, 404):
                raise
            raise NotFound("There is no such file, or you may not see it.") from refusal


class Stored(FromFolder):
    """A file of a message."""

    _found: Row | None = None
    _thumb = False

    async def serve(self, id: str, include_body: bool, *, thumb: bool) -> None:
        self._found = await files.readable(self.chat, self.who, id)
        self._thumb = thumb
        await self.send(id, include_body, thumb=thumb)

    # -- asked by Tornado

    def compute_etag(self) -> str | None:
        # What an id stands for never changes.
        return None if self._found is None else f'"{self._found.id}{"-thumb" * self._thumb}"'

    def get_content_type(self) -> str:
        assert self._found is not None
        return DRAWN if self._thumb else served_as(self._found.type)

    def set_extra_headers(self, path: str) -> None:
        assert self._found is not None
        # Kept, and asked about each time: who may read it may change.
        self.set_header("Cache-Control", "private, no-cache")
        name = quote(self._found.name, safe="")
        shown = self._thumb or self._found.type in SHOWN
        how = "inline" if shown and self.query("download") is None else "attachment"
        self.set_header("Content-Disposition", f"{how}; filename*=UTF-8''{name}")
        if self._found.type in PLAYED:
            self.set_header("Accept-Ranges", "bytes")


class File(Stored):
    """``/api/files/ID/NAME``: the name is for people."""

    async def get(self, id: str, name: str, include_body: bool = True) -> None:  # type: ignore[override]
        await self.serve(id, include_body, thumb=False)

    async def head(self, id: str, name: str) -> None:  # type: ignore[override]
        await self.serve(id, False, thumb=False)


class Thumb(Stored):
    """``/api/thumbs/ID``: the small picture."""

    async def get(self, id: str, include_body: bool = True) -> None:
        await self.serve(id, include_body, thumb=True)

    async def head(self, id: str) -> None:
        await self.serve(id, False, thumb=True)


def _length_of(headers: httputil.HTTPHeaders) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
