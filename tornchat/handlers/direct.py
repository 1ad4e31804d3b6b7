"""``/api/direct``: the direct room of some people."""

from __future__ import annotations

from tornchat.chat import direct, snapshot
from tornchat.handlers.base import Handler


class Direct(Handler):
    """``POST {users}``: find it, or make it."""

    async def post(self) -> None:
        room, made = await direct.open_with(self.chat, self.who, self.body().get("users"))
        self.answer(await snapshot.room(self.chat, self.who, room), 201 if made else 200)
