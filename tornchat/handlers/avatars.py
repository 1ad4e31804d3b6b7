"""``/api/users/U/avatar`` and ``/api/avatars/A``: pictures of people."""

from __future__ import annotations

from tornado import web

from tornchat.chat import avatars
from tornchat.chat.people import public_user
from tornchat.domain.errors import Forbidden
from tornchat.handlers.files import FromFolder, TakesAFile
from tornchat.media.pictures import DRAWN

ME = "me"


@web.stream_request_body
class OfPerson(TakesAFile[avatars.AvatarUpload]):
    """``PUT /api/users/me/avatar``: the picture is the body; ``DELETE /api/users/U/avatar``."""

    brings = "PUT"

    async def begin(self, length: int) -> avatars.AvatarUpload:
        if self.path_args[0] not in (ME, self.who.user):
            raise Forbidden("Only they themselves may put on a picture of somebody.")
        return await avatars.begin(self.chat, self.who, length)

    async def put(self, user: str) -> None:
        assert self.incoming is not None
        self.answer(public_user(await self.incoming.finish()))

    async def delete(self, user: str) -> None:
        await avatars.remove(self.chat, self.who, self.who.user if user == ME else user)
        self.nothing()


class Avatar(FromFolder):
    """``/api/avatars/A``: for whoever is signed in."""

    _id = ""

    async def get(self, id: str, include_body: bool = True) -> None:
        await avatars.readable(self.chat, id)
        self._id = id
        await self.send(id, include_body)

    async def head(self, id: str) -> None:
        await self.get(id, False)

    # -- asked by Tornado

    def compute_etag(self) -> str | None:
        return f'"{self._id}"' if self._id else None

    def get_content_type(self) -> str:
        return DRAWN

    def set_extra_headers(self, path: str) -> None:
        # What an id stands for never changes.
        self.set_header("Cache-Control", "private, max-age=31536000, immutable")
