"""``/api/rooms/R/read`` and ``/api/rooms/R/level``."""

from __future__ import annotations

from tornchat.chat import keeping_up
from tornchat.domain.errors import InvalidValue
from tornchat.handlers.base import Handler


class ReadMarker(Handler):
    """``PUT /api/rooms/R/read {id, turn?}``, or ``{id, unread: true}``."""

    async def put(self, room: str) -> None:
        body = self.body()
        unread = body.get("unread", False)
        if not isinstance(unread, bool):
            raise InvalidValue("unread is true or false.")
        if unread:
            await keeping_up.mark_unread(self.chat, self.who, room, body.get("id"))
        else:
            await keeping_up.mark_read(self.chat, self.who, room, body.get("id"), body.get("turn"))
        self.nothing()


class Level(Handler):
    """``PUT /api/rooms/R/level {level}``."""

    async def put(self, room: str) -> None:
        await keeping_up.set_level(self.chat, self.who, room, self.body().get("level"))
        self.nothing()
